#include <gmock/gmock.h>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::LinkState;
using ::testing::SizeIs;

class ProbesTest : public StoreTest {
 protected:
  // `count` links of each state, due one after the other in the order of the states given.
  void SetUp() override {
    OpenWriter();
    feed_ = AddFeed("https://a.example/rss", "a.example");
    std::vector<schemas::EntryIntake> entries;
    for (int i = 0; i < 60; ++i) entries.push_back(Entry("a.example", i));
    Crawl(feed_, std::move(entries));
    schemas::WriteBatch batch;
    int number = 0;
    for (const auto& row : OpenReader()->PoolRows({})) {
      const auto state = StateOf(number);
      if (state != LinkState::kUnchecked) {
        auto& probe = batch.probes.emplace_back(Probe(row.link_id, state));
        probe.next_check_at = kNow - 1000 + number;
      }
      ++number;
    }
    Write(batch);
  }
  static LinkState StateOf(int number) {
    if (number < 30) return LinkState::kUnchecked;
    if (number < 40) return LinkState::kDoubtful;
    return number < 50 ? LinkState::kAlive : LinkState::kDead;
  }
  std::vector<schemas::DueLink> DueLinks(std::int64_t count_max) {
    return OpenReader()->DueLinks({.now = kNow, .count_max = count_max, .fresh_percent = 50}).links;
  }
  std::map<LinkState, int> Due(std::int64_t count_max) {
    std::map<LinkState, int> counts;
    for (const auto& link : DueLinks(count_max)) ++counts[link.state];
    return counts;
  }

  schemas::Id feed_ = 0;
};

TEST_F(ProbesTest, TakesNewLinksFirstThenDoubtfulOnesThenTheOldest) {
  const auto links = DueLinks(100);
  ASSERT_THAT(links, SizeIs(60));
  for (std::size_t i = 0; i < links.size(); ++i) {
    EXPECT_EQ(links[i].state, StateOf(static_cast<int>(i))) << i;
  }
}

TEST_F(ProbesTest, LetsNoFloodOfNewLinksKeepTheOthersWaiting) {
  auto counts = Due(20);
  EXPECT_EQ(counts[LinkState::kUnchecked], 10);
  EXPECT_EQ(counts[LinkState::kDoubtful], 5);
  EXPECT_EQ(counts[LinkState::kAlive], 5);
  counts = Due(50);
  EXPECT_EQ(counts[LinkState::kUnchecked], 25);
  EXPECT_EQ(counts[LinkState::kDoubtful] + counts[LinkState::kAlive] + counts[LinkState::kDead],
            25);
}

TEST_F(ProbesTest, GivesNewLinksWhatOthersDoNotNeed) {
  schemas::WriteBatch batch;
  for (const auto& link : DueLinks(100)) {
    if (link.state == LinkState::kUnchecked) continue;
    batch.probes.push_back(Probe(link.link_id, link.state));  // due later
  }
  Write(batch);
  EXPECT_EQ(Due(25)[LinkState::kUnchecked], 25);
}

TEST_F(ProbesTest, KnowsTheNewestLookAtASite) {
  EXPECT_FALSE(DueLinks(1).at(0).look);
  schemas::SiteLook look;
  look.site_id = OpenReader()->FindSite("a.example")->site_id;
  look.looked_at = kNow;
  look.answer = schemas::SiteAnswer::kSoft;
  look.title_key = 9;
  look.words = "0000000100000002";
  look.parked_count = 1;
  look.parked_at = kNow - 5;
  look.reason = "gives a page that cannot exist";
  schemas::WriteBatch batch;
  batch.looks = {look};
  Write(batch);
  const auto found = DueLinks(1).at(0).look;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->site_id, look.site_id);
  EXPECT_EQ(found->looked_at, kNow);
  EXPECT_EQ(found->answer, look.answer);
  EXPECT_FALSE(found->target_key);
  EXPECT_EQ(found->title_key, 9);
  EXPECT_EQ(found->words, look.words);
  EXPECT_EQ(found->parked_count, 1);
  EXPECT_EQ(found->parked_at, kNow - 5);
  EXPECT_EQ(found->reason, look.reason);
}

}  // namespace
}  // namespace saunter::store::sql
