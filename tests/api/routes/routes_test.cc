#include "api/routes/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST_F(RoutesTest, NamesTheCategoriesOfEachLinkInAWalkAndAlone) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .categories = {"b", "a"}},
                                    {.url = "https://a.example/2"},
                                    {.url = "https://a.example/3", .categories = {"c", "a"}}});
  // Found after the first index was built, with a word that it did not know.
  ASSERT_EQ(AskJson("/v1/random?count=10")["links"].size(), 3U);
  Database().AddPosts("b.example", {{.url = "https://b.example/4", .categories = {"d", "b"}}});
  std::map<std::string, json> expected = {{"https://a.example/1", {"b", "a"}},
                                          {"https://a.example/2", json::array()},
                                          {"https://a.example/3", {"a", "c"}},
                                          {"https://b.example/4", {"b", "d"}}};
  const auto answer = AskJson("/v1/random?count=10");
  for (const auto& link : answer["links"]) {
    const auto url = link["url"].get<std::string>();
    EXPECT_EQ(link["categories"], expected.at(url)) << url;
    const auto alone = AskJson("/v1/links/" + link["id"].dump());
    EXPECT_EQ(alone["categories"], expected.at(url)) << url;
    expected.erase(url);
  }
  EXPECT_TRUE(expected.empty());
}

TEST_F(RoutesTest, AnswersWithALinkAndAWalk) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1",
                                     .title = "Ein \"Titel\"",
                                     .language = "de",
                                     .categories = {"food"},
                                     .published_at = kTestNow - 100}});
  const auto answer = AskJson("/v1/random");
  ASSERT_EQ(answer["links"].size(), 1U);
  const auto& link = answer["links"][0];
  EXPECT_EQ(link["url"], "https://a.example/1");
  EXPECT_EQ(link["title"], "Ein \"Titel\"");
  EXPECT_EQ(link["site"], "a.example");
  EXPECT_EQ(link["language"], "de");
  EXPECT_EQ(link["categories"], json({"food"}));
  EXPECT_EQ(link["published_at"], kTestNow - 100);
  EXPECT_TRUE(answer["walk"].is_string());
  EXPECT_EQ(answer["walk_complete"], true);
}

TEST_F(RoutesTest, SaysWhoWroteALinkAndHowItBeginsOrTheFieldsThatAreAskedFor) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .summary = "It began so."}});
  auto link = AskJson("/v1/random")["links"][0];
  EXPECT_EQ(link.erase("receipt"), 1U);
  EXPECT_EQ(link["site_title"], "a.example");
  EXPECT_EQ(link["feed_url"], "https://a.example/feed.xml");
  EXPECT_EQ(link["summary"], "It began so.");
  auto alone = AskJson("/v1/links/" + link["id"].dump());
  EXPECT_EQ(alone.erase("updated_at"), 1U);
  EXPECT_EQ(alone.erase("first_seen_at"), 1U);
  EXPECT_EQ(alone, link);

  const json some = {{"url", "https://a.example/1"}, {"summary", "It began so."}};
  EXPECT_EQ(AskJson("/v1/random?fields=summary,url")["links"][0], some);
  EXPECT_EQ(AskJson("/v1/links/" + link["id"].dump() + "?fields=url%2Csummary"), some);
  EXPECT_EQ(Ask("/random?fields=url").status, 302);
  EXPECT_EQ(Ask("/v1/random?fields=url", ForText()).body, "https://a.example/1\n");
  for (const auto* wrong : {"fields=", "fields=url,", "fields=nothing", "fields=url&fields=id",
                            "fields=first_seen_at", "summary=1"}) {
    EXPECT_EQ(Ask(std::string("/v1/random?") + wrong).status, 400) << wrong;
  }
  EXPECT_THAT(AskJson("/v1/links/1?fields=nothing", 400)["detail"].get<std::string>(),
              HasSubstr("first_seen_at"));
  EXPECT_EQ(Ask("/v1/links/1?count=1").status, 400);
}

