#include "crawler/loop/lease_keeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "store/status.h"

namespace saunter::crawler::loop {
namespace {

using store::Departure;
using store::HeldShards;
using store::ShardSet;

// What a database of the test's own says, and what it was told.
struct Said {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::optional<HeldShards>> answers;  // the last one again and again
  bool fails = false;
  std::int64_t clock_ahead_s = 0;
  schemas::Id joined = 0;
  std::int64_t renewals = 0;
  ShardSet clear;
  std::vector<std::pair<schemas::Id, Departure>> left;

  bool Wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), condition);
  }
};

class FakeLeases final : public store::Leases {
 public:
  explicit FakeLeases(Said& said) : said_(said) {}
  schemas::UnixSeconds ClockNow() override {
    const std::scoped_lock lock(said_.mutex);
    return std::time(nullptr) + said_.clock_ahead_s;
  }
  schemas::Id Join(const std::string&) override {
    const std::scoped_lock lock(said_.mutex);
    return ++said_.joined;
  }
  std::optional<HeldShards> Renew(schemas::Id owner, const ShardSet& clear) override {
    const std::scoped_lock lock(said_.mutex);
    ++said_.renewals;
    said_.clear |= clear;
    said_.changed.notify_all();
    if (said_.fails) throw store::StoreError(store::StoreErrorKind::kLost, "it is gone");
    auto answer = said_.answers.front();
    if (said_.answers.size() > 1) said_.answers.pop_front();
    if (answer) answer->lease.owner = owner;
    return answer;
  }
  void Leave(schemas::Id owner, Departure departure) override {
    const std::scoped_lock lock(said_.mutex);
    said_.left.emplace_back(owner, departure);
    said_.changed.notify_all();
  }

 private:
  Said& said_;
};

HeldShards Holding(std::int64_t epoch) {
  HeldShards held;
  held.lease.epoch = epoch;
  held.held.set();
  return held;
}

class LeaseKeeperTest : public ::testing::Test {
 protected:
  std::unique_ptr<LeaseKeeper> Start(std::int64_t lease_s, std::int64_t renewal_s) {
    schemas::StoreSettings settings;
    settings.lease_s = lease_s;
    settings.lease_renewal_s = renewal_s;
    return std::make_unique<LeaseKeeper>(
        std::make_unique<FakeLeases>(said_),
        [this] {
          return store::OpenedLeases{
              store::OpenStatus::kOk, {}, std::make_unique<FakeLeases>(said_)};
        },
        "test", settings);
  }

  Said said_;
};

TEST_F(LeaseKeeperTest, HoldsEverythingForEverWhereNobodyShares) {
  const LeaseKeeper alone;
  EXPECT_FALSE(alone.is_shared());
  EXPECT_FALSE(alone.IsOver());
  EXPECT_EQ(alone.View().lease, schemas::Lease());
  EXPECT_TRUE(alone.View().leaving.none());
}

TEST_F(LeaseKeeperTest, HoldsALeaseFromItsBeginningToItsEnd) {
  said_.answers = {Holding(5)};
  const auto keeper = Start(60, 60);
  EXPECT_TRUE(keeper->is_shared());
  EXPECT_EQ(keeper->View().lease, (schemas::Lease{.owner = 1, .epoch = 5}));
  EXPECT_EQ(keeper->View().shards, 1024);
  EXPECT_FALSE(keeper->IsOver());
  keeper->Leave(Departure::kDone);
  EXPECT_TRUE(keeper->IsOver());
  EXPECT_EQ(keeper->View().lease.owner, 0);
  ASSERT_EQ(said_.left.size(), 1U);
  EXPECT_EQ(said_.left[0], (std::pair<schemas::Id, Departure>(1, Departure::kDone)));
}

TEST_F(LeaseKeeperTest, TellsAtOnceWhatIsClear) {
  auto leaving = Holding(5);
  leaving.leaving.set(9);
  said_.answers = {leaving};
  const auto keeper = Start(600, 600);
  EXPECT_EQ(keeper->View().leaving.count(), 1U);
  EXPECT_EQ(keeper->View().shards, 1023);
  keeper->NoteClear(ShardSet().set(9));
  EXPECT_TRUE(said_.Wait([&] { return said_.clear.test(9); }));
}

TEST_F(LeaseKeeperTest, JoinsAnewOnceItIsLost) {
  said_.answers = {Holding(5), std::nullopt, Holding(6)};
  const auto keeper = Start(600, 600);
  keeper->NoteClear(ShardSet().set(9));  // wakes it
  ASSERT_TRUE(said_.Wait([&] { return said_.renewals == 3; }));
  keeper->Leave(Departure::kUnfinished);  // waits for the thread
  ASSERT_EQ(said_.left.size(), 2U);
  EXPECT_EQ(said_.left[0], (std::pair<schemas::Id, Departure>(1, Departure::kUnfinished)))
      << "nothing stays under the name of the lost one";
  EXPECT_EQ(said_.left[1].first, 2);
  EXPECT_EQ(keeper->Sums().lost, 1);
}

TEST_F(LeaseKeeperTest, IsOverWhenItCouldNotBeRenewedInTime) {
  said_.answers = {Holding(5)};
  const auto keeper = Start(1, 1);
  {
    const std::scoped_lock lock(said_.mutex);
    said_.fails = true;
  }
  // Until it is over its lease is kept, by a new connection each time.
  ASSERT_TRUE(said_.Wait([&] { return said_.renewals >= 3; }));
  EXPECT_TRUE(keeper->IsOver());
  {
    const std::scoped_lock lock(said_.mutex);
    said_.fails = false;
  }
  ASSERT_TRUE(said_.Wait([&] { return said_.joined == 2 && !said_.left.empty(); }));
  EXPECT_EQ(said_.left[0].first, 1) << "though the database still had it";
}

TEST_F(LeaseKeeperTest, HoldsNothingWhileItsClockIsWrong) {
  said_.answers = {Holding(5)};
  const auto keeper = Start(600, 1);
  {
    const std::scoped_lock lock(said_.mutex);
    said_.clock_ahead_s = -3600;
  }
  ASSERT_TRUE(said_.Wait([&] { return !said_.left.empty(); }));
  EXPECT_TRUE(keeper->IsOver());
  {
    const std::scoped_lock lock(said_.mutex);
    EXPECT_EQ(said_.joined, 1);
    said_.clock_ahead_s = 2;
  }
  ASSERT_TRUE(said_.Wait([&] { return said_.joined == 2; }));
}

TEST_F(LeaseKeeperTest, DoesNotJoinWithAWrongClock) {
  said_.answers = {Holding(5)};
  said_.clock_ahead_s = 3600;
  try {
    Start(600, 600);
    ADD_FAILURE() << "it has joined";
  } catch (const store::StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("clock is 36"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("s behind the database's"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(said_.joined, 0);
}

}  // namespace
}  // namespace saunter::crawler::loop
