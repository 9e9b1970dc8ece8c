// What a clock that was ten years ahead, or behind, has put off for years.
#include <gmock/gmock.h>

#include "crawler/health/verdict.h"
#include "crawler/write/batch.h"
#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using schemas::LinkState;
using schemas::UnixSeconds;
using store::Entry;
using ::testing::IsEmpty;

constexpr std::int64_t kFarDay = 86400;
constexpr UnixSeconds kAhead = kNow + 3650 * kFarDay;
constexpr char kFarHost[] = "far.example";

class Far : public WriteTest {
 protected:
  void SetUp() override {
    settings_.feed_links_per_day_max = 5000;
    OpenWriter();
    const auto url = "https://" + std::string(kFarHost) + "/feed";
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back(Crawled(AddFeed(url, kFarHost), {}));
    crawl.feed.url = url;
    crawl.feed.host = crawl.feed.registrable_domain = kFarHost;
    for (int i = 0; i < 30; ++i) crawl.entries.push_back(Entry(kFarHost, i));
    WriteAt(batch, kNow);
    const auto site_id = OpenReader()->FindSite(kFarHost)->site_id;
    for (const auto& link : OpenReader()->LinkUrls(site_id, {})) links_.push_back(link.link_id);
  }
  BatchReport WriteAt(const schemas::WriteBatch& batch, UnixSeconds now) {
    return WriteOneBatch(*writer_, batch, blacklist_, all_settings_.health, now);
  }
  void ProbeAt(LinkState state, UnixSeconds now) {
    schemas::WriteBatch batch;
    for (const auto link_id : links_) {
      auto& probe = batch.probes.emplace_back(store::Probe(link_id, state));
      probe.checked_at = now;
      probe.struck_at = now;
      probe.next_check_at = now + 90 * kFarDay;
    }
    WriteAt(batch, now);
  }
  BatchReport PullInAt(UnixSeconds now) {
    schemas::WriteBatch batch;
    batch.pulls_in_far = true;
    return WriteAt(batch, now);
  }
  std::size_t DueAt(UnixSeconds now) {
    return OpenReader()->DueLinks({.now = now, .count_max = 1000}).links.size();
  }

  std::vector<schemas::Id> links_;
  std::shared_ptr<const health::Blacklist> blacklist_ =
      std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>());
};

TEST_F(Far, LinksAreLookedAtWithinDays) {
  ProbeAt(LinkState::kDoubtful, kAhead);
  EXPECT_EQ(DueAt(kAhead), 0U);
  EXPECT_FALSE(PullInAt(kNow).pulls_in_far);
  EXPECT_EQ(DueAt(kNow + 7 * kFarDay), 30U);
  const auto reader = OpenReader();
  for (const auto& due : reader->DueLinks({.now = kAhead, .count_max = 1000}).links) {
    EXPECT_EQ(due.struck_at, kNow);
  }
}

TEST_F(Far, LinksWhoseTurnIsAsFarAsAnyEverKeepIt) {
  all_settings_.health.alive_interval_max_s = 90 * kFarDay;
  ProbeAt(LinkState::kAlive, kNow + 9 * kFarDay);
  PullInAt(kNow);
  EXPECT_EQ(DueAt(kNow + 98 * kFarDay), 0U);
  EXPECT_EQ(DueAt(kNow + 99 * kFarDay), 30U);
}

TEST_F(Far, LinksAreTakenAFewAtATimeUntilNoneIsLeft) {
  schemas::WriteBatch batch;
  const auto url = "https://" + std::string(kFarHost) + "/feed";
  auto& crawl = batch.crawls.emplace_back(Crawled(OpenReader()->FindFeed(url)->feed_id, {}));
  crawl.feed.url = url;
  crawl.feed.host = crawl.feed.registrable_domain = kFarHost;
  for (int i = 30; i < 2500; ++i) {
    crawl.entries.push_back(Entry(kFarHost, i));
    crawl.entries.back().next_check_at = kAhead;
  }
  WriteAt(batch, kNow);
  int pieces = 0;
  while (PullInAt(kNow).pulls_in_far) ++pieces;
  EXPECT_EQ(pieces, 2);
  EXPECT_EQ(OpenReader()->DueLinks({.now = kNow + 7 * kFarDay, .count_max = 9999}).links.size(),
            2500U);
}

TEST_F(Far, ParolesBeginWithinTheTimeOfTheFirst) {
  ProbeAt(LinkState::kDead, kAhead);
  ASSERT_TRUE(OpenReader()->FindSite(kFarHost)->blacklisted_at);
  PullInAt(kNow);
  const auto site = *OpenReader()->FindSite(kFarHost);
  EXPECT_LE(site.blacklisted_until_at, kNow + all_settings_.health.parole_s);
  EXPECT_EQ(site.blacklisted_at, kNow);
  EXPECT_EQ(FindBlacklistEntry(kFarHost)->until_at, site.blacklisted_until_at);
  EXPECT_EQ(blacklist_->MatchHost(kFarHost)->until_at, site.blacklisted_until_at);
  // What was seen then is no look at the sample.
  const auto parole = kNow + all_settings_.health.parole_s;
  WriteAt({}, parole);
  ProbeAt(LinkState::kAlive, parole);
  EXPECT_FALSE(OpenReader()->FindSite(kFarHost)->blacklisted_at);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

// A sample is drawn before what is far was pulled in.
TEST_F(Far, LooksDoNotCountForAParole) {
  ProbeAt(LinkState::kDead, kNow);
  ASSERT_TRUE(OpenReader()->FindSite(kFarHost)->blacklisted_at);
  const auto parole = kNow + all_settings_.health.parole_s;
  ProbeAt(LinkState::kDead, kAhead);
  ASSERT_GT(OpenReader()->FindSite(kFarHost)->blacklisted_until_at, kAhead) << "judged then";
  PullInAt(kNow);
  schemas::WriteBatch none;
  WriteAt(none, parole);
  const auto due = OpenReader()->DueLinks({.now = parole, .count_max = 1000}).links;
  EXPECT_EQ(std::ranges::count(due, true, &schemas::DueLink::on_parole), 20);
}

TEST_F(Far, ParolesOfAClockThatWasBehindBeginAtOnce) {
  const auto behind = kNow - 3650 * kFarDay;
  ProbeAt(LinkState::kDead, behind);
  ASSERT_TRUE(OpenReader()->FindSite(kFarHost)->blacklisted_at);
  WriteAt({}, kNow);
  const auto due = OpenReader()->DueLinks({.now = kNow, .count_max = 1000}).links;
  EXPECT_EQ(std::ranges::count(due, true, &schemas::DueLink::on_parole), 20);
}

TEST_F(Far, HostsAreNeitherPausedNorBelievedForYears) {
  schemas::WriteBatch batch;
  batch.hosts.pauses = {{"a.example", schemas::PauseReason::kRetryAfter, kAhead},
                        {"b.example", schemas::PauseReason::kRetryAfter, kNow + 7 * kFarDay}};
  schemas::Robots robots;
  robots.origin = "https://a.example";
  robots.until_at = kAhead;
  batch.hosts.robots = {robots};
  WriteAt(batch, kNow);
  PullInAt(kNow);
  const auto hosts = OpenReader()->HostsInForce(kNow, 100, 100000);
  ASSERT_EQ(hosts.pauses.size(), 1U);
  EXPECT_EQ(hosts.pauses[0].host, "b.example");
  EXPECT_THAT(hosts.robots, IsEmpty());
}

}  // namespace
}  // namespace saunter::crawler::write
