// Languages: the tag that a document gives, and that of a text which gives none.
//
// Thread safety: all functions. Errors: a text too short or too mixed to tell is empty.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed {

// A lower-case language tag ("en", "zh-hant"), or nothing unless it is certain.
[[nodiscard]] std::string DetectLanguage(std::string_view text);

// Lower case, "_" as "-", up to the first character that no language tag has, at most 50 long.
[[nodiscard]] std::string NormaliseLanguage(std::string_view text);

}  // namespace saunter::crawler::feed
