// Thirty days of a thousand feeds through the real crawl loop, with real requests and a real
// database, judged as publishers would who read their logs. The crawler is stopped and started
// again all the time, and killed now and then in the middle of a request.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "crawler/judge/schedule.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/crawler/loop/month_clock.h"
#include "tests/crawler/loop/month_publishers.h"
#include "tests/support/files.h"
#include "tests/support/moment.h"
#include "tests/support/process.h"

namespace saunter::crawler::loop {
namespace {

using schemas::UnixSeconds;
using Visits = std::vector<Visit>;

using support::kDay;
using support::kHour;
constexpr UnixSeconds kMonthEnd = kMonthStart + 30 * kDay;
constexpr std::int64_t kRunS = 37 * kHour;  // between two stops, so that they come at all hours
constexpr int kKillEvery = 4;               // of those stops

// The crawler's list, its database and its runs.
class MonthHouse {
 public:
  MonthHouse()
      : clock_(folder_.File("clock")),
        publishers_([this] { return clock_.Now(); }),
        origin_({.port = 0, .threads = 1, .logs_requests = false},
                [this](const auto& request) { return publishers_.Answer(request); }) {
    settings_.path = folder_.File("month.db");
    clock_.Set(kMonthStart);
  }

  void AddFeeds() {
    schemas::WriteBatch batch;
    for (const Publisher& publisher : publishers_.all()) {
      for (const std::string& target : publisher.Listed()) {
        schemas::AddFeed feed;
        feed.url = origin_.Url(publisher.address(), target);
        feed.host = feed.registrable_domain = publisher.address();
        feed.added_at = kMonthStart;
        feed.next_check_at =
            judge::FirstCheckAt(feed.url, kMonthStart, schemas::ScheduleSettings());
        batch.changes.emplace_back(std::move(feed));
      }
    }
    auto opened = store::OpenWriter(settings_, "crawl_month_test");
    ASSERT_TRUE(opened.writer) << opened.detail;
    const auto transaction = opened.writer->Begin(kMonthStart);
    transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  }

  enum class End { kStop, kKill };
  void Run(UnixSeconds until, End end) {
    support::Process crawler({.program = support::Built("tests/crawler/loop/month_crawler"),
                              .arguments = {settings_.path, std::to_string(origin_.port()),
                                            folder_.File("clock"), std::to_string(until + kHour)},
                              .environment = {},
                              .input = {},
                              .directory = {}});
    // `until` is the earliest time of the kill; the stop comes an hour later.
    if (end == End::kKill) {
      publishers_.KillAt(until, [pid = crawler.id()] { kill(pid, SIGKILL); });
    }
    const auto exit_code = crawler.WaitForExit(std::chrono::minutes(10));
    ASSERT_EQ(exit_code, end == End::kKill ? 128 + SIGKILL : 0) << crawler.Errors();
    if (end == End::kKill) {
      publishers_.NoteKill(clock_.Now());
      ++kills_;
    }
    ends_.push_back(clock_.Now());
  }
  // Whether the crawler ended between these times.
  [[nodiscard]] bool EndedBetween(UnixSeconds from, UnixSeconds to) const {
    return std::ranges::any_of(ends_, [&](UnixSeconds at) { return from <= at && at <= to; });
  }

  [[nodiscard]] std::unique_ptr<store::Reader> OpenReader() const {
    return store::OpenReader(settings_).reader;
  }
  [[nodiscard]] const Publishers& publishers() const { return publishers_; }
  [[nodiscard]] int kills() const { return kills_; }

 private:
  support::TemporaryDirectory folder_;
  schemas::StoreSettings settings_;
  MonthClock clock_;
  Publishers publishers_;
  support::Origin origin_;
  std::vector<UnixSeconds> ends_;
  int kills_ = 0;
};

class CrawlMonth : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    house = new MonthHouse;  // gtest's own way to share a fixture
    house->AddFeeds();
    int run = 0;
    for (UnixSeconds at = kMonthStart + kHour / 3; at < kMonthEnd; at += kRunS) {
      const bool kills = run++ % kKillEvery == 0;
      house->Run(std::min(at, kMonthEnd) - kHour,
                 kills ? MonthHouse::End::kKill : MonthHouse::End::kStop);
      if (HasFatalFailure()) return;
    }
    house->Run(kMonthEnd - kHour, MonthHouse::End::kStop);
  }
  static void TearDownTestSuite() {
    delete house;
    house = nullptr;
  }

  // Calls `check` with each publisher of these tempers, all if none is named.
  template <typename Check>
  static void ForEach(std::initializer_list<Temper> tempers, const Check& check) {
    for (const Publisher& publisher : house->publishers().all()) {
      if (tempers.size() > 0 && std::ranges::find(tempers, publisher.temper()) == tempers.end()) {
        continue;
      }
      SCOPED_TRACE(publisher.address() + publisher.Listed().front());
      check(publisher);
    }
  }

