// The checks of a database that is PostgreSQL's: its files, its log and its backups are the
// server's own.

#include <spdlog/fmt/fmt.h>

#include <string>
#include <string_view>
#include <utility>

#include "crawler/cli/doctor_advice.h"
#include "crawler/cli/doctor_checks.h"
#include "crawler/cli/print.h"
#include "schemas/database_url.h"

namespace saunter::crawler::cli {
namespace {

DoctorFinding Fine(std::string_view name, std::string found) {
  return {.name = name, .found = std::move(found), .advice = {}, .causes = {}};
}

}  // namespace

DoctorFinding JudgeServer(const DoctorFacts& facts) {
  DoctorFinding finding{
      .name = "database", .state = FindingState::kWrong, .found = {}, .advice = {}, .causes = {}};
  const auto& database = facts.database;
  const auto name = schemas::DatabaseName(facts.settings.store);
  finding.found = database.status_detail;
  switch (database.status) {
    case store::OpenStatus::kOk:
      break;
    case store::OpenStatus::kOlderSchema:
      finding.advice = {UnitCommand(facts, "restart", "saunter-crawler") +
                        " migrates it; without a crawler, saunter db migrate does"};
      return finding;
    case store::OpenStatus::kNewerSchema:
      finding.advice = {"install the release that last wrote it; nothing was touched"};
      return finding;
    case store::OpenStatus::kForeign:
      finding.advice = {"createdb -E UTF8 -T template0 NAME makes one; name it in store.url"};
      return finding;
    case store::OpenStatus::kMissing:
    case store::OpenStatus::kNotADatabase:
    case store::OpenStatus::kLocked:
    case store::OpenStatus::kCorrupt:
    case store::OpenStatus::kUnavailable:
      finding.advice = {"psql '" + name + "' tells whether the server lets this user in",
                        "its own log tells of its disk and of damage"};
      return finding;
  }
  if (database.problem) {
    finding.found = name + " cannot be read whole: " + *database.problem;
    finding.advice = {"saunter db check says what is wrong; PostgreSQL's log tells of damage"};
    return finding;
  }
  finding.state = FindingState::kOk;
  finding.found = fmt::format("{}: PostgreSQL, schema {}", name,
                              facts.crawl ? facts.crawl->stats.schema_version : 0);
  if (facts.crawl && facts.crawl->stats.last_batch_at) {
    finding.found +=
        "; its newest batch is of " + HumanTime(facts.crawl->stats.last_batch_at, facts.now);
  }
  return finding;
}

DoctorFinding JudgeTurns(const DoctorFacts&) {
  return Fine("lock", "PostgreSQL lets any number of programs write, a batch each in turn");
}

DoctorFinding JudgeServerBackup(const DoctorFacts& facts) {
  auto finding = Fine("backup", "PostgreSQL's backups are its own, and not looked at from here");
  finding.state = FindingState::kUnknown;
  finding.advice = {"pg_dump --format=custom --file=FILE --dbname='" +
                    schemas::DatabaseName(facts.settings.store) +
                    "' makes one, unless your server is backed up in another way"};
  return finding;
}

DoctorFinding JudgeServerWal(const DoctorFacts&) {
  return Fine("wal", "PostgreSQL keeps a write-ahead log of its own");
}

}  // namespace saunter::crawler::cli
