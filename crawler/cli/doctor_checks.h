// From what was seen to what it means: one finding for each check, with what to do.
//
// Nothing is looked at here; doctor_gather.h does that. All text is for the operator who typed the
// command, and names the next command to type.
//
// Thread safety: pure functions. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/cli/command_line.h"
#include "crawler/cli/doctor_facts.h"

namespace saunter::crawler::cli {

// kUnknown: this user, or --offline, keeps it from being seen.
enum class FindingState { kOk, kWarning, kWrong, kUnknown };
std::string_view ToString(FindingState state);

// Why feeds fail, one outcome each.
struct FailureCause {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  std::int64_t feeds = 0;
  double share = 0;     // of all feeds that are asked
  std::string meaning;  // each a sentence
  std::string advice;
  std::string command;  // that lists them
};

struct DoctorFinding {
  std::string_view name;  // stable, for scripts
  FindingState state = FindingState::kOk;
  std::string found;                 // one line
  std::vector<std::string> advice;   // what to do, in its order; empty if there is nothing to do
  std::vector<FailureCause> causes;  // of the check "feeds" alone
};

// Of the machine.
[[nodiscard]] DoctorFinding JudgeSettings(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgePermissions(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeDatabase(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeLock(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeDisk(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeBackup(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeClock(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeWal(const DoctorFacts& facts);
// The same of a database that PostgreSQL holds.
[[nodiscard]] DoctorFinding JudgeServer(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeTurns(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeServerBackup(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeServerWal(const DoctorFacts& facts);
// Of the network.
[[nodiscard]] DoctorFinding JudgeDns(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeOutbound(const DoctorFacts& facts);
// Of the daemons and their work.
[[nodiscard]] DoctorFinding JudgeCrawler(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeSharedCrawler(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeApi(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeFeeds(const DoctorFacts& facts);
[[nodiscard]] DoctorFinding JudgeCrawl(const DoctorFacts& facts);

// All of them, in the order in which one fault explains the next.
[[nodiscard]] std::vector<DoctorFinding> JudgeAll(const DoctorFacts& facts);

// kNoDatabase if the database cannot be used, else kPartlyFailed if anything is wrong.
[[nodiscard]] ExitCode ExitCodeOf(const std::vector<DoctorFinding>& findings);

}  // namespace saunter::crawler::cli
