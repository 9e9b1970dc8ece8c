// The parts of text that every room reads: letters of ASCII, hexadecimal digits, white space and
// UTF-8. Charsets and markup are the crawler's (crawler/text).
//
// Functions of one character and short loops stand here, so that a caller's loop takes them in.
//
// Thread safety: all functions. Errors: none; what is no digit, no escape or no UTF-8 is a value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace saunter::schemas {

// ASCII: letters beyond it stay as they are in each of these.

[[nodiscard]] constexpr bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool IsAsciiLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] inline std::string ToLowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLowerAscii(c);
  return lower;
}
[[nodiscard]] constexpr bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return ToLowerAscii(a) == ToLowerAscii(b); });
}

// A host's name without a leading "www."; "www.com" is a name of its own.
[[nodiscard]] constexpr std::string_view WithoutWww(std::string_view host) {
  constexpr std::string_view kWww = "www.";
  if (host.starts_with(kWww) && host.find('.', kWww.size()) != std::string_view::npos) {
    host.remove_prefix(kWww.size());
  }
  return host;
}

// White space: sets of bytes for Trim, each wider than the one before it.

inline constexpr std::string_view kBlanks = " \t";  // RFC 9110, 5.6.3
// XML 1.0, 2.3; RFC 8259, 2.
inline constexpr std::string_view kBlanksAndLineEnds = " \t\r\n";
inline constexpr std::string_view kAsciiSpace = " \t\r\n\f\v";

[[nodiscard]] constexpr bool IsBlankOrLineEnd(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
// Without the bytes of `white` at both ends.
[[nodiscard]] constexpr std::string_view Trim(std::string_view text, std::string_view white) {
  const auto begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

// White_Space of the Unicode Character Database: U+0085, U+00A0 and U+3000 among others.
[[nodiscard]] constexpr bool IsUnicodeSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
         c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}
// Without Unicode's white space and U+FEFF, the byte order mark, at both ends of valid UTF-8.
[[nodiscard]] std::string_view TrimUnicodeSpace(std::string_view text);

// Hexadecimal digits.

inline constexpr std::string_view kHexDigits = "0123456789abcdef";
inline constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";

// 0 to 15 for a digit of either case, -1 for any other character.
[[nodiscard]] constexpr int HexValue(char c) {
  if (IsAsciiDigit(c)) return c - '0';
  const char lower = ToLowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
// RFC 3986, 2.1: the byte that "%XX" at `at` stands for; nullopt: there is no such escape.
[[nodiscard]] constexpr std::optional<char> PercentDecoded(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return std::nullopt;
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}
// Appends `byte` as "%XX" with digits in upper case (RFC 3986, 2.1).
inline void AppendPercentEncoded(std::string& out, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  out.push_back('%');
  out.push_back(kUpperHexDigits[value >> 4]);
  out.push_back(kUpperHexDigits[value & 0xf]);
}
// RFC 3986, 2.3: means the same plain and encoded.
[[nodiscard]] constexpr bool IsUnreserved(char c) {
  return IsAsciiLetter(c) || IsAsciiDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// UTF-8 (RFC 3629).

// Length in bytes of the code point at the start of `text`, which is not empty; 0 if there is none:
// overlong forms, surrogates and values above U+10FFFF are not UTF-8.
[[nodiscard]] inline std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char least = 0x80;
  unsigned char most = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) least = 0xa0;
    if (lead == 0xed) most = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) least = 0x90;
    if (lead == 0xf4) most = 0x8f;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return length;
}
[[nodiscard]] bool IsUtf8(std::string_view text);

inline void AppendUtf8(std::string& text, char32_t c) {
  const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | (c >> 6U));
    byte(0x80 | (c & 0x3fU));
  } else if (c < 0x10000) {
    byte(0xe0 | (c >> 12U));
    byte(0x80 | ((c >> 6U) & 0x3fU));
    byte(0x80 | (c & 0x3fU));
  } else {
    byte(0xf0 | (c >> 18U));
    byte(0x80 | ((c >> 12U) & 0x3fU));
    byte(0x80 | ((c >> 6U) & 0x3fU));
    byte(0x80 | (c & 0x3fU));
  }
}

// Reads the code point at `at` of valid UTF-8 and moves `at` behind it; U+FFFD for a stray byte.
[[nodiscard]] inline char32_t NextCodePoint(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t first = byte(at++);
  if (first < 0x80) return first;
  const unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  if (more == 0 || text.size() - at < more) return 0xfffd;
  char32_t c = first & (0x3fU >> more);
  for (unsigned i = 0; i < more; ++i) c = (c << 6U) | (byte(at + i) & 0x3fU);
  at += more;
  return c;
}

}  // namespace saunter::schemas
