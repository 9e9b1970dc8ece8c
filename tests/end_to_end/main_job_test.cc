// The main job with the built programs: import, crawl and serve at the same time.

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

constexpr int kSites = 40;
constexpr int kPosts = 5;

// Every site has a feed of its own posts; a post is a page, but on site 3 all posts are gone.
// Nothing else is there.
support::OriginAnswer AnswerSite(const support::OriginRequest& request, int port) {
  const auto site = "http://" + request.address + ":" + std::to_string(port);
  if (request.target == "/feed") {
    support::OriginAnswer answer;
    answer.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", "\"1\""}};
    answer.body = RssFeed(site, 1, request.address == SiteAddress(3) ? 30 : kPosts);
    answer.honours_validators = true;
    return answer;
  }
  support::OriginAnswer page;
  page.headers = {{"Content-Type", "text/html"}};
  page.body = "<title>A post</title>";
  const bool numbered = request.target.starts_with("/post/") &&
                        request.target.find_first_not_of("0123456789", 6) == std::string::npos;
  if (!numbered || request.address == SiteAddress(3)) page.status = 404;
  return page;
}

class MainJob : public ::testing::Test {
 protected:
  MainJob()
      : house_([this](const support::OriginRequest& request) {
          return AnswerSite(request, house_.origin().port());
        }) {}

  std::vector<std::string> FeedUrls() {
    std::vector<std::string> urls;
    for (int i = 0; i < kSites; ++i) urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
    return urls;
  }

  House house_;
};

TEST_F(MainJob, RunsFromImportToRandomLinksWithBothDaemonsAtOnce) {
  auto api = house_.StartApi();
  EXPECT_EQ(house_.Ask("/v1/random")->status, 503);
  EXPECT_EQ(house_.Ask("/healthz")->status, 200);
  EXPECT_EQ(house_.Ask("/readyz")->status, 503);
  auto crawler = house_.StartCrawler();
  ASSERT_TRUE(crawler->WaitForLine("writes", kDeadline)) << crawler->Errors();
  const auto import = house_.Import(FeedUrls());
  ASSERT_EQ(import.exit_code, 0) << import.output << import.errors;

  const auto crawled = [&] { return house_.Stat("feeds_never_fetched") == 0; };
  ASSERT_TRUE(support::WaitUntil(crawled, kDeadline)) << crawler->Errors();
  std::set<std::string> sites;
  const auto met_all = [&] {
    const auto answer = house_.Ask("/v1/random?count=50");
    if (!answer || answer->status != 200) return false;
    for (int i = 0; i < kSites; ++i) {
      if (answer->body.find("/" + SiteAddress(i) + ":") != std::string::npos) {
        sites.insert(SiteAddress(i));
      }
    }
    return sites.size() >= kSites - 1;
  };
  EXPECT_TRUE(support::WaitUntil(met_all, kDeadline)) << sites.size();

  // Site 3 publishes dead links only: the rule takes it out, with all that it has in the pool.
  const auto blacklisted = [&] { return house_.Stat("sites_blacklisted") == 1; };
  ASSERT_TRUE(support::WaitUntil(blacklisted, kDeadline)) << crawler->Errors();
  const auto gone = [&] { return house_.Ask("/v1/random?site=" + SiteAddress(3))->status == 404; };
  EXPECT_TRUE(support::WaitUntil(gone, kDeadline));

  crawler->Signal(SIGTERM);
  EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();
  EXPECT_EQ(house_.Ask("/v1/random")->status, 200);
  api->Signal(SIGTERM);
  EXPECT_EQ(api->WaitForExit(kDeadline), 0) << api->Errors();
  const auto check = house_.Saunter({"db", "check"});
  EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
  EXPECT_EQ(crawler->Errors().find("database is locked"), std::string::npos);
  EXPECT_EQ(api->Errors().find("database is locked"), std::string::npos);
}

TEST_F(MainJob, AsksEachFeedOnceHoweverOftenTheCrawlerStarts) {
  ASSERT_EQ(house_.Import(FeedUrls()).exit_code, 0);
  for (int run = 0; run < 2; ++run) {
    auto crawler = house_.StartCrawler({"--once", "--health.probes_in_flight_max", "0"});
    EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();
  }
  EXPECT_EQ(house_.origin().requests(), static_cast<std::uint64_t>(kSites));
}

TEST_F(MainJob, LetsNoSecondCrawlerRun) {
  auto first = house_.StartCrawler();
  ASSERT_TRUE(first->WaitForLine("writes", kDeadline)) << first->Errors();
  auto second = house_.StartCrawler();
  EXPECT_EQ(second->WaitForExit(kDeadline), 73);
  EXPECT_NE(second->Errors().find("saunter-crawler, process"), std::string::npos)
      << second->Errors();
}

TEST_F(MainJob, TakesNewSettingsOnSighupAndKeepsTheOldOnesIfTheyAreWrong) {
  auto crawler = house_.StartCrawler();
  ASSERT_TRUE(crawler->WaitForLine("writes", kDeadline)) << crawler->Errors();
  crawler->Signal(SIGHUP);
  EXPECT_TRUE(crawler->WaitForLine("settings reloaded", kDeadline)) << crawler->Errors();
  ASSERT_EQ(::truncate(house_.File("saunter.toml").c_str(), 20), 0);
  crawler->Signal(SIGHUP);
  EXPECT_TRUE(crawler->WaitForLine("the settings stay as they were", kDeadline));
  crawler->Signal(SIGTERM);
  EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();
}

TEST_F(MainJob, KeepsABlacklistedSiteOutOfImportAndCrawl) {
  const auto site = SiteAddress(5);
  ASSERT_EQ(house_.Saunter({"blacklist", "add", site, "--reason", "asked to"}).exit_code, 0);
  EXPECT_NE(house_.Import(FeedUrls()).output.find("1 blacklisted"), std::string::npos);
  auto crawler = house_.StartCrawler({"--once"});
  EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();
  EXPECT_TRUE(house_.origin().Log(site).empty());
}

}  // namespace
}  // namespace saunter::end_to_end
