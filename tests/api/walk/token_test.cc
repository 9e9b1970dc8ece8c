#include "api/walk/token.h"

#include <gtest/gtest.h>

#include <cctype>
#include <random>

namespace saunter::api::walk {
namespace {

bool IsRefused(std::string_view token) { return FromToken(token).form == TokenForm::kNone; }

TEST(Token, CarriesTheWholeWalk) {
  const Walk walk{.seed = 0xfedcba9876543210,
                  .round = 0xffffffff,
                  .position = 1 << 26,
                  .order_bits = 25,
                  .slot_bits = 26,
                  .newest_link_id = (schemas::Id{1} << 48) - 1};
  EXPECT_EQ(FromToken(ToToken(walk)).walk, walk);
  EXPECT_EQ(FromToken(ToToken(walk)).form, TokenForm::kWalk);
  EXPECT_EQ(FromToken(ToToken(Walk{})).walk, Walk{});
  for (const char c : ToToken(walk)) {
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_');
  }
}

TEST(Token, IsRefusedAfterAnyChangeOfACharacter) {
  const auto token = ToToken({.seed = 1234567,
                              .round = 3,
                              .position = 5,
                              .order_bits = 9,
                              .slot_bits = 9,
                              .newest_link_id = 1000});
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_=+/ %")) {
      auto changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_TRUE(IsRefused(changed)) << changed;
    }
  }
}

TEST(Token, IsRefusedIfItIsNonsense) {
  const auto token = ToToken({.seed = 1, .order_bits = 9, .slot_bits = 9});
  EXPECT_TRUE(IsRefused(""));
  EXPECT_TRUE(IsRefused("abc"));
  EXPECT_TRUE(IsRefused(token + "A"));
  EXPECT_TRUE(IsRefused(token.substr(1)));
  EXPECT_TRUE(IsRefused(std::string(token.size(), 'A')));
  EXPECT_TRUE(IsRefused(std::string(token.size() - 1, 'A')));
  // Well formed, but beyond what a walk can be.
  EXPECT_TRUE(IsRefused(ToToken({.position = 3, .order_bits = 1, .slot_bits = 1})));
  EXPECT_TRUE(IsRefused(ToToken({.order_bits = 9, .slot_bits = 27})));
  EXPECT_TRUE(IsRefused(ToToken({.order_bits = 9, .slot_bits = 8})));
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i) {
    // As long as a token is today, and as it was.
    std::string nonsense(token.size() - static_cast<std::size_t>(i % 2), 'A');
    for (auto& c : nonsense) c = static_cast<char>('A' + random() % 26);
    EXPECT_TRUE(IsRefused(nonsense));
  }
}

// Tokens that clients hold today must mean the same tomorrow.
TEST(Token, StandsAsItsHeaderDrawsIt) {
  const Walk walk{.seed = 0x0807060504030201,
                  .round = 0x12111009,
                  .position = 0x00141312,
                  .order_bits = 24,
                  .slot_bits = 25,
                  .newest_link_id = 0x262524232221};
  EXPECT_EQ(ToToken(walk), "AhgZAQIDBAUGBwghIiMkJSYJEBESEhMUAL9gu00");
}

TEST(Token, OfTheOlderFormIsKnownAndOnlyIfItIsWhole) {
  const std::string older = "ARkBAgMEBQYHCCEiIyQlJgkQERISExQAr6t_Xg";
  EXPECT_EQ(FromToken(older).form, TokenForm::kOlder);
  for (std::size_t i = 0; i < older.size(); ++i) {
    auto changed = older;
    changed[i] = changed[i] == 'B' ? 'C' : 'B';
    EXPECT_TRUE(IsRefused(changed)) << changed;
  }
}

}  // namespace
}  // namespace saunter::api::walk
