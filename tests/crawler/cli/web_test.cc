// Commands that go to the web, against an origin on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "store/writer.h"
#include "tests/crawler/cli/saunter_program.h"
#include "tests/support/origin.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

class Web : public SaunterTest {
 protected:
  support::OriginAnswer Answer(const std::string& type, const std::string& body) {
    support::OriginAnswer answer;
    answer.headers = {{"Content-Type", type}};
    answer.body = body;
    return answer;
  }

  std::vector<std::string> Allowing(std::vector<std::string> arguments) {
    arguments.emplace_back("--fetch.allow_networks=127.0.1.0/24");
    arguments.push_back("--fetch.allow_ports=80,443," + std::to_string(origin_.port()));
    arguments.emplace_back("--fetch.host_gap_min_ms=0");
    arguments.emplace_back("--fetch.host_gap_max_ms=1");
    return arguments;
  }

  // How often the origin's target was fetched with GET.
  std::int64_t Gets(const std::string& target) {
    const auto log = origin_.Log();
    return std::count_if(log.begin(), log.end(), [&target](const auto& request) {
      return request.method == "GET" && request.target == target;
    });
  }

  std::string Url(std::string_view target) { return origin_.Url("127.0.1.1", target); }

  static constexpr const char* kFeed =
      "<rss version='2.0'><channel><title>T</title><link>/</link>"
      "<item><title>One</title><link>http://a.example/one</link></item></channel></rss>";

  support::Origin origin_;
};

TEST_F(Web, FetchExplainsAFeed) {
  auto answer = Answer("application/rss+xml", kFeed);
  answer.headers.emplace_back("ETag", "\"x\"");
  origin_.SetAnswer("127.0.1.1", "/feed", answer);
  origin_.SetAnswer("127.0.1.1", "/old", support::Redirect(301, Url("/feed")));
  const auto json = RunJson(Allowing({"fetch", Url("/old")}));
  EXPECT_EQ(json["outcome"], "ok") << json;
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["hops"].size(), 1U);
  EXPECT_EQ(json["hops"][0]["status"], 301);
  EXPECT_EQ(json["effective_url"], Url("/feed"));
  EXPECT_EQ(json["etag"], "\"x\"");
  EXPECT_EQ(json["feed"]["title"], "T");
  EXPECT_EQ(json["feed"]["entries"], 1);
  EXPECT_EQ(json["body_bytes"], std::string(kFeed).size());
  const auto text = Run(Allowing({"fetch", Url("/feed")}));
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.output, HasSubstr(", 1 entries"));
  EXPECT_THAT(text.output, HasSubstr("http://a.example/one"));
}

TEST_F(Web, FetchExplainsWhatIsNoFeed) {
  origin_.SetAnswer("127.0.1.1", "/page", Answer("text/html", "<!DOCTYPE html><html>x</html>"));
  EXPECT_EQ(RunJson(Allowing({"fetch", Url("/page")}))["outcome"], "not_a_feed");
  EXPECT_EQ(RunJson(Allowing({"fetch", Url("/missing")}))["outcome"], "not_found");
  EXPECT_EQ(Run(Allowing({"fetch", Url("/missing")})).exit_code, 1);
  EXPECT_EQ(Run({"fetch", "ftp://a.example/"}).exit_code, 2);
}

TEST_F(Web, FetchSaysWhenItWouldBeDueAgainAndWhy) {
  auto answer = Answer("application/rss+xml", kFeed);
  answer.headers.emplace_back("Cache-Control", "max-age=200000");
  origin_.SetAnswer("127.0.1.1", "/feed", answer);
  const auto json = RunJson(Allowing({"fetch", Url("/feed")}));
  EXPECT_EQ(json["next_check_reason"], "max-age or Expires") << json;
  EXPECT_EQ(json["asked"], true);
  EXPECT_EQ(json["recorded"], false);
  EXPECT_FALSE(std::filesystem::exists(database())) << "nothing is recorded";
}

TEST_F(Web, FetchOfADueFeedIsTheCrawlersNextFetch) {
  auto answer = Answer("application/rss+xml", kFeed);
  answer.headers.emplace_back("ETag", "\"x\"");
  answer.honours_validators = true;
  origin_.SetAnswer("127.0.1.1", "/feed", answer);
  ASSERT_EQ(Run({"feed", "add", Url("/feed")}).exit_code, 0);
  const auto json = RunJson(Allowing({"fetch", Url("/feed")}));
  EXPECT_EQ(json["outcome"], "ok") << json;
  EXPECT_EQ(json["recorded"], true);
  const auto feed = RunJson({"feed", "show", Url("/feed")});
  EXPECT_EQ(feed["next_check_at"], json["next_check_at"]);
  EXPECT_EQ(feed["next_check_reason"], json["next_check_reason"]);
  EXPECT_EQ(feed["etag"], "\"x\"");
  ASSERT_EQ(feed["fetches"].size(), 1U);
  EXPECT_EQ(feed["fetches"][0]["status"], 200);
  EXPECT_EQ(feed["fetches"][0]["body_bytes"], std::string(kFeed).size());
  EXPECT_EQ(RunJson({"stats"})["links"], 1);
  EXPECT_EQ(RunJson({"db", "check"})["ok"], true);
}

