#include "store/postgres/leases.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/postgres/migration.h"
#include "tests/store/postgres/fixture.h"

namespace saunter::store::postgres {
namespace {

using schemas::Id;

constexpr LeaseTimes kTimes{.lease_s = 60, .silence_s = 30, .interval_min_s = 3600};

// The test sets the clock of the database.
class LeasesTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    database_ = Connect();
    Migrate(*database_, {});
    SetClock(1000);
  }
  void TearDown() override {
    crawlers_.clear();
    database_.reset();
    PostgresTest::TearDown();
  }

  void SetClock(std::int64_t now) {
    now_ = now;
    database_->Execute(("CREATE OR REPLACE FUNCTION clock_now() RETURNS BIGINT LANGUAGE sql STABLE "
                        "AS 'SELECT " +
                        std::to_string(now) + "::bigint'")
                           .c_str());
  }
  std::int64_t Count(const std::string& rows) {
    return database_->QueryInt(("SELECT count(*) FROM " + rows).c_str());
  }

  struct Crawler {
    std::unique_ptr<Leases> leases;
    Id owner = 0;
    HeldShards held;
    bool Renew(const ShardSet& clear = {}) {
      const auto renewed = leases->Renew(owner, clear);
      if (renewed) held = *renewed;
      return renewed.has_value();
    }
    // What leaves is given back at once.
    bool RenewAndClear() { return Renew() && (held.leaving.none() || Renew(held.leaving)); }
  };
  Crawler& Join() {
    auto& crawler = *crawlers_.emplace_back(std::make_unique<Crawler>());
    crawler.leases = std::make_unique<Leases>(Connect(), kTimes);
    crawler.owner = crawler.leases->Join("crawler " + std::to_string(crawlers_.size()));
    return crawler;
  }
  // A site, and a feed on it, of this shard.
  void AddFeed(int shard, std::int64_t next_check_at) {
    const auto name = "'" + std::to_string(shard) + "'";
    database_->Execute(("INSERT INTO site (host, registrable_domain, shard) VALUES (" + name +
                        ", " + name + ", " + std::to_string(shard) + ")")
                           .c_str());
    database_->Execute(
        ("INSERT INTO feed (url, site_id, added_at, next_check_at) SELECT host, site_id, 0, " +
         std::to_string(next_check_at) + " FROM site WHERE host = " + name)
            .c_str());
  }

  std::int64_t now_ = 0;
  std::unique_ptr<Database> database_;
  std::vector<std::unique_ptr<Crawler>> crawlers_;
};

TEST_F(LeasesTest, GiveTheOnlyCrawlerAllAtOnce) {
  auto& crawler = Join();
  ASSERT_TRUE(crawler.Renew());
  EXPECT_TRUE(crawler.held.held.all());
  EXPECT_TRUE(crawler.held.leaving.none());
  EXPECT_EQ(crawler.held.crawlers, 1);
  EXPECT_EQ(crawler.held.lease, (schemas::Lease{crawler.owner, 1}));
  EXPECT_EQ(Count("shard WHERE silent_until_at > 0"), 0);
}

// Though the database was put back to the moment before it joined.
TEST_F(LeasesTest, GiveNobodyTheIdOfAnother) {
  const auto first = Join().owner;
  database_->Execute("DELETE FROM member");
  EXPECT_NE(Join().owner, first);
}

TEST_F(LeasesTest, AreRenewedThoughSomebodyWritesForLong) {
  auto& first = Join();
  ASSERT_TRUE(first.Renew());
  Join();
  const auto holder = Connect();
  holder->BeginWriting();
  SetClock(1050);
  ASSERT_TRUE(first.Renew()) << "it lives, whoever's turn it is";
  EXPECT_TRUE(first.held.held.all());
  EXPECT_TRUE(first.held.leaving.none()) << "that waits for its turn";
  holder->Rollback();
  SetClock(1100);
  ASSERT_TRUE(first.Renew());
  EXPECT_EQ(first.held.crawlers, 1) << "the other one has not said a word";
}

