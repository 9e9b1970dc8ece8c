#include "crawler/feed/formats/date_names.h"

#include <unicode/timezone.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>

#include "crawler/feed/formats/cldr_names.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

constexpr std::size_t kWordBytesMin = 3;
constexpr std::size_t kWordBytesMax = 60;

struct Zone {
  std::string_view name;
  int minutes;
};

constexpr auto kZones = std::to_array<Zone>({
    {"ut", 0},     {"utc", 0},     {"gmt", 0},    {"z", 0},      {"wet", 0},     {"est", -300},
    {"edt", -240}, {"et", -300},   {"cst", -360}, {"cdt", -300}, {"ct", -360},   {"mst", -420},
    {"mdt", -360}, {"mt", -420},   {"pst", -480}, {"pdt", -420}, {"pt", -480},   {"ast", -240},
    {"adt", -180}, {"at", -240},   {"nst", -210}, {"ndt", -150}, {"akst", -540}, {"akdt", -480},
    {"hst", -600}, {"hast", -600}, {"cet", 60},   {"cest", 120}, {"met", 60},    {"mest", 120},
    {"mez", 60},   {"mesz", 120},  {"west", 60},  {"bst", 60},   {"ist", 330},   {"eet", 120},
    {"eest", 180}, {"msk", 180},   {"msd", 240},  {"trt", 180},  {"sast", 120},  {"cat", 120},
    {"eat", 180},  {"wat", 60},    {"gst", 240},  {"pkt", 300},  {"npt", 345},   {"wib", 420},
    {"wita", 480}, {"wit", 540},   {"ict", 420},  {"hkt", 480},  {"sgt", 480},   {"pht", 480},
    {"awst", 480}, {"jst", 540},   {"kst", 540},  {"acst", 570}, {"acdt", 630},  {"aest", 600},
    {"aedt", 660}, {"nzst", 720},  {"nzdt", 780}, {"brt", -180}, {"brst", -120}, {"art", -180},
    {"clt", -240}, {"clst", -180}, {"cot", -300}, {"pet", -300}, {"uyt", -180},
});

// What English says of itself, before the names of all languages: a month or no month, by three
// letters or more.
struct EnglishWord {
  std::string_view name;
  unsigned month;  // 0: a weekday, or a word between the parts of a date
};
constexpr auto kEnglishWords = std::to_array<EnglishWord>(
    {{"january", 1},   {"february", 2},  {"march", 3},    {"april", 4},     {"may", 5},
     {"june", 6},      {"july", 7},      {"august", 8},   {"september", 9}, {"october", 10},
     {"november", 11}, {"december", 12}, {"monday", 0},   {"tuesday", 0},   {"wednesday", 0},
     {"thursday", 0},  {"friday", 0},    {"saturday", 0}, {"sunday", 0},    {"gmt", 0},
     {"utc", 0},       {"the", 0}});

const EnglishWord* FindEnglish(std::string_view word) {
  if (word.size() < kWordBytesMin) return nullptr;
  for (const auto& known : kEnglishWords) {
    if (schemas::EqualsIgnoringCase(known.name.substr(0, word.size()), word)) return &known;
  }
  return nullptr;
}

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

// U+FF01 to U+FF5E are ASCII's signs at full width.
char32_t WithoutFullWidth(char32_t c) { return c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c; }

// Marks of abbreviation are part of a name that is written without them as well; the quotation
// marks of Hebrew are such.
bool IsAbbreviationMark(char32_t c) {
  return c == 0x5f3 || c == 0x5f4 || c == 0x970 || c == 0x2018;
}

}  // namespace

std::string FoldDate(std::string_view text) {
  std::string folded;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = WithoutFullWidth(schemas::NextCodePoint(text, at));
    const auto code_point = static_cast<UChar32>(c);
    const int digit = u_charDigitValue(code_point);
    if (c < 0x80) {
      folded += static_cast<char>(c);
    } else if (digit >= 0) {
      folded += static_cast<char>('0' + digit);
    } else if (c == 0x2212 || c == 0x2013 || c == 0x2010 || c == 0x2011) {
      folded += '-';
    } else if (IsAbbreviationMark(c) || u_charType(code_point) == U_FORMAT_CHAR) {
      continue;
    } else if (schemas::IsUnicodeSpace(c) || u_ispunct(code_point) != 0) {
      folded += ' ';
    } else {
      schemas::AppendUtf8(folded, c);
    }
  }
  return folded;
}

std::optional<MonthName> MonthByName(std::string_view name, std::string_view language) {
  if (name.size() < kWordBytesMin || name.size() > kWordBytesMax) return std::nullopt;
  if (const auto* const english = FindEnglish(name)) {
    if (english->month == 0) return std::nullopt;
    return MonthName{english->month};
  }
  return MonthInCldr(name, language);
}

std::optional<HalfDay> HalfDayByName(std::string_view name) {
  if (schemas::EqualsIgnoringCase(name, "am")) return HalfDay::kBeforeNoon;
  if (schemas::EqualsIgnoringCase(name, "pm")) return HalfDay::kAfterNoon;
  if (name.size() > kWordBytesMax || IsUsualWord(name)) return std::nullopt;
  return HalfDayInCldr(name);
}

bool IsUsualWord(std::string_view word) {
  return ZoneByName(word).has_value() || FindEnglish(word) != nullptr;
}

std::optional<HalfDay> HalfDayAhead(std::string_view name) {
  if (schemas::EqualsIgnoringCase(name, "am")) return HalfDay::kBeforeNoon;
  if (schemas::EqualsIgnoringCase(name, "pm")) return HalfDay::kAfterNoon;
  // One letter may be anything: in Arabic it also marks the era.
  const bool is_long = name.size() > 4 && !IsAscii(name);
  return is_long && name.size() <= kWordBytesMax ? HalfDayInCldr(name) : std::nullopt;
}

std::optional<int> ZoneByName(std::string_view word) {
  if (word.size() > 4) return std::nullopt;
  const std::string lower = schemas::ToLowerAscii(word);
  for (const auto& zone : kZones) {
    if (zone.name == lower) return zone.minutes * 60;
  }
  return std::nullopt;
}

std::optional<int> OffsetAt(const std::string& place, schemas::UnixSeconds local_time) {
  if (place.size() > kWordBytesMax || !IsAscii(place)) return std::nullopt;
  const std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(place)));
  if (zone == nullptr || *zone == icu::TimeZone::getUnknown()) return std::nullopt;
  UErrorCode error = U_ZERO_ERROR;
  std::int32_t raw_ms = 0;
  std::int32_t summer_ms = 0;
  zone->getOffset(static_cast<UDate>(local_time) * 1000, 1, raw_ms, summer_ms, error);
  if (U_FAILURE(error) != 0) return std::nullopt;
  return (raw_ms + summer_ms) / 1000;
}

}  // namespace saunter::crawler::feed::formats
