#include "crawler/feed/formats/date.h"

#include <array>
#include <chrono>
#include <string>

#include "crawler/feed/formats/date_names.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

using schemas::UnixSeconds;

constexpr std::size_t kDateBytesMax = 100;
constexpr UnixSeconds kDay = 86400;
constexpr UnixSeconds kYear1990 = 631152000;
constexpr int kZoneMinutesMax = 15 * 60 + 59;

struct Civil {
  std::optional<int> year;
  std::optional<unsigned> month;
  std::optional<unsigned> day;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int zone_s = 0;
};

// RFC 822, 5: hours to 24:00:00, seconds to 60 for a leap second; a day must be in its month.
std::optional<UnixSeconds> ToUnix(const Civil& civil) {
  if (!civil.year || !civil.month || !civil.day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*civil.year),
                                         std::chrono::month(*civil.month),
                                         std::chrono::day(*civil.day)};
  if (!date.ok() || *civil.year < 1 || *civil.year > 9999) return std::nullopt;
  if (civil.minute > 59 || civil.second > 60) return std::nullopt;
  const bool midnight = civil.hour == 24 && civil.minute == 0 && civil.second == 0;
  if (civil.hour > 23 && !midnight) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return UnixSeconds{days} * kDay + civil.hour * 3600 + civil.minute * 60 + civil.second -
         civil.zone_s;
}

