// saunter doctor: looks at everything that an installation needs, and says what to do.

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>

#include "crawler/cli/commands.h"
#include "crawler/cli/doctor_checks.h"
#include "crawler/cli/doctor_gather.h"
#include "crawler/cli/print.h"
#include "schemas/database_url.h"

namespace saunter::crawler::cli {
namespace {

// Under what was found.
constexpr std::string_view kIndent = "                      ";

std::int64_t CountOf(const std::vector<DoctorFinding>& findings, FindingState state) {
  return std::ranges::count(findings, state, &DoctorFinding::state);
}

Json CauseJson(const FailureCause& cause) {
  return {
      {"outcome", ToString(cause.outcome)}, {"feeds", cause.feeds},   {"share", cause.share},
      {"meaning", cause.meaning},           {"advice", cause.advice}, {"command", cause.command}};
}

Json FindingJson(const DoctorFinding& finding) {
  Json json = {{"name", finding.name},
               {"state", ToString(finding.state)},
               {"found", finding.found},
               {"advice", finding.advice}};
  if (finding.name == "feeds") {
    json["causes"] = Json::array();
    for (const auto& cause : finding.causes) json["causes"].push_back(CauseJson(cause));
  }
  return json;
}

Json ReportJson(const DoctorFacts& facts, const std::vector<DoctorFinding>& findings) {
  auto list = Json::array();
  for (const auto& finding : findings) list.push_back(FindingJson(finding));
  return {{"ok", CountOf(findings, FindingState::kWrong) == 0},
          {"version", facts.version},
          {"checked_at", facts.now},
          {"path", schemas::DatabaseName(facts.settings.store)},
          {"wrong", CountOf(findings, FindingState::kWrong)},
          {"warnings", CountOf(findings, FindingState::kWarning)},
          {"unknown", CountOf(findings, FindingState::kUnknown)},
          {"findings", std::move(list)}};
}

void PrintFinding(const DoctorFinding& finding) {
  PrintLine(Printable(
      fmt::format("{:<8} {:<12} {}", ToString(finding.state), finding.name, finding.found)));
  for (const auto& advice : finding.advice)
    PrintLine(Printable(fmt::format("{}→ {}", kIndent, advice)));
  for (const auto& cause : finding.causes) {
    PrintLine(Printable(fmt::format("{}{:>6} {}: {} {}", kIndent, cause.feeds,
                                    ToString(cause.outcome), cause.meaning, cause.advice)));
  }
  if (!finding.causes.empty()) {
    const bool is_one = finding.causes.size() == 1;
    PrintLine(Printable(fmt::format("{}{}{}", kIndent, finding.causes.front().command,
                                    is_one ? " lists them" : " lists the first, and so on")));
  }
}

void PrintReport(const std::vector<DoctorFinding>& findings) {
  for (const auto& finding : findings) PrintFinding(finding);
  const auto wrong = CountOf(findings, FindingState::kWrong);
  const auto warnings = CountOf(findings, FindingState::kWarning);
  const auto unknown = CountOf(findings, FindingState::kUnknown);
  PrintLine(fmt::format("{} checks: {} ok, {} {}, {} wrong{}", findings.size(),
                        CountOf(findings, FindingState::kOk), warnings,
                        warnings == 1 ? "warning" : "warnings", wrong,
                        unknown == 0 ? "" : fmt::format(", {} not known", unknown)));
}

ExitCode Examine(const schemas::command_line::SettingsFlags& flags, OutputFormat output,
                 DoctorReach reach) {
  const auto facts = GatherFacts(flags, reach);
  const auto findings = JudgeAll(facts);
  if (output == OutputFormat::kJson) {
    PrintJson(ReportJson(facts, findings), JsonStyle::kCompact);
  } else {
    PrintReport(findings);
  }
  return ExitCodeOf(findings);
}

}  // namespace

void AddDoctor(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "doctor",
      "look at settings, permissions, lock, disk, backup, clock, DNS, outbound HTTPS, crawler, API "
      "and feeds, and say what to do about each; changes nothing; ends with 1 if anything is "
      "wrong, with 3 if the database cannot be used");
  auto reach = std::make_shared<DoctorReach>(DoctorReach::kEverywhere);
  command->add_flag_callback(
      "--offline", [reach] { *reach = DoctorReach::kThisMachine; },
      "ask nothing beyond this machine: no look-up of feeds' hosts, and not the one robots.txt");
  command->callback([&invocation, reach] {
    invocation.run_on_flags = [reach](const schemas::command_line::SettingsFlags& flags,
                                      OutputFormat output) {
      return Examine(flags, output, *reach);
    };
  });
}

}  // namespace saunter::crawler::cli
