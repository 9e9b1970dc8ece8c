#include "api/routes/listings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/api/index/filter_fixture.h"

namespace saunter::api::routes {
namespace {

TEST(AtomFeed, EscapesAndStaysWithinItsBytes) {
  std::vector<schemas::Link> links;
  for (int i = 0; i < 50; ++i) {
    auto& link = links.emplace_back();
    link.url = "https://a.example/?a=1&b=" + std::to_string(i);
    link.title = "<b>\"x\" & \x01\xff</b>";
    link.site = "a.example";
  }
  const auto feed = AtomFeed(links, {.id = "urn:a", .self = "/a"}, 4096);
  EXPECT_LE(feed.size(), 4096U);
  EXPECT_THAT(feed, testing::EndsWith("</feed>\n"));
  EXPECT_THAT(feed, testing::HasSubstr("href=\"https://a.example/?a=1&amp;b=0\""));
  EXPECT_THAT(feed, testing::Not(testing::HasSubstr("<b>")));
  EXPECT_THAT(feed, testing::Not(testing::HasSubstr("\x01")));
}

using index::FilterTest;

TEST_F(FilterTest, ListsCategoriesAndLanguagesWithCounts) {
  using nlohmann::json;
  const auto categories = json::parse(ListCategories(*index_, 65536));
  EXPECT_EQ(categories["total"], 3);
  EXPECT_EQ(categories["categories"][0], json({{"name", "food"}, {"links", 2}, {"sites", 1}}));
  EXPECT_EQ(categories["categories"][1], json({{"name", "linux"}, {"links", 2}, {"sites", 2}}));
  const auto languages = json::parse(ListLanguages(*index_, 65536));
  EXPECT_EQ(languages["total"], 5);
  // What does not fit is left away and still counted.
  const auto cut = json::parse(ListCategories(*index_, 150));
  EXPECT_EQ(cut["total"], 3);
  EXPECT_LT(cut["categories"].size(), 3U);
}

}  // namespace
}  // namespace saunter::api::routes
