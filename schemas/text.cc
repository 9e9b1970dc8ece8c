#include "schemas/text.h"

namespace saunter::schemas {

std::string_view TrimUnicodeSpace(std::string_view text) {
  const auto is_space = [](char32_t c) { return IsUnicodeSpace(c) || c == 0xfeff; };
  while (!text.empty()) {
    std::size_t at = 0;
    if (!is_space(NextCodePoint(text, at))) break;
    text.remove_prefix(at);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0U) == 0x80U) --begin;
    std::size_t at = begin;
    if (!is_space(NextCodePoint(text, at))) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace saunter::schemas
