// Text of strangers in XML and HTML.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace saunter::api::http {

// Appends text as that of an element, or of an attribute in double quotes, without the characters
// that XML 1.0 forbids. Whatever the bytes are, the result is valid UTF-8.
void AppendMarkup(std::string& out, std::string_view text);

}  // namespace saunter::api::http