TEST_F(RoutesTest, WalksThroughAllLinksAndThenBeginsAnew) {
  for (int i = 0; i < 8; ++i) Database().AddSite("s" + std::to_string(i) + ".example", i + 1);
  std::set<std::string> seen;
  std::string walk;
  for (int step = 0; step < 100; ++step) {
    const auto answer = AskJson("/v1/random?count=5" + (walk.empty() ? "" : "&walk=" + walk));
    for (const auto& link : answer["links"]) {
      EXPECT_TRUE(seen.insert(link["url"]).second) << link["url"];
    }
    walk = answer["walk"];
    if (answer["walk_complete"] == true) break;
    EXPECT_EQ(answer["links"].size(), 5U);
  }
  EXPECT_EQ(seen.size(), 36U);
  const auto anew = AskJson("/v1/random?count=5&walk=" + walk);
  EXPECT_EQ(anew["links"].size(), 5U);
  EXPECT_EQ(anew["walk_complete"], false);
  EXPECT_EQ(Ask("/random?walk=" + walk).status, 302);
}

TEST_F(RoutesTest, BeginsANewWalkForATokenOfTheOlderForm) {
  Database().AddSite("a.example", 3);
  const std::string older = "ARkBAgMEBQYHCCEiIyQlJgkQERISExQAr6t_Xg";
  const auto answer = AskJson("/v1/random?walk=" + older);
  EXPECT_EQ(answer["links"].size(), 1U);
  EXPECT_NE(answer["walk"], older);
  EXPECT_EQ(Ask("/random?walk=" + older).status, 302);
  EXPECT_EQ(Ask("/v1/random?walk=" + older.substr(1) + "A").status, 400);
}

TEST_F(RoutesTest, GivesOneUrlALineToThoseWhoPreferText) {
  Database().AddSite("a.example", 3);
  const auto answer = Ask("/v1/random?count=3", ForText());
  EXPECT_EQ(answer.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(std::count(answer.body.begin(), answer.body.end(), '\n'), 3);
  EXPECT_THAT(answer.body, HasSubstr("https://a.example/1\n"));
  EXPECT_THAT(answer.headers, HasSubstr("X-Walk: "));
  EXPECT_THAT(answer.headers, HasSubstr("Vary: Accept\r\n"));
}

TEST_F(RoutesTest, FiltersByEveryParameter) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1",
                                     .language = "en-GB",
                                     .categories = {"food"},
                                     .published_at = kTestNow - 5 * 86400},
                                    {.url = "https://a.example/2", .categories = {"linux"}}});
  Database().AddSite("b.example", 2);
  const auto urls = [&](const std::string& query) {
    std::set<std::string> found;
    const auto answer = Ask("/v1/random?count=50&" + query);
    if (answer.status == 404) return found;
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto parsed = json::parse(answer.body);
    for (const auto& link : parsed["links"]) found.insert(link["url"]);
    return found;
  };
  const std::set<std::string> first = {"https://a.example/1"};
  EXPECT_EQ(urls("category=food"), first);
  EXPECT_EQ(urls("language=en"), first);
  EXPECT_EQ(urls("max_age_days=6"), first);
  EXPECT_EQ(urls("max_age_days=4"), std::set<std::string>());
  EXPECT_EQ(urls("site=a.example&not_category=linux"), first);
  EXPECT_EQ(urls("site=WWW.B.example").size(), 2U);
  EXPECT_EQ(urls("site=nowhere.example"), std::set<std::string>());
  EXPECT_EQ(urls("category=nowhere"), std::set<std::string>());
  EXPECT_EQ(urls("category=food,linux").size(), 2U);
}

