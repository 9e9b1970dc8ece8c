#include "store/feedback.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "store/weights.h"

namespace saunter::store {
namespace {

using schemas::Feedback;
using schemas::FeedbackOutcome;
using schemas::Id;
using schemas::ReportKind;
using schemas::VoteValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr schemas::UnixSeconds kAt = 1700000000;
constexpr Id kLink = 7;
constexpr Id kSource = 3;

class FeedbackTest : public ::testing::Test {
 protected:
  FeedbackTest() {
    rows_.sources[kSource] = {};
    rows_.links[kLink] = {.url = "https://a.example/7",
                          .is_in_pool = true,
                          .is_withheld = false,
                          .checked_at = {},
                          .dismissed_at = {},
                          .networks = {},
                          .open_reports = 0};
    rows_.withholdings_left = 10;
  }

  Feedback Say(std::variant<schemas::Vote, schemas::Report> said, std::uint64_t network) {
    return {.link_id = kLink,
            .source_id = kSource,
            .given_at = kAt - 60,
            .nonce = next_nonce_++,
            .network = network,
            .said = std::move(said)};
  }
  Feedback Vote(VoteValue value, std::uint64_t network = 1) {
    return Say(schemas::Vote{value}, network);
  }
  Feedback Report(ReportKind kind, std::uint64_t network = 1) {
    return Say(schemas::Report{.kind = kind, .note = {}}, network);
  }
  void Decide(const std::vector<Feedback>& feedback, schemas::UnixSeconds now = kAt) {
    DecideFeedback(feedback, now, rows_);
  }

