// Several writers of one database, a batch each in turn.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"
#include "store/sql/turn.h"
#include "store/sql/write_transaction.h"
#include "tests/store/fixture.h"
#include "tests/support/cluster.h"
#include "tests/support/process.h"

namespace saunter::store::postgres {
namespace {

using ::testing::IsEmpty;

constexpr std::chrono::seconds kDeadline(60);

class TurnsTest : public StoreTest {
 protected:
  TurnsTest() {
    settings_.removal_rows_max = 3;
    settings_.busy_timeout_ms = 50;
    OpenWriter();
    other_ = engine_->OpenWriter(settings_).writer;
  }
  ~TurnsTest() override { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  static schemas::BlacklistEntry ListEntry() {
    schemas::BlacklistEntry entry;
    entry.pattern = "a.example";
    return entry;
  }
  // The other one writes from now on.
  void Swap() { std::swap(writer_, other_); }

  std::unique_ptr<Writer> other_;
};

TEST_F(TurnsTest, AreWaitedForAndThenTriedAgain) {
  const auto turn = writer_->Begin(kNow);
  try {
    static_cast<void>(other_->Begin(kNow));
    ADD_FAILURE() << "two have their turn at once";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreErrorKind::kBusy);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("is being written by test, process"));
  }
  turn->Commit(WriteTransaction::Durability::kNormal);
  EXPECT_EQ(other_->Begin(kNow)->Commit(WriteTransaction::Durability::kNormal), 2);
}

TEST_F(TurnsTest, SeeWhatOthersHaveNamed) {
  const auto feed = AddFeed("https://a.example/feed", "a.example");
  Crawl(feed, {Entry("a.example", 1), Entry("b.example", 2)});
  Swap();
  Crawl(feed, {Entry("a.example", 1), Entry("b.example", 3), Entry("c.example", 4)});
  Swap();
  Crawl(feed, {Entry("c.example", 5), Entry("b.example", 6)});
  EXPECT_EQ(OpenReader()->ReadStats().sites, 3);
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM category"), 2);
}

TEST_F(TurnsTest, SeeThatASiteHasGotAFeed) {
  const auto feed = AddFeed("https://a.example/feed", "a.example");
  Crawl(feed, {Entry("a.example", 1), Entry("b.example", 2)});
  Swap();
  AddFeed("https://b.example/feed", "b.example");
  Swap();
  Crawl(feed, {Entry("a.example", 1), Entry("b.example", 2), Entry("b.example", 3)});
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM link WHERE source_id = (SELECT site_id FROM "
                              "site WHERE host = 'b.example')"),
            2);
}

TEST_F(TurnsTest, GiveALinksIdToNoOtherThoughItsGiverHasTakenItBack) {
  Crawl(AddFeed("https://a.example/feed", "a.example"), {Entry("a.example", 1)});
  const auto newest = OpenReader()->PoolRows({}).at(0).link_id;
  Remove("https://a.example/feed");
  Swap();
  Crawl(AddFeed("https://b.example/feed", "b.example"), {Entry("b.example", 1)});
  EXPECT_GT(OpenReader()->PoolRows({}).at(0).link_id, newest);
}

TEST_F(TurnsTest, GoOnWithANewCategoryWhereTheLastOneLeftIt) {
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 12; ++i) entries.push_back(Entry("a.example", i));
  Crawl(AddFeed("https://a.example/feed", "a.example"), entries);
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::EditFeed{
      .url = "https://a.example/feed", .title = std::nullopt, .category = std::string("bread")});
  int batches = 1;
  for (bool is_settling = Write(batch).is_settling; is_settling; ++batches) {
    ASSERT_LT(batches, 20) << "each begins anew";
    Swap();
    is_settling = Write({}).is_settling;
  }
}

TEST_F(TurnsTest, TellOfTheBlacklistThatAnotherHasChanged) {
  const auto is_news = [&] { return writer_->Begin(kNow)->IsBlacklistNews(); };
  EXPECT_TRUE(is_news()) << "nobody has read it yet";
  Write({});
  EXPECT_FALSE(is_news());
  Swap();
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::AddBlacklist{ListEntry()});
  Write(batch);
  EXPECT_FALSE(is_news()) << "it has changed it itself";
  Write({});
  Swap();
  EXPECT_TRUE(is_news());
  EXPECT_TRUE(is_news()) << "as long as nothing was committed";
  Write({});
  EXPECT_FALSE(is_news());
}

