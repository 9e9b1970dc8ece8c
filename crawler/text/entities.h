// The names that HTML gives to characters, and what windows-1252 meant by some numbers.
//
// Thread safety: all functions. Errors: an unknown name is std::nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::text {

// HTML, 13.5: the code points of a name without "&" and ";". HTML 4's names keep the meaning that
// feeds of their time gave them (lang is U+2329).
[[nodiscard]] std::optional<std::u32string> LookUpEntity(std::string_view name);

// The code point that windows-1252 has at 128 to 159; any other number is returned as it is.
[[nodiscard]] char32_t FromWindows1252(char32_t code_point);

}  // namespace saunter::crawler::text
