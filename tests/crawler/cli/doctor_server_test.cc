#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "crawler/cli/doctor_checks.h"
#include "tests/crawler/cli/doctor_installation.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The same installation over PostgreSQL.
class DoctorOfAServer : public Doctor {
 protected:
  DoctorOfAServer() {
    facts.settings.store.url = "postgresql://saunter:secret@db.example/saunter";
    facts.database.file = {};
    facts.database.beside.clear();
    facts.lock = {.state = LockFacts::State::kUnseen,
                  .process_id = 0,
                  .text = {},
                  .control = LockFacts::Control::kAnswers};
    facts.backup = {};
  }

  DoctorFinding Find(std::string_view name) const {
    for (auto& finding : JudgeAll(facts)) {
      if (finding.name == name) return std::move(finding);
    }
    return {};
  }
};

TEST_F(DoctorOfAServer, LooksAtTheDatabaseAndAtNoFile) {
  Expect(Find("database"), FindingState::kOk,
         "postgresql://saunter:***@db.example/saunter: PostgreSQL, schema 13; its newest batch is "
         "of");
  for (const auto& finding : JudgeAll(facts)) {
    EXPECT_NE(finding.state, FindingState::kWrong) << finding.name << ": " << finding.found;
    EXPECT_THAT(finding.found, Not(HasSubstr("saunter.db"))) << finding.name;
    EXPECT_THAT(finding.found, Not(HasSubstr("secret"))) << finding.name;
  }
  Expect(Find("backup"), FindingState::kUnknown, "not looked at", "pg_dump");
}

TEST_F(DoctorOfAServer, SaysWhatToDoAboutOneThatCannotBeUsed) {
  facts.crawl.reset();
  facts.database.status_detail = "what opening it said";
  facts.database.status = store::OpenStatus::kUnavailable;
  Expect(Find("database"), FindingState::kWrong, "what opening it said",
         "psql 'postgresql://saunter:***@db.example/saunter'");
  facts.database.status = store::OpenStatus::kForeign;
  Expect(Find("database"), FindingState::kWrong, "what opening it said", "createdb -E UTF8");
  facts.database.status = store::OpenStatus::kOlderSchema;
  Expect(Find("database"), FindingState::kWrong, "what opening it said", "saunter db migrate");
  EXPECT_EQ(ExitCodeOf(JudgeAll(facts)), ExitCode::kNoDatabase);
}

TEST_F(DoctorOfAServer, KnowsCrawlersOfOtherMachinesByTheirReports) {
  Expect(Find("crawler"), FindingState::kOk, "it runs; its last report is of");
  facts.lock.control = LockFacts::Control::kAbsent;
  Expect(Find("crawler"), FindingState::kOk, "on another machine");
  facts.crawl->stats.crawler->reported_at = kDoctorNow - 3600;
  Expect(Find("crawler"), FindingState::kWrong, "it does not run", "start saunter-crawler");
}

TEST_F(DoctorOfAServer, SeesAnApiWhoseCopyStaysBehind) {
  facts.api.schema_version = 15;  // of its file
  Expect(Find("api"), FindingState::kOk, "up to batch 500");
  facts.api.batches = 1;
  Expect(Find("api"), FindingState::kWarning, "500 batches behind", "saunter-replica");
}

}  // namespace
}  // namespace saunter::crawler::cli
