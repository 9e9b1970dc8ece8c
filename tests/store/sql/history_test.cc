#include "store/history.h"

#include <gmock/gmock.h>

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/store/fixture.h"

namespace saunter::store {
namespace {

using schemas::FetchOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr schemas::UnixSeconds kDay = 86400;
constexpr schemas::UnixSeconds kMonday = 1700438400;  // 2023-11-20, midnight, after kNow

class HistoryTest : public StoreTest {
 protected:
  HistoryTest() { OpenWriter(); }

  void WriteAt(schemas::UnixSeconds now, const schemas::WriteBatch& batch) {
    const auto transaction = writer_->Begin(now);
    transaction->Apply(batch);
    transaction->Commit(WriteTransaction::Durability::kNormal);
  }
  // A commit with so many fetches of a feed.
  void Work(schemas::UnixSeconds now, int crawls) {
    if (feed_id_ == 0) feed_id_ = AddFeed("https://a.example/feed", "a.example");
    schemas::WriteBatch batch;
    for (int i = 0; i < crawls; ++i) batch.crawls.push_back(Fetch(feed_id_, FetchOutcome::kOk));
    WriteAt(now, batch);
  }
  schemas::CrawlResult Fetch(schemas::Id feed_id, FetchOutcome outcome) {
    schemas::CrawlResult crawl;
    crawl.feed = *OpenReader()->FindFeed(feed_id);
    crawl.feed.feed_id = feed_id;
    crawl.feed.checked_at = kNow;
    crawl.feed.last_outcome = outcome;
    crawl.feed.error_count = outcome == FetchOutcome::kOk ? 0 : crawl.feed.error_count + 1;
    if (outcome == FetchOutcome::kOk) crawl.feed.ok_at = kNow;
    crawl.fetch.fetched_at = kNow;
    crawl.fetch.outcome = outcome;
    return crawl;
  }
  // A feed whose fetch ended so, and which was read before at that time, unless it never was.
  void AddFetched(const std::string& host, FetchOutcome outcome,
                  std::optional<schemas::UnixSeconds> ok_at,
                  schemas::FeedState state = schemas::FeedState::kActive) {
    schemas::WriteBatch batch;
    auto& crawl =
        batch.crawls.emplace_back(Fetch(AddFeed("https://" + host + "/feed", host), outcome));
    crawl.feed.ok_at = ok_at;
    crawl.feed.state = state;
    Write(batch);
  }
  void SayStatus(schemas::UnixSeconds started_at, schemas::UnixSeconds reported_at,
                 std::optional<schemas::UnixSeconds> outage_at) {
    schemas::WriteBatch batch;
    auto& status = batch.status.emplace();
    status.version = "1";
    status.started_at = started_at;
    status.reported_at = reported_at;
    status.outage_at = outage_at;
    Write(batch);
  }
  schemas::Id feed_id_ = 0;
};

TEST_F(HistoryTest, SumsCommitsByHourDayAndWeekAndLeavesOutTimesWithoutOne) {
  Work(kMonday, 2);
  Work(kMonday + 3599, 1);
  Work(kMonday + 3 * 3600, 4);
  Work(kMonday + 6 * kDay, 8);
  Work(kMonday + 7 * kDay, 16);
  const auto reader = OpenReader();
  const auto crawls = [&](Span span, schemas::UnixSeconds since) {
    std::vector<std::pair<schemas::UnixSeconds, std::int64_t>> sums;
    for (const auto& sum : reader->Activity(span, since, kMonday + 7 * kDay)) {
      sums.emplace_back(sum.begins_at - kMonday, sum.crawls);
    }
    return sums;
  };
  EXPECT_THAT(crawls(Span::kHour, kMonday + 1800),
              ElementsAre(std::pair(0, 3), std::pair(3 * 3600, 4), std::pair(6 * kDay, 8),
                          std::pair(7 * kDay, 16)));
  EXPECT_THAT(crawls(Span::kDay, kMonday + kDay),
              ElementsAre(std::pair(6 * kDay, 8), std::pair(7 * kDay, 16)));
  EXPECT_THAT(crawls(Span::kWeek, kMonday + 5 * kDay),
              ElementsAre(std::pair(0, 15), std::pair(7 * kDay, 16)));
  EXPECT_THAT(reader->Activity(Span::kHour, kMonday, kMonday + 3600), SizeIs(1));
  EXPECT_EQ(reader->Activity(Span::kHour, kMonday, kMonday)[0].batches, 2);
}

TEST_F(HistoryTest, KeepsTheNewestHoursAndNoMore) {
  engine_->Execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9700) INSERT "
      "INTO hour SELECT 1600000000 - 1600000000 % 3600 + 3600 * i, 1, 1, 1, 1 FROM n");
  Work(kNow, 1);
  EXPECT_EQ(engine_->QueryInt("SELECT count(*) FROM hour"), 400 * 24);
  EXPECT_EQ(engine_->QueryInt("SELECT max(hour_at) FROM hour"), kNow - kNow % 3600);
}

