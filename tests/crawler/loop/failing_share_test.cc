#include "crawler/loop/failing_share.h"

#include <gtest/gtest.h>

#include "tests/support/moment.h"

namespace saunter::crawler::loop {
namespace {

using support::kNow;

std::string NumberedHost(int number) { return "host-" + std::to_string(number) + ".example"; }

TEST(FailingShare, JudgesNothingFromFewHosts) {
  FailingShare share;
  EXPECT_FALSE(share.MostFail(kNow));
  for (int i = 0; i < 9; ++i) share.Note(NumberedHost(i), true, kNow);
  EXPECT_FALSE(share.MostFail(kNow));
  share.Note(NumberedHost(9), true, kNow);
  EXPECT_TRUE(share.MostFail(kNow));
}

TEST(FailingShare, CountsAHostOnceHoweverOftenItFails) {
  FailingShare share;
  for (int i = 0; i < 1000; ++i) share.Note("dead.example", true, kNow + i % 60);
  for (int i = 0; i < 10; ++i) share.Note(NumberedHost(i), false, kNow + 60);
  EXPECT_FALSE(share.MostFail(kNow + 60));
}

TEST(FailingShare, CountsADomainOrAPlatformOnceHoweverManyHostsItHas) {
  FailingShare share;
  for (int i = 0; i < 100; ++i) {
    share.Note("h" + std::to_string(i) + ".farm.example", true, kNow);
    share.Note("ann" + std::to_string(i) + ".bearblog.dev", true, kNow);
    share.Note("tilde.example/~ann" + std::to_string(i), true, kNow);
  }
  EXPECT_FALSE(share.MostFail(kNow));
  for (int i = 0; i < 10; ++i) share.Note(NumberedHost(i), false, kNow);
  EXPECT_FALSE(share.MostFail(kNow));
}

TEST(FailingShare, NeedsMoreThanHalfOfTheHosts) {
  FailingShare share;
  for (int i = 0; i < 20; ++i) share.Note(NumberedHost(i), i % 2 == 0, kNow);
  EXPECT_FALSE(share.MostFail(kNow));
  share.Note(NumberedHost(1), true, kNow);
  EXPECT_TRUE(share.MostFail(kNow));
}

TEST(FailingShare, TakesThreeHostsForAllIfNoneAnswers) {
  FailingShare share;
  EXPECT_FALSE(share.AllFail(kNow));
  for (int i = 0; i < 2; ++i) share.Note(NumberedHost(i), true, kNow);
  EXPECT_FALSE(share.AllFail(kNow));
  share.Note(NumberedHost(2), true, kNow);
  EXPECT_TRUE(share.AllFail(kNow + 299));
  EXPECT_FALSE(share.AllFail(kNow + 300));
  share.Note(NumberedHost(3), false, kNow);
  EXPECT_FALSE(share.AllFail(kNow));
}

TEST(FailingShare, RecoversAsHostsAnswerAgain) {
  FailingShare share;
  for (int i = 0; i < 40; ++i) share.Note(NumberedHost(i), true, kNow);
  ASSERT_TRUE(share.MostFail(kNow + 10));
  for (int i = 0; i < 19; ++i) share.Note(NumberedHost(i), false, kNow + 20);
  EXPECT_TRUE(share.MostFail(kNow + 20));
  share.Note(NumberedHost(19), false, kNow + 21);
  EXPECT_FALSE(share.MostFail(kNow + 21));
}

TEST(FailingShare, ForgetsAfterFiveMinutes) {
  FailingShare share;
  for (int i = 0; i < 40; ++i) share.Note(NumberedHost(i), true, kNow);
  EXPECT_TRUE(share.MostFail(kNow + 299));
  EXPECT_FALSE(share.MostFail(kNow + 300));
}

TEST(FailingShare, IsNotHeldUpByAClockThatWasSetBack) {
  FailingShare share;
  for (int i = 0; i < 40; ++i) share.Note(NumberedHost(i), true, kNow);
  EXPECT_FALSE(share.MostFail(kNow - 1000));
}

TEST(FailingShare, KnowsOnlyTheNewestHosts) {
  FailingShare share;
  for (int i = 0; i < 10000; ++i) share.Note(NumberedHost(i), true, kNow);
  for (int i = 10000; i < 10400; ++i) share.Note(NumberedHost(i), false, kNow + 1);
  EXPECT_FALSE(share.MostFail(kNow + 1)) << "9,600 older failures are beyond what it remembers";
}

}  // namespace
}  // namespace saunter::crawler::loop
