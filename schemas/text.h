// Text of any room: what UTF-8 is.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstddef>
#include <string_view>

namespace saunter::schemas {

// Length in bytes of the code point at the start of `text`, which is not empty; 0 if there is none
// (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] std::size_t Utf8Length(std::string_view text);

[[nodiscard]] bool IsUtf8(std::string_view text);

}  // namespace saunter::schemas
