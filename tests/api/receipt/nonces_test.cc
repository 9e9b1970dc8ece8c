#include "api/receipt/nonces.h"

#include <gtest/gtest.h>

#include <set>

namespace saunter::api::receipt {
namespace {

TEST(Nonces, AreAllDifferentOverManyBlocksAndSources) {
  constexpr std::size_t kDraws = 20000;
  Nonces one;
  Nonces other;
  std::set<std::uint64_t> seen;
  for (std::size_t i = 0; i < kDraws; ++i) {
    seen.insert(one.Next());
    seen.insert(other.Next());
  }
  EXPECT_EQ(seen.size(), 2 * kDraws);
}

TEST(Nonces, UseEveryBit) {
  Nonces nonces;
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto nonce = nonces.Next();
    ones |= nonce;
    zeros |= ~nonce;
  }
  EXPECT_EQ(ones, UINT64_MAX);
  EXPECT_EQ(zeros, UINT64_MAX);
}

}  // namespace
}  // namespace saunter::api::receipt
