// What programs of others read of the service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Texts = std::vector<std::string>;

class ClientsTest : public RoutesTest {
 protected:
  ClientsTest() { Database(); }

  std::string Detail(std::string_view target, int status = 404) {
    return AskJson(target, status)["detail"];
  }
  Texts LanguagesOf(std::string_view parameters) {
    Texts languages;
    const auto answer = AskJson("/v1/random?count=50&" + std::string(parameters));
    for (const auto& link : answer["links"]) languages.push_back(link["language"]);
    std::sort(languages.begin(), languages.end());
    return languages;
  }
  // All that a pattern's group finds in the answer.
  Texts Find(std::string_view target, const char* pattern) {
    const auto answer = Ask(target);
    EXPECT_EQ(answer.status, 200) << target << "\n" << answer.body;
    Texts found;
    const std::regex expression(pattern);
    for (std::sregex_iterator at(answer.body.begin(), answer.body.end(), expression), end;
         at != end; ++at) {
      found.push_back((*at)[1]);
    }
    return found;
  }
  Texts Recent(std::string_view query) {
    return Find("/v1/recent.atom" + std::string(query),
                "<link rel=\"alternate\" href=\"([^\"]*)\"/>");
  }
  std::string FeedId(std::string_view target) {
    const auto ids = Find(target, "<feed[^>]*>\n?<id>([^<]*)</id>");
    return ids.size() == 1 ? ids.front() : "";
  }
  std::vector<Texts> Sites(std::string_view query) {
    std::vector<Texts> pages;
    std::string after;
    do {
      const auto answer = AskJson("/v1/sites?" + std::string(query) + after);
      auto& page = pages.emplace_back();
      for (const auto& site : answer["sites"]) page.push_back(site["host"]);
      after = answer["next"].is_null() ? "" : "&after=" + answer["next"].get<std::string>();
    } while (!after.empty() && pages.size() < 20);
    return pages;
  }
};

// RFC 4647, 3.4: the range is shortened until something fits.
TEST_F(ClientsTest, TakesAWiderLanguageWhereNothingFitsTheOneAskedFor) {
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .language = "en"},
                                    {.url = "https://a.example/2", .language = "en-US"}});
  Database().AddPosts("b.example",
                      {{.url = "https://b.example/1", .language = "de-AT", .categories = {"food"}},
                       {.url = "https://b.example/2", .language = "de", .categories = {"linux"}},
                       {.url = "https://b.example/3", .language = "zh-Hant"}});
  EXPECT_EQ(LanguagesOf("language=en-GB"), (Texts{"en", "en-US"}));
  EXPECT_EQ(LanguagesOf("language=EN-gb-oxendict"), (Texts{"en", "en-US"}));
  EXPECT_EQ(LanguagesOf("language=en-US"), Texts{"en-US"});
  EXPECT_EQ(LanguagesOf("language=de-AT"), Texts{"de-AT"});
  EXPECT_EQ(LanguagesOf("language=de-AT&category=linux"), Texts{"de"}) << "with the rest of it";
  EXPECT_EQ(LanguagesOf("language=zh-Hant-x-tw"), Texts{"zh-Hant"}) << "never zh-Hant-x";
  EXPECT_EQ(Ask("/random?language=en-GB&site=a.example").status, 302);
  EXPECT_EQ(Ask("/v1/random?language=fr-CA").status, 404);
  EXPECT_EQ(Ask("/v1/random?language=eng-GB").status, 404);
  // A walk goes on over what it began with.
  const auto first = AskJson("/v1/random?count=1&language=en-GB");
  const auto second =
      AskJson("/v1/random?count=5&language=en-GB&walk=" + first["walk"].get<std::string>());
  EXPECT_EQ(second["links"].size(), 1U);
  EXPECT_NE(second["links"][0]["url"], first["links"][0]["url"]);
  EXPECT_EQ(second["walk_complete"], true);
}

