#include "tests/api/server/contract.h"

#include <regex.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace saunter::api::server {
namespace {

using nlohmann::json;

// What every path may answer to a request that is wrong in itself: "4XX" in OpenAPI, or "default"
// at an address that only redirects.
bool IsAnyRefusal(const std::string& status) { return status == "4XX" || status == "default"; }

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(tolower(c)); });
  return text;
}

// An extended regular expression of POSIX somewhere in the text.
bool Matches(const std::string& text, const std::string& pattern) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool matches = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return matches;
}

bool IsOfType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  return false;
}

// Headers that a browser acts on by itself, and those that any script may read (Fetch,
// "CORS-safelisted response-header name").
bool IsForTheBrowser(const std::string& name) {
  static const std::set<std::string> kNames = {"cache-control",
                                               "connection",
                                               "content-language",
                                               "content-length",
                                               "content-security-policy",
                                               "content-type",
                                               "cross-origin-resource-policy",
                                               "location",
                                               "referrer-policy",
                                               "vary",
                                               "x-content-type-options"};
  return name.starts_with("access-control-") || kNames.contains(name);
}

// The names in Access-Control-Expose-Headers, in lower case.
std::set<std::string> ExposedHeaders(const RawAnswer& answer) {
  const auto found = answer.headers.find("access-control-expose-headers");
  std::set<std::string> names;
  if (found == answer.headers.end()) return names;
  std::istringstream list(LowerCase(found->second));
  for (std::string name; std::getline(list >> std::ws, name, ',');) names.insert(name);
  return names;
}

}  // namespace

const json& Contract::Resolve(const json& node) const {
  if (!node.contains("$ref")) return node;
  const auto reference = node["$ref"].get<std::string>();
  return contract_.at(json::json_pointer(reference.substr(1)));
}

std::vector<std::string> Contract::Paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, item] : contract_["paths"].items()) {
    if (item.contains(method_)) paths.push_back(path);
  }
  return paths;
}

std::vector<int> Contract::StatusesOf(const std::string& path) const {
  std::vector<int> statuses;
  for (const auto& [status, response] : contract_["paths"][path][method_]["responses"].items()) {
    if (!IsAnyRefusal(status)) statuses.push_back(std::stoi(status));
  }
  return statuses;
}

void Contract::CheckHeader(const std::string& name, const json& header, const RawAnswer& answer,
                           std::vector<std::string>& problems) const {
  const auto found = answer.headers.find(LowerCase(name));
  if (found == answer.headers.end()) {
    // Only where the contract says so may it be missing.
    if (header.value("required", true)) problems.push_back("no header " + name);
  } else {
    CheckValue(header["schema"], found->second, name, problems);
  }
}

std::vector<std::string> Contract::CheckCommonHeaders(const RawAnswer& answer) const {
  std::vector<std::string> problems;
  for (const auto& [name, header] : contract_["components"]["headers"].items()) {
    if (header.value("required", false)) CheckHeader(name, header, answer, problems);
  }
  const auto exposed = ExposedHeaders(answer);
  for (const auto& [name, value] : answer.headers) {
    if (!IsForTheBrowser(name) && !exposed.contains(name)) {
      problems.push_back("a page's script cannot read " + name);
    }
  }
  return problems;
}

std::vector<std::string> Contract::Check(const std::string& path, const RawAnswer& answer,
                                         BodyExpected body) const {
  auto problems = CheckCommonHeaders(answer);
  const auto& responses = contract_["paths"].at(path)[method_]["responses"];
  auto status = std::to_string(answer.status);
  if (!responses.contains(status) && answer.status / 100 == 4) {
    status = responses.contains("default") ? "default" : "4XX";
  }
  if (!responses.contains(status)) {
    problems.push_back("status " + status + " is not in the contract");
    return problems;
  }
  const auto& response = Resolve(responses[status]);
  const auto headers = response.value("headers", json::object());
  for (const auto& [name, header] : headers.items()) {
    CheckHeader(name, Resolve(header), answer, problems);
  }
  const auto content = response.value("content", json::object());
  const auto type = answer.headers.find("content-type");
  if (content.empty()) {
    if (type != answer.headers.end()) problems.emplace_back("a Content-Type without content");
    if (!answer.body.empty()) problems.emplace_back("a body where none is promised");
    return problems;
  }
  if (type == answer.headers.end()) return {"no Content-Type"};
  const auto media_type = type->second.substr(0, type->second.find(';'));
  if (!content.contains(media_type)) {
    problems.push_back("Content-Type " + media_type + " is not in the contract");
    return problems;
  }
  if (body == BodyExpected::kNo) return problems;
  const auto is_json = media_type.ends_with("json");
  const auto value = is_json ? json::parse(answer.body, nullptr, false) : json(answer.body);
  if (value.is_discarded()) return {"the body is no JSON"};
  CheckValue(content[media_type]["schema"], value, "body", problems);
  return problems;
}

