// What leases mean for due work and for batches.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "schemas/batch.h"
#include "store/postgres/open.h"
#include "store/shards/shards.h"
#include "tests/store/fixture.h"

namespace saunter::store {
namespace {

using schemas::Id;

constexpr schemas::Lease kMine{.owner = 7, .epoch = 3};

class HeldWorkTest : public StoreTest {
 protected:
  void SetUp() override {
    OpenWriter();
    mine_ = AddFeed("http://mine.example/feed", "mine.example");
    other_ = AddFeed("http://other.example/feed", "other.example");
    engine_->Execute("INSERT INTO member VALUES (7, 'me', 0, clock_now(), clock_now() + 60)");
    Hold("mine.example", "owner = 7, epoch = 3");
    Hold("other.example", "owner = 8, epoch = 2");
    due_ = postgres::OpenDueWork(settings_).reader;
    ASSERT_TRUE(due_);
    due_->ActFor(kMine);
  }
  void Hold(const std::string& host, const std::string& how) {
    engine_->Execute("UPDATE shard SET " + how +
                     " WHERE shard = " + std::to_string(shards::ShardOf(host)));
  }
  std::vector<Id> DueFeeds() {
    std::vector<Id> ids;
    for (const auto& feed : due_->DueFeeds({.now = kNow, .count_max = 10}).feeds) {
      ids.push_back(feed.feed_id);
    }
    return ids;
  }
  // A batch with the answers of both feeds, under this lease.
  schemas::WriteBatch Answers(const schemas::Lease& lease) const {
    schemas::WriteBatch batch;
    batch.lease = lease;
    for (const auto id : {mine_, other_}) {
      schemas::CrawlResult crawl;
      crawl.feed.feed_id = id;
      batch.crawls.push_back(crawl);
    }
    return batch;
  }

