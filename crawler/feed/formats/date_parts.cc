#include "crawler/feed/formats/date_parts.h"

#include <unicode/calendar.h>
#include <unicode/locid.h>
#include <unicode/timezone.h>

#include <chrono>
#include <memory>

namespace saunter::crawler::feed::formats {
namespace {

using schemas::UnixSeconds;

constexpr UnixSeconds kSecondsOfDay = 86400;
constexpr int kZoneMinutesMax = 15 * 60 + 59;

bool IsZoneByte(char c) { return c == 'Z' || c == 'z' || c == '+' || c == '-'; }

// Days since 1970 of a day in the Persian calendar, which has leap years of its own. Other years
// than those of the last and the next centuries are meant otherwise.
std::optional<UnixSeconds> PersianDays(int year, unsigned month, unsigned day) {
  if (year < 1200 || year > 1600) return std::nullopt;
  UErrorCode error = U_ZERO_ERROR;
  const icu::Locale locale("fa@calendar=persian");
  const std::unique_ptr<icu::Calendar> calendar(
      icu::Calendar::createInstance(*icu::TimeZone::getGMT(), locale, error));
  if (U_FAILURE(error) != 0) return std::nullopt;
  calendar->clear();
  calendar->setLenient(0);
  calendar->set(year, static_cast<std::int32_t>(month) - 1, static_cast<std::int32_t>(day));
  const UDate time = calendar->getTime(error);
  if (U_FAILURE(error) != 0) return std::nullopt;
  return static_cast<UnixSeconds>(time / 1000) / kSecondsOfDay;
}

std::optional<UnixSeconds> DaysOf(int year, unsigned month, unsigned day, Calendar calendar) {
  if (calendar == Calendar::kPersian) return PersianDays(year, month, day);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

}  // namespace

std::optional<UnixSeconds> ToUnix(const Civil& civil) {
  if (!civil.year || !civil.month || !civil.day) return std::nullopt;
  if (*civil.year < 1 || *civil.year > 9999) return std::nullopt;
  const auto days = DaysOf(*civil.year, *civil.month, *civil.day, civil.calendar);
  if (!days || civil.minute > 59 || civil.second > 60) return std::nullopt;
  const bool midnight = civil.hour == 24 && civil.minute == 0 && civil.second == 0;
  if (civil.hour > 23 && !midnight) return std::nullopt;
  return *days * kSecondsOfDay + civil.hour * 3600 + civil.minute * 60 + civil.second -
         civil.zone_s;
}

std::optional<int> TakeOffset(Cursor& cursor) {
  const bool west = cursor.Peek() == '-';
  if (!west && cursor.Peek() != '+') return std::nullopt;
  cursor.Skip();
  const std::size_t digits = cursor.CountDigits();
  if (digits == 0 || digits > 4) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (digits <= 2) {
    hours = cursor.TakeNumber(digits);
    if (cursor.TakeChar(':')) {
      const auto taken = cursor.CountDigits() == 2 ? cursor.TakeDigits(2) : std::nullopt;
      if (!taken) return std::nullopt;
      minutes = *taken;
    }
  } else {
    hours = cursor.TakeNumber(digits - 2);
    minutes = cursor.TakeNumber(2);
  }
  const int total = hours * 60 + minutes;
  if (minutes > 59 || total > kZoneMinutesMax) return std::nullopt;
  return (west ? -total : total) * 60;
}

bool TakeTime(Cursor& cursor, char separator, Civil& civil) {
  const std::size_t digits = cursor.CountDigits();
  if (digits < 1 || digits > 2) return false;
  civil.hour = cursor.TakeNumber(digits);
  if (!cursor.TakeChar(separator)) return false;
  const auto minute = cursor.TakeDigits(std::min<std::size_t>(cursor.CountDigits(), 2));
  if (!minute) return false;
  civil.minute = *minute;
  if (cursor.TakeChar(separator)) {
    const auto second = cursor.TakeDigits(std::min<std::size_t>(cursor.CountDigits(), 2));
    if (!second) return false;
    civil.second = *second;
    const bool fraction = cursor.Peek() == '.' || cursor.Peek() == ',';
    // Lenient: a fraction may have lost its digits before a zone.
    if (fraction && (schemas::IsAsciiDigit(cursor.Peek(1)) || IsZoneByte(cursor.Peek(1)))) {
      cursor.Skip();
      cursor.Skip(cursor.CountDigits());
    }
  }
  return !schemas::IsAsciiDigit(cursor.Peek()) && cursor.Peek() != ':';
}

}  // namespace saunter::crawler::feed::formats
