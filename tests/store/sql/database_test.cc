#include "store/sql/database.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saunter::store::sql {
namespace {

using ::testing::ElementsAre;

// Answers each question with the numbers below the one that was asked with.
class CountingStatement final : public Statement {
 public:
  void BindInt(int place, std::int64_t value) override {
    EXPECT_EQ(place, 1);
    bound_ = value;
  }
  void BindReal(int, double) override {}
  void BindText(int, std::string_view value) override { texts_.emplace_back(value); }
  void BindNull(int) override {}
  bool Step() override { return ++row_ < answered_; }
  void Run() override {}
  void Reset() override { ++resets_; }
  void Ask() override {
    asked_.push_back(bound_);
    asked_at_once_ = std::max(asked_at_once_, asked_.size());
  }
  void Answer() override {
    answered_ = asked_.front();
    asked_.pop_front();
    row_ = -1;
  }
  void KeepRow() override {}
  bool IsNull(int) override { return false; }
  std::int64_t GetInt(int) override { return row_; }
  double GetReal(int) override { return 0; }
  std::string_view GetText(int) override { return "one\ntwo"; }

  std::size_t asked_at_once_ = 0;
  int resets_ = 0;
  std::vector<std::string> texts_;

 private:
  std::int64_t bound_ = 0;
  std::deque<std::int64_t> asked_;
  std::int64_t answered_ = 0;
  std::int64_t row_ = -1;
};

class FarDatabase final : public Database {
 public:
  FarDatabase() : Database(Engine::kPostgres) {}
  Statement& Prepared(const char* sql) override {
    sql_ = sql;
    return statement_;
  }
  void Execute(const char*) override {}
  std::int64_t Changes() override { return 0; }
  std::int64_t statements_run() const override { return 0; }
  void BeginWriting() override {}
  void BeginReading() override { is_in_transaction_ = true; }
  void Commit(Durability) override {}
  void Rollback() override {}
  void EndReading() override { is_in_transaction_ = false; }
  bool IsInTransaction() override { return is_in_transaction_; }
  void LiftQueryLimit() override {}
  void Interrupt() override {}
  void CallWhileRunning(std::function<void()>) override {}

  CountingStatement statement_;
  std::string sql_;

 private:
  bool is_in_transaction_ = false;
};

TEST(ReadEach, AsksAnEngineThatIsFarAwayBeforeTheAnswersHaveCome) {
  FarDatabase database;
  const std::vector<std::int64_t> rows = {2, 0, 1};
  std::vector<std::pair<std::int64_t, std::int64_t>> read;
  ReadEach(
      database, "SELECT", rows, [](Use& use, std::int64_t row) { use.Int(row); },
      [&](Use& use, std::int64_t row) { read.emplace_back(row, use.GetInt(0)); });
  EXPECT_THAT(read, ElementsAre(std::pair(2, 0), std::pair(2, 1), std::pair(1, 0)));
  EXPECT_EQ(database.statement_.asked_at_once_, 3U);
  EXPECT_EQ(database.statement_.resets_, 1);
}

TEST(ReadEach, HasNoMoreOnTheWayThanItMay) {
  FarDatabase database;
  const std::vector<std::int64_t> rows(2 * kAskedAheadMax + 1, 1);
  std::size_t read = 0;
  ReadEach(
      database, "SELECT", rows, [](Use& use, std::int64_t row) { use.Int(row); },
      [&](Use&, std::int64_t) { ++read; });
  EXPECT_EQ(read, rows.size());
  EXPECT_EQ(database.statement_.asked_at_once_, kAskedAheadMax);
}

TEST(Use, TakesTheWordsOfItsEngine) {
  FarDatabase database;
  static constexpr Worded kWorded = {"SQLite's", "PostgreSQL's"};
  const Use use(database, kWorded);
  EXPECT_EQ(database.sql_, "PostgreSQL's");
}

TEST(Use, EndsEachLineAndTakesThemApart) {
  FarDatabase database;
  Use use(database, "SELECT");
  use.Lines({"one", "two"});
  EXPECT_THAT(database.statement_.texts_, ElementsAre("one\ntwo\n"));
  EXPECT_THAT(use.GetTexts(0, kLineEnd), ElementsAre("one", "two"));
}

TEST(ReadTransaction, StandsInOneThatIsOpen) {
  FarDatabase database;
  {
    const ReadTransaction outer(database);
    {
      const ReadTransaction inner(database);
    }
    EXPECT_TRUE(database.IsInTransaction());
  }
  EXPECT_FALSE(database.IsInTransaction());
}

}  // namespace
}  // namespace saunter::store::sql
