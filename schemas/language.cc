#include "schemas/language.h"

#include <algorithm>
#include <cstddef>

#include "schemas/text.h"

namespace saunter::schemas {
namespace {

constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646, 4.4.1

}  // namespace

bool IsLanguageRange(std::string_view text) {
  return !text.empty() && text.size() <= kLanguageBytesMax && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return IsAsciiLetter(c) || IsAsciiDigit(c) || c == '-';
         });
}

bool MatchesLanguage(std::string_view language, std::string_view range) {
  if (language.size() < range.size()) return false;
  if (language.size() > range.size() && language[range.size()] != '-') return false;
  return EqualsIgnoringCase(language.substr(0, range.size()), range);
}

std::optional<std::string> WiderLanguage(std::string_view range) {
  auto dash = range.rfind('-');
  // A subtag of one letter begins something that is cut off with it.
  while (dash != std::string_view::npos && dash >= 2 && range[dash - 2] == '-') dash -= 2;
  if (dash == std::string_view::npos) return std::nullopt;
  return std::string(range.substr(0, dash));
}

}  // namespace saunter::schemas