TEST_F(RoutesTest, LeavesOutTheSitesThatAReaderDoesNotWant) {
  for (const auto* site : {"a.example", "b.example", "c.example", "tilde.example/~ann"}) {
    Database().AddSite(site, 4);
  }
  const auto sites = [&](const std::string& parameters) {
    std::set<std::string> seen;
    std::size_t links = 0;
    std::string walk;
    for (int step = 0; step < 20; ++step) {
      const auto answer =
          AskJson("/v1/random?count=3&" + parameters + (walk.empty() ? "" : "&walk=" + walk));
      for (const auto& link : answer["links"]) seen.insert(link["site"]);
      links += answer["links"].size();
      walk = answer["walk"];
      if (answer["walk_complete"] == true) break;
    }
    EXPECT_EQ(links, seen.size() * 4) << parameters;
    return seen;
  };
  using Sites = std::set<std::string>;
  EXPECT_EQ(sites("not_site=a.example"), (Sites{"b.example", "c.example", "tilde.example/~ann"}));
  EXPECT_EQ(sites("not_site=WWW.A.example,nowhere.example,tilde.example/~ann/,b.example"),
            (Sites{"c.example"}));
  EXPECT_EQ(sites("not_site=tilde.example").size(), 4U) << "another site than its tenant";
  const std::string all = "not_site=a.example,b.example,c.example,tilde.example/~ann";
  EXPECT_EQ(Ask("/v1/random?" + all).status, 404);
  EXPECT_EQ(Ask("/random?" + all).status, 404);
  EXPECT_EQ(Ask("/v1/random?site=a.example&not_site=a.example").status, 404);
  const auto text = Ask("/v1/random?count=50&not_site=a.example,b.example,c.example", ForText());
  EXPECT_EQ(std::count(text.body.begin(), text.body.end(), '\n'), 4);
  EXPECT_THAT(text.headers, HasSubstr("X-Walk-Complete: true"));
  EXPECT_THAT(Ask("/random?not_site=a.example,b.example,tilde.example/~ann").headers,
              HasSubstr("Location: https://c.example/"));

  std::string many = "not_site=a.example";
  for (int i = 1; i < 50; ++i) many += ",s" + std::to_string(i) + ".example";
  EXPECT_EQ(Ask("/v1/random?" + many).status, 200);
  EXPECT_EQ(Ask("/v1/random?" + many + ",one.example").status, 400);
  for (const auto* wrong : {"", ",", "a.example,", "a.example,,b.example", "a.example."}) {
    EXPECT_EQ(Ask(std::string("/v1/random?not_site=") + wrong).status, 400) << wrong;
  }
}

TEST_F(RoutesTest, EndsAWalkWhereOnlySitesAreLeftThatAReaderDoesNotWant) {
  Database().AddSite("large.example", 200);
  Database().AddSite("small.example", 2);
  const auto first = AskJson("/v1/random?count=1&not_site=large.example");
  EXPECT_EQ(first["links"][0]["site"], "small.example");
  EXPECT_EQ(first["walk_complete"], false);
  const auto walk = [](const json& answer) { return answer["walk"].get<std::string>(); };
  const auto second = AskJson("/v1/random?count=9&not_site=large.example&walk=" + walk(first));
  EXPECT_EQ(second["links"].size(), 1U);
  EXPECT_EQ(second["walk_complete"], true);
  // What it began anew with is wanted too, and so is what comes once the site is.
  const auto anew = AskJson("/v1/random?count=1&not_site=large.example&walk=" + walk(second));
  EXPECT_EQ(anew["links"][0]["site"], "small.example");
  EXPECT_EQ(AskJson("/v1/random?count=50&walk=" + walk(anew))["links"].size(), 50U);
}

TEST_F(RoutesTest, TakesFairAsStrictOrNotAtAll) {
  Database().AddSite("a.example", 3);
  EXPECT_EQ(AskJson("/v1/random?count=3&fair=strict")["links"].size(), 3U);
  EXPECT_EQ(Ask("/v1/random?fair=weighted").status, 400);
  EXPECT_EQ(Ask("/v1/random?fair=").status, 400);
}

