#include "api/routes/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace saunter::api {
namespace {

using nlohmann::json;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(AppendJsonString, ReadsBackAsItWasForEveryByteBelow128) {
  std::string text;
  for (int c = 0; c < 128; ++c) text.push_back(static_cast<char>(c));
  EXPECT_EQ(json::parse(Quoted(text)).get<std::string>(), text);
}

TEST(AppendJsonString, LeavesUtf8AsItIs) {
  const std::string text = "Käse 小众软件 😀 \u2028";
  EXPECT_EQ(Quoted(text), "\"" + text + "\"");
  EXPECT_EQ(json::parse(Quoted(text)).get<std::string>(), text);
}

TEST(AppendJsonString, PutsReplacementCharactersForBytesThatAreNotUtf8) {  // RFC 3629
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(Quoted("a\xff"), "\"a" + replaced + "\"");
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"" + replaced + replaced + "\"");                 // overlong
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"" + replaced + replaced + replaced + "\"");  // surrogate
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), "\"" + replaced + replaced + replaced + replaced + "\"");
  EXPECT_EQ(Quoted("\xe5\xb0"), "\"" + replaced + replaced + "\"");  // cut off
}

TEST(AppendJsonString, GivesValidJsonForRandomBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 12, '\0');
    for (auto& c : text) c = static_cast<char>(random());
    const auto quoted = Quoted(text);
    ASSERT_TRUE(json::accept(quoted)) << quoted;
    if (IsUtf8(text)) {
      EXPECT_EQ(json::parse(quoted).get<std::string>(), text);
    }
  }
}

TEST(AppendLink, HasTheKeysOfTheContract) {
  const schemas::Link link{.link_id = 7,
                           .url = "https://a.example/\"x\"",
                           .title = "T\n",
                           .site = "a.example",
                           .author = "",
                           .published_at = 123,
                           .updated_at = {},
                           .first_seen_at = 99,
                           .language = "en",
                           .summary = "S",
                           .categories = {"food", "b\"c"}};
  std::string text;
  AppendLink(text, link, *Topics::BuiltIn(), Topics::BuiltIn()->Of("food"));
  EXPECT_EQ(json::parse(text), json({{"id", 7},
                                     {"url", "https://a.example/\"x\""},
                                     {"title", "T\n"},
                                     {"site", "a.example"},
                                     {"author", nullptr},
                                     {"published_at", 123},
                                     {"language", "en"},
                                     {"categories", {"food", "b\"c"}},
                                     {"topics", {"food"}}}));
  text.clear();
  AppendWholeLink(text, link, *Topics::BuiltIn(), 0);
  const auto whole = json::parse(text);
  EXPECT_EQ(whole["topics"], json::array());
  EXPECT_EQ(whole["summary"], "S");
  EXPECT_EQ(whole["first_seen_at"], 99);
  EXPECT_TRUE(whole["updated_at"].is_null());
}

TEST(AppendSite, SaysTheShareOfDeadLinksAmongThoseWithEvidence) {
  const auto share = [](std::int64_t alive, std::int64_t doubtful, std::int64_t dead) {
    schemas::Site site;
    site.tally.links_unchecked = 100;
    site.tally.links_unknown = 100;
    site.tally.links_alive = alive;
    site.tally.links_doubtful = doubtful;
    site.tally.links_dead = dead;
    std::string text;
    AppendSite(text, site);
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
  AppendStats(text, stats);
  EXPECT_TRUE(json::parse(text)["crawler"].is_null());
  stats.crawler.emplace().problem = "no \"network\"";
  text.clear();
  AppendStats(text, stats);
  EXPECT_EQ(json::parse(text)["crawler"]["problem"], "no \"network\"");
  EXPECT_EQ(json::parse(text)["links"], 5);
}

}  // namespace
}  // namespace saunter::api
