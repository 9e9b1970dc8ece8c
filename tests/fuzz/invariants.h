// What must hold whatever the input; a fuzz target aborts where it does not.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace saunter::fuzz {

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "invariant broken: %s\n", what);
  std::abort();
}

// Valid UTF-8 (Unicode, table 3-7) without NUL.
inline bool IsStorableText(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(i);
    if (first == 0) return false;
    const std::size_t more = first < 0x80                     ? 0
                             : first >= 0xc2 && first < 0xe0  ? 1
                             : first >= 0xe0 && first < 0xf0  ? 2
                             : first >= 0xf0 && first <= 0xf4 ? 3
                                                              : 9;
    if (more == 9) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xc0U) != 0x80U) return false;
    }
    if (first == 0xe0 && byte(i + 1) < 0xa0) return false;
    if (first == 0xed && byte(i + 1) > 0x9f) return false;
    if (first == 0xf0 && byte(i + 1) < 0x90) return false;
    if (first == 0xf4 && byte(i + 1) > 0x8f) return false;
    i += more + 1;
  }
  return true;
}

// Printable ASCII, http or https: safe for a header, a database and libcurl.
inline bool IsStorableUrl(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  for (const char c : url) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace saunter::fuzz
