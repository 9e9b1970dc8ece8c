// Dates that are no ISO 8601: what their numbers, names and signs say, in the order in which they
// come.

#include <array>

#include "crawler/feed/formats/date_forms.h"
#include "crawler/feed/formats/date_names.h"

namespace saunter::crawler::feed::formats {
namespace {

// Years of the Buddhist era, as Thailand counts them.
constexpr int kBuddhistYears = 543;
constexpr int kBuddhistYearMin = 2400;

class WordyDate {
 public:
  WordyDate(std::string_view text, std::string_view language, Civil& civil)
      : cursor_(text), language_(language), civil_(civil) {}

  [[nodiscard]] bool Parse() {
    while (!cursor_.AtEnd()) {
      if (!Step()) return false;
    }
    if (civil_.year && *civil_.year >= kBuddhistYearMin && thai_) *civil_.year -= kBuddhistYears;
    return ApplyHalfDay();
  }

 private:
  enum class Part { kYear, kMonth, kDay, kHour, kMinute, kSecond };

  bool ApplyHalfDay() {
    if (!half_day_) return true;
    // Lenient: the hour counts by itself where no clock of twelve hours has it.
    if (civil_.hour > 12) return half_day_ == HalfDay::kAfterNoon;
    if (civil_.hour == 0) return true;
    civil_.hour = civil_.hour % 12 + (half_day_ == HalfDay::kAfterNoon ? 12 : 0);
    return true;
  }

  bool Step() {
    const char c = cursor_.Peek();
    if (schemas::IsAsciiDigit(c)) return StepNumber();
    if (IsWordByte(c)) return StepWord();
    if (c == '(') {  // RFC 822, 3.4.3: a comment
      while (!cursor_.AtEnd() && !cursor_.TakeChar(')')) cursor_.Skip();
      return true;
    }
    if ((c == '+' || c == '-') && has_time_ && schemas::IsAsciiDigit(cursor_.Peek(1)) &&
        !has_offset_) {
      return StepOffset();
    }
    cursor_.Skip();
    return true;
  }

  // Of a zone's name and an offset the offset counts, whichever comes first.
  bool StepOffset() {
    const auto offset = TakeOffset(cursor_);
    if (!offset || schemas::IsAsciiLetter(cursor_.Peek())) return false;
    SetZone(*offset);
    has_offset_ = true;
    return true;
  }

  void SetZone(int zone_s) {
    civil_.zone_s = zone_s;
    civil_.zone_given = true;
  }

  bool StepNumber() {
    const std::size_t digits = cursor_.CountDigits();
    const char next = cursor_.Peek(digits);
    const bool joined = schemas::IsAsciiDigit(cursor_.Peek(digits + 1));
    if (next == ':') return StepTime(':');
    if (!civil_.day && !civil_.month) {
      if ((next == '/' || next == '.' || next == '-') && joined) return StepNumericDate(next);
      if (next == '.' && IsSpacedDate(digits)) return StepNumericDate(next);
      if (IsWeekdayNumeral(digits)) {
        cursor_.Skip(digits);
        return true;
      }
    } else if (!has_time_ && joined && digits <= 2 && (next == '.' || next == 'h')) {
      return StepTime(next);
    }
    const auto value = cursor_.TakeDigits(digits);
    if (!value) return false;
    return TakeCjkUnit(*value) || TakeNumber(*value, digits);
  }

  bool StepTime(char separator) {
    if (has_time_) return false;
    has_time_ = true;
    if (!TakeTime(cursor_, separator, civil_)) return false;
    TakeHalfDayBehind();
    return true;
  }

  // "5. 3. 2020", as central Europe writes it.
  [[nodiscard]] bool IsSpacedDate(std::size_t digits) const {
    std::size_t at = digits + 1;
    while (cursor_.Peek(at) == ' ') ++at;
    const std::size_t begin = at;
    while (schemas::IsAsciiDigit(cursor_.Peek(at))) ++at;
    return at > begin && at - begin <= 2 && cursor_.Peek(at) == '.';
  }

  // "026, 26 Mar 2023": a number stands where the weekday should.
  [[nodiscard]] bool IsWeekdayNumeral(std::size_t digits) const {
    if (cursor_.Peek(digits) != ',') return false;
    std::size_t at = digits + 1;
    while (cursor_.Peek(at) == ' ') ++at;
    return schemas::IsAsciiDigit(cursor_.Peek(at));
  }

  // "5月" and the like; the year's and the day's mark are known by the number itself.
  bool TakeCjkUnit(int value) {
    struct Unit {
      std::string_view mark;
      Part part;
    };
    static constexpr auto kUnits = std::to_array<Unit>({{"年", Part::kYear},
                                                        {"년", Part::kYear},
                                                        {"月", Part::kMonth},
                                                        {"월", Part::kMonth},
                                                        {"日", Part::kDay},
                                                        {"일", Part::kDay},
                                                        {"时", Part::kHour},
                                                        {"時", Part::kHour},
                                                        {"시", Part::kHour},
                                                        {"点", Part::kHour},
                                                        {"點", Part::kHour},
                                                        {"分", Part::kMinute},
                                                        {"분", Part::kMinute},
                                                        {"秒", Part::kSecond},
                                                        {"초", Part::kSecond}});
    for (const auto& unit : kUnits) {
      if (!cursor_.Rest().starts_with(unit.mark)) continue;
      cursor_.Skip(unit.mark.size());
      if (unit.mark == "년" || unit.mark == "월") AssumeKorea();
      Set(unit.part, value);
      return true;
    }
    return false;
  }

