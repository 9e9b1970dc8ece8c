// Due work is read beside the loop: what a query does to it, and what it does not.
#include "crawler/loop/due_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "crawler/loop/crawl_loop.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/support/files.h"
#include "tests/support/moment.h"
#include "tests/support/origin.h"

namespace saunter::crawler::loop {
namespace {

using support::kNow;
constexpr std::chrono::seconds kDeadline(20);

// Holds queries back until the test lets them go, or they are interrupted.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_ || is_interrupted_; });
    --waiting_;
    if (!std::exchange(is_interrupted_, false)) return;
    throw store::StoreError(store::StoreErrorKind::kInterrupted, "interrupted");
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }
  void Interrupt() {
    const std::lock_guard lock(mutex_);
    if (waiting_ > 0) is_interrupted_ = true;
    changed_.notify_all();
  }
  // True once a query waits here.
  bool WaitForQuery() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [this] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  bool is_interrupted_ = false;
  int waiting_ = 0;
};

// A real connection behind a gate.
class GatedWork : public store::DueWork {
 public:
  GatedWork(std::unique_ptr<store::DueWork> inner, Gate& gate)
      : inner_(std::move(inner)), gate_(gate) {}

  store::DueFeedPage DueFeeds(const store::DueFeedWalk& walk) override {
    return inner_->DueFeeds(walk);
  }
  store::DueOfSite<schemas::DueFeed> DueFeedsOf(const store::DueSite& site,
                                                schemas::UnixSeconds now,
                                                std::int64_t count_max) override {
    return inner_->DueFeedsOf(site, now, count_max);
  }
  std::int64_t CountDueFeeds(schemas::UnixSeconds now, std::int64_t count_max) override {
    gate_.Pass();
    return inner_->CountDueFeeds(now, count_max);
  }
  std::vector<schemas::DueFeed> FeedsDueAfter(schemas::UnixSeconds at,
                                              std::int64_t count_max) override {
    return inner_->FeedsDueAfter(at, count_max);
  }
  store::DueLinkPage DueLinks(const store::DueLinkWalk& walk) override {
    return inner_->DueLinks(walk);
  }
  store::DueOfSite<schemas::DueLink> DueLinksOf(const store::DueSite& site,
                                                schemas::UnixSeconds now,
                                                std::int64_t count_max) override {
    return inner_->DueLinksOf(site, now, count_max);
  }
  std::optional<schemas::UnixSeconds> NextFeedCheckAt() override {
    return inner_->NextFeedCheckAt();
  }
  schemas::HostState HostsInForce(schemas::UnixSeconds now, std::int64_t robots_count_max,
                                  std::int64_t robots_bytes_max) override {
    return inner_->HostsInForce(now, robots_count_max, robots_bytes_max);
  }
  std::optional<schemas::DueFeed> FindFeed(schemas::Id feed_id) override {
    return inner_->FindFeed(feed_id);
  }
  schemas::Stats ReadStats() override { return inner_->ReadStats(); }
  void Interrupt() override {
    gate_.Interrupt();
    inner_->Interrupt();
  }

 private:
  const std::unique_ptr<store::DueWork> inner_;
  Gate& gate_;
};

class DueReading : public ::testing::Test {
 protected:
  DueReading() {
    settings_.store.path = folder_.File("due.db");
    settings_.fetch.contact_url = "https://saunter.example/about";
    settings_.fetch.allow_networks = {"127.0.1.0/24"};
    settings_.fetch.allow_ports = {origin_.port()};
    settings_.fetch.host_gap_min_ms = 0;
    settings_.fetch.host_gap_max_ms = 0;
    settings_.schedule.start_spread_s = 0;
    settings_.health.probe_spacing_s = 0;
    settings_.write.batch_age_ms_max = 1;
    auto opened = store::OpenWriter(settings_.store, "due_reader_test");
    writer_ = std::make_unique<write::WriterThread>(std::move(opened.writer), settings_,
                                                    [this] { return now_.load(); });
  }

  std::unique_ptr<store::DueWork> Open() { return store::OpenReader(settings_.store).reader; }
  std::unique_ptr<store::DueWork> OpenGated() { return std::make_unique<GatedWork>(Open(), gate_); }
  void AddFeed(const std::string& host) {
    schemas::AddFeed feed;
    feed.url = origin_.Url(host, "/feed");
    feed.host = feed.registrable_domain = host;
    feed.added_at = feed.next_check_at = now_;
    EXPECT_TRUE(writer_->Change({feed}).committed);
  }
  static support::OriginAnswer Body(std::string body) {
    support::OriginAnswer answer;
    answer.body = std::move(body);
    return answer;
  }
  // Turns until that is so. False: it did not become so in time.
  bool TurnUntil(CrawlLoop& loop, const std::function<bool()>& is_so) {
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    while (!is_so()) {
      if (!loop.Turn(now_, 1) || std::chrono::steady_clock::now() > until) return false;
    }
    return true;
  }
  // Waits until the answer is there.
  static DueReader::Answer TakeWhenReady(DueReader& reader) {
    while (true) {
      if (auto answer = reader.Take(kNow)) return *std::move(answer);
      std::this_thread::yield();
    }
  }

