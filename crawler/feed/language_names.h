// Inside crawler/feed: languages by their names, in English and in themselves, as ICU has them.
//
// The table is built at the first question, in some tenths of a second.
//
// Thread safety: all functions. Errors: an unknown name is empty.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed {

// The lower-case tag of "English", "français", "Brazilian Portuguese", in any case; what follows in
// brackets or behind a comma or slash does not count where the whole is no name.
[[nodiscard]] std::string LanguageByName(std::string_view name);

}  // namespace saunter::crawler::feed
