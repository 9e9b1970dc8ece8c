#include "crawler/feed/formats/cldr_names.h"

#include <unicode/dtfmtsym.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

// Locales whose names go before those of others, with the most feeds first; in Arabic and some
// others the months have other names from country to country. Beginnings of names count for those
// before kWholeNamesOnly.
constexpr std::string_view kWholeNamesOnly = "be";
constexpr auto kFirstLocales = std::to_array<const char*>(
    {"en",      "de",    "fr",    "es",    "it", "pt", "nl", "sv", "da", "nb", "nn", "fi", "pl",
     "cs",      "sk",    "ru",    "uk",    "el", "tr", "hu", "ro", "ca", "id", "be", "bg", "en_GB",
     "de_AT",   "es_PE", "pt_PT", "gl",    "eu", "ms", "et", "lv", "lt", "sl", "hr", "bs", "sr",
     "sr_Latn", "mk",    "sq",    "is",    "ga", "cy", "fo", "lb", "vi", "th", "hi", "fa", "ar",
     "ar_DZ",   "ar_MA", "ar_SY", "ar_TN", "he", "ur", "bn", "ta", "te", "mr", "zh", "ja", "ko"});

struct OldName {
  std::string_view name;
  unsigned month;
};
// What was written once, or is written without being in CLDR.
constexpr auto kOldNames = std::to_array<OldName>(
    {{"mrz", 3}, {"feber", 2}, {"pebruari", 2}, {"nopember", 11}, {"setiembre", 9}});

struct OldHalfDay {
  std::string_view name;
  HalfDay half_day;
};
// Parts of the day that stand for its halves.
constexpr auto kPartsOfDay = std::to_array<OldHalfDay>({{"凌晨", HalfDay::kBeforeNoon},
                                                        {"清晨", HalfDay::kBeforeNoon},
                                                        {"早上", HalfDay::kBeforeNoon},
                                                        {"中午", HalfDay::kAfterNoon},
                                                        {"傍晚", HalfDay::kAfterNoon},
                                                        {"晚上", HalfDay::kAfterNoon},
                                                        {"prepodne", HalfDay::kBeforeNoon},
                                                        {"duamiaza", HalfDay::kAfterNoon}});

// Names of few Latin letters are words of other languages as well.
constexpr std::ptrdiff_t kLatinLettersMin = 5;

bool IsCombiningMark(UChar32 c) { return c >= 0x300 && c <= 0x36f; }

// One form for a name however it is written: without case, accents and dots.
std::string KeyOf(const icu::UnicodeString& name) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const decompose = icu::Normalizer2::getNFDInstance(error);
  if (U_FAILURE(error) != 0) return {};
  icu::UnicodeString folded(name);
  folded.foldCase();
  const icu::UnicodeString decomposed = decompose->normalize(folded, error);
  icu::UnicodeString kept;
  for (std::int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = decomposed.char32At(i);
    // A dotless "i" is one that was written in capitals.
    if (!IsCombiningMark(c) && c != '.') kept.append(c == 0x131 ? UChar32{'i'} : c);
  }
  std::string utf8;
  decompose->normalize(kept, error).toUTF8String(utf8);
  return utf8;
}

std::string KeyOf(std::string_view name) {
  return KeyOf(icu::UnicodeString::fromUTF8(
      icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size()))));
}

// A name of CLDR as it stands in a folded date.
std::string KeyOfName(const icu::UnicodeString& name) {
  std::string utf8;
  name.toUTF8String(utf8);
  std::string key = KeyOf(FoldDate(utf8));
  return std::string(schemas::Trim(key, schemas::kAsciiSpace));
}

bool HoldsDigit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), schemas::IsAsciiDigit);
}

bool IsShortLatin(std::string_view key) {
  return std::ssize(key) < kLatinLettersMin &&
         std::all_of(
             key.begin(), key.end(),
             [](char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; });
}

class CldrNames {
 public:
  CldrNames() {
    for (const auto& old : kOldNames) months_.emplace(old.name, MonthName{old.month});
    for (const auto& part : kPartsOfDay) half_days_.emplace(part.name, part.half_day);
    bool prefixes = true;
    for (const char* const locale : kFirstLocales) {
      prefixes = prefixes && locale != kWholeNamesOnly;
      TakeLocale(icu::Locale(locale), Rank::kFirst, prefixes);
    }
    std::int32_t count = 0;
    const icu::Locale* const all = icu::Locale::getAvailableLocales(count);
    for (std::int32_t i = 0; i < count; ++i) {
      const bool is_language = std::string_view(all[i].getCountry()).empty();
      if (is_language) TakeLocale(all[i], Rank::kOther, false);
    }
    TakePersianCalendar();
    for (const auto& name : disputed_) months_.erase(name);
  }

  [[nodiscard]] std::optional<MonthName> Month(std::string_view name,
                                               std::string_view language) const {
    const std::string key = KeyOf(name);
    if (auto month = ByKey(key, language)) return month;
    // Hebrew writes "in" as the first letter.
    constexpr std::string_view kBet = "\xd7\x91";
    if (key.starts_with(kBet)) return ByKey(key.substr(kBet.size()), language);
    return ByBeginning(key);
  }

