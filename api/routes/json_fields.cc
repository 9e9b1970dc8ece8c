#include "api/routes/json_fields.h"

#include <cstddef>

namespace saunter::api::routes {

void AppendKey(std::string& out, std::string_view key) {
  if (out.back() != '{') out.push_back(',');
  out.push_back('"');
  out.append(key).append("\":");
}

void AppendTexts(std::string& out, const std::vector<std::string>& texts) {
  out.push_back('[');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out.push_back(',');
    http::AppendJsonString(out, texts[i]);
  }
  out.push_back(']');
}

}  // namespace saunter::api::routes
