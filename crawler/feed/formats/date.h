// Dates as feeds write them, to Unix seconds.
//
// Thread safety: all functions. Errors: what is no date is std::nullopt; nothing is guessed.
#pragma once

#include <optional>
#include <string_view>

#include "schemas/units.h"

namespace saunter::crawler::feed::formats {

// RFC 822, 850, 1123, 2822 in their bent forms, W3CDTF and ISO 8601 in every truncation, asctime,
// JavaScript's Date, epoch seconds and milliseconds, "MM/DD/YYYY h:mm AM", month names of many
// languages. A date without a zone is UTC.
[[nodiscard]] std::optional<schemas::UnixSeconds> ParseDate(std::string_view text);

// What is stored: nothing before 1990, `now` for what lies more than a day ahead of it.
[[nodiscard]] std::optional<schemas::UnixSeconds> ClampDate(
    std::optional<schemas::UnixSeconds> date, schemas::UnixSeconds now);

}  // namespace saunter::crawler::feed::formats
