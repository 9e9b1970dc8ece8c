// Thirty days of a thousand feeds of mixed temper, judged as a publisher would who reads his log.
#include <queue>

#include "crawler/schedule.h"

namespace saunter::crawler {
namespace {

using schemas::Feed;
using schemas::FetchOutcome;
using schemas::ScheduleSettings;
using schemas::UnixSeconds;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
constexpr UnixSeconds kStart = 1790000000;
constexpr int kFeeds = 1000;

enum class Temper {
  kHourly,        // validators, a post an hour
  kWeekly,        // validators, a post a week
  kDormant,       // validators, no post for 200 days
  kNoValidators,  // a full body each time
  kBroken,        // 500 for ever
  kFlaky,         // every third answer fails
  kBusy,          // 429, Retry-After of two days, for ever
  kAsksForTime,   // max-age of six hours
  kTtl,           // ttl of twelve hours, every other answer a time-out
  kGone,          // 410
};
constexpr int kTempers = 10;

struct Visit {
  UnixSeconds at = 0;
  bool conditional = false;
  std::string etag;  // sent
  FetchOutcome outcome = FetchOutcome::kOk;
};

std::int64_t PostGap(Temper temper) {
  return temper == Temper::kWeekly || temper == Temper::kDormant ? 7 * kDay : kHour;
}

// The publisher's side of one feed.
struct Publisher {
  Temper temper = Temper::kHourly;
  std::string etag;  // of what he serves now
  std::vector<Visit> log;

  [[nodiscard]] UnixSeconds NewestAt(UnixSeconds now) const {
    if (temper == Temper::kDormant) return kStart - 200 * kDay;
    return now - now % PostGap(temper);
  }

  FetchFacts Answer(const Feed& feed, UnixSeconds now) {
    FetchFacts facts;
    facts.fetched_at = now;
    facts.was_conditional = !feed.etag.empty();
    etag = "\"" + std::to_string(NewestAt(now)) + "\"";
    const auto fail = [&](FetchOutcome outcome, int status) {
      facts.outcome = outcome;
      facts.status = status;
    };
    const std::size_t turn = log.size();
    switch (temper) {
      case Temper::kBroken:
        fail(FetchOutcome::kServerError, 500);
        break;
      case Temper::kBusy:
        fail(FetchOutcome::kTooManyRequests, 429);
        facts.retry_after_s = 2 * kDay;
        break;
      case Temper::kGone:
        fail(FetchOutcome::kGone, 410);
        break;
      case Temper::kFlaky:
        turn % 3 == 2 ? fail(FetchOutcome::kConnectFailure, 0) : Serve(feed, facts);
        break;
      case Temper::kTtl:
        turn % 2 == 1 ? fail(FetchOutcome::kTimeout, 0) : Serve(feed, facts);
        break;
      case Temper::kAsksForTime:
        facts.fresh_for_s = 6 * kHour;
        Serve(feed, facts);
        break;
      case Temper::kHourly:
      case Temper::kWeekly:
      case Temper::kDormant:
      case Temper::kNoValidators:
        Serve(feed, facts);
    }
    log.push_back({now, facts.was_conditional, feed.etag, facts.outcome});
    return facts;
  }

  void Serve(const Feed& feed, FetchFacts& facts) const {
    const bool same = facts.was_conditional && feed.etag == etag;
    facts.outcome = same ? FetchOutcome::kNotModified : FetchOutcome::kOk;
    facts.status = same ? 304 : 200;
    if (temper != Temper::kNoValidators) facts.etag = etag;
  }

  [[nodiscard]] FeedFacts Body(UnixSeconds now) const {
    FeedFacts facts;
    for (int i = 0; i < 10; ++i) {
      facts.published_at.push_back(NewestAt(now) - i * PostGap(temper));
    }
    if (temper == Temper::kTtl) facts.ttl_s = 12 * kHour;
    return facts;
  }
};

class Month : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    publishers = new std::vector<Publisher>(kFeeds);  // gtest's own way to share a fixture
    std::vector<Feed> feeds(kFeeds);
    using Due = std::pair<UnixSeconds, std::size_t>;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
    const ScheduleSettings settings;
    for (std::size_t i = 0; i < kFeeds; ++i) {
      (*publishers)[i].temper = static_cast<Temper>(i % kTempers);
      feeds[i].url = "https://site" + std::to_string(i) + ".example/feed";
      feeds[i].added_at = kStart;
      due.emplace(FirstCheckAt(feeds[i].url, kStart, settings), i);
    }
    std::uint64_t state = 7;
    while (due.top().first < kStart + 30 * kDay) {
      const auto [now, i] = due.top();
      due.pop();
      const FetchFacts fetch = (*publishers)[i].Answer(feeds[i], now);
      std::optional<FeedFacts> body;
      if (fetch.outcome == FetchOutcome::kOk) body = (*publishers)[i].Body(now);
      state = state * 6364136223846793005U + 1442695040888963407U;
      const double random = static_cast<double>(state >> 33U) / 2147483648.0;
      feeds[i] = FeedAfterFetch(feeds[i], fetch, body, settings, random);
      ASSERT_LE(feeds[i].next_check_at, now + 30 * kDay);
      due.emplace(feeds[i].next_check_at, i);
    }
  }
  static void TearDownTestSuite() {
    delete publishers;
    publishers = nullptr;
  }