  FeedbackRows rows_;
  std::uint64_t next_nonce_ = 100;
};

TEST_F(FeedbackTest, TakesOneVoteAndOneReportForAReceipt) {
  auto vote = Vote(VoteValue::kUp);
  auto again = Vote(VoteValue::kDown, 2);
  again.nonce = vote.nonce;
  auto report = Report(ReportKind::kSpam);
  report.nonce = vote.nonce;
  auto report_again = report;
  Decide({vote, again, report, report_again});
  EXPECT_THAT(rows_.outcomes, ElementsAre(FeedbackOutcome::kCommitted, FeedbackOutcome::kUsed,
                                          FeedbackOutcome::kCommitted, FeedbackOutcome::kUsed));
  EXPECT_EQ(rows_.sources[kSource].ups, 1);
  EXPECT_EQ(rows_.sources[kSource].downs, 0);
  EXPECT_EQ(rows_.new_reports.size(), 1U);
}

TEST_F(FeedbackTest, KnowsAReceiptThatWasUsedBefore) {
  const auto vote = Vote(VoteValue::kUp);
  rows_.used.insert({.nonce = vote.nonce, .kind = ReceiptKind::kVote});
  Decide({vote});
  EXPECT_THAT(rows_.outcomes, ElementsAre(FeedbackOutcome::kUsed));
  EXPECT_THAT(rows_.new_votes, IsEmpty());
  EXPECT_THAT(rows_.new_used, IsEmpty());
}

TEST_F(FeedbackTest, CountsANetworkOnceForASourceAndDay) {
  Decide({Vote(VoteValue::kUp, 1), Vote(VoteValue::kDown, 1), Vote(VoteValue::kDown, 2)});
  EXPECT_EQ(rows_.sources[kSource].ups, 1);
  EXPECT_EQ(rows_.sources[kSource].downs, 1);
  EXPECT_THAT(rows_.outcomes, ::testing::Each(FeedbackOutcome::kCommitted));
}

TEST_F(FeedbackTest, TakesWhatIsSaidOfWhatHasGoneAndDoesNothing) {
  rows_.sources.clear();
  rows_.links.clear();
  Decide({Vote(VoteValue::kUp), Report(ReportKind::kDead), Report(ReportKind::kSpam)});
  EXPECT_THAT(rows_.outcomes, ::testing::Each(FeedbackOutcome::kCommitted));
  EXPECT_THAT(rows_.new_votes, IsEmpty());
  EXPECT_THAT(rows_.new_reports, IsEmpty());
  EXPECT_THAT(rows_.to_probe, IsEmpty());
  EXPECT_EQ(rows_.new_used.size(), 3U);
}

TEST_F(FeedbackTest, LetsAVoteCountHalfAfterNinetyDays) {
  const SourceVotes votes{.ups = 8, .downs = 2, .summed_at = kAt};
  const auto later = SumsAt(votes, kAt + kVoteHalfLifeS);
  EXPECT_DOUBLE_EQ(later.ups, 4);
  EXPECT_DOUBLE_EQ(later.downs, 1);
  EXPECT_EQ(later.summed_at, kAt + kVoteHalfLifeS);
  // The clock was ahead when they were summed.
  EXPECT_DOUBLE_EQ(SumsAt(votes, kAt - 5).ups, 8);
}

TEST_F(FeedbackTest, HasADeadLinkProbedOnceADay) {
  Decide({Report(ReportKind::kDead, 1), Report(ReportKind::kDead, 2)});
  EXPECT_THAT(rows_.to_probe, ElementsAre(kLink));
  EXPECT_THAT(rows_.new_reports, IsEmpty()) << "the answer decides, and nobody reviews it";
  FeedbackRows asked = FeedbackRows();
  asked.links[kLink] = rows_.links[kLink];
  asked.links[kLink].checked_at = kAt - 86399;
  DecideFeedback({Report(ReportKind::kDead)}, kAt, asked);
  EXPECT_THAT(asked.to_probe, IsEmpty());
  asked.links[kLink].checked_at = kAt - 86400;
  DecideFeedback({Report(ReportKind::kDead)}, kAt, asked);
  EXPECT_THAT(asked.to_probe, ElementsAre(kLink));
}

TEST_F(FeedbackTest, WithholdsALinkThatFiveNetworksReportOnOneDay) {
  Decide({Report(ReportKind::kSpam, 1), Report(ReportKind::kAi, 2), Report(ReportKind::kSpam, 3),
          Report(ReportKind::kOther, 4), Report(ReportKind::kOther, 4),
          Report(ReportKind::kDead, 5)});
  EXPECT_THAT(rows_.to_withhold, IsEmpty());
  Decide({Report(ReportKind::kTopic, 6)});
  EXPECT_THAT(rows_.to_withhold, ElementsAre(kLink));
}

TEST_F(FeedbackTest, CountsTheNetworksOfEarlierBatches) {
  rows_.links[kLink].networks = {1, 2, 3, 4};
  Decide({Report(ReportKind::kSpam, 4)});
  EXPECT_THAT(rows_.to_withhold, IsEmpty());
  Decide({Report(ReportKind::kSpam, 5)});
  EXPECT_THAT(rows_.to_withhold, ElementsAre(kLink));
}

TEST_F(FeedbackTest, LeavesADismissedLinkInPeace) {
  rows_.links[kLink].networks = {1, 2, 3, 4};
  rows_.links[kLink].dismissed_at = kAt - kDismissedS + 1;
  Decide({Report(ReportKind::kSpam, 5)});
  EXPECT_THAT(rows_.to_withhold, IsEmpty());
  EXPECT_EQ(rows_.new_reports.size(), 1U) << "it is still told";
  Decide({Report(ReportKind::kSpam, 6)}, kAt + 1);
  EXPECT_THAT(rows_.to_withhold, ElementsAre(kLink));
}

TEST_F(FeedbackTest, WithholdsNoMoreLinksThanThereIsRoomFor) {
  rows_.withholdings_left = 0;
  rows_.links[kLink].networks = {1, 2, 3, 4};
  Decide({Report(ReportKind::kSpam, 5)});
  EXPECT_THAT(rows_.to_withhold, IsEmpty());
  EXPECT_EQ(rows_.withholdings_over, 1);
}

TEST_F(FeedbackTest, KeepsSoManyReportsOfALinkAndNoMore) {
  rows_.links[kLink].open_reports = kOpenReportsMax - 1;
  Decide({Report(ReportKind::kSpam), Report(ReportKind::kSpam)});
  EXPECT_EQ(rows_.new_reports.size(), 1U);
}

// --- Weights -------------------------------------------------------------------------------------

TEST(Weights, StandAtOneWithoutVotesAndWithFew) {
  EXPECT_EQ(WeightOfVotes(0, 0), SourceWeight::kOne);
  EXPECT_EQ(WeightOfVotes(20, 0), SourceWeight::kOne);
  EXPECT_EQ(WeightOfVotes(0, 20), SourceWeight::kOne);
  EXPECT_EQ(WeightOfVotes(5000, 5000), SourceWeight::kOne);
}

TEST(Weights, RiseAndFallWithTheBoundOfTheShare) {
  EXPECT_EQ(WeightOfVotes(200, 20), SourceWeight::kTwo);
  EXPECT_EQ(WeightOfVotes(2000, 20), SourceWeight::kThree);
  EXPECT_EQ(WeightOfVotes(20, 200), SourceWeight::kHalf);
  EXPECT_EQ(WeightOfVotes(0, 1e9), SourceWeight::kHalf) << "nobody is voted out";
}

TEST(Weights, GoOneStepAWeek) {
  EXPECT_EQ(NextWeight(SourceWeight::kOne, 1e6, 0), SourceWeight::kTwo);
  EXPECT_EQ(NextWeight(SourceWeight::kTwo, 1e6, 0), SourceWeight::kThree);
  EXPECT_EQ(NextWeight(SourceWeight::kThree, 1e6, 0), SourceWeight::kThree);
  EXPECT_EQ(NextWeight(SourceWeight::kThree, 0, 1e6), SourceWeight::kTwo);
  EXPECT_EQ(NextWeight(SourceWeight::kOne, 0, 1e6), SourceWeight::kHalf);
  EXPECT_EQ(NextWeight(SourceWeight::kHalf, 0, 0), SourceWeight::kOne);
}

// Wilson's interval for 8 of 10 at one-sided 95 %, as any table of it gives it.
TEST(Weights, FollowWilsonsBound) {
  EXPECT_NEAR(LowerBound(8, 10), 0.5408, 0.0005);
  EXPECT_EQ(LowerBound(0, 0), 0);
  EXPECT_NEAR(LowerBound(0, 10), 0, 1e-9);
}

TEST(Weights, BeginWeeksOnMondays) {
  EXPECT_EQ(WeekOf(4 * 86400 - 1), 0);
  EXPECT_EQ(WeekOf(4 * 86400), 0);
  EXPECT_EQ(WeekOf(11 * 86400 - 1), 0);
  EXPECT_EQ(WeekOf(11 * 86400), 1);
  EXPECT_EQ(WeekOf(-5), 0);
}

// Networks that say the same of one source, day after day; printed, since it is what an operator
// has to know of it.
TEST(Weights, AreNotMadeByTenNetworks) {
  for (const std::uint64_t networks : {10U, 100U, 1000U}) {
    for (const auto value : {VoteValue::kUp, VoteValue::kDown}) {
      SourceVotes sums;
      auto weight = SourceWeight::kOne;
      std::vector<int> halves;
      for (int day = 0; day < 28; ++day) {
        const auto now = kAt + day * kFeedbackDayS;
        FeedbackRows rows;
        rows.sources[kSource] = sums;
        std::vector<Feedback> feedback;
        // Each as often as it likes.
        for (std::uint64_t i = 0; i < networks * 3; ++i) {
          feedback.push_back({.link_id = kLink,
                              .source_id = kSource,
                              .given_at = now,
                              .nonce = i,
                              .network = i % networks,
                              .said = schemas::Vote{value}});
        }
        DecideFeedback(feedback, now, rows);
        sums = rows.sources[kSource];
        if (day % 7 != 6) continue;
        weight = NextWeight(weight, sums.ups, sums.downs);
        halves.push_back(static_cast<int>(weight));
      }
      std::printf("%llu networks vote %s daily: weight after 1, 2, 3, 4 weeks: %g, %g, %g, %g\n",
                  static_cast<unsigned long long>(networks),
                  std::string(schemas::ToString(value)).c_str(), halves[0] / 2.0, halves[1] / 2.0,
                  halves[2] / 2.0, halves[3] / 2.0);
      if (networks == 10) {
        EXPECT_EQ(halves[0], static_cast<int>(SourceWeight::kOne));
      }
      EXPECT_GE(halves[3], static_cast<int>(SourceWeight::kHalf));
    }
  }
}

}  // namespace
}  // namespace saunter::store