TEST_F(HistoryTest, RemembersAnOutageOnceItIsOver) {
  SayStatus(1, 10, {});
  SayStatus(1, 100, 90);
  SayStatus(1, 130, 90);
  EXPECT_THAT(OpenReader()->Outages(0), IsEmpty()) << "the status has it while it lasts";
  SayStatus(1, 160, {});
  SayStatus(1, 190, {});
  const auto outages = OpenReader()->Outages(0);
  ASSERT_THAT(outages, SizeIs(1));
  EXPECT_EQ(outages[0].began_at, 90);
  EXPECT_EQ(outages[0].ended_at, 160);
  EXPECT_THAT(OpenReader()->Outages(160), IsEmpty());
}

TEST_F(HistoryTest, EndsTheOutageOfARunThatEndedWhenThatRunSpokeLast) {
  SayStatus(1, 130, 90);
  SayStatus(5000, 5001, {});
  const auto outages = OpenReader()->Outages(0);
  ASSERT_THAT(outages, SizeIs(1));
  EXPECT_EQ(outages[0].ended_at, 130);
}

TEST_F(HistoryTest, KeepsTheNewestOutagesAndNoMore) {
  for (int i = 0; i < 120; ++i) {
    SayStatus(1, 10 + i * 100, 10 + i * 100);
    SayStatus(1, 20 + i * 100, {});
  }
  const auto outages = OpenReader()->Outages(0);
  ASSERT_THAT(outages, SizeIs(100));
  EXPECT_EQ(outages.back().began_at, 10 + 119 * 100);
}

TEST_F(HistoryTest, CountsEachFeedOnce) {
  AddFeed("https://new.example/feed", "new.example");
  AddFetched("good.example", FetchOutcome::kOk, kNow);
  AddFetched("bad.example", FetchOutcome::kTimeout, {});
  AddFetched("gone.example", FetchOutcome::kGone, {}, schemas::FeedState::kGone);
  using Row = std::tuple<schemas::FeedState, std::optional<FetchOutcome>, bool, std::int64_t>;
  std::vector<Row> rows;
  for (const auto& count : OpenReader()->CountFeeds()) {
    rows.emplace_back(count.state, count.last_outcome, count.is_failing, count.feeds);
  }
  using enum schemas::FeedState;
  EXPECT_THAT(rows, ElementsAre(Row(kActive, std::nullopt, false, 1),
                                Row(kActive, FetchOutcome::kOk, false, 1),
                                Row(kActive, FetchOutcome::kTimeout, true, 1),
                                Row(kGone, FetchOutcome::kGone, true, 1)));
}

TEST_F(HistoryTest, GroupsFailingFeedsByCauseThoseThatFailLongestFirst) {
  AddFetched("good.example", FetchOutcome::kOk, kNow);
  AddFetched("one.example", FetchOutcome::kNotFound, kNow - 10);
  AddFetched("two.example", FetchOutcome::kTimeout, kNow - 50);
  AddFetched("three.example", FetchOutcome::kTimeout, kNow - 70);
  AddFetched("four.example", FetchOutcome::kTimeout, {});
  AddFetched("five.example", FetchOutcome::kTimeout, kNow - 90, schemas::FeedState::kGone);
  const auto reader = OpenReader();
  const auto causes = reader->FailingCauses(reader->CountFeeds(), 2);
  ASSERT_THAT(causes, SizeIs(2));
  EXPECT_EQ(causes[0].outcome, FetchOutcome::kTimeout);
  EXPECT_EQ(causes[0].feeds, 3) << "a feed that is gone is not asked any more";
  ASSERT_THAT(causes[0].longest, SizeIs(2));
  EXPECT_EQ(causes[0].longest[0].host, "three.example");
  EXPECT_EQ(causes[0].longest[0].ok_at, kNow - 70);
  EXPECT_EQ(causes[0].longest[0].since_at, kNow - 70);
  EXPECT_EQ(causes[0].longest[1].host, "two.example");
  EXPECT_EQ(causes[0].longest[0].error_count, 1);
  EXPECT_EQ(causes[1].outcome, FetchOutcome::kNotFound);
  EXPECT_EQ(causes[1].longest[0].url, "https://one.example/feed");
}

}  // namespace
}  // namespace saunter::store