// A standby took over that had not got the last batch, and another writer's has its number.
TEST_F(TurnsTest, ForgetWhatTheyKnowWhereTheirOwnLastBatchIsGone) {
  const auto feed = AddFeed("https://a.example/feed", "a.example");
  Crawl(feed, {Entry("a.example", 1), Entry("b.example", 2)});
  engine_->Execute("UPDATE site SET host = 'c.example' WHERE host = 'b.example'");
  engine_->Execute("UPDATE meta SET value = value - 1 WHERE name LIKE 'writer %'");
  EXPECT_TRUE(writer_->Begin(kNow)->IsBlacklistNews());
  Crawl(feed, {Entry("b.example", 3)});
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM link l JOIN site s USING (site_id) WHERE "
                              "s.host = 'b.example'"),
            1);
  engine_->Execute("UPDATE site SET host = 'd.example' WHERE host = 'b.example'");
  engine_->Execute("UPDATE site SET host = 'b.example' WHERE host = 'c.example'");
}

TEST_F(TurnsTest, KeepAsManyChangesAsFollowersMayNeed) {
  settings_.pool_changes_kept = 20;
  writer_.reset();
  OpenWriter();
  const auto feed = AddFeed("https://a.example/feed", "a.example");
  for (int i = 0; i < 20; ++i) {
    std::vector<schemas::EntryIntake> entries;
    for (int k = 0; k < 20; ++k) entries.push_back(Entry("a.example", i * 20 + k));
    Crawl(feed, entries);
  }
  Write({});
  const auto count = engine_->QueryInt("SELECT count(*) FROM change");
  EXPECT_GE(count, 20);
  EXPECT_LE(count, 30) << "and those of the last batch";
}

TEST_F(TurnsTest, TellWhetherACommitWasMadeWhoseAnswerWasLost) {
  Database database(settings_.url, Database::Access::kReadWrite, "test", 0, 1000);
  sql::WriteConnection connection(database, settings_);
  std::int64_t batch_id = 0;
  {
    sql::WriteTransaction transaction(connection, kNow);
    batch_id = transaction.Commit(WriteTransaction::Durability::kNormal);
  }
  Write({});  // another one's
  engine_->Execute(
      "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> "
      "pg_backend_pid() AND datname = current_database()");
  EXPECT_TRUE(sql::WasCommitted(connection, batch_id));
  EXPECT_FALSE(sql::WasCommitted(connection, batch_id + 1));
  EXPECT_FALSE(database.IsInTransaction());
}

class LostServerTest : public TurnsTest {
 protected:
  // A feed in each batch, tried again as long as the server is gone.
  void AddFeedsUntil(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      schemas::WriteBatch batch;
      schemas::AddFeed feed;
      feed.url = "https://a.example/" + std::to_string(added_);
      feed.host = feed.registrable_domain = "a.example";
      batch.changes.emplace_back(feed);
      bool is_written = false;
      while (!is_written) {
        try {
          const auto outcome = Write(batch).change_outcomes.at(0);
          is_written = true;
          EXPECT_EQ(outcome, schemas::ChangeOutcome::kDone) << "it was written before";
        } catch (const StoreError& error) {
          if (error.kind() != StoreErrorKind::kLost) throw;
        }
      }
      ++added_;
    }
  }
  void ExpectAllOnce() {
    EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM feed"), added_);
    EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM batch"), added_);
  }
  static support::Cluster& cluster() { return support::Cluster::Own(); }

  std::atomic<int> added_ = 0;
};

TEST_F(LostServerTest, GetsEveryBatchOnceOverItsStops) {
  std::jthread adding([&](const std::stop_token& stop) { AddFeedsUntil(stop); });
  for (int stops = 0; stops < 5; ++stops) {
    const int before = added_;
    EXPECT_TRUE(support::WaitUntil([&] { return added_ > before + 10; }, kDeadline));
    cluster().StopAtOnce();
    cluster().Start();
  }
  adding.request_stop();
  adding.join();
  ExpectAllOnce();
}

// The server waits for a copy that there is not, between its commit and its answer.
TEST_F(LostServerTest, GetsABatchOnceWhoseCommitItDidNotConfirm) {
  const std::string waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  cluster().Ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  cluster().Ask("postgres", "SELECT pg_reload_conf()");
  std::jthread adding([&](const std::stop_token& stop) { AddFeedsUntil(stop); });
  EXPECT_TRUE(support::WaitUntil(
      [&] { return cluster().Ask("postgres", "SELECT count(*) " + waiting) == "1\n"; }, kDeadline));
  adding.request_stop();
  cluster().Ask("postgres", "SELECT pg_terminate_backend(pid) " + waiting);
  cluster().Ask("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
  cluster().Ask("postgres", "SELECT pg_reload_conf()");
  adding.join();
  ExpectAllOnce();
}

TEST_F(TurnsTest, EndForAWriterOfAnotherSchema) {
  engine_->Execute("UPDATE meta SET value = value + 1 WHERE name = 'schema_version'");
  try {
    static_cast<void>(writer_->Begin(kNow));
    ADD_FAILURE() << "it writes what it does not know";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreErrorKind::kOther);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("start the newer release"));
  }
  engine_->Execute("UPDATE meta SET value = value - 1 WHERE name = 'schema_version'");
  Write({});
}

}  // namespace
}  // namespace saunter::store::postgres
