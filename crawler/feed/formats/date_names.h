// The words in dates: months in many languages, named zones.
//
// Thread safety: all functions. Errors: an unknown word is std::nullopt.
#pragma once

#include <optional>
#include <string_view>

namespace saunter::crawler::feed::formats {

// 1 to 12 for a month's name or an abbreviation of it of three letters or more, in any case.
[[nodiscard]] std::optional<unsigned> MonthByName(std::string_view word);

// Seconds east of UTC for a zone's name (RFC 822, 5.1, and those in use since), in any case.
[[nodiscard]] std::optional<int> ZoneByName(std::string_view word);

}  // namespace saunter::crawler::feed::formats
