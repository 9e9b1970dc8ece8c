#include "crawler/loop/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "crawler/judge/schedule.h"
#include "tests/support/moment.h"

namespace saunter::crawler::loop {
namespace {

using schemas::UnixSeconds;

using support::kDay;
using support::kNow;
constexpr std::int64_t kTenYears = 3650 * kDay;

// Feeds as their times alone; each is asked when the pace lets it and then due a day later.
class Crowd {
 public:
  void Add(UnixSeconds due_at) {
    ++due_[due_at];
    ++feeds_;
  }
  // One second of the crawl. Returns how many were asked.
  std::int64_t Second(UnixSeconds now) {
    pace_.Tick(now, settings_);
    std::int64_t waiting = 0;
    for (auto at = due_.begin(); at != due_.end() && at->first <= now; ++at) waiting += at->second;
    auto left = pace_.Allowance(waiting, feeds_, settings_);
    const auto asked = left;
    pace_.Take(asked);
    while (left > 0) {
      const auto count = std::min(left, due_.begin()->second);
      if ((due_.begin()->second -= count) == 0) due_.erase(due_.begin());
      due_[now + kDay] += count;
      left -= count;
    }
    return asked;
  }
  Pace& pace() { return pace_; }
  schemas::ScheduleSettings& settings() { return settings_; }

 private:
  schemas::ScheduleSettings settings_;
  Pace pace_;
  std::map<UnixSeconds, std::int64_t> due_;
  std::int64_t feeds_ = 0;
};

struct Course {
  std::int64_t most = 0;  // in one second
  std::int64_t seconds = 0;
  std::int64_t asked = 0;
  [[nodiscard]] double Mean() const {
    return static_cast<double>(asked) / static_cast<double>(seconds);
  }
};

// Until `count` were asked, at most a day.
Course RunFrom(Crowd& crowd, UnixSeconds now, std::int64_t count) {
  Course course;
  while (course.asked < count && course.seconds < kDay) {
    const auto asked = crowd.Second(now + course.seconds);
    course.asked += asked;
    course.most = std::max(course.most, asked);
    ++course.seconds;
  }
  return course;
}

// FEEDS: 10,000 feeds due at once, and no second gets more than twice the mean.
TEST(Pace, SpreadsTenThousandFeedsThatAStopOfAWeekLeftDue) {
  Crowd crowd;
  for (int i = 0; i < 10000; ++i) crowd.Add(kNow - 7 * kDay + i);
  const auto course = RunFrom(crowd, kNow, 10000);
  EXPECT_EQ(course.asked, 10000);
  EXPECT_LE(static_cast<double>(course.most), 2 * course.Mean());
  EXPECT_LE(course.most, 10);
  EXPECT_LE(course.seconds, 3600);
}

TEST(Pace, SpreadsTenThousandFeedsThatWereImportedAtOnce) {
  Crowd crowd;
  for (int i = 0; i < 10000; ++i) {
    const auto url = "https://site" + std::to_string(i) + ".example/feed";
    crowd.Add(judge::FirstCheckAt(url, kNow, crowd.settings()));
  }
  const auto course = RunFrom(crowd, kNow, 10000);
  EXPECT_EQ(course.asked, 10000);
  EXPECT_LE(static_cast<double>(course.most), 2 * course.Mean());
}

TEST(Pace, IsThroughWithAnyNumberWithinTheSpread) {
  Crowd crowd;
  for (int i = 0; i < 200000; ++i) crowd.Add(kNow - 1);
  const auto course = RunFrom(crowd, kNow, 200000);
  EXPECT_EQ(course.asked, 200000);
  EXPECT_LE(course.most, 200000 / 3600 + 1);
  EXPECT_LE(course.seconds, 3600 + 600);
  EXPECT_LE(static_cast<double>(course.most), 2 * course.Mean());
}

TEST(Pace, LetsAFewGoAtOnce) {
  Crowd crowd;
  crowd.Add(kNow - 1);
  EXPECT_EQ(crowd.Second(kNow), 1);
  EXPECT_EQ(crowd.Second(kNow + 1), 0);
}

TEST(Pace, CountsASecondOnceHoweverManyTurnsItHas) {
  Crowd crowd;
  for (int i = 0; i < 3000; ++i) crowd.Add(kNow - 1);
  std::int64_t asked = 0;
  for (int turn = 0; turn < 100; ++turn) asked += crowd.Second(kNow);
  EXPECT_EQ(asked, 10);
}

TEST(Pace, DoesNotMakeUpForATurnThatTookLong) {
  Crowd crowd;
  for (int i = 0; i < 3000; ++i) crowd.Add(kNow - 1);
  EXPECT_EQ(crowd.Second(kNow), 10);
  EXPECT_EQ(crowd.Second(kNow + 50), 10);
}

TEST(Pace, MakesNoBurstOfAClockThatLeapsAhead) {
  Crowd crowd;
  for (int i = 0; i < 10000; ++i) crowd.Add(kNow + i * 8);
  const auto before = RunFrom(crowd, kNow, 100);
  EXPECT_LE(before.most, 10);
  const auto leap = kNow + before.seconds + kTenYears;
  for (std::int64_t second = 0; second < kDay; second += 60) {
    ASSERT_EQ(crowd.Second(leap + second), 0) << "asked a moment ago, for all we know";
  }
  const auto after = RunFrom(crowd, leap + kDay, 10000);
  EXPECT_EQ(after.asked, 10000) << "none is forgotten";
  EXPECT_LE(after.most, 10);
}

TEST(Pace, TellsAClockThatLeapsFromOneThatIsSetRight) {
  Pace pace;
  const schemas::ScheduleSettings settings;
  EXPECT_EQ(pace.Tick(kNow, settings), Pace::Clock::kGoesOn);
  EXPECT_EQ(pace.Tick(kNow + 3600, settings), Pace::Clock::kGoesOn);
  EXPECT_EQ(pace.Tick(kNow + 3500, settings), Pace::Clock::kGoesOn);
  EXPECT_EQ(pace.Tick(kNow - kTenYears, settings), Pace::Clock::kLeapt);
  EXPECT_EQ(pace.Tick(kNow - kTenYears, settings), Pace::Clock::kGoesOn);
  EXPECT_EQ(pace.Allowance(100, 100, settings), 0);
  EXPECT_EQ(pace.elapsed_s(), 0) << "none of these hours went by from turn to turn";
}

TEST(Pace, IsOffWhereNothingIsToBeSpread) {
  Crowd crowd;
  crowd.settings().start_spread_s = 0;
  for (int i = 0; i < 3000; ++i) crowd.Add(kNow - 1);
  EXPECT_EQ(crowd.Second(kNow), 3000);
}

TEST(FarAhead, IsBeyondEveryLookThatIsEverDecided) {
  schemas::ScheduleSettings settings;
  EXPECT_EQ(FarAhead(kNow, settings), kNow + 8 * kDay);
  settings.hint_max_s = 30 * kDay;
  EXPECT_EQ(FarAhead(kNow, settings), kNow + 33 * kDay + 3600);
}

}  // namespace
}  // namespace saunter::crawler::loop
