// A point in time as an operator writes it: a date, or an age.
//
// Thread safety: all functions. Errors: what is neither is std::nullopt.
#pragma once

#include <optional>
#include <string_view>

#include "schemas/units.h"

namespace saunter::crawler::cli {

// For help and for errors.
inline constexpr std::string_view kSinceForms =
    "an age such as 12h, 30d, 6w or 1y, or a date such as 2026-01-31";

// "12h", "30d", "6w" and "1y" before `now`, or the beginning of "2026-01-31" in UTC.
[[nodiscard]] std::optional<schemas::UnixSeconds> ParseSince(std::string_view text,
                                                             schemas::UnixSeconds now);

}  // namespace saunter::crawler::cli
