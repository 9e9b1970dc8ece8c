#include "api/http/json.h"

#include <array>
#include <charconv>
#include <cstddef>

#include "schemas/text.h"

namespace saunter::api::http {
namespace {

constexpr auto kPlainBytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0x20; i < 0x7f; ++i) table[i] = i != '"' && i != '\\';
  return table;
}();

bool IsPlain(char c) { return kPlainBytes[static_cast<unsigned char>(c)]; }

void AppendEscape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00");
      out.push_back(schemas::kHexDigits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(schemas::kHexDigits[static_cast<unsigned char>(c) & 0xf]);
  }
}

}  // namespace

void AppendNumber(std::string& out, std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && IsPlain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      AppendEscape(out, text.front());
      text.remove_prefix(1);
    } else if (const auto length = schemas::Utf8Length(text); length > 0) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out.append("\xef\xbf\xbd");
      text.remove_prefix(1);
    }
  }
  out.push_back('"');
}

void AppendJsonText(std::string& out, std::string_view text) {
  if (text.empty()) {
    out.append("null");
  } else {
    AppendJsonString(out, text);
  }
}

void AppendJsonTime(std::string& out, const std::optional<schemas::UnixSeconds>& time) {
  if (time) {
    AppendNumber(out, *time);
  } else {
    out.append("null");
  }
}

}  // namespace saunter::api::http