  void Set(Part part, int value) {
    switch (part) {
      case Part::kYear:
        civil_.year = value;
        return;
      case Part::kMonth:
        civil_.month = static_cast<unsigned>(value);
        return;
      case Part::kDay:
        civil_.day = static_cast<unsigned>(value);
        return;
      case Part::kHour:
        civil_.hour = value;
        return;
      case Part::kMinute:
        civil_.minute = value;
        return;
      case Part::kSecond:
        civil_.second = value;
        return;
    }
  }

  bool TakeNumber(int value, std::size_t digits) {
    if (month_announced_ && digits <= 2) {
      civil_.month = static_cast<unsigned>(value);
      month_announced_ = false;
    } else if (digits <= 2 && !civil_.day) {
      civil_.day = static_cast<unsigned>(value);
    } else if (digits == 4 && has_time_ && !has_offset_ && (civil_.year || value == 0)) {
      return TakeUnsignedOffset(value);
    } else if (!civil_.year && digits <= 4) {
      // RFC 2822, 4.3: two digits by the half century, three are years since 1900.
      civil_.year = digits <= 2 ? FullYear(value) : digits == 3 ? value + 1900 : value;
    } else {
      return false;
    }
    return true;
  }

  // "0000"; or another whose "+" became a blank, as it does in a query.
  bool TakeUnsignedOffset(int value) {
    const int minutes = value % 100;
    if (value > 1400 || minutes % 15 != 0 || minutes > 45) return false;
    SetZone((value / 100 * 60 + minutes) * 60);
    has_offset_ = true;
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
      if (separator == '.') cursor_.SkipBlanks();
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

  // "p.m.", "μ.μ.", "du soir": what stands right behind a time. Up to three words may be one name.
  void TakeHalfDayBehind() {
    Cursor ahead = cursor_;
    std::string name;
    for (int words = 0; words < 3; ++words) {
      ahead.SkipBlanks();
      if (!IsWordByte(ahead.Peek())) return;
      name += ahead.TakeAbbreviation();
      if (const auto half_day = HalfDayByName(name)) {
        half_day_ = half_day;
        cursor_ = ahead;
        return;
      }
      if (words == 0 && IsUsualWord(name)) return;
      static_cast<void>(ahead.TakeChar('.'));
    }
  }

  bool StepWord() {
    const std::string word = cursor_.TakeAbbreviation();
    thai_ = thai_ || word.starts_with("\xe0\xb8") || word.starts_with("\xe0\xb9");
    if (const auto half_day = HalfDayAhead(word)) {
      half_day_ = half_day;
    } else if (schemas::EqualsIgnoringCase(word, "tháng") ||
               schemas::EqualsIgnoringCase(word, "thg")) {
      month_announced_ = true;
    } else if (const auto zone =
                   has_time_ && !civil_.zone_given ? ZoneByName(word) : std::nullopt) {
      return TakeZone(*zone);
    } else if (const auto month = TakeMonth(word)) {
      // Lenient: the last one counts, since "mar" may also be a Tuesday.
      civil_.month = month->number;
      civil_.calendar = month->calendar;
    }
    if (word == "오전" || word == "오후") AssumeKorea();
    return true;
  }

  // A name of one word or of two, as Arabic has them.
  std::optional<MonthName> TakeMonth(const std::string& word) {
    if (auto month = MonthByName(word, language_)) return month;
    Cursor ahead = cursor_;
    ahead.SkipBlanks();
    // Names of two words are all beyond ASCII.
    if ((static_cast<unsigned char>(word.front()) & 0x80U) == 0 || !IsWordByte(ahead.Peek())) {
      return std::nullopt;
    }
    auto month = MonthByName(word + " " + ahead.TakeAbbreviation(), language_);
    if (month) cursor_ = ahead;
    return month;
  }

  // "GMT+02:00": the offset is from GMT; behind any other name a number is something else.
  bool TakeZone(int zone_s) {
    SetZone(zone_s);
    if (zone_s == 0 && (cursor_.Peek() == '+' || cursor_.Peek() == '-')) return StepOffset();
    return true;
  }

  void AssumeKorea() {
    if (!civil_.zone_given) civil_.zone_s = 9 * 3600;
  }

  Cursor cursor_;
  const std::string_view language_;
  Civil& civil_;
  bool has_time_ = false;
  bool has_offset_ = false;
  bool month_announced_ = false;
  bool thai_ = false;
  std::optional<HalfDay> half_day_;
};

}  // namespace

bool ParseWords(std::string_view text, std::string_view language, Civil& civil) {
  return WordyDate(text, language, civil).Parse();
}

}  // namespace saunter::crawler::feed::formats
