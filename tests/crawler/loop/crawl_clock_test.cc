// The crawl loop under a clock of the test's own: long stops, and clocks that leap by years.

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "crawler/loop/crawl_loop.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/support/files.h"
#include "tests/support/origin.h"
#include "tests/support/process.h"

namespace saunter::crawler::loop {
namespace {

using schemas::UnixSeconds;

constexpr UnixSeconds kStart = 1790000000;
constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kTenYears = 3650 * kDay;
constexpr int kFeeds = 120;
constexpr std::int64_t kMostInASecond = 5;  // of so few

support::OriginAnswer AnswerFeed(const support::OriginRequest&) {
  support::OriginAnswer answer;
  answer.headers = {{"ETag", "\"1\""}};
  answer.body =
      "<rss version='2.0'><channel><title>A</title><item><link>http://a.example/1</link>"
      "<pubDate>Mon, 06 Sep 2021 16:45:00 GMT</pubDate></item></channel></rss>";
  answer.honours_validators = true;
  return answer;
}

class CrawlClock : public ::testing::Test {
 protected:
  CrawlClock() { spdlog::set_level(spdlog::level::warn); }

  void Start(UnixSeconds now, UnixSeconds due_at) {
    now_ = now;
    settings_.store.path = directory_.File("saunter.db");
    settings_.fetch.allow_networks = {"127.0.0.0/8"};
    settings_.fetch.allow_names = {"a.example"};
    settings_.fetch.allow_ports = {80, origin_.port()};
    settings_.fetch.host_gap_min_ms = 0;
    settings_.fetch.host_gap_max_ms = 0;
    settings_.health.probes_in_flight_max = 0;
    settings_.write.batch_age_ms_max = 1;
    auto opened = store::OpenWriter(settings_.store, "test");
    ASSERT_TRUE(opened.writer) << opened.detail;
    schemas::WriteBatch batch;
    for (int i = 0; i < kFeeds; ++i) {
      const auto host = "127.0.1." + std::to_string(i + 1);
      schemas::AddFeed feed;
      feed.url = origin_.Url(host, "/feed");
      feed.host = host;
      feed.registrable_domain = host;
      feed.added_at = due_at;
      feed.next_check_at = due_at + i;
      batch.changes.emplace_back(feed);
    }
    const auto transaction = opened.writer->Begin(now);
    transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
    writer_ = std::make_unique<write::WriterThread>(std::move(opened.writer), settings_,
                                                    [this] { return now_.load(); });
    const auto open = [&] { return store::OpenReader(settings_.store).reader; };
    loop_ = std::make_unique<CrawlLoop>(settings_, DueConnections{open(), open()}, *writer_, now);
  }

  // Lets the loop run at this moment until all that it has begun is committed. Returns how many
  // requests that were.
  std::int64_t At(UnixSeconds now) {
    now_ = now;
    const auto before = origin_.requests();
    const auto settled = [&] {
      EXPECT_TRUE(loop_->Turn(now, 0));
      return loop_->Idle();
    };
    EXPECT_TRUE(support::WaitUntil(settled, std::chrono::seconds(30)));
    return static_cast<std::int64_t>(origin_.requests() - before);
  }
  // Step by step until `until`; returns the requests, and the most of one moment in most_.
  std::int64_t RunUntil(UnixSeconds until, std::int64_t step_s) {
    std::int64_t sum = 0;
    for (auto now = now_ + step_s; now <= until; now += step_s) {
      const auto asked = At(now);
      most_ = std::max(most_, asked);
      sum += asked;
    }
    return sum;
  }

