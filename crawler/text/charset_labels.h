// Inside crawler/text: what the labels of charsets mean. The list is charsets.txt.
//
// Thread safety: all functions. Ownership: what is found lives as long as the program. Errors: an
// unknown label is nullptr.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::text {

struct Charset {
  std::string name;       // what is reported, lower case
  std::string converter;  // ICU's name; empty: the bytes are UTF-8
};

// In any case, and without anything but letters and digits.
[[nodiscard]] const Charset* FindCharset(std::string_view label);

// The first of the list, which other bytes are tried as, and the second, which fits any.
[[nodiscard]] const Charset& Utf8Charset();
[[nodiscard]] const Charset& FallbackCharset();

// The list itself.
[[nodiscard]] std::string_view BuiltInCharsets();

}  // namespace saunter::crawler::text
