// The rules of a polite fetch, each through the whole loop: requests that an origin logs, results
// that a database keeps, a clock that the test moves, and a crawler that starts anew at any time.
#include "crawler/loop/crawl_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "crawler/url/url.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/support/files.h"
#include "tests/support/moment.h"
#include "tests/support/origin.h"

namespace saunter::crawler::loop {
namespace {

using schemas::FeedState;
using schemas::FetchOutcome;
using schemas::UnixSeconds;
using support::OriginAnswer;
using support::OriginRequest;
using testing::ElementsAre;

using support::kDay;
using support::kHour;
using support::kNow;
constexpr const char* kHost = "127.0.1.1";

class CrawlLoopTest : public testing::Test {
 protected:
  CrawlLoopTest() {
    settings_.store.path = folder_.File("loop.db");
    settings_.fetch.contact_url = "https://saunter.example/about";
    settings_.fetch.allow_networks = {"127.0.1.0/24"};
    settings_.fetch.allow_ports = {80, 443, origin_.port()};
    settings_.fetch.host_gap_min_ms = 0;
    settings_.fetch.host_gap_max_ms = 0;
    settings_.schedule.start_spread_s = 0;
    settings_.health.probes_in_flight_max = 0;
    settings_.write.batch_age_ms_max = 1;
    StartCrawler();
  }

  void StartCrawler() {
    StopCrawler();
    auto opened = store::OpenWriter(settings_.store, "crawl_loop_test");
    ASSERT_TRUE(opened.writer) << opened.detail;
    writer_ = std::make_unique<write::WriterThread>(std::move(opened.writer), settings_,
                                                    [this] { return now_.load(); });
    loop_ = std::make_unique<CrawlLoop>(
        settings_, DueConnections{OpenReader(), OpenReader()}, *writer_, now_,
        fetch::Clock{.steady_ms = [this] { return now_.load() * 1000; },
                     .unix_s = [this] { return now_.load(); }});
  }
  void StopCrawler() {
    loop_.reset();
    writer_.reset();
  }

  [[nodiscard]] std::unique_ptr<store::Reader> OpenReader() const {
    return store::OpenReader(settings_.store).reader;
  }
  [[nodiscard]] std::string Url(std::string_view target) const {
    return origin_.Url(kHost, target);
  }

  schemas::ChangeOutcome AddFeed(std::string_view target) {
    schemas::AddFeed feed;
    feed.url = Url(target);
    feed.host = feed.registrable_domain = kHost;
    feed.added_at = feed.next_check_at = now_;
    const auto receipt = writer_->Change({feed});
    EXPECT_TRUE(receipt.committed) << receipt.problem;
    return receipt.outcomes.front();
  }
  [[nodiscard]] schemas::DueFeed FindFeed(std::string_view target) const {
    const auto reader = OpenReader();
    const auto feed = reader->FindFeed(Url(target));
    EXPECT_TRUE(feed) << target;
    return feed ? reader->FindFeed(feed->feed_id).value() : schemas::DueFeed();
  }

  // Works until nothing is due, in flight or uncommitted at this time.
  void Work() {
    ASSERT_TRUE(loop_->Turn(now_, 0));
    while (!loop_->Idle()) ASSERT_TRUE(loop_->Turn(now_, 1));
  }
  // The clock goes on to each time at which something is due, until `until`. Each time the crawler
  // is a new one: what it must know it finds in the database.
  void WorkUntil(UnixSeconds until) {
    while (true) {
      StartCrawler();
      Work();
      const auto next_at = OpenReader()->NextFeedCheckAt();
      if (!next_at || *next_at > until) break;
      ASSERT_GT(*next_at, now_);
      now_ = *next_at;
    }
    now_ = until;
  }

