// Inside crawler/feed/formats: the parts that dates are made of, and a cursor that takes them.
//
// Thread safety: values, no sharing. Errors: what is malformed is false or std::nullopt.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/text.h"
#include "schemas/units.h"

namespace saunter::crawler::feed::formats {

enum class Calendar : std::uint8_t { kGregorian, kPersian };

struct Civil {
  std::optional<int> year;
  std::optional<unsigned> month;
  std::optional<unsigned> day;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int zone_s = 0;
  bool zone_given = false;
  Calendar calendar = Calendar::kGregorian;
};

// RFC 822, 5: hours to 24:00:00, seconds to 60 for a leap second; a day must be in its month.
[[nodiscard]] std::optional<schemas::UnixSeconds> ToUnix(const Civil& civil);

// RFC 2822, 4.3: two digits by the half century.
[[nodiscard]] constexpr int FullYear(int two_digits) {
  return two_digits + (two_digits < 50 ? 2000 : 1900);
}

[[nodiscard]] inline bool IsWordByte(char c) {
  return schemas::IsAsciiLetter(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

inline constexpr std::size_t kDigitsMax = 9;  // fit an int

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
  // A word without the dots within it, as in "p.m." and "มี.ค.".
  std::string TakeAbbreviation() {
    std::string word(TakeWord());
    while (Peek() == '.' && IsWordByte(Peek(1))) {
      Skip();
      word += TakeWord();
    }
    return word;
  }
  void SkipBlanks() {
    while (TakeChar(' ')) {
    }
  }
  [[nodiscard]] std::string_view Rest() const { return text_.substr(at_); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// "+hh:mm", "+hhmm", "+h:mm", "+hh", "+h" in seconds east of UTC; nothing if it is malformed or
// beyond the earth.
[[nodiscard]] std::optional<int> TakeOffset(Cursor& cursor);

// "hh:mm[:ss[.fraction]]" with this separator; false if it is malformed.
[[nodiscard]] bool TakeTime(Cursor& cursor, char separator, Civil& civil);

}  // namespace saunter::crawler::feed::formats