  support::TemporaryDirectory folder_;
  support::Origin origin_;
  schemas::Settings settings_;
  std::atomic<schemas::UnixSeconds> now_ = kNow;
  Gate gate_;
  std::unique_ptr<write::WriterThread> writer_;
};

DueFeedsQuery PacedQuery() {
  return {.due_at = kNow,
          .asked_at = kNow,
          .feeds = PacedFeeds{.from = {},
                              .pace = {},
                              .schedule = {.start_spread_s = 0},
                              .known = 0,
                              .count_max = 100,
                              .far_at = {}},
          .sites = {}};
}

TEST_F(DueReading, GivesFeedsWithTheSums) {
  AddFeed("127.0.1.1");
  DueReader reader(Open(), "due");
  reader.Ask(PacedQuery());
  EXPECT_TRUE(reader.IsBusy());
  EXPECT_FALSE(reader.IsReady(kNow));
  const auto answer = TakeWhenReady(reader);
  ASSERT_TRUE(answer.items);
  const auto& due = std::get<DueFeeds>(*answer.items);
  EXPECT_EQ(due.feeds.size(), 1U);
  EXPECT_EQ(due.waiting, 1);
  EXPECT_EQ(due.feeds_all, 1);
  EXPECT_TRUE(due.has_feeds);
  EXPECT_TRUE(reader.IsReady(kNow));
}

TEST_F(DueReading, PausesLongerAfterEachFailureThatPasses) {
  DueReader reader(OpenGated(), "due");
  schemas::UnixSeconds pause_s = 1;
  for (int i = 0; i < 8; ++i) {
    gate_.Close();
    reader.Ask(PacedQuery());
    ASSERT_TRUE(gate_.WaitForQuery());
    gate_.Interrupt();
    EXPECT_FALSE(TakeWhenReady(reader).items);
    EXPECT_FALSE(reader.IsReady(kNow + pause_s - 1)) << i;
    EXPECT_TRUE(reader.IsReady(kNow + pause_s)) << i;
    EXPECT_TRUE(reader.IsReady(kNow - 1)) << "the clock was set back";
    pause_s = std::min<schemas::UnixSeconds>(pause_s * 2, 60);
  }
  gate_.Open();
  reader.Ask(PacedQuery());
  EXPECT_TRUE(TakeWhenReady(reader).items);
  EXPECT_TRUE(reader.IsReady(kNow));
}

TEST_F(DueReading, EndsThoughAQueryDoesNotReturn) {
  gate_.Close();
  DueReader reader(OpenGated(), "due");
  reader.Ask(PacedQuery());
  ASSERT_TRUE(gate_.WaitForQuery());
}

TEST_F(DueReading, HoldsUpNeitherAnswersNorProbesNorTheEnd) {
  support::OriginAnswer feed;
  feed.body = "<rss version='2.0'><channel><title>A</title><item><link>" +
              origin_.Url("127.0.1.2", "/post") + "</link></item></channel></rss>";
  origin_.SetAnswer("", "/feed", feed);
  origin_.SetAnswer("", "/post", Body("A post."));
  AddFeed("127.0.1.1");
  CrawlLoop loop(settings_, {OpenGated(), Open()}, *writer_, now_);
  ASSERT_TRUE(TurnUntil(loop, [&] { return origin_.requests() > 0; }));
  gate_.Close();
  now_ += 1;
  AddFeed("127.0.1.3");
  // The query for feeds does not return: the feed that was out is answered, its link is probed.
  ASSERT_TRUE(TurnUntil(loop, [&] {
    now_ += 1;  // links are looked for once a second
    return loop.sums().feeds_ok == 1 && loop.sums().probes > 0;
  }));
  ASSERT_TRUE(gate_.WaitForQuery());
  EXPECT_EQ(loop.sums().feeds_fetched, 1) << "the second feed is not read yet";
  EXPECT_FALSE(loop.Idle());
  loop.StopAsking();
  EXPECT_TRUE(TurnUntil(loop, [&] { return loop.Drained(); }));
}

TEST_F(DueReading, GoesOnOnceTheQueryReturns) {
  origin_.SetAnswer("", "/feed", Body("<rss version='2.0'><channel/></rss>"));
  gate_.Close();
  AddFeed("127.0.1.1");
  CrawlLoop loop(settings_, {OpenGated(), Open()}, *writer_, now_);
  ASSERT_TRUE(loop.Turn(now_, 1));
  ASSERT_TRUE(gate_.WaitForQuery());
  ASSERT_TRUE(loop.Turn(now_, 1));
  EXPECT_EQ(loop.sums().feeds_fetched, 0);
  gate_.Open();
  EXPECT_TRUE(TurnUntil(loop, [&] { return loop.Idle(); }));
  EXPECT_EQ(loop.sums().feeds_fetched, 1);
}

}  // namespace
}  // namespace saunter::crawler::loop