  void Serve(std::string_view target, OriginAnswer answer) {
    origin_.SetAnswer(kHost, target, std::move(answer));
  }
  // What the log holds for one target, as "If-None-Match|If-Modified-Since".
  [[nodiscard]] std::vector<std::string> Conditions(std::string_view target) const {
    std::vector<std::string> conditions;
    for (const OriginRequest& request : origin_.Log()) {
      if (request.target != target) continue;
      conditions.push_back(std::string(request.Header("If-None-Match")) + "|" +
                           std::string(request.Header("If-Modified-Since")));
    }
    return conditions;
  }

  static OriginAnswer Feed(support::Headers headers, int posts = 2) {
    OriginAnswer answer;
    answer.headers = std::move(headers);
    answer.headers.emplace_back("Content-Type", "application/rss+xml");
    answer.body = "<rss version=\"2.0\"><channel><title>Walks</title>";
    for (int i = 0; i < posts; ++i) {
      const std::string number = std::to_string(i);
      answer.body += "<item><title>Walk " + number + "</title><link>http://a.example/" + number +
                     "</link></item>";
    }
    answer.body += "</channel></rss>";
    return answer;
  }
  static OriginAnswer Status(int status, support::Headers headers = {}) {
    OriginAnswer answer;
    answer.status = status;
    answer.headers = std::move(headers);
    return answer;
  }