  // Where nobody answers it may have been our own network, and a second look some minutes later
  // belongs to the first.
  static std::int64_t Occasions(const Visits& log) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < log.size(); ++i) {
      if (i == 0 || log[i].at - log[i - 1].at >= kHour) ++count;
    }
    return count;
  }

  static std::int64_t LeastGap(const Visits& log) {
    std::int64_t least = INT64_MAX;
    for (std::size_t i = 1; i < log.size(); ++i) {
      if (!log[i].after_kill) least = std::min(least, log[i].at - log[i - 1].at);
    }
    return least;
  }

  inline static MonthHouse* house = nullptr;
};

TEST_F(CrawlMonth, GivesNobodyCauseForComplaint) {
  std::size_t visits = 0;
  ForEach({}, [&](const Publisher& publisher) { visits += publisher.log().size(); });
  EXPECT_GT(visits, 40000U) << "or there was little to complain of";
  const auto& complaints = house->publishers().complaints();
  EXPECT_EQ(complaints.size(), 0U);
  for (std::size_t i = 0; i < std::min<std::size_t>(complaints.size(), 10); ++i) {
    ADD_FAILURE() << complaints[i];
  }
}

TEST_F(CrawlMonth, HasNoTwoRequestsForOneUrlWithinAnHour) {
  ForEach({}, [](const Publisher& publisher) {
    for (const std::string& target : publisher.Targets()) {
      const Visits log = publisher.Log(target);
      // One of a busy host's feeds is asked after each pause, and not each need come up in a month.
      EXPECT_TRUE(!log.empty() || publisher.temper() == Temper::kBusy);
      for (std::size_t i = 1; i < log.size(); ++i) {
        // That another feed led to the same place is remembered in memory alone.
        if (publisher.temper() == Temper::kTwin && target == publisher.Targets().back() &&
            house->EndedBetween(log[i - 1].at, log[i].at)) {
          continue;
        }
        // Where nobody answers, nobody is asked: the first time it may have been our own network.
        if (publisher.temper() == Temper::kUnreachable) continue;
        EXPECT_GE(log[i].at - log[i - 1].at, kHour) << target;
      }
    }
  });
}

// Answers got lost indeed; what follows leaves out what only they could have told.
TEST_F(CrawlMonth, IsKilledWithAnswersInItsHands) {
  std::int64_t lost = 0;
  ForEach({}, [&](const Publisher& publisher) {
    lost += std::ranges::count(publisher.log(), true, &Visit::after_kill);
  });
  const std::int64_t kills = house->kills();
  EXPECT_GE(kills, 5);
  EXPECT_GE(lost, kills);
  EXPECT_LE(lost, kills * 20) << "what was due in one tick of five minutes";
}

TEST_F(CrawlMonth, HasOneUnconditionalRequestWhereThereAreValidators) {
  ForEach({Temper::kHourly, Temper::kDaily, Temper::kWeekly, Temper::kDormant, Temper::kTurning,
           Temper::kFlaky, Temper::kOverloaded, Temper::kMaxAge, Temper::kExpires, Temper::kTtl,
           Temper::kUpdatePeriod, Temper::kSkipHours},
          [](const Publisher& publisher) {
            const auto unconditional = std::ranges::count_if(
                publisher.log(),
                [](const Visit& visit) { return !visit.conditional && !visit.validators_lost; });
            EXPECT_EQ(unconditional, 1);
            EXPECT_FALSE(publisher.log().front().conditional);
          });
}

TEST_F(CrawlMonth, HasAtMostOneRequestADayWithoutValidators) {
  ForEach({Temper::kNoValidators, Temper::kForgetful}, [](const Publisher& publisher) {
    for (std::size_t i = 1; i < publisher.log().size(); ++i) {
      const Visit& visit = publisher.log()[i];
      if (visit.conditional) continue;
      EXPECT_GE(visit.at - publisher.log()[i - 1].at, kDay);
    }
    EXPECT_GE(publisher.log().size(), 25U) << "nor is it forgotten";
  });
}

TEST_F(CrawlMonth, HasAtMostFifteenRequestsForADormantFeed) {
  ForEach({Temper::kDormant}, [](const Publisher& publisher) {
    EXPECT_LE(publisher.log().size(), 15U);
    EXPECT_GE(publisher.log().size(), 9U);
  });
}

// A pause is the host's: none of its feeds is asked before it is over.
TEST_F(CrawlMonth, HonoursRetryAfterInEveryForm) {
  std::map<std::string, Visits> by_host;
  ForEach({Temper::kBusy, Temper::kOverloaded}, [&](const Publisher& publisher) {
    Visits& visits = by_host[publisher.address()];
    visits.insert(visits.end(), publisher.log().begin(), publisher.log().end());
  });
  for (auto& [host, visits] : by_host) {
    SCOPED_TRACE(host);
    // Which of two was asked first in one tick is not known.
    std::ranges::sort(visits, {},
                      [](const Visit& visit) { return std::pair(visit.at, visit.not_before_at); });
    UnixSeconds not_before_at = 0;
    for (const Visit& visit : visits) {
      EXPECT_GE(visit.at, not_before_at)
          << visit.target << " " << not_before_at - visit.at << " s too early, "
          << visit.at - kMonthStart << " s after the start";
      not_before_at = std::max(not_before_at, visit.not_before_at);
    }
    EXPECT_GE(visits.size(), 12U);
  }
}