  support::TemporaryDirectory directory_;
  support::Origin origin_{{}, AnswerFeed};
  schemas::Settings settings_;
  std::atomic<UnixSeconds> now_ = 0;
  std::int64_t most_ = 0;
  std::unique_ptr<write::WriterThread> writer_;
  std::unique_ptr<CrawlLoop> loop_;
};

TEST_F(CrawlClock, ALongStopIsMadeUpForEvenly) {
  Start(kStart, kStart - 7 * kDay);
  EXPECT_LE(At(kStart), kMostInASecond);
  const auto asked = RunUntil(kStart + 200, 1);
  EXPECT_LE(most_, kMostInASecond);
  EXPECT_GE(asked, kFeeds - kMostInASecond);
  EXPECT_EQ(origin_.requests(), static_cast<std::uint64_t>(kFeeds)) << "each once";
}

TEST_F(CrawlClock, OnceWorksAsFastAsItCan) {
  Start(kStart, kStart - 7 * kDay);
  loop_->LimitTo(kStart);
  EXPECT_EQ(At(kStart), kFeeds);
}

TEST_F(CrawlClock, AClockThatLeapsBackStarvesNoFeedAndMakesNoBurst) {
  Start(kStart, kStart - 1000);
  RunUntil(kStart + 400, 1);
  ASSERT_EQ(origin_.requests(), static_cast<std::uint64_t>(kFeeds));
  const auto back = kStart - kTenYears;
  most_ = 0;
  EXPECT_EQ(At(back), 0);
  EXPECT_EQ(RunUntil(back + kDay - 60, 60), 0) << "asked a moment ago, for all we know";
  const auto asked = RunUntil(back + kDay + 7200, 60);
  EXPECT_GE(asked, kFeeds) << "each is asked again, days before the eighth";
  EXPECT_LE(most_, kMostInASecond);
  const auto reader = store::OpenReader(settings_.store).reader;
  for (const auto& feed : reader->Feeds({})) {
    EXPECT_LT(feed.next_check_at, now_ + 8 * kDay) << feed.url;
  }
}

TEST_F(CrawlClock, AClockThatLeapsAheadMakesNoBurst) {
  Start(kStart, kStart - 1000);
  RunUntil(kStart + 400, 1);
  ASSERT_EQ(origin_.requests(), static_cast<std::uint64_t>(kFeeds));
  const auto ahead = kStart + kTenYears;
  most_ = 0;
  EXPECT_EQ(At(ahead), 0);
  EXPECT_EQ(RunUntil(ahead + kDay - 60, 60), 0) << "asked a moment ago, for all we know";
  EXPECT_GE(RunUntil(ahead + kDay + 7200, 60), kFeeds);
  EXPECT_LE(most_, kMostInASecond);
}

// A restart does not know of the leap, but no look is ever decided that far ahead.
TEST_F(CrawlClock, ARestartFindsTheFeedsThatAnotherClockPutOff) {
  Start(kStart, kStart + kTenYears);
  EXPECT_EQ(At(kStart), 0);
  EXPECT_EQ(RunUntil(kStart + 3540, 60), 0);
  EXPECT_EQ(RunUntil(kStart + 3540 + 7200, 60), kFeeds);
  EXPECT_LE(most_, kMostInASecond);
}

// The link that the feeds list is taken in while the clock is ten years ahead.
TEST_F(CrawlClock, AClockThatWasAheadPutsNoLinkOffForYears) {
  Start(kStart + kTenYears, kStart);
  RunUntil(kStart + kTenYears + 400, 1);
  const auto link = [&] {
    auto due = store::OpenReader(settings_.store)
                   .reader->DueLinks({.now = kStart + 2 * kTenYears, .count_max = 1});
    return due.links.at(0);
  };
  ASSERT_GT(link().next_check_at, kStart + kTenYears - 1);
  At(kStart);
  RunUntil(kStart + 3500, 50);
  EXPECT_GT(link().next_check_at, kStart + kTenYears - 1) << "the clock is not believed yet";
  RunUntil(kStart + 3700, 50);
  EXPECT_LT(link().next_check_at, kStart + 8 * kDay);
}

}  // namespace
}  // namespace saunter::crawler::loop
