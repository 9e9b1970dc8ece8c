#include "store/shards/shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

namespace saunter::store::shards {
namespace {

using schemas::Id;

TEST(ShardOfTest, IsForEverTheSame) {
  EXPECT_EQ(ShardOf("example.com"), 883);
  EXPECT_EQ(ShardOf("example.org"), 837);
  EXPECT_EQ(ShardOf("127.1.0.1"), 101);
  EXPECT_EQ(ShardOf("localhost"), 355);
  EXPECT_EQ(ShardOf(""), 194);
}

TEST(ShardOfTest, IsOneForAllHostsOfADomain) {
  EXPECT_EQ(ShardOf("blog.example.com"), ShardOf("example.com"));
  EXPECT_EQ(ShardOf("a.b.example.co.uk"), ShardOf("example.co.uk"));
  EXPECT_NE(ShardOf("example.co.uk"), ShardOf("other.co.uk"));
}

TEST(ShardOfTest, IsOneForAllTenantsOfAHost) {
  EXPECT_EQ(ShardOf("tilde.example/~ann"), ShardOf("tilde.example"));
}

TEST(ShardOfTest, IsOneForAllBlogsOfAPlatform) {
  EXPECT_EQ(ShardOf("ann.blogspot.com"), ShardOf("bob.blogspot.com"));
  EXPECT_EQ(ShardOf("ann.github.io"), ShardOf("github.io"));
}

TEST(ShardOfTest, TakesAddressesWhole) {
  EXPECT_NE(ShardOf("127.1.0.1"), ShardOf("127.2.0.1"));
  EXPECT_NE(ShardOf("[::1]"), ShardOf("[::2]"));
}

TEST(ShardOfTest, IsNotThatOfOthersForASuffixItself) {
  EXPECT_NE(ShardOf("co.uk"), ShardOf("com"));
}

// Those who share, each doing in its turn what it is to do.
class Sharers {
 public:
  void Join() { owners_.push_back(next_++); }
  // It gives back all, or is found dead.
  void Leave(std::size_t index) {
    for (auto& holding : holdings_) {
      if (holding.owner == owners_[index]) holding = {};
    }
    owners_.erase(owners_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  // Each in its turn until nobody has anything to do.
  void Settle() {
    for (int round = 0; round < 4; ++round) {
      for (const auto owner : owners_) Step(owner);
    }
  }
  // What leaves goes at once.
  void Step(Id owner) {
    const auto moves = MovesOf(owner, holdings_, owners_);
    for (const auto shard : moves.leave) At(shard) = {};
    for (const auto shard : moves.take) {
      ASSERT_EQ(At(shard).owner, 0);
      At(shard) = {.owner = owner};
      ++taken_;
    }
  }
  void ExpectFair() const {
    ASSERT_FALSE(owners_.empty());
    const auto count = static_cast<int>(owners_.size());
    for (const auto owner : owners_) {
      const auto held = Held(owner);
      EXPECT_GE(held, kShards / count);
      EXPECT_LE(held, (kShards + count - 1) / count);
      EXPECT_TRUE(MovesOf(owner, holdings_, owners_).Empty());
    }
  }
  [[nodiscard]] int Held(Id owner) const {
    return static_cast<int>(
        std::ranges::count(holdings_, owner, [](const Holding& holding) { return holding.owner; }));
  }
  Holding& At(int shard) { return holdings_[static_cast<std::size_t>(shard)]; }
  int TakeTaken() { return std::exchange(taken_, 0); }
  [[nodiscard]] const std::vector<Id>& owners() const { return owners_; }
  [[nodiscard]] const Holdings& holdings() const { return holdings_; }

 private:
  Holdings holdings_ = {};
  std::vector<Id> owners_;
  Id next_ = 1;
  int taken_ = 0;
};

TEST(MovesOfTest, ShareOutFairlyAmongAnyNumber) {
  Sharers sharers;
  for (int count = 1; count <= 10; ++count) {
    sharers.Join();
    sharers.Settle();
    sharers.ExpectFair();
  }
  while (sharers.owners().size() > 1) {
    sharers.Leave(sharers.owners().size() / 2);
    sharers.Settle();
    sharers.ExpectFair();
  }
}

TEST(MovesOfTest, MoveNoMoreThanWhatTheOneWhoJoinsGets) {
  Sharers sharers;
  for (int count = 1; count <= 10; ++count) {
    sharers.Join();
    sharers.Settle();
    EXPECT_EQ(sharers.TakeTaken(), sharers.Held(sharers.owners().back())) << count;
  }
}

TEST(MovesOfTest, MoveNoMoreThanWhatTheOneWhoLeavesHeld) {
  for (int count = 2; count <= 10; ++count) {
    for (std::size_t who = 0; who < static_cast<std::size_t>(count); ++who) {
      Sharers sharers;
      for (int i = 0; i < count; ++i) sharers.Join();
      sharers.Settle();
      sharers.TakeTaken();
      const auto held = sharers.Held(sharers.owners()[who]);
      sharers.Leave(who);
      sharers.Settle();
      sharers.ExpectFair();
      EXPECT_EQ(sharers.TakeTaken(), held) << count << ", " << who;
    }
  }
}

TEST(MovesOfTest, NeverTakeWhatAnotherHolds) {
  Sharers sharers;
  sharers.Join();
  sharers.Settle();
  sharers.Join();
  EXPECT_TRUE(MovesOf(sharers.owners().back(), sharers.holdings(), sharers.owners()).Empty());
}

TEST(MovesOfTest, KeepWhatWasToLeaveOnceThereIsRoom) {
  Sharers sharers;
  sharers.Join();
  sharers.Settle();
  sharers.Join();
  const auto first = sharers.owners().front();
  const auto moves = MovesOf(first, sharers.holdings(), sharers.owners());
  ASSERT_EQ(moves.leave.size(), kShards / 2);
  for (const auto shard : moves.leave) sharers.At(shard).is_leaving = true;
  EXPECT_TRUE(MovesOf(first, sharers.holdings(), sharers.owners()).Empty());
  sharers.Leave(1);
  const auto back = MovesOf(first, sharers.holdings(), sharers.owners());
  EXPECT_EQ(std::set(back.stay.begin(), back.stay.end()),
            std::set(moves.leave.begin(), moves.leave.end()));
  EXPECT_TRUE(back.take.empty());
}

TEST(MovesOfTest, AreNoneOfOneWhoDoesNotShare) {
  Sharers sharers;
  sharers.Join();
  EXPECT_TRUE(MovesOf(99, sharers.holdings(), sharers.owners()).Empty());
}

TEST(FairSharesTest, AddUpToAll) {
  Sharers sharers;
  for (int count = 1; count <= 10; ++count) {
    sharers.Join();
    const auto shares = FairShares(sharers.holdings(), sharers.owners());
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), 0), kShards);
  }
}

}  // namespace
}  // namespace saunter::store::shards
