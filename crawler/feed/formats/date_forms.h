// Inside crawler/feed/formats: the two families of dates, those of ISO 8601 and all others.
//
// Thread safety: all functions. Errors: what is no date of the family is said by the result.
#pragma once

#include <string_view>

#include "crawler/feed/formats/date_parts.h"

namespace saunter::crawler::feed::formats {

enum class IsoMatch { kNo, kYes, kMalformed };

// ISO 8601 and W3CDTF in every truncation.
[[nodiscard]] IsoMatch ParseIso(std::string_view text, Civil& civil);

// Numbers, names and signs in the order in which they come. `language` is that of the document, a
// tag in any case, for names that mean different months in different languages; may be empty. The
// text is as FoldDate leaves it. False if it is certainly no date.
[[nodiscard]] bool ParseWords(std::string_view text, std::string_view language, Civil& civil);

}  // namespace saunter::crawler::feed::formats