// FEEDS: no two GETs of a feed within the hour, whoever asks for them and by whatever name.
TEST_F(Web, FetchExplainsFromTheLogWhatMayNotBeAskedYet) {
  origin_.SetAnswer("127.0.1.1", "/feed", Answer("application/rss+xml", kFeed));
  ASSERT_EQ(Run({"feed", "add", Url("/feed")}).exit_code, 0);
  ASSERT_EQ(Run(Allowing({"fetch", Url("/feed")})).exit_code, 0);
  for (const auto* target : {"/feed", "/feed#x"}) {
    const auto json = RunJson(Allowing({"fetch", Url(target)}));
    EXPECT_EQ(json["asked"], false) << json;
    EXPECT_THAT(json["reason"].get<std::string>(), HasSubstr("it may be asked again"));
    EXPECT_EQ(json["fetches"][0]["outcome"], "ok");
    EXPECT_EQ(json["next_check_reason"], "no validators: once a day");
  }
  const auto text = Run(Allowing({"fetch", Url("/feed")}));
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.output, HasSubstr("not asked now"));
  EXPECT_THAT(text.output, HasSubstr("ok (status 200)"));
  EXPECT_EQ(Gets("/feed"), 1);
}

TEST_F(Web, FetchLeavesADueFeedToTheProgramThatWrites) {
  origin_.SetAnswer("127.0.1.1", "/feed", Answer("application/rss+xml", kFeed));
  ASSERT_EQ(Run({"feed", "add", Url("/feed")}).exit_code, 0);
  const auto writer = store::OpenWriter(settings().store, "saunter-crawler").writer;
  const auto json = RunJson(Allowing({"fetch", Url("/feed")}));
  EXPECT_EQ(json["asked"], false);
  EXPECT_THAT(json["reason"].get<std::string>(), HasSubstr("saunter-crawler, process"));
  EXPECT_EQ(origin_.requests(), 0U);
}

TEST_F(Web, FetchAsksNeitherThePausedNorTheBlacklisted) {
  ASSERT_EQ(Run({"feed", "add", Url("/a"), origin_.Url("127.0.1.2", "/b")}).exit_code, 0);
  ASSERT_EQ(Run({"feed", "pause", Url("/a")}).exit_code, 0);
  ASSERT_EQ(Run({"blacklist", "add", "127.0.1.2", "--reason", "a test"}).exit_code, 0);
  EXPECT_EQ(RunJson(Allowing({"fetch", Url("/a")}))["asked"], false);
  const auto json = RunJson(Allowing({"fetch", origin_.Url("127.0.1.2", "/b")}));
  EXPECT_THAT(json["reason"].get<std::string>(), HasSubstr("it is blacklisted by"));
  EXPECT_EQ(origin_.requests(), 0U);
}

TEST_F(Web, FetchKeepsToTheAddressGuard) {
  const auto json = RunJson({"fetch", Url("/feed")});
  EXPECT_EQ(json["outcome"], "blocked_address");
  EXPECT_EQ(origin_.requests(), 0U);
}

TEST_F(Web, ABlockedAddressSaysSoWhereverTheOperatorLooks) {
  const std::string private_address = "http://10.0.0.1/feed";
  constexpr const char* kAdvice = "to allow it, add its network to fetch.allow_networks";
  const auto fetched = Run({"fetch", private_address});
  EXPECT_EQ(fetched.exit_code, 1);
  EXPECT_THAT(fetched.output, HasSubstr(kAdvice));
  const auto imported = Run({"import", private_address});
  EXPECT_EQ(imported.exit_code, 1);
  EXPECT_THAT(imported.errors, HasSubstr(kAdvice));
  ASSERT_EQ(Run({"feed", "add", private_address}).exit_code, 0);
  ASSERT_EQ(Run({"fetch", private_address}).exit_code, 1);
  EXPECT_THAT(Run({"feed", "show", private_address}).output, HasSubstr(kAdvice));
}

TEST_F(Web, ImportSaysWhyTheFeedThatAPageNamesIsNotTaken) {
  origin_.SetAnswer("127.0.1.1", "/",
                    Answer("text/html",
                           "<!DOCTYPE html><html><head><link rel=alternate "
                           "type=application/rss+xml href=http://10.0.0.1/feed></head></html>"));
  const auto imported = Run(Allowing({"import", Url("/")}));
  EXPECT_EQ(imported.exit_code, 1);
  EXPECT_THAT(imported.errors,
              HasSubstr("http://10.0.0.1/feed is named as a feed, but the address is private"));
}