  support::TemporaryDirectory folder_;
  support::Origin origin_;
  schemas::Settings settings_;
  std::atomic<UnixSeconds> now_ = kNow;
  std::unique_ptr<write::WriterThread> writer_;
  std::unique_ptr<CrawlLoop> loop_;
};

// --- 1. Validators -------------------------------------------------------------------------------

TEST_F(CrawlLoopTest, SendsValidatorsBackByteForByteAcrossRestarts) {
  const std::pair<std::string, std::string> given[] = {
      {"\"strong\"", "Mon, 21 Sep 2026 10:00:00 GMT"},
      {"W/\"weak, with a comma\"", ""},
      {"", "2026-09-21 10:00:00 +0200"},
      {"no quotes \\\" ;=", "Monday, 21-Sep-26 10:00:00 GMT"},
      {"\"\"", "0"}};
  int number = 0;
  for (const auto& [etag, last_modified] : given) {
    const std::string target = "/" + std::to_string(number++);
    support::Headers headers;
    if (!etag.empty()) headers.emplace_back("ETag", etag);
    if (!last_modified.empty()) headers.emplace_back("Last-Modified", last_modified);
    OriginAnswer answer = Feed(headers);
    answer.honours_validators = true;
    Serve(target, answer);
    AddFeed(target);
  }
  Work();
  now_ += 8 * kDay;
  StartCrawler();
  Work();
  number = 0;
  for (const auto& [etag, last_modified] : given) {
    const std::string target = "/" + std::to_string(number++);
    EXPECT_THAT(Conditions(target), ElementsAre("|", etag + "|" + last_modified));
    EXPECT_EQ(FindFeed(target).last_outcome, FetchOutcome::kNotModified);
  }
}

TEST_F(CrawlLoopTest, TakesTheNewestValidatorsAndForgetsThoseThatAreGone) {
  AddFeed("/feed");
  const auto answer_next = [&](OriginAnswer answer) {
    Serve("/feed", std::move(answer));
    Work();
    now_ += 4 * kDay;  // all of it within the 30 days of the next rule
  };
  answer_next(Feed({{"ETag", "\"1\""}, {"Last-Modified", "one"}}));
  answer_next(Status(304, {{"ETag", "\"2\""}}));                       // another one on a 304
  answer_next(Feed({{"ETag", "\"3\""}, {"Last-Modified", "three"}}));  // the same body
  answer_next(Status(500));
  answer_next(Feed({{"Last-Modified", "four"}}));  // the ETag is gone
  answer_next(Feed({}));                           // both are
  answer_next(Feed({}));
  EXPECT_THAT(Conditions("/feed"), ElementsAre("|", "\"1\"|one", "\"2\"|one", "\"3\"|three",
                                               "\"3\"|three", "|four", "|"));
}

// Whoever looks at the database at any moment finds both or neither.
TEST_F(CrawlLoopTest, SavesValidatorsInTheTransactionThatSavesTheParse) {
  const auto reader = OpenReader();
  for (int i = 0; i < 20; ++i) {
    const std::string target = "/" + std::to_string(i);
    Serve(target, Feed({{"ETag", "\"x\""}}));
    AddFeed(target);
  }
  int with_both = 0;
  const auto look = [&] {
    with_both = 0;
    for (const auto& feed : reader->Feeds({})) {
      EXPECT_EQ(feed.etag.empty(), feed.links == 0) << feed.url;
      with_both += feed.links > 0 ? 1 : 0;
    }
  };
  do {
    ASSERT_TRUE(loop_->Turn(now_, 1));
    look();
  } while (!loop_->Idle());
  look();
  EXPECT_EQ(with_both, 20);
}

// --- 2. Unconditional requests -------------------------------------------------------------------

TEST_F(CrawlLoopTest, AsksForTheWholeOnceInThirtyDaysOfNothingBut304) {
  OriginAnswer answer = Feed({{"ETag", "\"for ever\""}});
  answer.honours_validators = true;
  Serve("/feed", answer);
  AddFeed("/feed");
  WorkUntil(kNow + 29 * kDay);
  StartCrawler();
  const auto conditions = Conditions("/feed");
  EXPECT_GE(conditions.size(), 20U);
  EXPECT_EQ(std::ranges::count(conditions, "|"), 1);
  WorkUntil(kNow + 59 * kDay);
  EXPECT_EQ(std::ranges::count(Conditions("/feed"), "|"), 2);
}

// --- 3. Retry-After ------------------------------------------------------------------------------

TEST_F(CrawlLoopTest, KeepsRetryAfterAcrossRestarts) {
  Serve("/feed", Status(503, {{"Retry-After", "172800"}}));
  AddFeed("/feed");
  Work();
  for (const std::int64_t wait_s : {60L, kHour, kDay, 2 * kDay - 1}) {
    StartCrawler();
    now_ = kNow + wait_s;
    Work();
    EXPECT_EQ(origin_.requests(), 1U) << wait_s;
  }
  now_ = kNow + 2 * kDay * 11 / 10;
  Work();
  EXPECT_EQ(origin_.requests(), 2U);
}

// --- 5. Pace per URL -----------------------------------------------------------------------------

TEST_F(CrawlLoopTest, AsksNothingTwiceWithinAnHourWhateverTheOperatorDoes) {
  Serve("/feed", Feed({{"ETag", "\"x\""}}));
  AddFeed("/feed");
  Work();
  for (int minute = 1; minute < 60; ++minute) {
    now_ = kNow + minute * 60;
    switch (minute % 4) {
      case 0:
        EXPECT_EQ(AddFeed("/feed"), schemas::ChangeOutcome::kAlreadyKnown);
        break;
      case 1:
        StartCrawler();
        break;
      case 2:
        loop_->Reload(settings_);
        break;
      default:
        for (const FeedState state : {FeedState::kPaused, FeedState::kActive}) {
          EXPECT_TRUE(writer_->Change({schemas::SetFeedState{Url("/feed"), state}}).committed);
        }
    }
    Work();
  }
  EXPECT_EQ(origin_.requests(), 1U);
}

TEST_F(CrawlLoopTest, AsksAnAddressOnceForAllFeedsThatLeadThereThoughSettingsAreReloaded) {
  Serve("/a", support::Redirect(302, "/c"));
  Serve("/b", support::Redirect(302, "/c"));
  Serve("/c", Feed({{"ETag", "\"x\""}}));
  AddFeed("/a");
  Work();
  loop_->Reload(settings_);
  now_ += 600;
  AddFeed("/b");
  Work();
  EXPECT_THAT(Conditions("/b"), testing::SizeIs(1));
  EXPECT_THAT(Conditions("/c"), testing::SizeIs(1));
}

// --- 7. Redirects --------------------------------------------------------------------------------

TEST_F(CrawlLoopTest, MovesAFeedAfterThreePermanentRedirectsOverTwoDaysAndNeverOnTemporaryOnes) {
  Serve("/moved", support::Redirect(308, "/new"));
  Serve("/new", Feed({{"ETag", "\"x\""}}));
  AddFeed("/moved");
  for (const int status : {302, 303, 307}) {
    Serve("/away" + std::to_string(status), support::Redirect(status, "/there"));
    AddFeed("/away" + std::to_string(status));
  }
  Serve("/there", Feed({{"ETag", "\"y\""}}));
  Work();
  EXPECT_EQ(FindFeed("/moved").redirect_count, 1);
  StartCrawler();
  WorkUntil(kNow + 47 * kHour);
  EXPECT_GE(FindFeed("/moved").redirect_count, 1);
  WorkUntil(kNow + 8 * kDay);
  EXPECT_FALSE(OpenReader()->FindFeed(Url("/moved")));
  EXPECT_EQ(FindFeed("/new").etag, "\"x\"");
  for (const int status : {302, 303, 307}) {
    EXPECT_EQ(FindFeed("/away" + std::to_string(status)).redirect_count, 0);
  }
}

TEST_F(CrawlLoopTest, MergesFeedsThatMoveToOneAddress) {
  for (const char* target : {"/a", "/b"}) {
    Serve(target, support::Redirect(301, "/c"));
    AddFeed(target);
  }
  Serve("/c", Feed({{"ETag", "\"x\""}}, 3));
  WorkUntil(kNow + 8 * kDay);
  const auto reader = OpenReader();
  const auto feeds = reader->Feeds({});
  ASSERT_EQ(feeds.size(), 1U);
  EXPECT_EQ(feeds.front().url, Url("/c"));
  EXPECT_EQ(feeds.front().links, 3);
  const auto stats = reader->ReadStats();
  EXPECT_EQ(stats.feeds, 1);
  EXPECT_EQ(stats.links, 3);
  EXPECT_THAT(reader->Check(), testing::IsEmpty());
}

// --- 8. Gone -------------------------------------------------------------------------------------

TEST_F(CrawlLoopTest, LooksOnceInThirtyDaysAtWhatWasGoneTwice) {
  Serve("/feed", Status(410));
  AddFeed("/feed");
  WorkUntil(kNow + 28 * kDay);
  EXPECT_EQ(FindFeed("/feed").state, FeedState::kGone);
  EXPECT_EQ(origin_.requests(), 2U);
  Serve("/feed", Feed({{"ETag", "\"x\""}}));
  WorkUntil(kNow + 32 * kDay);
  EXPECT_EQ(FindFeed("/feed").state, FeedState::kActive);
}

// --- 13. Every fetch explained -------------------------------------------------------------------

// Not even to learn that its address leads there.
TEST_F(CrawlLoopTest, AsksNothingOfABlacklistedHostThatOthersRedirectTo) {
  constexpr const char* kCanary = "127.0.1.9";
  origin_.SetAnswer(kCanary, "/feed", Feed({}));
  for (const char* target : {"/moved", "/way"}) {
    Serve(target, support::Redirect(302, origin_.Url(kCanary, "/feed")));
  }
  Serve("/hop", support::Redirect(307, Url("/way")));
  AddFeed("/moved");
  AddFeed("/hop");
  schemas::AddBlacklist change;
  change.entry.pattern = kCanary;
  change.entry.reason = "link farm";
  ASSERT_TRUE(writer_->Change({change}).committed);
  Work();
  for (const auto& request : origin_.Log()) EXPECT_NE(request.address, kCanary) << request.target;
  EXPECT_EQ(origin_.requests(), 3U);
  for (const char* target : {"/moved", "/hop"}) {
    EXPECT_EQ(FindFeed(target).last_outcome, FetchOutcome::kBlacklisted);
    EXPECT_EQ(FindFeed(target).next_check_reason, std::string("blacklisted by ") + kCanary);
  }
}

TEST_F(CrawlLoopTest, ExplainsEveryFetch) {
  AddFeed("/feed");
  OriginAnswer first = Feed({{"ETag", "\"x\""}, {"Cache-Control", "max-age=172800"}});
  const auto body_bytes = std::ssize(first.body);
  first.honours_validators = true;
  Serve("/feed", first);
  Work();
  now_ = FindFeed("/feed").next_check_at;
  Work();
  now_ = FindFeed("/feed").next_check_at;
  Serve("/feed", Status(503, {{"Retry-After", "259200"}}));
  Work();
  const auto fetches = OpenReader()->Fetches(FindFeed("/feed").feed_id);
  ASSERT_EQ(fetches.size(), 3U);
  const auto& [asked_later, not_modified, taken] = std::tie(fetches[0], fetches[1], fetches[2]);
  EXPECT_EQ(taken.fetched_at, kNow);
  EXPECT_EQ(taken.outcome, FetchOutcome::kOk);
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(taken.wire_bytes, body_bytes);
  EXPECT_EQ(taken.body_bytes, body_bytes);
  EXPECT_EQ(taken.entries, 2);
  EXPECT_EQ(taken.entries_new, 2);
  EXPECT_THAT(taken.reason, testing::HasSubstr("2 entries"));
  EXPECT_EQ(taken.next_check_reason, "max-age or Expires");
  EXPECT_GE(taken.next_check_at, kNow + 2 * kDay);
  EXPECT_EQ(not_modified.outcome, FetchOutcome::kNotModified);
  EXPECT_EQ(not_modified.status, 304);
  EXPECT_EQ(not_modified.body_bytes, 0);
  EXPECT_EQ(asked_later.outcome, FetchOutcome::kServerError);
  EXPECT_EQ(asked_later.next_check_reason, "Retry-After");
  EXPECT_EQ(asked_later.next_check_at, FindFeed("/feed").next_check_at);
  for (const auto& fetch : fetches) {
    EXPECT_GE(fetch.duration_ms, 0);
    EXPECT_THAT(fetch.reason, testing::Not(testing::IsEmpty()));
    EXPECT_THAT(fetch.next_check_reason, testing::Not(testing::IsEmpty()));
  }
}

// --- The list of asked feeds

// Opens the file anew in place of the descriptor that this process has of it.
void ReopenListedFile(const std::string& path, int flags) {
  int found = -1;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != path) continue;
    found = std::stoi(entry.path().filename());
  }
  ASSERT_GE(found, 0);
  const int anew = open(path.c_str(), flags | O_CLOEXEC);
  ASSERT_GE(anew, 0);
  ASSERT_EQ(dup3(anew, found, O_CLOEXEC), found);
  close(anew);
}

// A crash would leave no trace of what it had asked.
TEST_F(CrawlLoopTest, SendsNothingThatTheListOfAskedFeedsDoesNotHold) {
  Serve("/feed", Feed({}));
  AddFeed("/feed");
  const auto list = settings_.store.path + "-asked";
  ReopenListedFile(list, O_RDONLY);
  const auto turn_for = [&](int turns) {
    for (int i = 0; i < turns; ++i) ASSERT_TRUE(loop_->Turn(now_, 1));
  };
  turn_for(300);
  EXPECT_EQ(origin_.requests(), 0U);
  ++now_;
  turn_for(300);
  EXPECT_EQ(origin_.requests(), 0U) << "it was tried again";
  ReopenListedFile(list, O_RDWR);
  ++now_;
  Work();
  EXPECT_EQ(origin_.requests(), 1U);
  EXPECT_EQ(FindFeed("/feed").last_outcome, FetchOutcome::kOk);
}

}  // namespace
}  // namespace saunter::crawler::loop
