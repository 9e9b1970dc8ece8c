#include "crawler/feed/language_names.h"

#include <unicode/locdspnm.h>
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <utility>

#include "schemas/text.h"

namespace saunter::crawler::feed {
namespace {

constexpr std::size_t kNameBytesMax = 80;

// Names that CLDR has for none or for something else.
constexpr auto kOtherNames =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"bahasa indonesia", "id"},
                                                                  {"bahasa melayu", "ms"},
                                                                  {"castellano", "es"},
                                                                  {"valencià", "ca"},
                                                                  {"farsi", "fa"},
                                                                  {"mandarin", "zh"},
                                                                  {"ελληνικα", "el"}});

std::string Folded(icu::UnicodeString name) {
  name.foldCase().trim();
  std::string utf8;
  name.toUTF8String(utf8);
  return utf8;
}

class LanguageNames {
 public:
  LanguageNames() {
    for (const auto& [name, tag] : kOtherNames) tags_.emplace(name, tag);
    std::int32_t count = 0;
    const icu::Locale* const all = icu::Locale::getAvailableLocales(count);
    const std::unique_ptr<icu::LocaleDisplayNames> english(
        icu::LocaleDisplayNames::createInstance(icu::Locale::getEnglish(), ULDN_DIALECT_NAMES));
    // A language by itself goes before its varieties.
    for (const bool whole : {true, false}) {
      for (std::int32_t i = 0; i < count; ++i) {
        const bool is_whole = std::string_view(all[i].getName()) == all[i].getLanguage();
        if (is_whole != whole) continue;
        if (english) Take(*english, all[i]);
        const std::unique_ptr<icu::LocaleDisplayNames> own(
            icu::LocaleDisplayNames::createInstance(all[i], ULDN_DIALECT_NAMES));
        if (own) Take(*own, all[i]);
      }
    }
  }

  [[nodiscard]] std::string Tag(std::string_view name) const {
    const auto found = tags_.find(Folded(icu::UnicodeString::fromUTF8(
        icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())))));
    return found == tags_.end() ? std::string() : found->second;
  }

 private:
  void Take(const icu::LocaleDisplayNames& names, const icu::Locale& locale) {
    icu::UnicodeString name;
    names.localeDisplayName(locale, name);
    std::string tag = schemas::ToLowerAscii(locale.getName());
    std::replace(tag.begin(), tag.end(), '_', '-');
    tags_.emplace(Folded(name), std::move(tag));
  }

  std::unordered_map<std::string, std::string> tags_;
};

}  // namespace

std::string LanguageByName(std::string_view name) {
  static const LanguageNames names;
  if (name.size() > kNameBytesMax) return {};
  std::string tag = names.Tag(name);
  const std::size_t end = name.find_first_of("(,/;-[");
  return tag.empty() && end != std::string_view::npos ? names.Tag(name.substr(0, end)) : tag;
}

}  // namespace saunter::crawler::feed
