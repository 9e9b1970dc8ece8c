#include "crawler/cli/since.h"

#include <gtest/gtest.h>

namespace saunter::crawler::cli {
namespace {

constexpr schemas::UnixSeconds kSinceNow = 1700000000;

TEST(ParseSince, TakesAges) {
  EXPECT_EQ(ParseSince("12h", kSinceNow), kSinceNow - 12 * 3600);
  EXPECT_EQ(ParseSince("30d", kSinceNow), kSinceNow - 30 * 86400);
  EXPECT_EQ(ParseSince("6w", kSinceNow), kSinceNow - 42 * 86400);
  EXPECT_EQ(ParseSince("1y", kSinceNow), kSinceNow - 365 * 86400);
  EXPECT_EQ(ParseSince("0d", kSinceNow), kSinceNow);
}

TEST(ParseSince, TakesDatesInUtc) {
  EXPECT_EQ(ParseSince("1970-01-02", kSinceNow), 86400);
  EXPECT_EQ(ParseSince("2026-01-31", kSinceNow), 1769817600);
  EXPECT_EQ(ParseSince("2024-02-29", kSinceNow), 1709164800);
}

TEST(ParseSince, RefusesAllElse) {
  for (const auto* text : {"", "d", "30", "30x", "30 d", "-3d", "+3d", "3.5d", "100001d",
                           "99999999999999999999d", "2026-02-30", "2026-13-01", "2026-1-31",
                           "2026/01/31", "26-01-31", "2026-01-31T00:00Z", "yesterday"}) {
    EXPECT_EQ(ParseSince(text, kSinceNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace saunter::crawler::cli
