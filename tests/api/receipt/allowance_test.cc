#include "api/receipt/allowance.h"

#include <gtest/gtest.h>

#include <set>

namespace saunter::api::receipt {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr schemas::UnixSeconds kDayS = 86400;
constexpr schemas::UnixSeconds kNow = 20000 * kDayS;
constexpr std::uint64_t kNetwork = 0x04cb0071;
const Allowance::Clock::time_point kMoment = Allowance::Clock::now();

// How many of `tries` at one moment are allowed.
int Allowed(Allowance& allowance, int tries, Allowance::Clock::time_point moment,
            std::uint64_t network = kNetwork) {
  int allowed = 0;
  for (int i = 0; i < tries; ++i) {
    if (allowance.Take(network, kNow, moment).retry_after_s == 0) ++allowed;
  }
  return allowed;
}

TEST(Allowance, IsSoMuchAnHour) {
  Allowance allowance(60);
  EXPECT_EQ(Allowed(allowance, 200, kMoment), 60);
  EXPECT_EQ(Allowed(allowance, 200, kMoment + minutes(10)), 10);
  EXPECT_EQ(Allowed(allowance, 200, kMoment + minutes(10) + seconds(59)), 0);
  EXPECT_EQ(Allowed(allowance, 200, kMoment + hours(5)), 60);
}

TEST(Allowance, SaysWhenToTryAgain) {
  Allowance allowance(60);
  ASSERT_EQ(Allowed(allowance, 60, kMoment), 60);
  const auto wait_s = allowance.Take(kNetwork, kNow, kMoment).retry_after_s;
  EXPECT_EQ(wait_s, 60);
  EXPECT_EQ(allowance.Take(kNetwork, kNow, kMoment + seconds(59)).retry_after_s, 1);
  EXPECT_EQ(allowance.Take(kNetwork, kNow, kMoment + seconds(wait_s)).retry_after_s, 0);
}

TEST(Allowance, IsEachNetworksOwn) {
  Allowance allowance(10);
  ASSERT_EQ(Allowed(allowance, 20, kMoment), 10);
  int undisturbed = 0;
  for (std::uint64_t network = 1; network <= 1000; ++network) {
    if (Allowed(allowance, 1, kMoment, network) == 1) ++undisturbed;
  }
  // One that shares a bucket with the first one may be among them.
  EXPECT_GE(undisturbed, 998);
}

TEST(Allowance, OfTheLargestSettingIsNotNothing) {
  Allowance allowance(1000000);
  EXPECT_EQ(Allowed(allowance, 5000, kMoment), 5000);
  Allowance least(1);
  EXPECT_EQ(Allowed(least, 10, kMoment), 1);
}

TEST(Allowance, NamesANetworkByOneNumberADay) {
  Allowance allowance(1000);
  const auto hash = [&](schemas::UnixSeconds now, std::uint64_t network = kNetwork) {
    return allowance.Take(network, now, kMoment).network_hash;
  };
  const auto today = hash(kNow);
  EXPECT_EQ(hash(kNow + kDayS - 1), today);
  EXPECT_NE(hash(kNow + kDayS), today);
  // The old salt is gone, whatever the clock says.
  EXPECT_NE(hash(kNow), today);
  Allowance other(1000);
  EXPECT_NE(other.Take(kNetwork, kNow, kMoment).network_hash, hash(kNow));
  std::set<std::uint64_t> hashes;
  for (std::uint64_t network = 0; network < 1000; ++network) hashes.insert(hash(kNow, network));
  EXPECT_EQ(hashes.size(), 1000U);
}

TEST(Allowance, IsWholeAgainOnAnotherDay) {
  Allowance allowance(5);
  ASSERT_EQ(Allowed(allowance, 10, kMoment), 5);
  EXPECT_EQ(allowance.Take(kNetwork, kNow + kDayS, kMoment).retry_after_s, 0);
}

// A refused network is named too, and costs nothing more.
TEST(Allowance, CountsNoWordThatItRefuses) {
  Allowance allowance(60);
  Allowed(allowance, 10000, kMoment);
  EXPECT_EQ(Allowed(allowance, 10, kMoment + minutes(1)), 1);
}

}  // namespace
}  // namespace saunter::api::receipt
