#include "crawler/feed/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>
#include <array>

#include "crawler/feed/language_names.h"
#include "schemas/text.h"

namespace saunter::crawler::feed {
namespace {

constexpr std::size_t kTextBytesMin = 120;
constexpr int kPercentMin = 90;
constexpr std::size_t kLanguageBytesMax = 50;

std::string_view FirstSubtag(std::string_view tag) { return tag.substr(0, tag.find('-')); }

// RFC 5646, 2.1: a language is two or three letters, or "i-" and what was registered once. Longer
// ones were never registered.
bool IsTag(std::string_view tag) {
  const std::string_view language = FirstSubtag(tag);
  return std::all_of(language.begin(), language.end(), schemas::IsAsciiLetter) &&
         (language.size() == 2 || language.size() == 3 || tag.starts_with("i-"));
}

// ISO 639-2: undetermined, several, none, and those without a code.
bool NamesNone(std::string_view tag) {
  constexpr auto kNone = std::to_array<std::string_view>({"", "und", "mul", "zxx", "mis"});
  return std::find(kNone.begin(), kNone.end(), FirstSubtag(tag)) != kNone.end();
}

}  // namespace

std::string DetectLanguage(std::string_view text) {
  if (text.size() < kTextBytesMin) return {};
  std::array<CLD2::Language, 3> languages{};
  std::array<int, 3> percents{};
  int text_bytes = 0;
  bool reliable = false;
  const CLD2::Language language =
      CLD2::DetectLanguageSummary(text.data(), static_cast<int>(text.size()), true,
                                  languages.data(), percents.data(), &text_bytes, &reliable);
  if (!reliable || percents[0] < kPercentMin || language != languages[0]) return {};
  const std::string_view code = CLD2::LanguageCode(language);
  return code == "un" ? std::string() : NormaliseLanguage(code);
}

std::string NormaliseLanguage(std::string_view text) {
  text = schemas::TrimUnicodeSpace(text);
  if (text.empty()) return {};
  std::string language;
  for (const char c : schemas::ToLowerAscii(text)) {
    const bool usable = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!usable || language.size() == kLanguageBytesMax) break;
    language += c == '_' ? '-' : c;
  }
  while (!language.empty() && language.back() == '-') language.pop_back();
  if (IsTag(language)) return NamesNone(language) ? std::string() : language;
  return LanguageByName(text);
}

}  // namespace saunter::crawler::feed
