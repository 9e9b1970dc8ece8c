#include "api/walk/token.h"

#include <gtest/gtest.h>

#include <cctype>
#include <random>

namespace saunter::api::walk {
namespace {

TEST(Token, CarriesTheWholeWalk) {
  const Walk walk{.seed = 0xfedcba9876543210,
                  .round = 0xffffffff,
                  .position = 1 << 26,
                  .domain_bits = 26,
                  .newest_link_id = (schemas::Id{1} << 48) - 1};
  EXPECT_EQ(FromToken(ToToken(walk)), walk);
  EXPECT_EQ(FromToken(ToToken(Walk{})), Walk{});
  for (const char c : ToToken(walk)) {
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_');
  }
}

TEST(Token, IsRefusedAfterAnyChangeOfACharacter) {
  const auto token = ToToken(
      {.seed = 1234567, .round = 3, .position = 5, .domain_bits = 9, .newest_link_id = 1000});
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_=+/ %")) {
      auto changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_FALSE(FromToken(changed)) << changed;
    }
  }
}

TEST(Token, IsRefusedIfItIsNonsense) {
  const auto token = ToToken({.seed = 1, .domain_bits = 9});
  EXPECT_FALSE(FromToken(""));
  EXPECT_FALSE(FromToken("abc"));
  EXPECT_FALSE(FromToken(token + "A"));
  EXPECT_FALSE(FromToken(token.substr(1)));
  EXPECT_FALSE(FromToken(std::string(token.size(), 'A')));
  // Well formed, but beyond what a walk can be.
  EXPECT_FALSE(FromToken(ToToken({.position = 3, .domain_bits = 1})));
  EXPECT_FALSE(FromToken(ToToken({.domain_bits = 27})));
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i) {
    std::string nonsense(token.size(), 'A');
    for (auto& c : nonsense) c = static_cast<char>('A' + random() % 26);
    EXPECT_FALSE(FromToken(nonsense));
  }
}

// Tokens that clients hold today must mean the same tomorrow.
TEST(Token, StandsAsItsHeaderDrawsIt) {
  const Walk walk{.seed = 0x0807060504030201,
                  .round = 0x12111009,
                  .position = 0x00141312,
                  .domain_bits = 25,
                  .newest_link_id = 0x262524232221};
  EXPECT_EQ(ToToken(walk), "ARkBAgMEBQYHCCEiIyQlJgkQERISExQAr6t_Xg");
}

}  // namespace
}  // namespace saunter::api::walk