void Contract::CheckValue(const json& schema, const json& value, const std::string& where,
                          std::vector<std::string>& problems) const {
  const auto& resolved = Resolve(schema);
  for (const auto& [keyword, rule] : resolved.items()) {
    const Rule of{keyword, rule, resolved, where};
    const bool known = CheckScalar(of, value, problems) || CheckObject(of, value, problems) ||
                       CheckArray(of, value, problems) || keyword == "description" ||
                       keyword == "format";
    if (!known) problems.push_back(where + ": the test does not know the keyword " + keyword);
  }
}

bool Contract::CheckScalar(const Rule& of, const json& value,
                           std::vector<std::string>& problems) const {
  const auto& [keyword, rule, schema, where] = of;
  std::string wrong;
  if (keyword == "type") {
    const auto types = rule.is_array() ? rule.get<std::vector<std::string>>()
                                       : std::vector<std::string>{rule.get<std::string>()};
    const bool fits = std::any_of(types.begin(), types.end(),
                                  [&](const auto& type) { return IsOfType(value, type); });
    if (!fits) wrong = "is not ";
  } else if (keyword == "const") {
    if (value != rule) wrong = "is not ";
  } else if (keyword == "enum") {
    if (std::find(rule.begin(), rule.end(), value) == rule.end()) wrong = "is none of ";
  } else if (keyword == "pattern") {
    if (!Matches(value.get<std::string>(), rule.get<std::string>())) wrong = "does not match ";
  } else if (keyword == "oneOf") {
    const auto fitting = std::ranges::count_if(rule, [&](const json& choice) {
      std::vector<std::string> found;
      CheckValue(choice, value, where, found);
      return found.empty();
    });
    if (fitting != 1) wrong = "fits " + std::to_string(fitting) + " of ";
  } else {
    return false;
  }
  if (!wrong.empty()) {
    problems.push_back(where + ": " + wrong + rule.dump() + ": " + value.dump());
  }
  return true;
}

bool Contract::CheckObject(const Rule& of, const json& value,
                           std::vector<std::string>& problems) const {
  const auto& [keyword, rule, schema, where] = of;
  if (keyword == "required") {
    for (const auto& name : rule) {
      if (!value.contains(name)) problems.push_back(where + ": lacks " + name.dump());
    }
    return true;
  }
  if (keyword == "additionalProperties") return true;  // of what is sent
  if (keyword != "properties") return false;
  for (const auto& [name, item] : value.items()) {
    const auto inner = where + "." + name;
    if (rule.contains(name)) {
      CheckValue(rule[name], item, inner, problems);
    } else {
      // Answers may gain fields, but none that the contract does not know.
      problems.push_back(inner + ": is beyond the contract");
    }
  }
  return true;
}

bool Contract::CheckArray(const Rule& of, const json& value,
                          std::vector<std::string>& problems) const {
  const auto& [keyword, rule, schema, where] = of;
  if (keyword == "items") {
    for (const auto& item : value) CheckValue(rule, item, where + "[]", problems);
  } else if (keyword == "minItems") {
    if (value.size() < rule) problems.push_back(where + ": has too few items");
  } else if (keyword == "maxItems") {
    if (value.size() > rule) problems.push_back(where + ": has too many items");
  } else {
    return false;
  }
  return true;
}

}  // namespace saunter::api::server
