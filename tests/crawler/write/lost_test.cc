// What a batch does with what its crawler has lost.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "crawler/write/batch.h"
#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using health::Blacklist;
using store::Entry;

class LostTest : public WriteTest {
 protected:
  void SetUp() override {
    OpenWriter();
    for (const auto* host : {"a.example", "b.example"}) {
      feeds_.push_back(AddFeed(std::string("https://") + host + "/feed", host));
    }
    Hold("a.example", 1);
    Hold("b.example", 2);
  }
  void Hold(const std::string& host, schemas::Id owner) {
    engine_->Execute("UPDATE shard SET epoch = 1, owner = " + std::to_string(owner) +
                     " WHERE shard = (SELECT shard FROM site WHERE host = '" + host + "')");
  }
  // Both feeds were asked under the lease of the first.
  BatchReport WriteBoth() {
    schemas::WriteBatch batch;
    batch.lease = {.owner = 1, .epoch = 1};
    for (const auto feed_id : feeds_) {
      const auto feed = OpenReader()->FindFeed(feed_id);
      auto& crawl = batch.crawls.emplace_back(
          Crawled(feed_id, {Entry(feed->host, static_cast<int>(feed_id))}));
      crawl.feed = *feed;
      crawl.feed.checked_at = kNow;
    }
    return WriteOneBatch(*writer_, batch, blacklist_, all_settings_.health, kNow);
  }
  bool IsRead(schemas::Id feed_id) { return OpenReader()->FindFeed(feed_id)->checked_at == kNow; }

  std::vector<schemas::Id> feeds_;
  std::shared_ptr<const Blacklist> blacklist_ =
      std::make_shared<const Blacklist>(std::vector<schemas::BlacklistEntry>());
};

TEST_F(LostTest, IsDroppedBeforeAnythingIsDecided) {
  const auto report = WriteBoth();
  EXPECT_EQ(report.results_lost, 1);
  EXPECT_EQ(report.links_new, 1);
  EXPECT_TRUE(IsRead(feeds_[0]));
  EXPECT_FALSE(IsRead(feeds_[1]));
  EXPECT_EQ(Pool(), std::vector<std::string>{"https://a.example/1"});
}

TEST_F(LostTest, IsNothingOfWhatItHolds) {
  Hold("b.example", 1);
  EXPECT_EQ(WriteBoth().results_lost, 0);
  EXPECT_TRUE(IsRead(feeds_[1]));
}

TEST_F(LostTest, IsNotTheBlacklistOfOthersWhichIsTakenUp) {
  auto other = engine_->OpenWriter(settings_);
  const auto transaction = other.writer->Begin(kNow);
  transaction->PutBlacklistEntry(
      {.pattern = "c.example", .reason = {}, .added_at = kNow, .until_at = {}});
  transaction->Commit(store::WriteTransaction::Durability::kNormal);
  EXPECT_EQ(blacklist_->size(), 0U);
  RenewBlacklist(*writer_, blacklist_, kNow);
  EXPECT_EQ(blacklist_->size(), 1U);
}

}  // namespace
}  // namespace saunter::crawler::write
