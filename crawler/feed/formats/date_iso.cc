// ISO 8601 and W3CDTF, leniently.

#include <algorithm>
#include <chrono>

#include "crawler/feed/formats/date_forms.h"
#include "crawler/feed/formats/date_names.h"

namespace saunter::crawler::feed::formats {
namespace {

// ISO 8601, 5.2.3: week 1 holds the year's first Thursday.
void SetWeekDate(Civil& civil, int year, int week, int weekday) {
  const std::chrono::sys_days fourth =
      std::chrono::sys_days(std::chrono::year(year) / std::chrono::January / 4);
  const auto monday = fourth - (std::chrono::weekday(fourth) - std::chrono::Monday);
  const std::chrono::year_month_day date(monday + std::chrono::days((week - 1) * 7 + weekday - 1));
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
}

bool SetOrdinalDate(Civil& civil, int year, int day) {
  if (day < 1 || day > 366) return false;
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::year(year) / std::chrono::January / 1) +
      std::chrono::days(day - 1));
  if (static_cast<int>(date.year()) != year) return false;
  civil.year = year;
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  return true;
}

// What follows the year of an extended date: "-MM", "-MM-DD", "-DDD", "-Www", "-Www-D".
bool TakeAfterYear(Cursor& cursor, Civil& civil, int year) {
  civil.year = year;
  civil.month = 1;
  civil.day = 1;
  if (!cursor.TakeChar('-')) return true;
  if (cursor.TakeChar('W') || cursor.TakeChar('w')) {
    const auto week = cursor.TakeDigits(2);
    int weekday = 1;
    if (cursor.TakeChar('-')) {
      if (cursor.CountDigits() != 1) return false;
      weekday = cursor.TakeNumber(1);
    }
    if (!week || *week < 1 || *week > 53 || weekday < 1 || weekday > 7) return false;
    SetWeekDate(civil, year, *week, weekday);
    return true;
  }
  const std::size_t digits = cursor.CountDigits();
  if (digits == 3) return SetOrdinalDate(civil, year, cursor.TakeNumber(3));
  if (digits < 1 || digits > 2) return false;
  civil.month = static_cast<unsigned>(cursor.TakeNumber(digits));
  if (!cursor.TakeChar('-')) return true;
  const std::size_t day_digits = cursor.CountDigits();
  if (day_digits < 1 || day_digits > 2) return false;
  civil.day = static_cast<unsigned>(cursor.TakeNumber(day_digits));
  return true;
}

// ISO 8601 (1988), 5.2: "YYYY…", "YYYYMMDD", and with the century left out "YY-MM-DD", "-YY-MM".
bool TakeIsoDate(Cursor& cursor, Civil& civil) {
  const bool century_left_out = cursor.TakeChar('-');
  const std::size_t digits = cursor.CountDigits();
  if (digits == 2 && cursor.Peek(2) == '-') {
    return TakeAfterYear(cursor, civil, FullYear(cursor.TakeNumber(2)));
  }
  if (century_left_out) return false;
  if (digits == 4) return TakeAfterYear(cursor, civil, cursor.TakeNumber(4));
  if (digits == 8 || digits == 14) {
    civil.year = cursor.TakeDigits(4);
    civil.month = static_cast<unsigned>(cursor.TakeNumber(2));
    civil.day = static_cast<unsigned>(cursor.TakeNumber(2));
    return true;
  }
  return false;
}

// ISO 8601, 5.3.1.1, the basic form: "hhmm[ss]".
bool TakeBasicTime(Cursor& cursor, Civil& civil) {
  const std::size_t digits = cursor.CountDigits();
  if (digits != 4 && digits != 6) return false;
  civil.hour = cursor.TakeNumber(2);
  civil.minute = cursor.TakeNumber(2);
  if (digits == 6) civil.second = cursor.TakeNumber(2);
  return true;
}

// A zone by its name, by its offset or, as Go prints it, by both: then the offset counts.
bool TakeIsoZone(Cursor& cursor, Civil& civil) {
  bool has_offset = false;
  while (true) {
    cursor.SkipBlanks();
    if (cursor.AtEnd()) return true;
    const bool named = schemas::IsAsciiLetter(cursor.Peek());
    const auto zone = named ? ZoneByName(cursor.TakeWord()) : TakeOffset(cursor);
    if (!zone) return false;
    if (!has_offset) civil.zone_s = *zone;
    has_offset = has_offset || !named;
    civil.zone_given = true;
  }
}

}  // namespace

IsoMatch ParseIso(std::string_view text, Civil& civil) {
  Cursor cursor(text);
  const bool joined = cursor.CountDigits() == 14;
  if (!TakeIsoDate(cursor, civil)) return IsoMatch::kNo;
  if (cursor.AtEnd()) return IsoMatch::kYes;
  if (joined) {
    return TakeBasicTime(cursor, civil) && TakeIsoZone(cursor, civil) ? IsoMatch::kYes
                                                                      : IsoMatch::kMalformed;
  }
  const bool t = cursor.TakeChar('T') || cursor.TakeChar('t');
  const IsoMatch miss = t ? IsoMatch::kMalformed : IsoMatch::kNo;
  if (!t) {
    if (cursor.Peek() != ' ') return TakeIsoZone(cursor, civil) ? IsoMatch::kYes : miss;
    cursor.SkipBlanks();
    if (!schemas::IsAsciiDigit(cursor.Peek())) return miss;
  } else if (cursor.TakeChar(' ')) {
    // Lenient: "2004-01-01T 10:00".
  }
  const bool basic = cursor.CountDigits() > 2;
  if (!(basic ? TakeBasicTime(cursor, civil) : TakeTime(cursor, ':', civil))) return miss;
  return TakeIsoZone(cursor, civil) ? IsoMatch::kYes : miss;
}

}  // namespace saunter::crawler::feed::formats
