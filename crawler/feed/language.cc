#include "crawler/feed/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <array>

#include "crawler/feed/formats/raw.h"

namespace saunter::crawler::feed {
namespace {

constexpr std::size_t kTextBytesMin = 120;
constexpr int kPercentMin = 90;

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

}  // namespace saunter::crawler::feed