TEST_F(RoutesTest, FollowsWhatReadersVotedUnlessToldNotTo) {
  Database().AddSite("liked.example", 40);
  Database().AddSite("other.example", 40);
  const auto asked = [&](const std::string& parameters) {
    const auto answer = AskJson("/v1/random?" + parameters);
    std::map<std::string, int> sites;
    for (const auto& link : answer["links"]) ++sites[link["site"]];
    return std::pair(sites, answer["walk"].get<std::string>());
  };
  using Sites = std::map<std::string, int>;
  const Sites once = {{"liked.example", 5}, {"other.example", 5}};
  const auto [before, old_walk] = asked("count=10");
  EXPECT_EQ(before, once);

  schemas::WriteBatch batch;
  const auto voted = Database().Pool().front();
  for (std::uint64_t network = 1; network <= 3000; ++network) {
    batch.feedback.push_back({.link_id = voted.link_id,
                              .source_id = voted.source_id,
                              .given_at = kTestNow,
                              .nonce = network,
                              .network = network,
                              .said = schemas::Vote{schemas::VoteValue::kUp}});
  }
  Database().ApplyAt(kTestNow, batch);
  EXPECT_EQ(asked("count=10").first, once) << "the week is not over";
  Database().ApplyAt(kTestNow + 7 * 86400, {});
  const auto [after, walk] = asked("count=9");
  EXPECT_EQ(after, (Sites{{"liked.example", 6}, {"other.example", 3}}));
  EXPECT_EQ(asked("count=10&walk=" + old_walk).first, once) << "as it began";
  EXPECT_EQ(asked("count=10&fair=strict").first, once);
  EXPECT_EQ(asked("count=10&fair=strict&walk=" + walk).first, once);

  // The next week another step; a walk keeps its own.
  Database().ApplyAt(kTestNow + 14 * 86400, {});
  EXPECT_EQ(asked("count=8").first, (Sites{{"liked.example", 6}, {"other.example", 2}}));
  EXPECT_EQ(asked("count=9&walk=" + walk).first, after);
  settings_.api.weights = false;
  EXPECT_EQ(asked("count=10").first, once);
  EXPECT_EQ(asked("count=10&walk=" + walk).first, once);
}

TEST_F(RoutesTest, RedirectsToALinkOfTheDatabase) {
  Database().AddSite("a.example", 1);
  const auto answer = Ask("/random");
  EXPECT_EQ(answer.status, 302);
  EXPECT_THAT(answer.headers, HasSubstr("Location: https://a.example/0\r\n"));
  EXPECT_EQ(answer.cache_control, "no-store");
  EXPECT_EQ(Ask("/random?count=2").status, 400);
  EXPECT_EQ(Ask("/random?url=https%3A%2F%2Fevil.example").status, 400);
}

TEST_F(RoutesTest, NeverPutsAUrlIntoAHeaderThatCouldEndIt) {
  for (const auto* url : {"https://a.example/\r\nSet-Cookie: x", "https://a.example/\t",
                          "https://a.example/é", "javascript:alert(1)", "https://a.example/ b"}) {
    Database().AddPosts("a.example", {{.url = url}});
  }
  EXPECT_EQ(Ask("/random").status, 404);
  EXPECT_EQ(Ask("/v1/random?count=5", ForText()).status, 404);
  EXPECT_EQ(AskJson("/v1/random?count=5")["links"].size(), 5U);
  Database().AddPosts("a.example", {{.url = "https://a.example/good"}});
  EXPECT_THAT(Ask("/random").headers, HasSubstr("Location: https://a.example/good\r\n"));
}

TEST_F(RoutesTest, ShowsLinksSitesAndCounts) {
  Database().AddPosts("a.example",
                      {{.url = "https://a.example/1", .language = "en", .categories = {"food"}}});
  const auto id = AskJson("/v1/random")["links"][0]["id"].get<std::int64_t>();
  EXPECT_EQ(AskJson("/v1/links/" + std::to_string(id))["url"], "https://a.example/1");
  EXPECT_EQ(AskJson("/v1/links/999999", 404)["status"], 404);
  for (const auto* bad : {"/v1/links/", "/v1/links/x", "/v1/links/-1", "/v1/links/0",
                          "/v1/links/1/2", "/v1/links/99999999999999999999"}) {
    EXPECT_EQ(Ask(bad).status, 400) << bad;
  }
  EXPECT_EQ(AskJson("/v1/sites/A.example")["links_in_pool"], 1);
  EXPECT_EQ(AskJson("/v1/sites/a%2eexample")["host"], "a.example");
  EXPECT_EQ(Ask("/v1/sites/nowhere.example").status, 404);
  EXPECT_EQ(Ask("/v1/sites/").status, 400);
  EXPECT_EQ(Ask("/v1/sites/%zz").status, 400);
  EXPECT_EQ(AskJson("/v1/stats")["links_in_pool"], 1);
  EXPECT_EQ(AskJson("/v1/stats")["sources"], 1);
  EXPECT_EQ(AskJson("/readyz")["sources"], 1);
  EXPECT_EQ(AskJson("/v1/categories")["categories"][0]["name"], "food");
  EXPECT_EQ(AskJson("/v1/languages")["languages"][0]["language"], "en");
  EXPECT_THAT(Ask("/v1/recent.atom").body, HasSubstr("https://a.example/1"));
}

