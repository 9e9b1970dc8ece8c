// Bytes of any charset made UTF-8.
//
// Thread safety: all functions. Ownership: a Utf8Text may point into the body it was made of.
// Errors: none; every input gives text, at worst as
// windows-1252.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::text {

// Valid UTF-8 without a byte order mark, NUL or any other code point that XML forbids.
struct Utf8Text {
  std::optional<std::string> converted;
  std::string_view unchanged;  // the part of the body that needs no conversion, if none was made
  std::string charset;         // what the bytes were read as, lower case
  bool repaired = false;       // something was replaced or dropped

  [[nodiscard]] std::string_view text() const { return converted ? *converted : unchanged; }
};

// BOM, else bytes that are valid UTF-8, else the charset of `content_type`, else the XML
// declaration's, else what the bytes look like, else windows-1252. Labels mean what the WHATWG
// Encoding Standard says (latin1 is windows-1252, gb2312 is gb18030); names that are not on the
// list are ignored, so that no peer chooses a converter.
[[nodiscard]] Utf8Text ToUtf8(std::string_view body, std::string_view content_type);

// Replaces bad bytes one by one by their windows-1252 meaning and drops forbidden code points.
[[nodiscard]] std::string RepairUtf8(std::string_view text);

}  // namespace saunter::crawler::text
