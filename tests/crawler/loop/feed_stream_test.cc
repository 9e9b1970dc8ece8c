#include "crawler/loop/feed_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "crawler/judge/judge.h"
#include "tests/support/moment.h"

namespace saunter::crawler::loop {
namespace {

using schemas::FetchOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using support::kNow;

std::string HostOfNumber(schemas::Id number) { return "h" + std::to_string(number) + ".example"; }

schemas::DueFeed Feed(schemas::Id feed_id) {
  schemas::DueFeed feed;
  feed.feed_id = feed_id;
  feed.host = HostOfNumber(feed_id);
  feed.url = "https://" + feed.host + "/feed";
  feed.next_check_at = kNow - 60;
  return feed;
}

class FeedStreamTest : public ::testing::Test {
 protected:
  FeedStreamTest() {
    settings_.start_spread_s = 0;
    stream_.Tick(kNow, settings_);
  }

  // What a database with these feeds due answers to the next query.
  void GiveDue(const std::vector<schemas::Id>& feed_ids, schemas::UnixSeconds now = kNow) {
    const auto query = stream_.Want(now, settings_);
    ASSERT_TRUE(query);
    stream_.TakeDue(Due(*query, feed_ids), settings_);
  }
  static DueFeeds Due(const DueFeedsQuery& query, const std::vector<schemas::Id>& feed_ids) {
    DueFeeds due;
    due.asked_at = query.asked_at;
    due.feeds_all = 1000;
    due.waiting = std::ssize(feed_ids);
    due.read_to_end = true;
    for (const auto feed_id : feed_ids) due.feeds.push_back(Feed(feed_id));
    return due;
  }
  std::vector<fetch::Request> NextRequests() {
    std::vector<fetch::Request> requests;
    while (auto request = stream_.Next(*blacklist_, kNow, skipped_)) {
      requests.push_back(*std::move(request));
    }
    return requests;
  }
  void Answer(std::uint64_t ticket, FetchOutcome outcome, schemas::UnixSeconds now) {
    fetch::Response response;
    response.ticket = ticket;
    response.outcome = outcome;
    response.status = outcome == FetchOutcome::kDnsFailure ? 0 : 200;
    stream_.Take(std::move(response), watch_, now);
  }
  std::vector<schemas::Id> Answered() {
    std::vector<schemas::Id> ids;
    for (const auto& answered : stream_.TakeAnswered(blacklist_)) {
      ids.push_back(answered.feed.feed_id);
      EXPECT_EQ(answered.blacklist, blacklist_);
      outages_.push_back(answered.outage);
    }
    return ids;
  }

  schemas::ScheduleSettings settings_;
  std::shared_ptr<const health::Blacklist> blacklist_ =
      std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>());
  OutageWatch watch_;
  FeedStream stream_{1};
  std::vector<schemas::CrawlResult> skipped_;
  std::vector<bool> outages_;  // of what was answered
};

TEST_F(FeedStreamTest, AsksForWhatIsDueAndHandsAnswersToTheJudge) {
  GiveDue({1, 2});
  const auto requests = NextRequests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].url, "https://h1.example/feed");
  EXPECT_THAT(stream_.FeedsOf({requests[1].ticket, 99}), ElementsAre(2));
  Answer(requests[1].ticket, FetchOutcome::kOk, kNow);
  EXPECT_THAT(Answered(), ElementsAre(2));
  EXPECT_EQ(stream_.Out(), 1U);
  EXPECT_EQ(stream_.Known(), 2U) << "a feed is known until its commit";
  stream_.Forget(2);
  EXPECT_EQ(stream_.Known(), 1U);
}

TEST_F(FeedStreamTest, AsksTheDatabaseOnceAtATimeAndOnceASecondWhereNothingIsNew) {
  const auto query = stream_.Want(kNow, settings_);
  ASSERT_TRUE(query);
  EXPECT_TRUE(std::holds_alternative<PacedFeeds>(query->feeds));
  stream_.TakeDue(Due(*query, {}), settings_);
  EXPECT_FALSE(stream_.Want(kNow, settings_));
  EXPECT_TRUE(stream_.Want(kNow + 1, settings_));
}

TEST_F(FeedStreamTest, TakesNoFeedTwiceThatWasCommittedWhileTheReadRan) {
  GiveDue({1});
  const auto request = NextRequests().at(0);
  const auto query = stream_.Want(kNow + 1, settings_);
  ASSERT_TRUE(query);
  Answer(request.ticket, FetchOutcome::kOk, kNow + 1);
  stream_.Forget(1);  // its commit, which the read may not have seen
  stream_.TakeDue(Due(*query, {1}), settings_);
  EXPECT_THAT(NextRequests(), IsEmpty());
  GiveDue({1}, kNow + 2);
  EXPECT_THAT(NextRequests(), SizeIs(1)) << "this read began after the commit";
}

TEST_F(FeedStreamTest, HoldsAFailureUntilAnotherHostAnswers) {
  GiveDue({1, 2});
  const auto requests = NextRequests();
  Answer(requests[0].ticket, FetchOutcome::kDnsFailure, kNow);
  stream_.Settle(FeedStream::Left::kSomebody, watch_);
  EXPECT_THAT(Answered(), IsEmpty());
  EXPECT_EQ(stream_.Suspects(), 1U);
  Answer(requests[1].ticket, FetchOutcome::kOk, kNow + 2);
  stream_.Settle(FeedStream::Left::kSomebody, watch_);
  EXPECT_THAT(Answered(), ElementsAre(2, 1));
  EXPECT_THAT(outages_, ElementsAre(false, false));
}