bool IsWordByte(char c) {
  return schemas::IsAsciiLetter(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

constexpr std::size_t kDigitsMax = 9;  // fit an int

// Walks over the text; every Take moves only if it succeeds.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool AtEnd() const { return at_ == text_.size(); }
  [[nodiscard]] char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void Skip(std::size_t bytes = 1) { at_ = std::min(text_.size(), at_ + bytes); }
  bool TakeChar(char c) {
    if (Peek() != c || AtEnd()) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::size_t CountDigits() const {
    std::size_t count = 0;
    while (schemas::IsAsciiDigit(Peek(count))) ++count;
    return count;
  }
  std::optional<int> TakeDigits(std::size_t count) {
    if (count == 0 || count > kDigitsMax || CountDigits() < count) return std::nullopt;
    return TakeNumber(count);
  }
  // Of digits that were counted: `count` of them, 1 to kDigitsMax.
  int TakeNumber(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + (Peek(i) - '0');
    at_ += count;
    return value;
  }
  std::string_view TakeWord() {
    const std::size_t begin = at_;
    while (!AtEnd() && IsWordByte(Peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  [[nodiscard]] std::string_view Rest() const { return text_.substr(at_); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// "+hh:mm", "+hhmm", "+h:mm", "+hh", "+h"; nothing if it is malformed or beyond the earth.
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

// "hh:mm[:ss[.fraction]]"; false if it is malformed.
bool TakeTime(Cursor& cursor, Civil& civil) {
  const std::size_t digits = cursor.CountDigits();
  if (digits < 1 || digits > 2) return false;
  civil.hour = cursor.TakeNumber(digits);
  if (!cursor.TakeChar(':')) return false;
  const auto minute = cursor.TakeDigits(std::min<std::size_t>(cursor.CountDigits(), 2));
  if (!minute) return false;
  civil.minute = *minute;
  if (cursor.TakeChar(':')) {
    const auto second = cursor.TakeDigits(std::min<std::size_t>(cursor.CountDigits(), 2));
    if (!second) return false;
    civil.second = *second;
    if ((cursor.Peek() == '.' || cursor.Peek() == ',') && schemas::IsAsciiDigit(cursor.Peek(1))) {
      cursor.Skip();
      cursor.Skip(cursor.CountDigits());
    }
  }
  return !schemas::IsAsciiDigit(cursor.Peek()) && cursor.Peek() != ':';
}

// --- ISO 8601 and W3CDTF -------------------------------------------------------------------------

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

int FullYear(int two_digits) { return two_digits + (two_digits < 50 ? 2000 : 1900); }

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

bool TakeIsoZone(Cursor& cursor, Civil& civil) {
  while (cursor.TakeChar(' ')) {
  }
  if (cursor.AtEnd()) return true;
  if (schemas::IsAsciiLetter(cursor.Peek())) {
    const auto zone = ZoneByName(cursor.TakeWord());
    if (!zone) return false;
    civil.zone_s = *zone;
    while (cursor.TakeChar(' ')) {
    }
    if (cursor.AtEnd()) return true;
  }
  const auto offset = TakeOffset(cursor);
  if (!offset || !cursor.AtEnd()) return false;
  civil.zone_s = *offset;
  return true;
}

enum class IsoMatch { kNo, kYes, kMalformed };

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
    while (cursor.TakeChar(' ')) {
    }
    if (!schemas::IsAsciiDigit(cursor.Peek())) return miss;
  } else if (cursor.TakeChar(' ')) {
    // Lenient: "2004-01-01T 10:00".
  }
  const bool basic = cursor.CountDigits() > 2;
  if (!(basic ? TakeBasicTime(cursor, civil) : TakeTime(cursor, civil))) return miss;
  return TakeIsoZone(cursor, civil) ? IsoMatch::kYes : miss;
}

// --- All others: numbers, names and signs in the order in which they come
// -------------------------

class WordyDate {
 public:
  explicit WordyDate(std::string_view text) : cursor_(text) {}

  [[nodiscard]] std::optional<UnixSeconds> Parse() {
    while (!cursor_.AtEnd()) {
      if (!Step()) return std::nullopt;
    }
    if (half_day_ != 0) {
      if (civil_.hour > 12 || civil_.hour == 0) {
        if (half_day_ == 1 && civil_.hour > 12) return std::nullopt;
      } else {
        civil_.hour = civil_.hour % 12 + (half_day_ == 2 ? 12 : 0);
      }
    }
    return ToUnix(civil_);
  }

 private:
  bool Step() {
    const char c = cursor_.Peek();
    if (schemas::IsAsciiDigit(c)) return StepNumber();
    if (IsWordByte(c)) return StepWord();
    if (c == '(') {  // RFC 822, 3.4.3: a comment
      while (!cursor_.AtEnd() && !cursor_.TakeChar(')')) cursor_.Skip();
      return true;
    }
    if ((c == '+' || c == '-') && has_time_ && schemas::IsAsciiDigit(cursor_.Peek(1)) &&
        !zone_given_) {
      const auto offset = TakeOffset(cursor_);
      if (!offset || schemas::IsAsciiLetter(cursor_.Peek())) return false;
      civil_.zone_s = *offset;
      zone_given_ = true;
      return true;
    }
    cursor_.Skip();
    return true;
  }

  bool StepNumber() {
    const std::size_t digits = cursor_.CountDigits();
    const char next = cursor_.Peek(digits);
    if (next == ':') {
      if (has_time_) return false;
      has_time_ = true;
      return TakeTime(cursor_, civil_);
    }
    if ((next == '/' || next == '.' || next == '-') &&
        schemas::IsAsciiDigit(cursor_.Peek(digits + 1)) && !civil_.day && !civil_.month) {
      return StepNumericDate(next);
    }
    const auto value = cursor_.TakeDigits(digits);
    if (!value) return false;
    return TakeCjkUnit(*value) || TakeNumber(*value, digits);
  }

  // "5月" and the like; the year's and the day's mark are known by the number itself.
  bool TakeCjkUnit(int value) {
    struct Unit {
      std::string_view mark;
      char part;
    };
    static constexpr auto kUnits = std::to_array<Unit>({{"年", 'y'},
                                                        {"년", 'y'},
                                                        {"月", 'm'},
                                                        {"월", 'm'},
                                                        {"日", 'd'},
                                                        {"일", 'd'},
                                                        {"时", 'H'},
                                                        {"時", 'H'},
                                                        {"시", 'H'},
                                                        {"点", 'H'},
                                                        {"分", 'M'},
                                                        {"분", 'M'},
                                                        {"秒", 'S'},
                                                        {"초", 'S'}});
    for (const auto& unit : kUnits) {
      if (!cursor_.Rest().starts_with(unit.mark)) continue;
      cursor_.Skip(unit.mark.size());
      if (unit.mark == "년" || unit.mark == "월") AssumeKorea();
      switch (unit.part) {
        case 'y':
          civil_.year = value;
          break;
        case 'm':
          civil_.month = static_cast<unsigned>(value);
          break;
        case 'd':
          civil_.day = static_cast<unsigned>(value);
          break;
        case 'H':
          civil_.hour = value;
          break;
        case 'M':
          civil_.minute = value;
          break;
        default:
          civil_.second = value;
          break;
      }
      return true;
    }
    return false;
  }

  bool TakeNumber(int value, std::size_t digits) {
    if (month_announced_ && digits <= 2) {
      civil_.month = static_cast<unsigned>(value);
      month_announced_ = false;
    } else if (digits <= 2 && !civil_.day) {
      civil_.day = static_cast<unsigned>(value);
    } else if (!civil_.year && digits <= 4) {
      // RFC 2822, 4.3: two digits by the half century, three are years since 1900.
      civil_.year = digits <= 2 ? FullYear(value) : digits == 3 ? value + 1900 : value;
    } else {
      return false;
    }
    return true;
  }

  bool StepNumericDate(char separator) {
    std::array<int, 3> parts{};
    std::array<std::size_t, 3> lengths{};
    for (std::size_t i = 0; i < 3; ++i) {
      lengths[i] = cursor_.CountDigits();
      const auto value = cursor_.TakeDigits(lengths[i]);
      if (!value || lengths[i] > 4) return false;
      parts[i] = *value;
      if (i < 2 && !cursor_.TakeChar(separator)) return false;
    }
    if (lengths[0] == 4) return SetDate(parts[0], parts[1], parts[2]);
    const int year = lengths[2] <= 2 ? FullYear(parts[2]) : parts[2];
    // With a slash the month comes first unless it cannot be one, otherwise the day does.
    const bool month_first = separator == '/' ? parts[0] <= 12 : parts[1] > 12;
    // "18/01/30" may begin with its day or its year, and no date is better than a wrong one.
    if (separator == '/' && !month_first && lengths[2] <= 2) return false;
    return month_first ? SetDate(year, parts[0], parts[1]) : SetDate(year, parts[1], parts[0]);
  }

  bool SetDate(int year, int month, int day) {
    civil_.year = year;
    civil_.month = static_cast<unsigned>(month);
    civil_.day = static_cast<unsigned>(day);
    return true;
  }

  bool StepWord() {
    const std::string_view word = cursor_.TakeWord();
    if (schemas::EqualsIgnoringCase(word, "am") || word == "오전" || word == "上午") {
      half_day_ = 1;
    } else if (schemas::EqualsIgnoringCase(word, "pm") || word == "오후" || word == "下午") {
      half_day_ = 2;
    } else if (schemas::EqualsIgnoringCase(word, "tháng")) {
      month_announced_ = true;
    } else if (const auto month = MonthByName(word)) {
      // Lenient: the last one counts, since "mar" may also be a Tuesday.
      civil_.month = month;
    } else if (const auto zone = has_time_ && !zone_given_ ? ZoneByName(word) : std::nullopt) {
      return TakeZone(*zone);
    }
    if (word == "오전" || word == "오후") AssumeKorea();
    return true;
  }

  // "GMT+02:00": the offset is from GMT; behind any other name a number is something else.
  bool TakeZone(int zone_s) {
    civil_.zone_s = zone_s;
    if (zone_s == 0 && (cursor_.Peek() == '+' || cursor_.Peek() == '-')) {
      const auto offset = TakeOffset(cursor_);
      if (!offset || schemas::IsAsciiLetter(cursor_.Peek())) return false;
      civil_.zone_s = *offset;
    }
    zone_given_ = true;
    return true;
  }

  void AssumeKorea() {
    if (!zone_given_) civil_.zone_s = 9 * 3600;
  }

  Cursor cursor_;
  Civil civil_;
  bool has_time_ = false;
  bool zone_given_ = false;
  bool month_announced_ = false;
  int half_day_ = 0;  // 1: before noon, 2: after
};

std::optional<UnixSeconds> ParseEpoch(std::string_view text) {
  const std::size_t whole = text.find('.');
  const std::string_view digits = text.substr(0, whole);
  if (digits.size() < 9 || digits.size() > 13 || digits.size() == 11) return std::nullopt;
  UnixSeconds value = 0;
  for (const char c : digits) {
    if (!schemas::IsAsciiDigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (whole != std::string_view::npos &&
      text.find_first_not_of("0123456789", whole + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return digits.size() >= 12 ? value / 1000 : value;
}

// Two digits at `at`, or -1.
int TwoDigits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !schemas::IsAsciiDigit(text[at]) ||
      !schemas::IsAsciiDigit(text[at + 1]))
    return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// "Thu, 01 Jan 2004 19:48:21 +0100" to the letter (RFC 822, 5, with a year of four digits), as most
// feeds have it: the result of WordyDate, but faster. nullopt for any other form.
std::optional<UnixSeconds> ParseUsualDate(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t kSize = std::string_view("Thu, 01 Jan 2004 19:48:21 ").size();
  if (text.size() < kSize + 3 || !schemas::IsAsciiLetter(text[0]) ||
      !schemas::IsAsciiLetter(text[1]) || !schemas::IsAsciiLetter(text[2]) || text[3] != ',' ||
      text[4] != ' ' || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' ||
      text[22] != ':' || text[25] != ' ') {
    return std::nullopt;
  }
  const auto month = kMonths.find(text.substr(8, 3));
  const int century = TwoDigits(text, 12);
  const int year = TwoDigits(text, 14);
  const int day = TwoDigits(text, 5);
  Civil civil{.year = century * 100 + year,
              .month = static_cast<unsigned>(month / 3 + 1),
              .day = static_cast<unsigned>(day),
              .hour = TwoDigits(text, 17),
              .minute = TwoDigits(text, 20),
              .second = TwoDigits(text, 23)};
  if (month == std::string_view::npos || month % 3 != 0 || century < 0 || year < 0 || day < 0 ||
      civil.hour < 0 || civil.minute < 0 || civil.second < 0) {
    return std::nullopt;
  }
  const std::string_view zone = text.substr(kSize);
  if (zone == "GMT") return ToUnix(civil);
  const int hours = TwoDigits(zone, 1);
  const int minutes = TwoDigits(zone, 3);
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-') || hours < 0 || hours > 14 ||
      minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  civil.zone_s = (zone[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
  return ToUnix(civil);
}

}  // namespace

std::optional<UnixSeconds> ParseDate(std::string_view text) {
  text = schemas::TrimUnicodeSpace(text);
  if (text.empty() || text.size() > kDateBytesMax) return std::nullopt;
  if (const auto usual = ParseUsualDate(text)) return usual;
  if (const auto epoch = ParseEpoch(text)) return epoch;
  Civil civil;
  switch (ParseIso(text, civil)) {
    case IsoMatch::kYes:
      return ToUnix(civil);
    case IsoMatch::kMalformed:
      return std::nullopt;
    case IsoMatch::kNo:
      break;
  }
  return WordyDate(text).Parse();
}

std::optional<UnixSeconds> ClampDate(std::optional<UnixSeconds> date, UnixSeconds now) {
  if (!date || *date < kYear1990) return std::nullopt;
  return *date > now + kDay ? now : *date;
}

}  // namespace saunter::crawler::feed::formats
