#include "crawler/feed/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <array>

#include "schemas/text.h"

namespace saunter::crawler::feed {
namespace {

constexpr std::size_t kTextBytesMin = 120;
constexpr int kPercentMin = 90;
constexpr std::size_t kLanguageBytesMax = 50;

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
  std::string language;
  for (const char c : schemas::ToLowerAscii(schemas::TrimUnicodeSpace(text))) {
    const bool usable = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!usable || language.size() == kLanguageBytesMax) break;
    language += c == '_' ? '-' : c;
  }
  while (!language.empty() && language.back() == '-') language.pop_back();
  return language;
}

}  // namespace saunter::crawler::feed