TEST_F(LeasesTest, EndWhereTheServersClockWasSetBack) {
  SetClock(1000000);
  Join();
  ASSERT_TRUE(crawlers_[0]->Renew());
  crawlers_[0]->leases->Leave(crawlers_[0]->owner, Departure::kUnfinished);
  auto& lost = Join();
  ASSERT_TRUE(lost.Renew());
  SetClock(1000);
  auto& next = Join();
  ASSERT_TRUE(next.Renew());
  EXPECT_EQ(next.held.removed, 1);
  EXPECT_TRUE(next.held.held.all());
  EXPECT_EQ(next.held.silent_s, 30);
  EXPECT_FALSE(lost.Renew());
}

TEST_F(LeasesTest, HandOverInTheOpen) {
  auto& first = Join();
  ASSERT_TRUE(first.Renew());
  auto& second = Join();
  ASSERT_TRUE(second.Renew());
  EXPECT_TRUE(second.held.held.none());

  ASSERT_TRUE(first.Renew());
  EXPECT_EQ(first.held.leaving.count(), 512);
  EXPECT_TRUE(first.held.held.all());
  EXPECT_EQ(first.held.crawlers, 2);
  // Nothing goes before nothing of it is out.
  ASSERT_TRUE(second.Renew());
  EXPECT_TRUE(second.held.held.none());

  ShardSet clear;
  clear.set(1023).set(1);  // the second does not leave
  ASSERT_TRUE(first.Renew(clear));
  EXPECT_EQ(first.held.held.count(), 1023);
  ASSERT_TRUE(second.Renew());
  EXPECT_EQ(second.held.held.count(), 1);
  EXPECT_EQ(second.held.lease.epoch, 2);

  ASSERT_TRUE(first.Renew(first.held.leaving));
  ASSERT_TRUE(second.Renew());
  EXPECT_EQ(first.held.held.count(), 512);
  EXPECT_EQ(second.held.held.count(), 512);
  EXPECT_TRUE((first.held.held & second.held.held).none());
  EXPECT_EQ(Count("shard WHERE silent_until_at = 1030"), 512);
}

TEST_F(LeasesTest, GiveAwayWhatACrawlerHeldThatWasNotHeardOf) {
  auto& first = Join();
  ASSERT_TRUE(first.Renew());
  auto& second = Join();
  ASSERT_TRUE(first.RenewAndClear());
  ASSERT_TRUE(second.Renew());
  SetClock(1059);
  ASSERT_TRUE(second.Renew());
  EXPECT_EQ(second.held.held.count(), 512);
  EXPECT_EQ(second.held.removed, 0);

  SetClock(1060);
  ASSERT_TRUE(second.Renew());
  EXPECT_TRUE(second.held.held.all());
  EXPECT_EQ(second.held.crawlers, 1);
  EXPECT_EQ(second.held.removed, 1);
  EXPECT_EQ(Count("shard WHERE silent_until_at = 1090"), 512);
  EXPECT_FALSE(first.Renew());
  EXPECT_FALSE(first.Renew(ShardSet().set()));
  EXPECT_EQ(Count("shard WHERE owner = " + std::to_string(second.owner)), 1024);
}

TEST_F(LeasesTest, AreOverForOneThatComesTooLateThoughNobodyNoticed) {
  auto& crawler = Join();
  ASSERT_TRUE(crawler.Renew());
  SetClock(1060);
  EXPECT_FALSE(crawler.Renew());
}

TEST_F(LeasesTest, PutOffWhatADeadCrawlerMayHaveAsked) {
  auto& first = Join();
  ASSERT_TRUE(first.Renew());
  for (const int shard : {1, 2, 3, 4}) AddFeed(shard, 900);
  // The answer to the second is there, and the third waits longer anyway.
  database_->Execute("UPDATE feed SET checked_at = 999 WHERE feed_id = 2");
  database_->Execute("UPDATE feed SET next_check_at = 9000 WHERE feed_id = 3");
  database_->Execute(("INSERT INTO asked SELECT feed_id, " + std::to_string(first.owner) +
                      ", 990 FROM feed WHERE feed_id < 4")
                         .c_str());
  auto& second = Join();
  SetClock(1059);
  ASSERT_TRUE(second.Renew());
  SetClock(1070);
  ASSERT_TRUE(second.Renew());
  EXPECT_EQ(database_->QueryInt("SELECT next_check_at FROM feed WHERE feed_id = 1"), 1070 + 3600);
  EXPECT_EQ(database_->QueryInt("SELECT next_check_at FROM feed WHERE feed_id = 2"), 900);
  EXPECT_EQ(database_->QueryInt("SELECT next_check_at FROM feed WHERE feed_id = 3"), 9000);
  EXPECT_EQ(database_->QueryInt("SELECT next_check_at FROM feed WHERE feed_id = 4"), 900);
  EXPECT_EQ(Count("asked"), 0);
}

