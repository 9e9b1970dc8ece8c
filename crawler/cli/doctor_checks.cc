#include "crawler/cli/doctor_checks.h"

#include <algorithm>

namespace saunter::crawler::cli {

std::string_view ToString(FindingState state) {
  switch (state) {
    case FindingState::kOk:
      return "ok";
    case FindingState::kWarning:
      return "warning";
    case FindingState::kWrong:
      return "wrong";
    case FindingState::kUnknown:
      return "unknown";
  }
  return "invalid";
}

std::vector<DoctorFinding> JudgeAll(const DoctorFacts& facts) {
  const bool is_server = !facts.settings.store.url.empty();
  return {JudgeSettings(facts),
          JudgePermissions(facts),
          is_server ? JudgeServer(facts) : JudgeDatabase(facts),
          is_server ? JudgeTurns(facts) : JudgeLock(facts),
          JudgeDisk(facts),
          is_server ? JudgeServerBackup(facts) : JudgeBackup(facts),
          JudgeClock(facts),
          is_server ? JudgeServerWal(facts) : JudgeWal(facts),
          JudgeDns(facts),
          JudgeOutbound(facts),
          is_server ? JudgeSharedCrawler(facts) : JudgeCrawler(facts),
          JudgeApi(facts),
          JudgeCrawl(facts),
          JudgeFeeds(facts)};
}

ExitCode ExitCodeOf(const std::vector<DoctorFinding>& findings) {
  const auto is_wrong = [](const DoctorFinding& finding) {
    return finding.state == FindingState::kWrong;
  };
  const auto database = std::ranges::find(findings, "database", &DoctorFinding::name);
  if (database != findings.end() && is_wrong(*database)) return ExitCode::kNoDatabase;
  return std::ranges::any_of(findings, is_wrong) ? ExitCode::kPartlyFailed : ExitCode::kDone;
}

}  // namespace saunter::crawler::cli