TEST_F(CrawlMonth, HonoursHintsAlsoAfterA304AndAfterAnError) {
  const auto gap_is = [](Temper temper, std::int64_t least_s, std::size_t count_min) {
    ForEach({temper}, [&](const Publisher& publisher) {
      EXPECT_GE(LeastGap(publisher.log()), least_s);
      EXPECT_GE(publisher.log().size(), count_min);
    });
  };
  gap_is(Temper::kMaxAge, 6 * kHour, 100);
  gap_is(Temper::kExpires, 8 * kHour, 75);
  gap_is(Temper::kTtl, 12 * kHour, 50);
  gap_is(Temper::kUpdatePeriod, 12 * kHour, 50);
}

TEST_F(CrawlMonth, StaysAwayInSkippedHours) {
  ForEach({Temper::kSkipHours}, [](const Publisher& publisher) {
    for (std::size_t i = 1; i < publisher.log().size(); ++i) {  // the first one could not know
      const Visit& visit = publisher.log()[i];
      EXPECT_TRUE(visit.after_kill || visit.at / kHour % 24 >= 6);
    }
    EXPECT_GE(publisher.log().size(), 400U);
  });
}

TEST_F(CrawlMonth, BacksOffFromWhatFailsWithoutGivingUp) {
  ForEach({Temper::kBroken, Temper::kMissing, Temper::kUnreachable},
          [](const Publisher& publisher) {
            const std::int64_t occasions = Occasions(publisher.log());
            EXPECT_LE(occasions, 14);
            EXPECT_GE(occasions, 7);
            EXPECT_LE(std::ssize(publisher.log()), 2 * occasions);
          });
  ForEach({Temper::kGone}, [](const Publisher& publisher) {
    EXPECT_GE(publisher.log().size(), 2U);
    EXPECT_LE(publisher.log().size(), 3U);
    EXPECT_GE(LeastGap(publisher.log()), kDay);
  });
}

TEST_F(CrawlMonth, KeepsUpWithLivelyFeeds) {
  const auto at_least = [](Temper temper, std::size_t count) {
    ForEach({temper},
            [&](const Publisher& publisher) { EXPECT_GE(publisher.log().size(), count); });
  };
  at_least(Temper::kHourly, 600);
  at_least(Temper::kDaily, 50);
  at_least(Temper::kWeekly, 26);
}

TEST_F(CrawlMonth, FollowsAPermanentMoveForGoodAndATemporaryOneEachTime) {
  const auto reader = house->OpenReader();
  ASSERT_TRUE(reader);
  ForEach({Temper::kMoved}, [](const Publisher& publisher) {
    const Visits before = publisher.Log(publisher.Listed().front());
    ASSERT_GE(before.size(), 3U);
    EXPECT_GE(before.back().at - before.front().at, 2 * kDay);
    EXPECT_LE(before.back().at - before.front().at, 4 * kDay);
    EXPECT_GE(publisher.Log(publisher.Targets().back()).size(), 50U);
  });
  ForEach({Temper::kAway}, [](const Publisher& publisher) {
    // A kill may fall between the two.
    const auto listed = std::ssize(publisher.Log(publisher.Listed().front()));
    const auto elsewhere = std::ssize(publisher.Log(publisher.Targets().back()));
    EXPECT_GE(listed, 50);
    EXPECT_GE(listed, elsewhere);
    EXPECT_LE(listed - elsewhere, house->kills());
  });
}

TEST_F(CrawlMonth, MakesOneFeedOfTwoThatMoveToOnePlace) {
  ForEach({Temper::kTwin}, [](const Publisher& publisher) {
    for (const std::string& listed : publisher.Listed()) {
      const Visits log = publisher.Log(listed);
      EXPECT_LE(log.back().at - log.front().at, 4 * kDay);
    }
    // One feed's pace from then on.
    const auto late =
        std::ranges::count_if(publisher.Log(publisher.Targets().back()),
                              [](const Visit& visit) { return visit.at > kMonthEnd - 20 * kDay; });
    EXPECT_LE(late, 46);
    EXPECT_GE(late, 34);
  });
  schemas::Stats stats = house->OpenReader()->ReadStats();
  EXPECT_EQ(stats.feeds, std::ssize(house->publishers().all()));
}

// After the first week the requests of equal feeds have drifted apart.
TEST_F(CrawlMonth, HasNoBursts) {
  std::map<UnixSeconds, int> per_hour;
  ForEach({}, [&](const Publisher& publisher) {
    for (const Visit& visit : publisher.log()) {
      if (visit.at >= kMonthStart + 7 * kDay) ++per_hour[visit.at / kHour];
    }
  });
  int sum = 0;
  int most = 0;
  for (const auto& [hour, count] : per_hour) {
    sum += count;
    most = std::max(most, count);
  }
  EXPECT_LT(most, 2 * sum / static_cast<int>(per_hour.size()));
}

}  // namespace
}  // namespace saunter::crawler::loop