TEST_F(RoutesTest, RefusesWhatIsNotThere) {
  Database().AddSite("a.example", 1);
  for (const auto* path : {"/v1", "/v1/", "/v1/random/", "/../../etc/passwd", "/index.html",
                           "/%2e%2e/", "/v1/random%00", "*"}) {
    const auto answer = Ask(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(json::parse(answer.body)["status"], 404);
  }
  EXPECT_EQ(Ask("/v1/stats?x=1").status, 400);
  EXPECT_EQ(Ask("/healthz?x=1").status, 400);
}

TEST_F(RoutesTest, AnswersOptionsAndRefusesOtherMethods) {
  const auto options = Ask("/v1/random", By(http::Method::kOptions));
  EXPECT_EQ(options.status, 204);
  EXPECT_THAT(options.headers, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  const auto refused = Ask("/v1/random", By(http::Method::kOther));
  EXPECT_EQ(refused.status, 405);
  EXPECT_THAT(refused.headers, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
}

TEST_F(RoutesTest, KeepsAnswersWithinTheirBytesAndSaysWhereTheWalkStands) {
  settings_.api.max_response_bytes = 4096;
  std::vector<Post> posts;
  posts.reserve(30);
  for (int i = 0; i < 30; ++i) {
    posts.push_back(
        {.url = "https://a.example/" + std::to_string(i), .title = std::string(500, 'x')});
  }
  Database().AddPosts("a.example", posts);
  std::set<std::string> seen;
  std::string walk;
  for (int step = 0; step < 30 && seen.size() < 30; ++step) {
    const auto answer = Ask("/v1/random?count=20" + (walk.empty() ? "" : "&walk=" + walk));
    EXPECT_LE(answer.body.size(), 4096U);
    const auto parsed = json::parse(answer.body);
    for (const auto& link : parsed["links"]) EXPECT_TRUE(seen.insert(link["url"]).second);
    walk = parsed["walk"];
    EXPECT_EQ(parsed["walk_complete"], seen.size() == 30);
  }
  EXPECT_EQ(seen.size(), 30U);
}

TEST_F(RoutesTest, SaysWhyThereIsNoLinkYet) {
  const auto apply = [&](const schemas::CrawlerStatus& status) {
    schemas::WriteBatch batch;
    batch.status = status;
    Database().Apply(batch);
  };
  const auto reason = [&] {
    const auto answer = Ask("/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers, "Retry-After: 5\r\n");
    EXPECT_EQ(Ask("/v1/random").body, answer.body);
    EXPECT_EQ(Ask("/healthz").status, 200);
    return json::parse(answer.body)["reason"].get<std::string>();
  };
  EXPECT_EQ(reason(), "missing");
  Database();
  EXPECT_EQ(reason(), "no_feeds");
  Database().AddFeedOnly("a.example");
  EXPECT_EQ(reason(), "never_crawled");
  schemas::CrawlerStatus status;
  status.version = "1";
  status.started_at = status.reported_at = kTestNow;
  apply(status);
  EXPECT_EQ(reason(), "first_round");
  status.problem = "No name can be resolved; check /etc/resolv.conf.";
  apply(status);
  EXPECT_EQ(reason(), "crawler_problem");
  EXPECT_THAT(Ask("/readyz").body, HasSubstr("check /etc/resolv.conf"));
  status.problem.clear();
  status.outage_at = kTestNow;
  apply(status);
  EXPECT_EQ(reason(), "outage");
  status.outage_at.reset();
  status.stopped_at = kTestNow;
  apply(status);
  EXPECT_EQ(reason(), "crawler_stopped");
  status.stopped_at.reset();
  apply(status);
  Database().AddPosts("a.example", {});
  EXPECT_EQ(reason(), "no_link_yet");
  Database().AddSite("a.example", 1);
  EXPECT_EQ(AskJson("/readyz")["links"], 1);
}

TEST_F(RoutesTest, LosesABlacklistedSiteWithTheNextStep) {
  Database().AddSite("a.example", 20);
  Database().AddSite("b.example", 1);
  EXPECT_EQ(AskJson("/v1/random?count=50")["links"].size(), 21U);
  Database().BlacklistSite("a.example");
  const auto left = AskJson("/v1/random?count=50")["links"];
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0]["site"], "b.example");
  EXPECT_EQ(AskJson("/v1/sites/a.example")["blacklisted"], true);
}

TEST_F(RoutesTest, PassesOverALinkThatLeftThePoolSinceTheIndexWasBuilt) {
  Database().AddSite("a.example", 20);
  Database().AddSite("b.example", 1);
  Ask("/v1/random");
  Database().BlacklistSite("a.example");
  // No step of the follower in between.
  http::Request request;
  request.path = "/v1/random";
  request.query = "count=50";
  const auto answer = Answer(request);
  const auto links = json::parse(answer.body)["links"];
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0]["site"], "b.example");
}