  // Calls `check` with each log of that temper.
  template <typename Check>
  static void ForEach(Temper temper, const Check& check) {
    for (const Publisher& publisher : *publishers) {
      if (publisher.temper == temper) check(publisher.log);
    }
  }

  static std::int64_t LeastGap(const std::vector<Visit>& log) {
    std::int64_t least = INT64_MAX;
    for (std::size_t i = 1; i < log.size(); ++i) {
      least = std::min(least, log[i].at - log[i - 1].at);
    }
    return least;
  }

  inline static std::vector<Publisher>* publishers = nullptr;
};

TEST_F(Month, HasNoTwoRequestsForOneFeedWithinAnHour) {
  for (const Publisher& publisher : *publishers) {
    EXPECT_FALSE(publisher.log.empty());
    EXPECT_GE(LeastGap(publisher.log), kHour) << static_cast<int>(publisher.temper);
  }
}

TEST_F(Month, HasOneUnconditionalRequestWhereThereAreValidators) {
  for (const Temper temper : {Temper::kHourly, Temper::kWeekly, Temper::kDormant, Temper::kFlaky,
                              Temper::kAsksForTime, Temper::kTtl}) {
    ForEach(temper, [](const std::vector<Visit>& log) {
      EXPECT_EQ(std::ranges::count(log, false, &Visit::conditional), 1);
      EXPECT_FALSE(log.front().conditional);
    });
  }
}

TEST_F(Month, HasNoValidatorThatTheServerDidNotGive) {
  for (const Publisher& publisher : *publishers) {
    for (const Visit& visit : publisher.log) {
      if (visit.etag.empty()) continue;
      EXPECT_NE(publisher.temper, Temper::kNoValidators);
      const std::int64_t newest_at = std::stoll(visit.etag.substr(1));
      EXPECT_LE(newest_at, visit.at);
    }
  }
}

TEST_F(Month, HasAtMostOneRequestADayWithoutValidators) {
  ForEach(Temper::kNoValidators, [](const std::vector<Visit>& log) {
    EXPECT_GE(LeastGap(log), kDay);
    EXPECT_GE(log.size(), 26U) << "nor is it forgotten";
  });
}

TEST_F(Month, HasAtMostFifteenRequestsForADormantFeed) {
  ForEach(Temper::kDormant, [](const std::vector<Visit>& log) { EXPECT_LE(log.size(), 15U); });
}

TEST_F(Month, HonoursRetryAfter) {
  ForEach(Temper::kBusy, [](const std::vector<Visit>& log) {
    EXPECT_GE(LeastGap(log), 2 * kDay);
    EXPECT_GE(log.size(), 4U);
  });
}

TEST_F(Month, HonoursMaxAgeAndTtlAlsoAfterA304AndAfterAnError) {
  ForEach(Temper::kAsksForTime,
          [](const std::vector<Visit>& log) { EXPECT_GE(LeastGap(log), 6 * kHour); });
  ForEach(Temper::kTtl,
          [](const std::vector<Visit>& log) { EXPECT_GE(LeastGap(log), 12 * kHour); });
}

TEST_F(Month, BacksOffFromWhatFailsWithoutGivingUp) {
  ForEach(Temper::kBroken, [](const std::vector<Visit>& log) {
    EXPECT_LE(log.size(), 13U);
    EXPECT_GE(log.size(), 7U);
  });
  ForEach(Temper::kGone, [](const std::vector<Visit>& log) { EXPECT_EQ(log.size(), 2U); });
}

TEST_F(Month, KeepsUpWithALivelyFeed) {
  ForEach(Temper::kHourly, [](const std::vector<Visit>& log) { EXPECT_GE(log.size(), 600U); });
  ForEach(Temper::kWeekly, [](const std::vector<Visit>& log) { EXPECT_GE(log.size(), 26U); });
}

// After the first hours the requests of equal feeds have drifted apart.
TEST_F(Month, HasNoBursts) {
  std::map<UnixSeconds, int> per_ten_minutes;
  for (const Publisher& publisher : *publishers) {
    for (const Visit& visit : publisher.log) {
      if (visit.at > kStart + 3 * kDay) ++per_ten_minutes[visit.at / 600];
    }
  }
  int sum = 0;
  int most = 0;
  for (const auto& [slot, count] : per_ten_minutes) {
    sum += count;
    most = std::max(most, count);
  }
  EXPECT_LT(most, 2 * sum / static_cast<int>(per_ten_minutes.size()));
}

}  // namespace
}  // namespace saunter::crawler
