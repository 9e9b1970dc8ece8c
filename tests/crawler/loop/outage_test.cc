#include "crawler/loop/outage.h"

#include <gtest/gtest.h>

#include "tests/support/moment.h"

namespace saunter::crawler::loop {
namespace {

using support::kNow;

std::string Host(int number) { return "host-" + std::to_string(number) + ".example"; }

class Outage : public ::testing::Test {
 protected:
  void Fail(int hosts) {
    for (int i = 0; i < hosts; ++i) watch_.Note(OutageWatch::Asked::kFeed, Host(i), true, kNow);
  }
  OutageWatch watch_;
};

TEST_F(Outage, IsWhereTwentyHostsFailInARow) {
  Fail(19);
  EXPECT_FALSE(watch_.Down());
  Fail(20);
  EXPECT_TRUE(watch_.Down());
}

TEST_F(Outage, IsNotOneHostThatFailsForEver) {
  for (int i = 0; i < 1000; ++i) watch_.Note(OutageWatch::Asked::kFeed, Host(0), true, kNow + i);
  EXPECT_FALSE(watch_.Down());
}

TEST_F(Outage, IsNotAListOfManyDeadHostsWhereSomeAnswer) {
  for (int i = 0; i < 1000; ++i) watch_.Note(OutageWatch::Asked::kFeed, Host(i), i % 15 != 0, kNow);
  EXPECT_FALSE(watch_.Down());
}

TEST_F(Outage, IsPossibleWhereFewHostsFailAndNoneAnswers) {
  EXPECT_FALSE(watch_.NobodyAnswers(Host(0), kNow));
  Fail(1);
  EXPECT_TRUE(watch_.NobodyAnswers(Host(0), kNow + 299));
  EXPECT_FALSE(watch_.NobodyAnswers(Host(0), kNow + 300))
      << "one host that fails for long is its own";
  Fail(2);
  EXPECT_TRUE(watch_.NobodyAnswers(Host(0), kNow + 86400));
  EXPECT_EQ(watch_.FeedLookS(), 30);
  watch_.Note(OutageWatch::Asked::kFeed, Host(9), false, kNow + 86400);
  EXPECT_FALSE(watch_.NobodyAnswers(Host(0), kNow + 86400));
}

// Dead hosts come due when nobody else does, again and again.
TEST_F(Outage, IsNoExcuseForAHostThatHadFailedWhenAnotherAnswered) {
  Fail(2);
  watch_.Note(OutageWatch::Asked::kFeed, Host(9), false, kNow + 10);
  Fail(3);
  EXPECT_FALSE(watch_.NobodyAnswers(Host(0), kNow));
  EXPECT_TRUE(watch_.NobodyAnswers(Host(2), kNow)) << "it fails for the first time";
  watch_.Note(OutageWatch::Asked::kFeed, Host(0), false, kNow + 20);
  Fail(2);
  EXPECT_TRUE(watch_.NobodyAnswers(Host(0), kNow)) << "it has answered since";
}

TEST_F(Outage, AsksThreeHostsEveryHalfMinute) {
  Fail(20);
  EXPECT_EQ(watch_.TrialSize(kNow), 0U);
  EXPECT_EQ(watch_.TrialSize(kNow + 29), 0U);
  EXPECT_EQ(watch_.TrialSize(kNow + 30), 3U);
  for (int i = 0; i < 3; ++i) watch_.Note(OutageWatch::Asked::kFeed, Host(i), true, kNow + 31);
  EXPECT_EQ(watch_.TrialSize(kNow + 32), 0U);
  EXPECT_EQ(watch_.TrialSize(kNow + 60), 3U);
  EXPECT_EQ(watch_.TrialSize(kNow - 100000), 3U) << "the clock was set back";
}

TEST_F(Outage, EndsWithTwoAnswersInARow) {
  Fail(20);
  watch_.Note(OutageWatch::Asked::kFeed, Host(1), false, kNow + 30);
  watch_.Note(OutageWatch::Asked::kFeed, Host(2), true, kNow + 30);
  watch_.Note(OutageWatch::Asked::kFeed, Host(3), false, kNow + 30);
  EXPECT_TRUE(watch_.Down());
  watch_.Note(OutageWatch::Asked::kFeed, Host(4), false, kNow + 30);
  EXPECT_FALSE(watch_.Down());
}

TEST_F(Outage, HoldsAFailureAgainstAHostOnceAnotherHasAnsweredLater) {
  EXPECT_FALSE(watch_.AnsweredSince(kNow));
  watch_.Note(OutageWatch::Asked::kFeed, Host(1), false, kNow + 1);
  EXPECT_FALSE(watch_.AnsweredSince(kNow)) << "it may have been under way already";
  watch_.Note(OutageWatch::Asked::kFeed, Host(1), false, kNow + 2);
  EXPECT_TRUE(watch_.AnsweredSince(kNow));
}

TEST_F(Outage, DoesNotBeginWithDeadLinksHoweverManyInARow) {
  for (int i = 0; i < 100; ++i) watch_.Note(OutageWatch::Asked::kLink, Host(i), true, kNow);
  EXPECT_FALSE(watch_.Down());
  EXPECT_FALSE(watch_.FeedsDoubted(kNow));
  EXPECT_EQ(watch_.LinksDoubtedAt(), kNow) << "most hosts fail";
}

// A feed that lists dead hosts by the hundred could else keep all verdicts from being given.
TEST_F(Outage, IsNotSeenInLinksThatWereNeverAlive) {
  for (int i = 0; i < 1000; ++i) watch_.Note(OutageWatch::Asked::kNewLink, Host(i), true, kNow);
  EXPECT_FALSE(watch_.LinksDoubtedAt());
  for (int i = 0; i < 10; ++i) watch_.Note(OutageWatch::Asked::kLink, Host(i), i < 6, kNow + 1);
  EXPECT_EQ(watch_.LinksDoubtedAt(), kNow + 1);
}

TEST_F(Outage, IsDoubtedForLinksWhereFewThatWereAliveAllFail) {
  for (int i = 0; i < 3; ++i) watch_.Note(OutageWatch::Asked::kLink, Host(i), true, kNow);
  EXPECT_EQ(watch_.LinksDoubtedAt(), kNow);
}

TEST_F(Outage, IsNotWhereNewLinksAnswer) {
  for (int i = 0; i < 10; ++i) watch_.Note(OutageWatch::Asked::kNewLink, Host(i), false, kNow);
  for (int i = 10; i < 20; ++i) watch_.Note(OutageWatch::Asked::kLink, Host(i), true, kNow);
  EXPECT_FALSE(watch_.LinksDoubtedAt());
}

TEST_F(Outage, LetsAProbeBeTheTrialThatEndsIt) {
  Fail(20);
  watch_.Note(OutageWatch::Asked::kLink, Host(1), false, kNow + 30);
  watch_.Note(OutageWatch::Asked::kLink, Host(2), true, kNow + 30);
  watch_.Note(OutageWatch::Asked::kLink, Host(3), false, kNow + 30);
  EXPECT_TRUE(watch_.Down()) << "a failed probe parts the two answers";
  watch_.Note(OutageWatch::Asked::kLink, Host(4), false, kNow + 30);
  EXPECT_FALSE(watch_.Down());
  EXPECT_FALSE(watch_.FeedsDoubted(kNow + 30)) << "what failed in it is forgotten";
}

TEST_F(Outage, IsDoubtedForFeedsByTheHostsOfFeedsAlone) {
  for (int i = 0; i < 10; ++i) watch_.Note(OutageWatch::Asked::kFeed, Host(i), i < 6, kNow);
  for (int i = 10; i < 100; ++i) watch_.Note(OutageWatch::Asked::kLink, Host(i), false, kNow);
  EXPECT_TRUE(watch_.FeedsDoubted(kNow));
  EXPECT_FALSE(watch_.FeedsDoubted(kNow + 300));
}

TEST_F(Outage, IsDoubtedForLinksAsLongAsItLasts) {
  EXPECT_FALSE(watch_.LinksDoubtedAt());
  Fail(20);
  watch_.Tick(kNow + 1000);
  EXPECT_EQ(watch_.LinksDoubtedAt(), kNow + 1000);
}

}  // namespace
}  // namespace saunter::crawler::loop
