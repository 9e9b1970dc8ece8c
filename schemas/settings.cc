#include "schemas/settings.h"

#include <charconv>
#include <utility>

#include "schemas/database_url.h"
#include "schemas/nearest.h"
#include "schemas/settings_list.h"

namespace saunter::schemas {
namespace {

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (auto part = text.substr(0, comma); !part.empty()) parts.push_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

using Problem = std::optional<std::string>;

Problem AssignText(std::string_view, std::string& field, std::string_view text, std::int64_t,
                   std::int64_t) {
  field = text;
  return std::nullopt;
}

Problem AssignText(std::string_view key, bool& field, std::string_view text, std::int64_t,
                   std::int64_t) {
  if (text != "true" && text != "false") return std::string(key) + " takes true or false";
  field = text == "true";
  return std::nullopt;
}

Problem AssignText(std::string_view key, std::int64_t& field, std::string_view text,
                   std::int64_t least, std::int64_t most) {
  const auto value = ParseNumber(text);
  if (!value || *value < least || *value > most) return OutOfBounds(key, least, most);
  field = *value;
  return std::nullopt;
}

Problem AssignText(std::string_view, std::vector<std::string>& field, std::string_view text,
                   std::int64_t, std::int64_t) {
  field.clear();
  for (const auto part : SplitList(text)) field.emplace_back(part);
  return std::nullopt;
}

Problem AssignText(std::string_view key, std::vector<std::int64_t>& field, std::string_view text,
                   std::int64_t least, std::int64_t most) {
  std::vector<std::int64_t> values;
  for (const auto part : SplitList(text)) {
    const auto value = ParseNumber(part);
    if (!value || *value < least || *value > most) return OutOfBounds(key, least, most);
    values.push_back(*value);
  }
  field = std::move(values);
  return std::nullopt;
}

std::string ToText(const std::string& field) { return field; }
std::string ToText(bool field) { return field ? "true" : "false"; }
std::string ToText(std::int64_t field) { return std::to_string(field); }
std::string ToText(const std::vector<std::string>& field) {
  std::string text;
  for (const auto& item : field) text += (text.empty() ? "" : ",") + item;
  return text;
}
std::string ToText(const std::vector<std::int64_t>& field) {
  std::string text;
  for (const auto item : field) text += (text.empty() ? "" : ",") + std::to_string(item);
  return text;
}

SettingKind KindOf(const std::string&) { return SettingKind::kText; }
SettingKind KindOf(bool) { return SettingKind::kTrueOrFalse; }
SettingKind KindOf(std::int64_t) { return SettingKind::kNumber; }
SettingKind KindOf(const std::vector<std::string>&) { return SettingKind::kTexts; }
SettingKind KindOf(const std::vector<std::int64_t>&) { return SettingKind::kNumbers; }

}  // namespace

std::string OutOfBounds(std::string_view key, std::int64_t least, std::int64_t most) {
  return std::string(key) + " takes a whole number from " + std::to_string(least) + " to " +
         std::to_string(most);
}

std::string UnknownSetting(std::string_view key) {
  std::vector<std::string> keys;
  for (auto& info : ListSettings()) keys.push_back(std::move(info.key));
  return "unknown setting \"" + std::string(key) + "\"" +
         DidYouMean(NearestName(key, keys), "; `saunter config show` lists all settings");
}

std::vector<SettingInfo> ListSettings() {
  std::vector<SettingInfo> list;
  const Settings defaults;
  VisitSettings(defaults, [&](std::string_view key, const auto& field, std::string_view summary,
                              std::int64_t, std::int64_t) {
    list.push_back({std::string(key), std::string(summary), ToText(field), KindOf(field)});
  });
  return list;
}

std::optional<std::string> SetSetting(Settings& settings, std::string_view key,
                                      std::string_view text) {
  std::optional<Problem> problem;
  VisitSettings(settings, [&](std::string_view name, auto& field, std::string_view,
                              std::int64_t least, std::int64_t most) {
    if (name == key) problem = AssignText(name, field, text, least, most);
  });
  return problem ? *problem : UnknownSetting(key);
}

std::string GetSetting(const Settings& settings, std::string_view key) {
  std::string text;
  VisitSettings(settings, [&](std::string_view name, const auto& field, std::string_view,
                              std::int64_t, std::int64_t) {
    if (name == key) text = name == "store.url" ? WithoutPassword(ToText(field)) : ToText(field);
  });
  return text;
}

std::string ToText(const SettingProblem& problem) {
  if (problem.file.empty()) return problem.message;
  const auto line = problem.line > 0 ? ":" + std::to_string(problem.line) : std::string();
  return problem.file + line + ": " + problem.message;
}

std::optional<std::string> SettingsFindings::FirstProblem() const {
  if (problems.empty()) return std::nullopt;
  return ToText(problems.front());
}

}  // namespace saunter::schemas