TEST_F(Web, ImportSaysThatAListFromTheWebHasNoFeeds) {
  origin_.SetAnswer("127.0.1.1", "/list.opml",
                    Answer("text/x-opml", "<opml version='2.0'><body/></opml>"));
  const auto imported = Run(Allowing({"import", Url("/list.opml")}));
  EXPECT_EQ(imported.exit_code, 1);
  EXPECT_THAT(imported.errors, HasSubstr("this is OPML without feeds"));
}

TEST_F(Web, ImportFindsTheFeedOfASiteAndLeavesItsFirstFetchToTheCrawler) {
  origin_.SetAnswer("127.0.1.1", "/",
                    Answer("text/html",
                           "<!DOCTYPE html><html><head>"
                           "<link rel=alternate type=application/rss+xml "
                           "title=Comments href=/comments/feed>"
                           "<link rel=alternate type=application/rss+xml "
                           "href=/broken>"
                           "<link rel=alternate type=application/rss+xml "
                           "href=/feed></head></html>"));
  origin_.SetAnswer("127.0.1.1", "/broken", Answer("text/html", "<html>not found</html>"));
  origin_.SetAnswer("127.0.1.1", "/feed", Answer("application/rss+xml", kFeed));
  origin_.SetAnswer("127.0.1.1", "/comments/feed", Answer("application/rss+xml", kFeed));
  const auto report = RunJson(Allowing({"import", Url("/"), "--category", "new"}));
  EXPECT_EQ(report["added"], 1) << report;
  const auto feeds = RunJson({"feed", "list"})["feeds"];
  ASSERT_EQ(feeds.size(), 1U);
  EXPECT_EQ(feeds[0]["url"], Url("/feed"));
  EXPECT_EQ(feeds[0]["site_url"], Url("/"));
  EXPECT_EQ(feeds[0]["category"], "new");
  EXPECT_EQ(feeds[0]["next_check_at"], feeds[0]["added_at"]);
  EXPECT_EQ(Gets("/feed"), 0);
}

TEST_F(Web, ImportReadsAFeedWhoseTypeSaysLittleAndThenWaitsAnHour) {
  origin_.SetAnswer("127.0.1.1", "/", Answer("text/html", "<html><body>hello</body></html>"));
  origin_.SetAnswer("127.0.1.1", "/feed.xml", Answer("text/plain", kFeed));
  const auto report = RunJson(Allowing({"import", Url("/")}));
  EXPECT_EQ(report["added"], 1) << report;
  const auto feed = RunJson({"feed", "show", Url("/feed.xml")});
  EXPECT_GE(feed["next_check_at"].get<std::int64_t>() - feed["added_at"].get<std::int64_t>(), 3600);
  EXPECT_EQ(Gets("/feed.xml"), 1);
}

TEST_F(Web, ImportObeysRobotsTxtButForFeedsThatAPageNames) {
  origin_.SetAnswer("127.0.1.1", "/robots.txt",
                    Answer("text/plain", "user-agent: saunter\ndisallow: /private\n"));
  origin_.SetAnswer("127.0.1.1", "/private", Answer("text/html", "<html>x</html>"));
  const auto refused = Run(Allowing({"import", Url("/private")}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output + refused.errors, HasSubstr("robots.txt does not allow it"));
  EXPECT_EQ(Gets("/private"), 0);
  origin_.SetAnswer("127.0.1.1", "/",
                    Answer("text/html",
                           "<!DOCTYPE html><html><head><link rel=alternate "
                           "type=application/rss+xml href=/private/feed></head></html>"));
  origin_.SetAnswer("127.0.1.1", "/private/feed", Answer("application/rss+xml", kFeed));
  EXPECT_EQ(RunJson(Allowing({"import", Url("/")}))["added"], 1);
}

TEST_F(Web, ImportTakesTheAddressOfAFeed) {
  origin_.SetAnswer("127.0.1.1", "/feed", Answer("application/atom+xml", kFeed));
  EXPECT_EQ(RunJson(Allowing({"import", Url("/feed")}))["added"], 1);
  EXPECT_EQ(Gets("/feed"), 0);
}

TEST_F(Web, ImportReadsAListFromTheWeb) {
  origin_.SetAnswer("127.0.1.1", "/list.opml",
                    Answer("text/xml",
                           "<opml><outline xmlUrl='http://a.example/'/>\n"
                           "<outline xmlUrl='nothing'/></opml>"));
  const auto report = RunJson(Allowing({"import", Url("/list.opml")}));
  EXPECT_EQ(report["added"], 1) << report;
  EXPECT_EQ(report["refused"], 1);
  EXPECT_EQ(report["messages"][0]["line"], 2);
}

TEST_F(Web, ImportSaysWhatToDoWhereThereIsNoFeed) {
  origin_.SetAnswer("127.0.1.1", "/", Answer("text/html", "<html><body>hello</body></html>"));
  auto completed = Run(Allowing({"import", Url("/")}));
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("no feed was found on this page"));
  completed = Run(Allowing({"import", Url("/gone")}));
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("it could not be fetched"));
}

}  // namespace
}  // namespace saunter::crawler::cli