TEST_F(RoutesTest, UnderstandsFeedsWordsAsTopicsInAnyLanguage) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .categories = {"Rezepte"}},
                                    {.url = "https://a.example/2", .categories = {"编程"}},
                                    {.url = "https://a.example/3", .categories = {"Linux"}},
                                    {.url = "https://a.example/4"}});
  const auto urls = [&](const std::string& query) {
    std::set<std::string> found;
    const auto parsed = AskJson("/v1/random?count=50&" + query);
    for (const auto& link : parsed["links"])
      found.insert(link["url"].get<std::string>().substr(18));
    return found;
  };
  EXPECT_EQ(urls("category=food"), std::set<std::string>({"1"}));
  EXPECT_EQ(urls("category=programming"), std::set<std::string>({"2"}));
  EXPECT_EQ(urls("category=Technology"), std::set<std::string>({"2", "3"}));
  EXPECT_EQ(urls("not_category=technology"), std::set<std::string>({"1", "4"}));
  EXPECT_EQ(urls("category=Linux"), std::set<std::string>({"3"}));
  EXPECT_EQ(AskJson("/v1/random?category=food")["links"][0]["topics"], json({"food"}));
  EXPECT_EQ(AskJson("/v1/random?category=food")["links"][0]["categories"], json({"Rezepte"}));
  const auto listed = AskJson("/v1/categories");
  for (const auto& topic : listed["topics"]) {
    EXPECT_EQ(topic["links"], topic["name"] == "food" || topic["name"] == "programming" ||
                                      topic["name"] == "systems"
                                  ? 1
                                  : 0)
        << topic;
  }
}

TEST_F(RoutesTest, LetsTheOperatorsCategoryWin) {
  const auto add = [&](const std::string& category) {
    schemas::WriteBatch batch;
    batch.changes.emplace_back(schemas::AddFeed{.url = "https://a.example/feed.xml",
                                                .host = "a.example",
                                                .registrable_domain = "a.example",
                                                .title = "A",
                                                .site_url = {},
                                                .category = category,
                                                .added_at = kTestNow,
                                                .next_check_at = kTestNow});
    Database().Apply(batch);
  };
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .categories = {"food"}}});
  EXPECT_EQ(Ask("/v1/random?category=food").status, 200);
  add("Voyages");  // for a feed that has none yet, long after its posts
  EXPECT_EQ(Ask("/v1/random?category=food").status, 404);
  EXPECT_EQ(AskJson("/v1/random?category=travel")["links"][0]["topics"], json({"travel"}));
  EXPECT_EQ(AskJson("/v1/links/1")["topics"], json({"travel"}));
  Database().AddPosts("a.example", {{.url = "https://a.example/2", .categories = {"linux"}}});
  EXPECT_EQ(AskJson("/v1/random?count=2&category=travel")["links"].size(), 2U);
}