TEST_F(LeasesTest, ForgetWhatWasReadOfShardsThatAreGivenBack) {
  auto& first = Join();
  ASSERT_TRUE(first.Renew());
  AddFeed(1, 900);
  AddFeed(1023, 900);
  database_->Execute(
      ("INSERT INTO asked SELECT feed_id, " + std::to_string(first.owner) + ", 990 FROM feed")
          .c_str());
  Join();
  ASSERT_TRUE(first.RenewAndClear());
  EXPECT_EQ(Count("asked"), 1);
  EXPECT_EQ(Count("feed WHERE next_check_at = 900"), 2);
}

TEST_F(LeasesTest, GiveBackAllWithAStop) {
  auto& first = Join();
  ASSERT_TRUE(first.Renew());
  first.leases->Leave(first.owner, Departure::kDone);
  EXPECT_EQ(Count("member"), 0);
  EXPECT_EQ(Count("shard WHERE owner IS NOT NULL"), 0);
  // It has noted what hosts are owed: the next run on this machine goes on at once.
  EXPECT_EQ(Count("shard WHERE silent_until_at > 0"), 0);

  auto& second = Join();
  auto& third = Join();
  ASSERT_TRUE(second.Renew());
  second.leases->Leave(second.owner, Departure::kDone);
  EXPECT_EQ(Count("shard WHERE silent_until_at = 1030"), 512);
  ASSERT_TRUE(third.Renew());
  EXPECT_TRUE(third.held.held.all());
}

TEST_F(LeasesTest, PutOffWhatIsUnwrittenAtAStop) {
  auto& crawler = Join();
  ASSERT_TRUE(crawler.Renew());
  AddFeed(1, 900);
  database_->Execute(
      ("INSERT INTO asked VALUES (1, " + std::to_string(crawler.owner) + ", 990)").c_str());
  crawler.leases->Leave(crawler.owner, Departure::kUnfinished);
  EXPECT_EQ(Count("feed WHERE next_check_at = 4600"), 1);
  EXPECT_EQ(Count("shard WHERE silent_until_at = 1030"), 1024);
}

TEST_F(LeasesTest, ComeToFairSharesThroughAnyComingAndGoing) {
  for (int count = 1; count <= 6; ++count) {
    Join();
    for (int round = 0; round < 3; ++round) {
      for (auto& crawler : crawlers_) ASSERT_TRUE(crawler->RenewAndClear());
    }
    ShardSet all;
    for (auto& crawler : crawlers_) {
      EXPECT_TRUE((all & crawler->held.held).none());
      all |= crawler->held.held;
      EXPECT_GE(static_cast<int>(crawler->held.held.count()), 1024 / count);
      EXPECT_LE(static_cast<int>(crawler->held.held.count()), (1024 + count - 1) / count);
    }
    EXPECT_TRUE(all.all());
  }
}

TEST_F(LeasesTest, KeepTheShardOfASiteInItsFeeds) {
  AddFeed(7, 900);
  AddFeed(8, 900);
  EXPECT_EQ(database_->QueryInt("SELECT shard FROM feed WHERE feed_id = 1"), 7);
  database_->Execute("UPDATE feed SET site_id = 2 WHERE feed_id = 1");
  EXPECT_EQ(database_->QueryInt("SELECT shard FROM feed WHERE feed_id = 1"), 8);
}

}  // namespace
}  // namespace saunter::store::postgres
