// How SQLite goes about what it is asked.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <string>
#include <utility>
#include <variant>

#include "store/sql/write_transaction.h"
#include "store/sqlite/connection.h"
#include "tests/store/fixture.h"

namespace saunter::store::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PlansTest : public StoreTest {
 protected:
  PlansTest() { OpenWriter(); }

  std::string Plan(const std::string& query) {
    SQLite::Database database(settings_.path);
    SQLite::Statement explain(database, "EXPLAIN QUERY PLAN " + query);
    std::string plan;
    while (explain.executeStep()) plan += explain.getColumn(3).getString() + "\n";
    return plan;
  }
  // Of SQLite's machine, in a batch in which nothing is due.
  std::int64_t StepsOfAnEmptyBatch() {
    writer_.reset();
    Database database(settings_.path, Access::kReadWrite, 1000, 0);
    sql::WriteConnection connection(database, settings_);
    {
      sql::WriteTransaction transaction(connection, kNow);
      transaction.Commit(WriteTransaction::Durability::kNormal);
    }
    std::int64_t steps = 0;
    auto* const handle = database.handle();
    for (auto* statement = sqlite3_next_stmt(handle, nullptr); statement != nullptr;
         statement = sqlite3_next_stmt(handle, statement)) {
      steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    }
    return steps;
  }
};

TEST_F(PlansTest, FindFailingFeedsWithoutWalkingTheOthers) {
  const auto plan = Plan(
      "SELECT url FROM feed JOIN site USING (site_id) WHERE state = 0 AND error_count > 0 AND "
      "last_outcome = 3 ORDER BY coalesce(ok_at, added_at) LIMIT 5");
  EXPECT_THAT(plan, HasSubstr("INDEX feed_failing (last_outcome=?)"));
  EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE")));
}

TEST_F(PlansTest, CostABatchNothingWhereNothingIsDue) {
  Crawl(AddFeed("https://a.example/feed", "a.example"), {Entry("a.example", 1)});
  const auto link_id = OpenReader()->PoolRows({0, 1}).at(0).link_id;
  std::uint64_t nonce = 0;
  const auto say = [&](std::variant<schemas::Vote, schemas::Report> said, std::uint64_t network) {
    return schemas::Feedback{.link_id = link_id,
                             .source_id = 1,
                             .given_at = kNow,
                             .nonce = ++nonce,
                             .network = network,
                             .said = std::move(said)};
  };
  const auto report = [&] {
    schemas::WriteBatch batch;
    batch.feedback.push_back(
        say(schemas::Report{.kind = schemas::ReportKind::kSpam, .note = "a note"}, 1));
    Write(batch);
  };
  schemas::WriteBatch first;
  first.feedback.push_back(say(schemas::Vote{schemas::VoteValue::kUp}, 1));
  Write(first);
  report();
  const auto steps = StepsOfAnEmptyBatch();
  OpenWriter();
  schemas::WriteBatch votes;
  for (std::uint64_t network = 2; network < 3000; ++network) {
    votes.feedback.push_back(say(schemas::Vote{schemas::VoteValue::kUp}, network));
  }
  Write(votes);
  for (int i = 0; i < 40; ++i) report();
  EXPECT_LT(StepsOfAnEmptyBatch(), steps + 100);
}

}  // namespace
}  // namespace saunter::store::sqlite
