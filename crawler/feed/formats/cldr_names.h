// Inside crawler/feed/formats: the names of months and of halves of the day in all languages of
// CLDR, as ICU has them.
//
// The tables are built at the first question, in some tenths of a second, and take about a
// megabyte; a question costs one look-up.
//
// Thread safety: all functions. Errors: an unknown name is std::nullopt.
#pragma once

#include <optional>
#include <string_view>

#include "crawler/feed/formats/date_names.h"

namespace saunter::crawler::feed::formats {

// As MonthByName and HalfDayByName, for names in any language.
[[nodiscard]] std::optional<MonthName> MonthInCldr(std::string_view name,
                                                   std::string_view language);
[[nodiscard]] std::optional<HalfDay> HalfDayInCldr(std::string_view name);

}  // namespace saunter::crawler::feed::formats
