#include "crawler/loop/loop_report.h"

#include <gtest/gtest.h>

namespace saunter::crawler::loop {
namespace {

constexpr schemas::UnixSeconds kStart = 1700000000;

schemas::CrawlResult Judged(schemas::FetchOutcome outcome, std::size_t entries) {
  schemas::CrawlResult result;
  result.fetch.outcome = outcome;
  result.entries.resize(entries);
  return result;
}

TEST(LoopReport, TellsOfEachMinuteWhatWasDoneInIt) {
  LoopReport report(kStart);
  report.NoteFeedJudged(Judged(schemas::FetchOutcome::kOk, 3));
  report.NoteFeedJudged(Judged(schemas::FetchOutcome::kNotModified, 0));
  EXPECT_EQ(report.DueNews(kStart + 59), std::nullopt);
  EXPECT_EQ(report.DueNews(kStart + 60),
            "in the last minute: 1 feeds read, 1 feeds unchanged, 3 entries");
  report.NoteFeedJudged(Judged(schemas::FetchOutcome::kTimeout, 0));
  EXPECT_EQ(report.DueNews(kStart + 61), std::nullopt);
  EXPECT_EQ(report.DueNews(kStart + 120), "in the last minute: 1 feeds failed");
}

TEST(LoopReport, IsSilentWhereNothingWasDone) {
  LoopReport report(kStart);
  EXPECT_EQ(report.DueNews(kStart + 60), std::nullopt);
  EXPECT_EQ(report.DueNews(kStart + 6000), std::nullopt);
}

TEST(LoopReport, GoesOnAfterTheClockWasSetBack) {
  LoopReport report(kStart);
  report.NoteFeedsBlacklisted(2);
  EXPECT_EQ(report.DueNews(kStart - 5), "in the last minute: 2 feeds blacklisted");
}

}  // namespace
}  // namespace saunter::crawler::loop
