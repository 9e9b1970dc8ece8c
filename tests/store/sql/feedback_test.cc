// What becomes of votes and reports in the database.
#include "store/feedback.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "store/weights.h"
#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::ChangeOutcome;
using schemas::FeedbackOutcome;
using schemas::Id;
using schemas::ReportDecision;
using schemas::ReportKind;
using schemas::UnixSeconds;
using schemas::VoteValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReadersFeedbackTest : public StoreTest {
 protected:
  void SetUp() override {
    OpenWriter();
    feed_ = AddFeed("https://a.example/feed", "a.example");
    Crawl(feed_, {Entry("a.example", 1), Entry("a.example", 2)});
    link_ = Number("SELECT min(link_id) FROM link");
    source_ = Number("SELECT source_id FROM link LIMIT 1");
  }

  std::int64_t Number(const std::string& query) { return engine_->QueryInt(query); }
  double Real(const std::string& query) { return engine_->QueryReal(query); }

  schemas::Feedback Say(std::variant<schemas::Vote, schemas::Report> said, std::uint64_t network) {
    return {.link_id = link_,
            .source_id = source_,
            .given_at = kNow,
            .nonce = UINT64_MAX - next_nonce_++,
            .network = network,
            .said = std::move(said)};
  }
  schemas::Feedback Vote(VoteValue value, std::uint64_t network) {
    return Say(schemas::Vote{value}, network);
  }
  schemas::Feedback Report(ReportKind kind, std::uint64_t network) {
    return Say(schemas::Report{.kind = kind, .note = "a note"}, network);
  }
  AppliedBatch WriteAt(const schemas::WriteBatch& batch, UnixSeconds now) {
    const auto transaction = writer_->Begin(now);
    auto applied = transaction->Apply(batch);
    transaction->Commit(WriteTransaction::Durability::kNormal);
    return applied;
  }
  std::vector<FeedbackOutcome> Say(std::vector<schemas::Feedback> feedback,
                                   UnixSeconds now = kNow) {
    schemas::WriteBatch batch;
    batch.feedback = std::move(feedback);
    return WriteAt(batch, now).feedback_outcomes;
  }
  void FiveNetworksReport(UnixSeconds now = kNow) {
    std::vector<schemas::Feedback> reports;
    for (std::uint64_t network = 1; network <= 5; ++network) {
      reports.push_back(Report(ReportKind::kSpam, network << 60));
    }
    Say(std::move(reports), now);
  }
  ChangeOutcome Decide(ReportDecision decision, UnixSeconds now = kNow) {
    schemas::WriteBatch batch;
    batch.changes.emplace_back(schemas::DecideReports{.link_id = link_, .decision = decision});
    return WriteAt(batch, now).change_outcomes.at(0);
  }
  void ExpectWell() { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  Id feed_ = 0;
  Id link_ = 0;
  Id source_ = 0;
  std::uint64_t next_nonce_ = 0;
};

TEST_F(ReadersFeedbackTest, KeepsSumsAndTellsWhatWasUsed) {
  const auto vote = Vote(VoteValue::kUp, 1);
  EXPECT_THAT(Say({vote, Vote(VoteValue::kDown, 2)}), ::testing::Each(FeedbackOutcome::kCommitted));
  EXPECT_THAT(Say({vote}), ElementsAre(FeedbackOutcome::kUsed));
  // Of the same network, on the same day and on the next.
  Say({Vote(VoteValue::kUp, 1)});
  EXPECT_DOUBLE_EQ(Real("SELECT ups FROM source_votes"), 1);
  EXPECT_DOUBLE_EQ(Real("SELECT downs FROM source_votes"), 1);
  Say({Vote(VoteValue::kUp, 1)}, kNow + kFeedbackDayS);
  EXPECT_GT(Real("SELECT ups FROM source_votes"), 1.98);
  EXPECT_EQ(Number("SELECT count(*) FROM receipt_used"), 4);
  ExpectWell();
}

TEST_F(ReadersFeedbackTest, ForgetsReceiptsAndNetworksInTime) {
  Say({Vote(VoteValue::kUp, 1), Report(ReportKind::kSpam, 1)});
  WriteAt({}, kNow + 8 * kFeedbackDayS - 1);
  EXPECT_EQ(Number("SELECT count(*) FROM receipt_used"), 2) << "the receipts may still come again";
  WriteAt({}, kNow + 8 * kFeedbackDayS + 1);
  EXPECT_EQ(Number("SELECT count(*) FROM receipt_used"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM vote"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM report WHERE network IS NOT NULL"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM report"), 1) << "it waits for review";
  EXPECT_DOUBLE_EQ(Real("SELECT ups FROM source_votes"), 1);
}

// A vote on a machine that only reads pays for nothing else.
TEST_F(ReadersFeedbackTest, IsWrittenAloneByWhoLeavesTheUpkeepToOthers) {
  auto settings = settings_;
  settings.removal_rows_max = 1;
  writer_->Renew(settings);
  Say({Vote(VoteValue::kUp, 1)});
  schemas::WriteBatch removal;
  removal.changes.emplace_back(schemas::RemoveFeed{"https://a.example/feed"});
  Write(removal);
  const auto left = Number("SELECT count(*) FROM entry");
  ASSERT_GT(left, 0);
  settings.removal_rows_max = 0;
  settings.batches_kept = 1;
  writer_->Renew(settings);
  const auto batches = Number("SELECT count(*) FROM batch");
  Say({Vote(VoteValue::kUp, 2)}, kNow + 300 * 86400);
  EXPECT_EQ(Number("SELECT count(*) FROM entry"), left);
  EXPECT_EQ(Number("SELECT count(*) FROM batch"), batches + 1);
  EXPECT_EQ(Number("SELECT count(*) FROM vote"), 2);
}

TEST_F(ReadersFeedbackTest, ForgetsWhatAClockThatWasAheadWrote) {
  Say({Vote(VoteValue::kUp, 1)}, kNow + 400 * kFeedbackDayS);
  WriteAt({}, kNow);
  EXPECT_EQ(Number("SELECT count(*) FROM receipt_used"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM vote"), 0);
  EXPECT_EQ(Number("SELECT max(week) FROM weight_week"), WeekOf(kNow));
}

TEST_F(ReadersFeedbackTest, LooksAtADeadLinkFirstOfAll) {
  Say({Report(ReportKind::kDead, 1)});
  const auto due =
      Number("SELECT next_check_at FROM link WHERE link_id = " + std::to_string(link_));
  EXPECT_LT(due, kNow - 29 * kFeedbackDayS);
  EXPECT_EQ(PoolUrls().size(), 2U) << "until it is known";
  EXPECT_EQ(Number("SELECT count(*) FROM report"), 0);
}

TEST_F(ReadersFeedbackTest, WithholdsALinkAndNeverItsSite) {
  FiveNetworksReport();
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  ExpectWell();
  // Neither a probe nor what its feed says puts it back.
  schemas::WriteBatch probes;
  auto probe = Probe(link_, schemas::LinkState::kDead);
  probes.probes = {probe};
  Write(probes);
  probe.state = schemas::LinkState::kAlive;
  probes.probes = {probe};
  Write(probes);
  auto entry = Entry("a.example", 1);
  entry.title = "Edited";
  entry.content_key = 99;
  Crawl(feed_, {entry, Entry("a.example", 2)});
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  ExpectWell();
}

TEST_F(ReadersFeedbackTest, KeepsItWithheldWhateverTheBlacklistDoes) {
  FiveNetworksReport();
  const auto transaction = writer_->Begin(kNow);
  transaction->SetLinkBlacklisting({.link_id = link_, .blacklisted = true});
  transaction->SetLinkBlacklisting({.link_id = link_, .blacklisted = false});
  transaction->SetSiteBlacklisting({.site_id = source_, .entry = schemas::BlacklistEntry{}});
  transaction->SetSiteBlacklisting({.site_id = source_, .entry = std::nullopt});
  transaction->Commit(WriteTransaction::Durability::kNormal);
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  ExpectWell();
}

TEST_F(ReadersFeedbackTest, GivesADismissedLinkBackAndLeavesItInPeace) {
  FiveNetworksReport();
  EXPECT_EQ(Decide(ReportDecision::kDismissed), ChangeOutcome::kDone);
  EXPECT_EQ(PoolUrls().size(), 2U);
  EXPECT_EQ(Number("SELECT count(*) FROM report WHERE network IS NOT NULL"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM report WHERE decision = 0"), 5) << "evidence is kept";
  EXPECT_EQ(Decide(ReportDecision::kDismissed), ChangeOutcome::kNotFound);
  FiveNetworksReport(kNow + kFeedbackDayS);
  EXPECT_EQ(PoolUrls().size(), 2U);
  FiveNetworksReport(kNow + 31 * kFeedbackDayS);
  EXPECT_EQ(PoolUrls().size(), 1U);
  ExpectWell();
}

// Nobody had looked at them for long.
TEST_F(ReadersFeedbackTest, KeepsWhatWasDecidedFromTheDecisionOn) {
  FiveNetworksReport();
  const auto later = kNow + 300 * kFeedbackDayS;
  EXPECT_EQ(Decide(ReportDecision::kDismissed, later), ChangeOutcome::kDone);
  WriteAt({}, later + kFeedbackDayS);
  EXPECT_EQ(Number("SELECT count(*) FROM report WHERE decision = 0"), 5);
  FiveNetworksReport(later + 2 * kFeedbackDayS);
  EXPECT_EQ(PoolUrls().size(), 2U) << "it is left in peace";
  WriteAt({}, later + 181 * kFeedbackDayS);
  EXPECT_EQ(Number("SELECT count(*) FROM report WHERE decision = 0"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM report"), 5) << "the others wait";
}

TEST_F(ReadersFeedbackTest, CountsNoNetworksOfAClockThatWasAhead) {
  const auto ahead = kNow + 400 * kFeedbackDayS;
  std::vector<schemas::Feedback> reports;
  for (std::uint64_t network = 1; network <= 4; ++network) {
    reports.push_back(Report(ReportKind::kSpam, network));
  }
  Say(std::move(reports), ahead);
  Say({Report(ReportKind::kSpam, 5)});
  EXPECT_EQ(PoolUrls().size(), 2U);
  WriteAt({}, kNow + 1);
  EXPECT_EQ(Number("SELECT count(*) FROM report WHERE network IS NOT NULL"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM report"), 5) << "they are reports all the same";
}

TEST_F(ReadersFeedbackTest, LeavesADeadLinkOutThatWasDismissed) {
  FiveNetworksReport();
  schemas::WriteBatch probes;
  probes.probes = {Probe(link_, schemas::LinkState::kDead)};
  Write(probes);
  EXPECT_EQ(Decide(ReportDecision::kDismissed), ChangeOutcome::kDone);
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  ExpectWell();
}

TEST_F(ReadersFeedbackTest, KeepsNoMoreReportsThanTheBudget) {
  settings_.reports_max = 100;
  writer_->Renew(settings_);
  std::vector<schemas::EntryIntake> entries;
  for (int i = 1; i <= 150; ++i) entries.push_back(Entry("a.example", i));
  Crawl(feed_, entries);
  for (int i = 1; i <= 150; ++i) {
    link_ = i;
    Say({Report(ReportKind::kOther, 1)}, kNow + i);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM report"), 100);
  EXPECT_EQ(Number("SELECT min(reported_at) FROM report"), kNow + 51);
  EXPECT_EQ(OpenReader()->ReadStats().reports_over, 50);
}

TEST_F(ReadersFeedbackTest, IsCounted) {
  settings_.withheld_links_max = 1;
  writer_->Renew(settings_);
  Say({Vote(VoteValue::kUp, 1), Vote(VoteValue::kUp, 1), Vote(VoteValue::kDown, 2),
       Report(ReportKind::kDead, 1)});
  FiveNetworksReport();
  ++link_;
  FiveNetworksReport();
  auto stats = OpenReader()->ReadStats();
  EXPECT_EQ(stats.votes, 2);
  EXPECT_EQ(stats.reports, 10);
  EXPECT_EQ(stats.reports_open, 10);
  EXPECT_EQ(stats.links_withheld, 1);
  EXPECT_EQ(stats.withholdings, 1);
  EXPECT_EQ(stats.withholdings_over, 1);
  --link_;
  Decide(ReportDecision::kDismissed);
  stats = OpenReader()->ReadStats();
  EXPECT_EQ(stats.reports, 10);
  EXPECT_EQ(stats.reports_open, 5);
  EXPECT_EQ(stats.links_withheld, 0);
  EXPECT_EQ(stats.withholdings, 1);
}

TEST_F(ReadersFeedbackTest, DecidesWeightsOnceAWeekOneStepAtATime) {
  const auto monday = (4 + 7 * (WeekOf(kNow) + 1)) * kFeedbackDayS;
  WriteAt({}, monday);
  EXPECT_EQ(Number("SELECT count(*) FROM source_weight"), 0);
  std::vector<schemas::Feedback> votes;
  for (std::uint64_t network = 0; network < 3000; ++network) {
    votes.push_back(Vote(VoteValue::kUp, network));
  }
  Say(votes, monday + 1);
  EXPECT_EQ(Number("SELECT count(*) FROM source_weight"), 0) << "not within the week";
  const auto weight = "SELECT weight FROM source_weight ORDER BY week DESC LIMIT 1";
  for (const auto& [weeks, halves] : {std::pair(1, 4), std::pair(2, 6), std::pair(3, 6)}) {
    WriteAt({}, monday + weeks * 7 * kFeedbackDayS);
    EXPECT_EQ(Number(weight), halves);
  }
  // A month without a crawler is one decision; and no more weeks are kept than five.
  WriteAt({}, monday + 8 * 7 * kFeedbackDayS);
  EXPECT_EQ(Number("SELECT count(*) FROM weight_week"), 1);
  for (int weeks = 9; weeks < 20; ++weeks) WriteAt({}, monday + weeks * 7 * kFeedbackDayS);
  EXPECT_EQ(Number("SELECT count(*) FROM weight_week"), kWeightWeeksKept);
  EXPECT_EQ(Number("SELECT count(DISTINCT week) FROM source_weight"), kWeightWeeksKept);
  ExpectWell();
}

TEST_F(ReadersFeedbackTest, ForgetsVotesThatNoLongerCount) {
  std::vector<schemas::Feedback> votes;
  for (std::uint64_t network = 0; network < 400; ++network) {
    votes.push_back(Vote(VoteValue::kDown, network));
  }
  Say(votes);
  WriteAt({}, kNow + 7 * kFeedbackDayS);
  EXPECT_EQ(Number("SELECT weight FROM source_weight"), 1);
  WriteAt({}, kNow + 3000 * kFeedbackDayS);
  EXPECT_EQ(Number("SELECT count(*) FROM source_votes"), 0);
  WriteAt({}, kNow + 3007 * kFeedbackDayS);
  EXPECT_EQ(Number("SELECT count(*) FROM source_weight WHERE week = " +
                   std::to_string(WeekOf(kNow + 3007 * kFeedbackDayS))),
            0);
}

TEST_F(ReadersFeedbackTest, IsForgottenByARollback) {
  const auto vote = Vote(VoteValue::kUp, 1);
  {
    const auto transaction = writer_->Begin(kNow);
    schemas::WriteBatch batch;
    batch.feedback = {vote};
    transaction->Apply(batch);
  }
  EXPECT_THAT(Say({vote}), ElementsAre(FeedbackOutcome::kCommitted));
  EXPECT_DOUBLE_EQ(Real("SELECT ups FROM source_votes"), 1);
}

}  // namespace
}  // namespace saunter::store::sql