  Id mine_ = 0;
  Id other_ = 0;
  std::unique_ptr<Reader> due_;
};

TEST_F(HeldWorkTest, GivesASiteTheShardOfItsHost) {
  EXPECT_EQ(engine_->QueryInt("SELECT shard FROM site WHERE host = 'mine.example'"),
            shards::ShardOf("mine.example"));
  Crawl(mine_, {Entry("far.example", 1)});
  EXPECT_EQ(engine_->QueryInt("SELECT shard FROM site WHERE host = 'far.example'"),
            shards::ShardOf("far.example"));
  EXPECT_EQ(engine_->QueryInt("SELECT shard FROM link"), shards::ShardOf("far.example"));
}

TEST_F(HeldWorkTest, IsDueOfTheShardsUnderTheLeaseAlone) {
  EXPECT_EQ(DueFeeds(), std::vector<Id>{mine_});
  EXPECT_EQ(due_->CountDueFeeds(kNow, 10), 1);
  const auto other = FindFeed("http://other.example/feed");
  EXPECT_TRUE(due_->DueFeedsOf({.site_id = other->site_id}, kNow, 10).items.empty());
  EXPECT_EQ(due_->FeedsDueAfter(kNow - 1, 10).size(), 1);
  due_->ActFor({});
  EXPECT_EQ(due_->CountDueFeeds(kNow, 10), 2) << "for whoever asks for all";
}

TEST_F(HeldWorkTest, IsNotDueOfAShardThatLeavesIsSilentOrNewerThanIsKnown) {
  Hold("mine.example", "is_leaving = 1");
  EXPECT_TRUE(DueFeeds().empty());
  Hold("mine.example", "is_leaving = 0, silent_until_at = clock_now() + 100");
  EXPECT_TRUE(DueFeeds().empty());
  Hold("mine.example", "silent_until_at = clock_now()");
  EXPECT_EQ(DueFeeds().size(), 1);
  Hold("mine.example", "epoch = 4");
  EXPECT_TRUE(DueFeeds().empty());
}

// What is due behind them may have been found dead before.
TEST_F(HeldWorkTest, IsCountedFromTheEarliestThatIsKnownUntilItIsCountedAnew) {
  EXPECT_EQ(due_->CountDueFeeds(kNow, 10), 1);
  const auto update = "UPDATE feed SET next_check_at = " + std::to_string(kNow - 50) +
                      " WHERE feed_id = " + std::to_string(mine_);
  engine_->Execute(update);
  EXPECT_EQ(due_->CountDueFeeds(kNow + 1, 10), 0);
  EXPECT_EQ(DueFeeds().size(), 1) << "a walk from the beginning finds it";
  EXPECT_EQ(due_->CountDueFeeds(kNow + 300, 10), 1);
  engine_->Execute(update + " AND next_check_at > 0");
  due_->ActFor({});
  due_->ActFor(kMine);
  EXPECT_EQ(due_->CountDueFeeds(kNow + 301, 10), 1);
}

TEST_F(HeldWorkTest, IsOfLinksWhereTheyStandAndNotWhereTheyAreListed) {
  Crawl(mine_, {Entry("mine.example", 1), Entry("other.example", 2)});
  const auto due = [&] { return due_->DueLinks({.now = kNow + 100, .count_max = 10}).links; };
  ASSERT_EQ(due().size(), 1);
  EXPECT_EQ(due()[0].host, "mine.example");
  EXPECT_EQ(due_->DueLinksOf({.site_id = due()[0].site_id}, kNow + 100, 10).items.size(), 1);
  due_->ActFor({.owner = 8, .epoch = 3});
  ASSERT_EQ(due().size(), 1);
  EXPECT_EQ(due()[0].host, "other.example");
}

TEST_F(HeldWorkTest, IsNotedBeforeItIsAskedAndForgottenWithTheAnswer) {
  due_->NoteAsked({mine_, other_});
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM asked WHERE owner = 7"), 2);
  due_->NoteAsked({mine_});
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM asked"), 2);
  auto batch = Answers(kMine);
  batch.crawls.pop_back();
  Write(batch);
  EXPECT_EQ(engine_->QueryInt("SELECT feed_id FROM asked"), other_);
}

TEST_F(HeldWorkTest, IsNotNotedForOneThatHasLostItsLease) {
  engine_->Execute("UPDATE member SET renewed_until_at = clock_now()");
  due_->NoteAsked({mine_});
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM asked"), 0);
}

TEST_F(HeldWorkTest, IsLostOnceAnotherHoldsIt) {
  Crawl(mine_, {Entry("mine.example", 1), Entry("other.example", 2)});
  auto batch = Answers(kMine);
  batch.probes.push_back(Probe(1, schemas::LinkState::kAlive));
  batch.probes.push_back(Probe(2, schemas::LinkState::kAlive));
  const auto lost_link = engine_->QueryInt(
      "SELECT link_id FROM link JOIN site USING (site_id) WHERE host = 'other.example'");
  const auto lost_site = engine_->QueryInt("SELECT site_id FROM site WHERE host = 'other.example'");
  for (const auto site_id : {Id{1}, Id{2}}) {
    schemas::SiteLook look;
    look.site_id = site_id;
    batch.looks.push_back(look);
  }
  const auto lost = writer_->Begin(kNow)->FindLost(batch);
  EXPECT_EQ(lost.feed_ids, std::unordered_set<Id>{other_});
  EXPECT_EQ(lost.link_ids, std::unordered_set<Id>{lost_link});
  EXPECT_EQ(lost.site_ids, std::unordered_set<Id>{lost_site});
}

TEST_F(HeldWorkTest, IsLostWithANewOwnerWithNoneAndWithANewerEpoch) {
  const auto lost = [&](const schemas::Lease& lease) {
    return writer_->Begin(kNow)->FindLost(Answers(lease)).feed_ids.contains(mine_);
  };
  EXPECT_FALSE(lost(kMine));
  EXPECT_TRUE(lost({.owner = 9, .epoch = 3})) << "it joined anew";
  EXPECT_TRUE(lost({.owner = 7, .epoch = 2})) << "it has come back since";
  Hold("mine.example", "owner = NULL");
  EXPECT_TRUE(lost(kMine));
  EXPECT_FALSE(lost({})) << "an operator's batch holds all";
}

}  // namespace
}  // namespace saunter::store