  [[nodiscard]] std::optional<HalfDay> HalfDayOf(std::string_view name) const {
    const auto found = half_days_.find(WithoutBlanks(KeyOf(name)));
    if (found == half_days_.end()) return std::nullopt;
    return found->second;
  }

 private:
  enum class Rank { kFirst, kOther };

  static std::string WithoutBlanks(std::string key) {
    std::erase(key, ' ');
    return key;
  }

  void TakeLocale(const icu::Locale& locale, Rank rank, bool prefixes) {
    UErrorCode error = U_ZERO_ERROR;
    const icu::DateFormatSymbols symbols(locale, "gregorian", error);
    if (U_FAILURE(error) != 0) return;
    using Symbols = icu::DateFormatSymbols;
    for (const auto context : {Symbols::FORMAT, Symbols::STANDALONE}) {
      for (const auto width : {Symbols::WIDE, Symbols::ABBREVIATED}) {
        std::int32_t count = 0;
        const icu::UnicodeString* const names = symbols.getMonths(count, context, width);
        for (std::int32_t i = 0; i < std::min<std::int32_t>(count, 12); ++i) {
          TakeMonth(KeyOfName(names[i]), static_cast<unsigned>(i + 1), locale, rank, prefixes);
        }
      }
    }
    std::int32_t count = 0;
    const icu::UnicodeString* const halves = symbols.getAmPmStrings(count);
    for (std::int32_t i = 0; i < std::min<std::int32_t>(count, 2); ++i) {
      const std::string key = WithoutBlanks(KeyOfName(halves[i]));
      // Hungarian's are prepositions in most of Europe.
      if (key.empty() || key == "de" || key == "du") continue;
      if (rank == Rank::kOther && IsShortLatin(key)) continue;
      half_days_.emplace(key, i == 0 ? HalfDay::kBeforeNoon : HalfDay::kAfterNoon);
    }
  }

  void TakeMonth(const std::string& key, unsigned number, const icu::Locale& locale, Rank rank,
                 bool prefixes) {
    if (key.size() < 3 || HoldsDigit(key)) return;
    const bool known = first_.contains(key);
    if (rank == Rank::kOther && (known || IsShortLatin(key))) return;
    const auto [place, is_new] = months_.emplace(key, MonthName{number});
    if (rank == Rank::kFirst) {
      first_.insert(key);
      if (prefixes) beginnings_.emplace_back(key, number);
      by_language_.emplace(key + " " + locale.getLanguage(), number);
    } else if (!is_new && place->second.number != number) {
      disputed_.insert(key);  // no date is better than a wrong one
    }
  }

  // The months of Iran, in Persian.
  void TakePersianCalendar() {
    UErrorCode error = U_ZERO_ERROR;
    const icu::DateFormatSymbols symbols(icu::Locale("fa"), "persian", error);
    if (U_FAILURE(error) != 0) return;
    std::int32_t count = 0;
    const icu::UnicodeString* const names =
        symbols.getMonths(count, icu::DateFormatSymbols::FORMAT, icu::DateFormatSymbols::WIDE);
    for (std::int32_t i = 0; i < std::min<std::int32_t>(count, 12); ++i) {
      const std::string key = KeyOfName(names[i]);
      months_.insert_or_assign(key, MonthName{static_cast<unsigned>(i + 1), Calendar::kPersian});
    }
  }

  [[nodiscard]] std::optional<MonthName> ByKey(const std::string& key,
                                               std::string_view language) const {
    if (!language.empty()) {
      const auto letter = [](char c) { return schemas::IsAsciiLetter(c); };
      const auto end = std::find_if_not(language.begin(), language.end(), letter);
      const std::string tag = schemas::ToLowerAscii(
          language.substr(0, static_cast<std::size_t>(end - language.begin())));
      const auto own = by_language_.find(key + " " + tag);
      if (own != by_language_.end()) return MonthName{own->second};
    }
    const auto found = months_.find(key);
    if (found == months_.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::optional<MonthName> ByBeginning(std::string_view key) const {
    const auto letters = std::count_if(key.begin(), key.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    });
    if (letters < 3) return std::nullopt;
    for (const auto& [name, number] : beginnings_) {
      if (name.starts_with(key)) return MonthName{number};
    }
    return std::nullopt;
  }

  std::unordered_map<std::string, MonthName> months_;
  std::unordered_map<std::string, unsigned> by_language_;  // "name language"
  std::unordered_map<std::string, HalfDay> half_days_;
  std::vector<std::pair<std::string, unsigned>> beginnings_;
  std::set<std::string> first_;
  std::set<std::string> disputed_;
};

const CldrNames& Names() {
  static const CldrNames names;
  return names;
}

}  // namespace

std::optional<MonthName> MonthInCldr(std::string_view name, std::string_view language) {
  return Names().Month(name, language);
}

std::optional<HalfDay> HalfDayInCldr(std::string_view name) { return Names().HalfDayOf(name); }

}  // namespace saunter::crawler::feed::formats
