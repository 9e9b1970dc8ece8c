#include "api/http/markup.h"

#include "api/http/json.h"
#include "schemas/text.h"

namespace saunter::api::http {

void AppendMarkup(std::string& out, std::string_view text) {
  std::string quoted;
  if (!schemas::IsUtf8(text)) {
    AppendJsonString(quoted, text);  // makes it UTF-8
    text = std::string_view(quoted).substr(1, quoted.size() - 2);
  }
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out.push_back(c);
    }
  }
}

}  // namespace saunter::api::http
