#include "crawler/loop/outage.h"

#include <gtest/gtest.h>

namespace saunter::crawler::loop {
namespace {

constexpr schemas::UnixSeconds kNow = 1790000000;

std::string Host(int number) { return "host-" + std::to_string(number) + ".example"; }

class Outage : public ::testing::Test {
 protected:
  void Fail(int hosts) {
    for (int i = 0; i < hosts; ++i) watch_.Note(Host(i), true, kNow);
  }
  OutageWatch watch_;
};

TEST_F(Outage, IsWhereTwentyHostsFailInARow) {
  Fail(19);
  EXPECT_FALSE(watch_.Outage());
  Fail(20);
  EXPECT_TRUE(watch_.Outage());
}

TEST_F(Outage, IsNotOneHostThatFailsForEver) {
  for (int i = 0; i < 1000; ++i) watch_.Note(Host(0), true, kNow + i);
  EXPECT_FALSE(watch_.Outage());
}

TEST_F(Outage, IsNotAListOfManyDeadHostsWhereSomeAnswer) {
  for (int i = 0; i < 1000; ++i) watch_.Note(Host(i), i % 15 != 0, kNow);
  EXPECT_FALSE(watch_.Outage());
}

TEST_F(Outage, AsksThreeHostsEveryHalfMinute) {
  Fail(20);
  EXPECT_EQ(watch_.TrialSize(kNow), 0U);
  EXPECT_EQ(watch_.TrialSize(kNow + 29), 0U);
  EXPECT_EQ(watch_.TrialSize(kNow + 30), 3U);
  for (int i = 0; i < 3; ++i) watch_.Note(Host(i), true, kNow + 31);
  EXPECT_EQ(watch_.TrialSize(kNow + 32), 0U);
  EXPECT_EQ(watch_.TrialSize(kNow + 60), 3U);
  EXPECT_EQ(watch_.TrialSize(kNow - 100000), 3U) << "the clock was set back";
}

TEST_F(Outage, EndsWithTwoAnswersInARow) {
  Fail(20);
  watch_.Note(Host(1), false, kNow + 30);
  watch_.Note(Host(2), true, kNow + 30);
  watch_.Note(Host(3), false, kNow + 30);
  EXPECT_TRUE(watch_.Outage());
  watch_.Note(Host(4), false, kNow + 30);
  EXPECT_FALSE(watch_.Outage());
}

TEST_F(Outage, HoldsAFailureAgainstAHostOnceAnotherHasAnsweredLater) {
  EXPECT_FALSE(watch_.AnsweredSince(kNow));
  watch_.Note(Host(1), false, kNow + 1);
  EXPECT_FALSE(watch_.AnsweredSince(kNow)) << "it may have been under way already";
  watch_.Note(Host(1), false, kNow + 2);
  EXPECT_TRUE(watch_.AnsweredSince(kNow));
}

}  // namespace
}  // namespace saunter::crawler::loop
