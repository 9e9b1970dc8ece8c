// saunter config: what the settings are, where each comes from, and whether all programs take them.

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/print.h"
#include "schemas/command_line/settings_flags.h"
#include "schemas/settings.h"

namespace saunter::crawler::cli {
namespace {

std::string_view SourceName(schemas::SettingSource source) {
  switch (source) {
    case schemas::SettingSource::kDefault:
      return "default";
    case schemas::SettingSource::kFile:
      return "file";
    case schemas::SettingSource::kFlag:
      return "flag";
  }
  return "default";
}

schemas::SettingOrigin OriginOf(const schemas::SettingsFindings& findings, const std::string& key) {
  const auto found = findings.origins.find(key);
  return found == findings.origins.end() ? schemas::SettingOrigin{} : found->second;
}

// A number as a number, a list as an array, whatever text says the value.
Json ScalarJson(const std::string& text, schemas::SettingKind kind) {
  switch (kind) {
    case schemas::SettingKind::kNumber:
    case schemas::SettingKind::kNumbers:
    case schemas::SettingKind::kTrueOrFalse:
      return Json::parse(text, nullptr, false);
    case schemas::SettingKind::kText:
    case schemas::SettingKind::kTexts:
      return text;
  }
  return text;
}

Json ValueJson(const std::string& text, schemas::SettingKind kind) {
  if (kind != schemas::SettingKind::kTexts && kind != schemas::SettingKind::kNumbers) {
    return ScalarJson(text, kind);
  }
  auto list = Json::array();
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    list.push_back(ScalarJson(std::string(rest.substr(0, comma)), kind));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return list;
}

// A value as saunter.toml takes it.
std::string ValueText(const std::string& text, schemas::SettingKind kind) {
  auto json = ValueJson(text, kind);
  if (!json.is_array()) return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string list;
  for (const auto& item : json) {
    list += (list.empty() ? "" : ", ") + item.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return "[" + list + "]";
}

Json ProblemJson(const schemas::SettingProblem& problem) {
  return {{"key", OrNull(problem.key)},
          {"file", OrNull(problem.file)},
          {"line", problem.line > 0 ? Json(problem.line) : Json(nullptr)},
          {"message", problem.message}};
}

Json ProblemsJson(const schemas::SettingsFindings& findings) {
  auto problems = Json::array();
  for (const auto& problem : findings.problems) problems.push_back(ProblemJson(problem));
  return problems;
}

void PrintProblems(const schemas::SettingsFindings& findings) {
  for (const auto& problem : findings.problems) PrintProblem(ToText(problem));
}

ExitCode CodeOf(const schemas::SettingsFindings& findings) {
  return findings.problems.empty() ? ExitCode::kDone : ExitCode::kWrongUsage;
}

ExitCode CheckConfig(const schemas::command_line::SettingsFlags& flags, OutputFormat output) {
  schemas::Settings settings;
  const auto findings = flags.Read(settings);
  if (output == OutputFormat::kJson) {
    PrintJson({{"path", flags.config()},
               {"ok", findings.problems.empty()},
               {"given", findings.origins.size()},
               {"problems", ProblemsJson(findings)}},
              JsonStyle::kCompact);
    return CodeOf(findings);
  }
  PrintProblems(findings);
  if (findings.problems.empty()) {
    PrintLine(
        fmt::format("{}: no problem was found; {} settings are given, all others have their "
                    "defaults",
                    flags.config(), findings.origins.size()));
  }
  return CodeOf(findings);
}

void PrintSetting(const schemas::SettingInfo& info, const schemas::Settings& settings,
                  const schemas::SettingOrigin& origin) {
  const auto name = std::string_view(info.key).substr(info.key.find('.') + 1);
  const auto value = ValueText(GetSetting(settings, info.key), info.kind);
  const auto line = origin.line > 0 ? fmt::format(", line {}", origin.line) : std::string();
  PrintLine(
      Printable(fmt::format("{} = {}  # {}{}", name, value, SourceName(origin.source), line)));
}

ExitCode ShowConfig(const schemas::command_line::SettingsFlags& flags, OutputFormat output) {
  schemas::Settings settings;
  const auto findings = flags.Read(settings);
  auto json = Json::array();
  std::string section;
  for (const auto& info : schemas::ListSettings()) {
    const auto origin = OriginOf(findings, info.key);
    if (output == OutputFormat::kJson) {
      json.push_back({{"key", info.key},
                      {"value", ValueJson(GetSetting(settings, info.key), info.kind)},
                      {"default", ValueJson(info.default_text, info.kind)},
                      {"source", SourceName(origin.source)},
                      {"line", origin.line > 0 ? Json(origin.line) : Json(nullptr)},
                      {"summary", info.summary}});
      continue;
    }
    if (const auto named = info.key.substr(0, info.key.find('.')); named != section) {
      PrintLine((section.empty() ? "[" : "\n[") + named + "]");
      section = named;
    }
    PrintSetting(info, settings, origin);
  }
  if (output == OutputFormat::kJson) {
    PrintJson({{"path", flags.config()}, {"settings", json}, {"problems", ProblemsJson(findings)}},
              JsonStyle::kCompact);
  } else {
    PrintProblems(findings);
  }
  return CodeOf(findings);
}

}  // namespace

void AddConfigCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("config", "check or show the settings");
  group->require_subcommand(1);
  group
      ->add_subcommand("check",
                       "say all that is wrong with the settings; ends with 2 if anything is")
      ->callback([&invocation] { invocation.run_on_flags = CheckConfig; });
  group
      ->add_subcommand("show",
                       "each setting with its value and where that comes from: file, flag, default")
      ->callback([&invocation] { invocation.run_on_flags = ShowConfig; });
}

}  // namespace saunter::crawler::cli
