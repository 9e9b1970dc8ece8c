// Turns dates as feeds write them into Unix seconds.
//
// Thread safety: all functions. Errors: std::nullopt for a text that is no date.
#pragma once

#include <optional>
#include <string_view>

#include "schemas/units.h"

namespace saunter::crawler::feed::formats {

// Reads RFC 822, 850, 1123 and 2822, also as they are commonly miswritten, W3CDTF and ISO 8601 of
// any precision, asctime, JavaScript's Date, Unix seconds and milliseconds, "MM/DD/YYYY h:mm AM",
// and names of months in the languages of CLDR. Of two zones the offset counts; a place
// ("[Europe/Berlin]", RFC 9557) where there is no other zone. A date without a zone is UTC.
// `language` is that of the document, a tag in any case; it decides where a name means different
// months in different languages, and may be empty.
[[nodiscard]] std::optional<schemas::UnixSeconds> ParseDate(std::string_view text,
                                                            std::string_view language = {});

// The date as it is stored: none if before 1990, `now` if more than a day ahead of it.
[[nodiscard]] std::optional<schemas::UnixSeconds> ClampDate(
    std::optional<schemas::UnixSeconds> date, schemas::UnixSeconds now);

}  // namespace saunter::crawler::feed::formats