TEST_F(ClientsTest, ShowsTheDaysPostsOfAWiderLanguageLikewise) {
  Database().AddPostsAt(kTestNow - 10 * 86400, "a.example",
                        {{.url = "https://a.example/1", .language = "en"}});
  const auto posts = [&](const char* query) {
    return Find("/v1/daily.atom" + std::string(query), "<link rel=\"alternate\" href=\"([^\"]*)\"");
  };
  EXPECT_THAT(posts("?language=en-GB"), ElementsAre("https://a.example/1"));
  EXPECT_THAT(posts("?language=fr-CA"), IsEmpty());
}

TEST_F(ClientsTest, NamesCategoriesNearToOneThatIsUnknown) {
  Database().AddPosts("a.example",
                      {{.url = "https://a.example/1", .categories = {"bread", "Gardening"}}});
  EXPECT_THAT(Detail("/v1/random?category=braed"), HasSubstr("\"bread\""));
  EXPECT_THAT(Detail("/v1/random?category=BREAD2"), HasSubstr("\"bread\""));
  EXPECT_THAT(Detail("/v1/random?category=gardning"), HasSubstr("\"Gardening\""));
  EXPECT_THAT(Detail("/v1/random?category=technolgy"), HasSubstr("\"technology\""))
      << "a topic, though no link has it";
  EXPECT_THAT(Detail("/random?category=braed,gardning"), HasSubstr("\"bread\""));
  EXPECT_THAT(Detail("/v1/random?category=braed,gardning"), HasSubstr("\"Gardening\""));
  const auto far = Detail("/v1/random?category=qqqqqqqqqq");
  EXPECT_THAT(far, HasSubstr("\"qqqqqqqqqq\""));
  EXPECT_THAT(far, HasSubstr("/v1/categories"));
  EXPECT_THAT(far, Not(HasSubstr("mean")));
  // A known name of which nothing fits is not corrected.
  EXPECT_THAT(Detail("/v1/random?category=bread&language=fr"), Not(HasSubstr("mean")));
}

TEST_F(ClientsTest, SaysLittleOfLongOrManyNamesThatAreUnknown) {
  Texts words;
  for (int i = 0; i < 200; ++i) words.push_back("word" + std::to_string(i));
  Database().AddPosts("a.example", {{.url = "https://a.example/1", .categories = words}});
  std::string many = "/v1/random?category=" + std::string(2000, 'x');
  for (int i = 0; i < 40; ++i) many += ",word20" + std::to_string(i) + "z";
  EXPECT_LT(Ask(many).body.size(), 1500U);
  EXPECT_EQ(Ask(many).status, 404);
  EXPECT_EQ(Ask("/v1/random?category=%22%3Cb%3E").status, 404);
}

TEST_F(ClientsTest, ListsTheFeedsOfASiteWithTheirAddresses) {
  Database().AddSite("a.example", 2);
  Database().AddSite("b.example", 1);
  const auto site = AskJson("/v1/sites/a.example");
  EXPECT_EQ(site["feeds"], 1);
  ASSERT_EQ(site["feed_list"].size(), 1U);
  EXPECT_EQ(site["feed_list"][0]["url"], "https://a.example/feed.xml");
  EXPECT_EQ(site["feed_list"][0]["title"], "a.example");
}

TEST_F(ClientsTest, ListsMoreFeedsThanFitUpToABound) {
  schemas::WriteBatch batch;
  for (int i = 0; i < 80; ++i) {
    batch.changes.emplace_back(
        schemas::AddFeed{.url = "https://many.example/" + std::to_string(i) + ".xml",
                         .host = "many.example",
                         .registrable_domain = "many.example",
                         .title = {},
                         .site_url = {},
                         .category = {},
                         .added_at = kTestNow,
                         .next_check_at = kTestNow});
  }
  Database().Apply(batch);
  const auto site = AskJson("/v1/sites/many.example");
  EXPECT_EQ(site["feeds"], 80) << "says how many there are";
  EXPECT_EQ(site["feed_list"].size(), 50U);
  EXPECT_TRUE(site["feed_list"][0]["title"].is_null());
}