TEST_F(RoutesTest, TakesAnEditedListOfTopicsAndKeepsTheOldOneIfItIsBroken) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .categories = {"gouda"}}});
  EXPECT_EQ(Ask("/v1/random?category=cheese").status, 404);
  const auto write = [&](const std::string& text) {
    std::ofstream(folder_.File("new.txt")) << text;
    std::filesystem::rename(folder_.File("new.txt"), folder_.File("topics.txt"));
  };
  write("[cheese] Cheese\ngouda, brie\n");
  EXPECT_EQ(Ask("/v1/random?category=cheese").status, 200);
  EXPECT_EQ(AskJson("/v1/categories")["topics"].size(), 1U);
  write("[wine] Wine\ngouda\n[wine]\n");
  EXPECT_EQ(Ask("/v1/random?category=cheese").status, 200);
  EXPECT_THAT(AskJson("/v1/status")["topics_problem"].get<std::string>(),
              HasSubstr("topics.txt:3: the topic \"wine\" stands twice"));
  EXPECT_THAT(Ask("/metrics").body, HasSubstr("saunter_api_topics_broken 1"));
}

TEST_F(RoutesTest, KnowsCategoriesBehindThousandsOfLinksWithoutAny) {
  Database().AddSite("a.example", 5000);
  Database().AddPosts("b.example", {{.url = "https://b.example/1", .categories = {"food"}}});
  EXPECT_EQ(Ask("/v1/random?category=food").status, 200);
}

TEST_F(RoutesTest, CountsWhatItAnswered) {
  Database().AddSite("a.example", 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask("/v1/random").status, 200);
  EXPECT_EQ(Ask("/v1/random?x=1").status, 400);
  const auto metrics = Ask("/metrics");
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (const auto* line :
       {"saunter_api_requests_total{route=\"/v1/random\",status=\"200\"} 3\n",
        "saunter_api_requests_total{route=\"/v1/random\",status=\"400\"} 1\n",
        "saunter_api_request_duration_seconds_count{route=\"/v1/random\"} 4\n",
        "saunter_api_request_duration_seconds_bucket{route=\"/v1/random\",le=\"5\"} 4\n",
        "saunter_api_index_links 3\n", "saunter_links{state=\"unchecked\"} 3\n",
        "saunter_feeds{state=\"total\"} 1\n", "saunter_api_ready 1\n", "saunter_votes_total 0\n",
        "saunter_links_withheld 0\n"}) {
    EXPECT_THAT(metrics.body, HasSubstr(line));
  }
}

TEST_F(RoutesTest, CountsForWhichReasonItHadNoAnswer) {
  EXPECT_EQ(Ask("/v1/random").status, 503);
  EXPECT_EQ(Ask("/random").status, 503);
  EXPECT_THAT(Ask("/metrics").body,
              HasSubstr("saunter_api_unavailable_total{reason=\"missing\"} 2\n"));
  Database();
  EXPECT_EQ(Ask("/v1/random").status, 503);
  EXPECT_THAT(Ask("/metrics").body,
              HasSubstr("saunter_api_unavailable_total{reason=\"no_feeds\"} 1\n"));
}

TEST_F(RoutesTest, TellsTheOperatorWhatWasDoneAndBlacklisted) {
  Database().AddSite("a.example", 3);
  Database().AddSite("b.example", 2);
  Database().BlacklistSite("b.example");
  const auto status = AskJson("/v1/status");
  ASSERT_EQ(status["hours"].size(), 1U);
  EXPECT_EQ(status["hours"][0]["crawls"], 2);
  EXPECT_EQ(status["hours"][0]["links_new"], 5);
  EXPECT_EQ(status["hours"][0]["hour_at"], kTestNow - kTestNow % 3600);
  EXPECT_EQ(status["feeds_by_outcome"], json::parse(R"([{"outcome":"ok","feeds":2}])"));
  ASSERT_EQ(status["blacklisted_sites"].size(), 1U);
  EXPECT_EQ(status["blacklisted_sites"][0]["host"], "b.example");
  EXPECT_EQ(status["blacklisted_sites"][0]["blacklist_reason"], "test");
}

}  // namespace
}  // namespace saunter::api::routes