TEST_F(FeedStreamTest, LetsSuspectsGoWhereNobodyIsLeftToAnswer) {
  GiveDue({1});
  Answer(NextRequests().at(0).ticket, FetchOutcome::kDnsFailure, kNow);
  stream_.Settle(FeedStream::Left::kNobody, watch_);
  EXPECT_THAT(Answered(), ElementsAre(1));
  EXPECT_EQ(stream_.Suspects(), 0U);
}

TEST_F(FeedStreamTest, HoldsNothingAgainstAFewFeedsWhereNobodyAnswers) {
  GiveDue({1, 2, 3});
  const auto requests = NextRequests();
  for (const auto& request : requests) Answer(request.ticket, FetchOutcome::kDnsFailure, kNow);
  stream_.Settle(FeedStream::Left::kNobody, watch_);
  for (const auto& answered : stream_.TakeAnswered(blacklist_)) {
    EXPECT_TRUE(answered.outage);
    EXPECT_EQ(answered.outage_look_s, 30);
  }
}

TEST_F(FeedStreamTest, HoldsAFailureAgainstAFeedOnceOthersHaveAnswered) {
  GiveDue({1, 2, 3});
  const auto requests = NextRequests();
  Answer(requests[0].ticket, FetchOutcome::kDnsFailure, kNow);
  Answer(requests[1].ticket, FetchOutcome::kDnsFailure, kNow);
  Answer(requests[2].ticket, FetchOutcome::kOk, kNow + 2);
  stream_.Settle(FeedStream::Left::kNobody, watch_);
  EXPECT_THAT(Answered(), SizeIs(3));
  EXPECT_THAT(outages_, ::testing::Each(false));
}

TEST_F(FeedStreamTest, HoldsNothingAgainstFeedsThatFailedInAnOutage) {
  std::vector<schemas::Id> feed_ids;
  for (schemas::Id id = 1; id <= 20; ++id) feed_ids.push_back(id);
  GiveDue(feed_ids);
  for (const auto& request : NextRequests()) {
    Answer(request.ticket, FetchOutcome::kDnsFailure, kNow);
  }
  EXPECT_TRUE(watch_.Down());
  stream_.Settle(FeedStream::Left::kSomebody, watch_);
  EXPECT_THAT(Answered(), SizeIs(20));
  EXPECT_THAT(outages_, ::testing::Each(true));
}

TEST_F(FeedStreamTest, AsksNoFeedThatTheBlacklistHas) {
  blacklist_ = std::make_shared<const health::Blacklist>(
      std::vector<schemas::BlacklistEntry>{{.pattern = HostOfNumber(1),
                                            .source = schemas::BlacklistSource::kOperator,
                                            .reason = {},
                                            .added_at = 0,
                                            .until_at = {}}});
  GiveDue({1, 2});
  const auto requests = NextRequests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].url, "https://h2.example/feed");
  ASSERT_THAT(skipped_, SizeIs(1));
  EXPECT_EQ(skipped_[0].fetch.outcome, FetchOutcome::kBlacklisted);
}

TEST_F(FeedStreamTest, ForgetsARequestThatWasTakenBack) {
  GiveDue({1});
  const auto ticket = NextRequests().at(0).ticket;
  stream_.Withdraw(ticket);
  EXPECT_EQ(stream_.Out(), 0U);
  Answer(ticket, FetchOutcome::kDnsFailure, kNow);
  EXPECT_THAT(Answered(), IsEmpty());
  EXPECT_EQ(stream_.Suspects(), 0U);
}

TEST_F(FeedStreamTest, BeginsNoMoreAtOnceThanThePaceAllows) {
  settings_.start_spread_s = 3600;
  const auto query = stream_.Want(kNow, settings_);
  ASSERT_TRUE(query);
  std::vector<schemas::Id> feed_ids;
  for (schemas::Id id = 1; id <= 600; ++id) feed_ids.push_back(id);
  auto due = Due(*query, feed_ids);
  stream_.TakeDue(std::move(due), settings_);
  EXPECT_EQ(stream_.Waiting(), 10U) << "ten feeds a second";
  EXPECT_EQ(stream_.Due(), 600);
}

TEST_F(FeedStreamTest, TakesOnlyWhatWasDueAtTheBeginningOfARunThatEnds) {
  stream_.LimitTo(kNow);
  const auto query = stream_.Want(kNow + 100, settings_);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->due_at, kNow);
  ASSERT_TRUE(std::holds_alternative<AllFeeds>(query->feeds));
  EXPECT_FALSE(stream_.WasReadToEnd());
  auto part = Due(*query, {1, 2});
  part.read_to_end = false;
  part.walked_to = {kNow - 60, 2};
  stream_.TakeDue(std::move(part), settings_);
  EXPECT_FALSE(stream_.WasReadToEnd());
  const auto next = stream_.Want(kNow + 100, settings_);
  ASSERT_TRUE(next);
  EXPECT_EQ(std::get<AllFeeds>(next->feeds).from.id, 2) << "from where the last part ended";
  stream_.TakeDue(Due(*next, {3}), settings_);
  EXPECT_TRUE(stream_.WasReadToEnd());
  EXPECT_EQ(stream_.Known(), 3U);
}

}  // namespace
}  // namespace saunter::crawler::loop
