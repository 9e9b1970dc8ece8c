// Turns bytes of any charset into UTF-8.
//
// Thread safety: all functions. Ownership: a Utf8Text may point into the body it was made from.
// Errors: none; bytes that fit nothing else are read as windows-1252.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saunter::crawler::text {

// Why bytes were read as they were, best first.
enum class CharsetSource {
  kByteOrderMark,
  kBytePattern,  // what the first characters look like in UTF-16, UTF-32 or EBCDIC
  kValidUtf8,
  kContentType,
  kDeclaration,  // of XML
  kDetected,     // by what the bytes look like
  kFallback,
};

// Valid UTF-8 without a byte order mark, NUL or any other code point that XML forbids.
struct Utf8Text {
  std::optional<std::string> converted;
  std::string_view unchanged;  // the part of the body that needs no conversion, if none was made
  std::string charset;         // what the bytes were read as, lower case
  CharsetSource source = CharsetSource::kValidUtf8;
  bool repaired = false;  // something was replaced or dropped

  [[nodiscard]] std::string_view text() const { return converted ? *converted : unchanged; }
};

// Reads `body` by the first of these that applies: its byte order mark, UTF-8 where it is valid,
// the charset of `content_type`, the XML declaration, what the bytes look like, windows-1252.
// Labels mean what the WHATWG Encoding Standard says (latin1 is windows-1252, gb2312 is gb18030).
// Labels outside our list (charsets.txt) are ignored, so that no peer chooses a converter.
[[nodiscard]] Utf8Text ToUtf8(std::string_view body, std::string_view content_type);

// Reads each bad byte as windows-1252 and drops the code points that XML forbids.
[[nodiscard]] std::string RepairUtf8(std::string_view text);

}  // namespace saunter::crawler::text
