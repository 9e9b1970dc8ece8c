// The words in dates: months in the languages of CLDR, halves of the day, named zones.
//
// What English says, and the common zones, are told without a table. All other names come from
// ICU: they are read once, when the first date asks for one.
//
// Thread safety: all functions. Errors: an unknown word is std::nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crawler/feed/formats/date_parts.h"
#include "schemas/units.h"

namespace saunter::crawler::feed::formats {

struct MonthName {
  unsigned number = 0;  // 1 to 12
  Calendar calendar = Calendar::kGregorian;
};

// A month's name or an abbreviation of it of three letters or more, in any case; one word or two
// with a blank between them. Where it means different months in different languages, that of
// `language` (a tag in any case, or empty), else that of the language with the most feeds.
[[nodiscard]] std::optional<MonthName> MonthByName(std::string_view name,
                                                   std::string_view language = {});

enum class HalfDay : std::uint8_t { kBeforeNoon, kAfterNoon };

// A half of the day by its name behind a time, without dots and blanks ("pm", "μμ").
[[nodiscard]] std::optional<HalfDay> HalfDayByName(std::string_view name);

// The same of a name that may stand anywhere in a date, as it does before a time in East Asia.
[[nodiscard]] std::optional<HalfDay> HalfDayAhead(std::string_view name);

// A zone's name, or a month or weekday of English by three letters or more: no half of the day.
[[nodiscard]] bool IsUsualWord(std::string_view word);

// Seconds east of UTC for a zone's name (RFC 822, 5.1, and those in use since), in any case.
[[nodiscard]] std::optional<int> ZoneByName(std::string_view word);

// Seconds east of UTC at a place of the time zone database ("Europe/Berlin") for a local time.
[[nodiscard]] std::optional<int> OffsetAt(const std::string& place,
                                          schemas::UnixSeconds local_time);

// The text with digits of any script as ASCII's, other white space and punctuation as blanks, signs
// of full width as the usual ones, and without characters that only shape the text.
[[nodiscard]] std::string FoldDate(std::string_view text);

}  // namespace saunter::crawler::feed::formats
