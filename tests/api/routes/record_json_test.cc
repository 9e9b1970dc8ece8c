#include "api/routes/record_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace saunter::api::routes {
namespace {

using nlohmann::json;

TEST(AppendLink, HasTheKeysOfTheContract) {
  const schemas::Link link{.link_id = 7,
                           .url = "https://a.example/\"x\"",
                           .title = "T\n",
                           .site = "a.example",
                           .site_title = "A \"house\"",
                           .feed_url = "https://a.example/feed.xml",
                           .author = "",
                           .published_at = 123,
                           .updated_at = {},
                           .first_seen_at = 99,
                           .language = "en",
                           .summary = "S",
                           .categories = {"food", "b\"c"}};
  std::string text;
  const auto& list = *schemas::topics::Topics::BuiltIn();
  AppendLink(text, link, {list, list.Of("food")}, kLinkFields);
  EXPECT_EQ(json::parse(text), json({{"id", 7},
                                     {"url", "https://a.example/\"x\""},
                                     {"title", "T\n"},
                                     {"site", "a.example"},
                                     {"site_title", "A \"house\""},
                                     {"feed_url", "https://a.example/feed.xml"},
                                     {"author", nullptr},
                                     {"published_at", 123},
                                     {"language", "en"},
                                     {"categories", {"food", "b\"c"}},
                                     {"topics", {"food"}},
                                     {"summary", "S"}}));
  text.clear();
  AppendLink(text, link, {list}, kWholeLinkFields);
  const auto whole = json::parse(text);
  EXPECT_EQ(whole["topics"], json::array());
  EXPECT_EQ(whole["summary"], "S");
  EXPECT_EQ(whole["first_seen_at"], 99);
  EXPECT_TRUE(whole["updated_at"].is_null());
}

TEST(AppendLink, HasTheFieldsThatAreAskedForAndNullForWhatIsNotKnown) {
  auto fields = kWholeLinkFields;
  ASSERT_FALSE(ReadLinkFields("summary,id,site_title,feed_url,id", fields));
  std::string text;
  schemas::Link link;
  link.link_id = 7;
  AppendLink(text, link, {*schemas::topics::Topics::BuiltIn()}, fields);
  EXPECT_EQ(text, R"({"id":7,"site_title":null,"feed_url":null,"summary":null})");
}

TEST(LinkFields, AreReadByTheirNamesAndNoOthers) {
  for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(LinkField::kFirstSeenAt); ++i) {
    const auto field = static_cast<LinkField>(i);
    auto fields = kWholeLinkFields;
    ASSERT_FALSE(ReadLinkFields(ToString(field), fields)) << ToString(field);
    LinkFields one;
    one.Add(field);
    EXPECT_EQ(fields, one) << ToString(field);
  }
  for (const auto* text : {"", ",", "id,", ",id", "id,,url", "ID", " id", "url ", "link_id", "x"}) {
    auto fields = kWholeLinkFields;
    EXPECT_TRUE(ReadLinkFields(text, fields)) << text;
  }
  auto fields = kLinkFields;
  EXPECT_TRUE(ReadLinkFields("id,first_seen_at", fields)) << "of a link alone";
}

TEST(AppendSite, SaysTheShareOfDeadLinksAmongThoseWithEvidence) {
  const auto share = [](std::int64_t alive, std::int64_t doubtful, std::int64_t dead) {
    schemas::Site site;
    site.links_unchecked = 100;
    site.links_unknown = 100;
    site.links_alive = alive;
    site.links_doubtful = doubtful;
    site.links_dead = dead;
    std::string text;
    AppendSite(text, site, {}, 4096);
    return json::parse(text)["dead_share"];
  };
  EXPECT_TRUE(share(0, 0, 0).is_null());
  EXPECT_DOUBLE_EQ(share(1, 0, 1).get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(share(1, 1, 1).get<double>(), 0.333);
  EXPECT_DOUBLE_EQ(share(99, 0, 1).get<double>(), 0.01);
  EXPECT_DOUBLE_EQ(share(0, 0, 9).get<double>(), 1.0);
  EXPECT_DOUBLE_EQ(share(9, 0, 0).get<double>(), 0.0);
}

TEST(AppendStats, HasTheCrawlersWordsOrNull) {
  schemas::Stats stats;
  stats.links = 5;
  std::string text;
  AppendStats(text, stats, 3);
  EXPECT_TRUE(json::parse(text)["crawler"].is_null());
  stats.crawler.emplace().problem = "no \"network\"";
  text.clear();
  AppendStats(text, stats, 3);
  EXPECT_EQ(json::parse(text)["crawler"]["problem"], "no \"network\"");
  EXPECT_EQ(json::parse(text)["links"], 5);
  EXPECT_EQ(json::parse(text)["sources"], 3);
}

}  // namespace
}  // namespace saunter::api::routes