TEST_F(ClientsTest, ListsSitesByPagesWithTheFiltersOfRandomLinks) {
  for (int i = 0; i < 7; ++i) {
    Database().AddPosts("s" + std::to_string(i) + ".example",
                        {{.url = "https://s" + std::to_string(i) + ".example/1",
                          .language = i % 2 == 0 ? "en" : "de",
                          .categories = {i < 3 ? "bread" : "trains"}}});
  }
  Database().AddFeedOnly("silent.example");
  Database().AddSite("gone.example", 3);
  Database().BlacklistSite("gone.example");
  const Texts all = {"s0.example", "s1.example", "s2.example", "s3.example",
                     "s4.example", "s5.example", "s6.example"};
  EXPECT_THAT(Sites(""), ElementsAre(all));
  const Texts first(all.begin(), all.begin() + 3);
  const Texts second(all.begin() + 3, all.begin() + 6);
  EXPECT_THAT(Sites("count=3"), ElementsAre(first, second, Texts{"s6.example"}));
  EXPECT_THAT(Sites("count=7"), ElementsAre(all)) << "without an empty page behind it";
  EXPECT_THAT(Sites("language=de"), ElementsAre(Texts{"s1.example", "s3.example", "s5.example"}));
  EXPECT_THAT(Sites("category=bread&language=en"), ElementsAre(Texts{"s0.example", "s2.example"}));
  EXPECT_THAT(Sites("not_category=trains"),
              ElementsAre(Texts{"s0.example", "s1.example", "s2.example"}));
  EXPECT_THAT(Sites("language=en-GB&count=2"),
              ElementsAre(Texts{"s0.example", "s2.example"}, Texts{"s4.example", "s6.example"}));
  EXPECT_THAT(Sites("category=nothing"), ElementsAre(IsEmpty()));
  const auto site = AskJson("/v1/sites?count=1")["sites"][0];
  EXPECT_EQ(site["links_in_pool"], 1);
  EXPECT_EQ(site["feed_list"][0]["url"], "https://s0.example/feed.xml");
  EXPECT_FALSE(site.contains("decisions"));
  for (const auto* wrong : {"count=0", "count=51", "after=", "after=unknown.example",
                            "site=a.example", "walk=x", "fields=url", "count=1&count=2"}) {
    EXPECT_EQ(Ask("/v1/sites?" + std::string(wrong)).status, 400) << wrong;
  }
  EXPECT_THAT(Detail("/v1/sites?limit=3", 400), HasSubstr("not_category"));
}

TEST_F(ClientsTest, FiltersTheNewestPosts) {
  for (int i = 0; i < 60; ++i) {
    const auto host = "s" + std::to_string(i % 4) + ".example";
    Database().AddPosts(host, {{.url = "https://" + host + "/" + std::to_string(i),
                                .language = i % 2 == 0 ? "en" : "de",
                                .categories = {i % 3 == 0 ? "bread" : "trains"}}});
  }
  EXPECT_EQ(Recent("").size(), 50U);
  EXPECT_EQ(Recent("").front(), "https://s3.example/59");
  EXPECT_EQ(Recent("").back(), "https://s2.example/10");
  EXPECT_EQ(Recent("?count=3"),
            (Texts{"https://s3.example/59", "https://s2.example/58", "https://s1.example/57"}));
  EXPECT_EQ(Recent("?category=bread&count=2"),
            (Texts{"https://s1.example/57", "https://s2.example/54"}));
  EXPECT_EQ(Recent("?not_category=bread&language=en-GB&count=2"),
            (Texts{"https://s2.example/58", "https://s0.example/56"}));
  EXPECT_EQ(Recent("?site=s0.example&count=2"),
            (Texts{"https://s0.example/56", "https://s0.example/52"}));
  EXPECT_EQ(Recent("?not_site=s3.example,s2.example&count=2"),
            (Texts{"https://s1.example/57", "https://s0.example/56"}));
  EXPECT_EQ(Recent("?site=nowhere.example"), Texts());
  EXPECT_EQ(Recent("?max_age_days=3"), Texts()) << "none says its day";
  EXPECT_EQ(Recent("?language=de&count=50").size(), 30U);
  for (const auto* wrong : {"walk=x", "fair=strict", "fields=url", "count=51", "x=1"}) {
    EXPECT_EQ(Ask("/v1/recent.atom?" + std::string(wrong)).status, 400) << wrong;
  }
  // What comes later is seen, what goes is not.
  Database().AddPosts("new.example", {{.url = "https://new.example/1", .language = "de"}});
  Restart();
  EXPECT_EQ(Recent("?language=de&count=1"), Texts{"https://new.example/1"});
}

// RFC 4287, 4.1.1 and 4.2.6.
TEST_F(ClientsTest, GivesItsFeedsAnIdOfThisInstallationAndTheirOwnAddress) {
  Database().AddSite("a.example", 2);
  const auto id = FeedId("/v1/recent.atom");
  EXPECT_THAT(id,
              testing::MatchesRegex(
                  "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  Restart();
  EXPECT_EQ(FeedId("/v1/recent.atom"), id) << "after a restart";
  EXPECT_NE(FeedId("/v1/daily.atom"), id);
  EXPECT_NE(FeedId("/v1/recent.atom?language=en"), id);
  EXPECT_EQ(
      Find("/v1/recent.atom?count=2&not_category=a%26b", "rel=\"self\"[^>]*href=\"([^\"]*)\""),
      Texts{"/v1/recent.atom?count=2&amp;not_category=a%26b"});
  EXPECT_EQ(Find("/v1/daily.atom", "rel=\"self\"[^>]*href=\"([^\"]*)\""), Texts{"/v1/daily.atom"});
  settings_.api.feedback = false;
  Restart();
  EXPECT_EQ(FeedId("/v1/recent.atom"), id) << "whether readers can vote or not";
  settings_.api.receipt_key_path = folder_.File("other.key");
  Restart();
  EXPECT_NE(FeedId("/v1/recent.atom"), id) << "another installation";
}

TEST_F(ClientsTest, ShowsAPersonAPageWhereThereIsNothing) {
  http::Request person;
  person.prefers_page = true;
  for (const auto* target : {"/nowhere", "/v1/nowhere", "/v1/sites/nowhere.example",
                             "/v1/links/999", "/status/", "/<script>alert(1)</script>"}) {
    const auto answer = Ask(target, person);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_EQ(answer.content_type, "text/html; charset=utf-8") << target;
    EXPECT_THAT(answer.body, HasSubstr("href=\"/\"")) << target;
    EXPECT_THAT(answer.body, Not(HasSubstr("{{"))) << target;
    EXPECT_THAT(answer.body, Not(HasSubstr("<script>alert"))) << target;
    EXPECT_THAT(answer.headers, HasSubstr("Vary: Accept\r\n")) << target;
    EXPECT_THAT(answer.content_policy, HasSubstr("style-src 'self'")) << target;
  }
  Database().AddSite("a.example", 1);
  const auto answer = Ask("/random?category=%3Cb%3E", person);
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("&lt;b&gt;"));
  EXPECT_EQ(Ask("/random?count=2", person).content_type, "text/html; charset=utf-8");
  EXPECT_EQ(Ask("/random", person).status, 302);
  EXPECT_EQ(Ask("/v1/random", person).content_type, http::kJson);
  EXPECT_EQ(Ask("/nowhere").content_type, http::kProblemJson);
}

}  // namespace
}  // namespace saunter::api::routes
