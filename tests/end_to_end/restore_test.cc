// Ways back: a backup that is put in place while readers ask, and an import that is undone while
// the crawler runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

constexpr int kSites = 12;
constexpr int kPosts = 5;

class RestoreHouse : public ::testing::Test {
 protected:
  RestoreHouse()
      : house_([](const support::OriginRequest& request) {
          support::OriginAnswer answer;
          answer.headers = {{"Content-Type", "application/rss+xml"}};
          answer.body = RssFeed("http://" + std::string(request.Header("Host")), 1, kPosts);
          return answer;
        }) {}

  void Import(int first, int last) {
    std::vector<std::string> urls;
    for (int i = first; i < last; ++i) urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
    ASSERT_EQ(house_.Import(urls).exit_code, 0);
  }
  void CrawlAll() {
    const auto once = house_.StartCrawler({"--once", "--health.probes_in_flight_max", "0"});
    ASSERT_EQ(once->WaitForExit(kDeadline), 0) << once->Errors();
  }

  House house_;
};

TEST_F(RestoreHouse, TheApiGoesOnFromTheBackupAfterACrawlerWasKilled) {
  Import(0, kSites / 2);
  CrawlAll();
  const auto backup = house_.File("backup.db");
  ASSERT_EQ(house_.Saunter({"db", "backup", backup}).exit_code, 0);
  Import(kSites / 2, kSites);
  auto crawler =
      house_.StartCrawler({"--health.probes_in_flight_max", "0", "--write.batch_age_ms_max", "1"});
  const auto api = house_.StartApi();
  ASSERT_TRUE(
      support::WaitUntil([&] { return house_.Stat("links") == kSites * kPosts; }, kDeadline))
      << crawler->Errors();

  std::atomic<bool> ends = false;
  std::map<int, int> statuses;
  std::jthread reader([&] {
    while (!ends) {
      const auto answer = house_.Ask("/v1/random");
      ++statuses[answer ? answer->status : 0];
    }
  });
  const auto refused = house_.Saunter({"db", "restore", backup});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.errors,
              testing::HasSubstr("saunter-crawler, process " + std::to_string(crawler->id())));
  crawler->Signal(SIGKILL);
  ASSERT_TRUE(crawler->WaitForExit(kDeadline));
  const auto restored = house_.Saunter({"db", "restore", backup});
  EXPECT_EQ(restored.exit_code, 0) << restored.output << restored.errors;
  EXPECT_TRUE(
      support::WaitUntil([&] { return house_.Stat("links") == kSites / 2 * kPosts; }, kDeadline));
  ends = true;
  reader.join();
  for (const auto& [status, count] : statuses) {
    EXPECT_TRUE(status == 200 || status == 503) << status << ", " << count << " times";
  }
  EXPECT_GT(statuses[200], 0);

  // A crawler goes on from there.
  Import(kSites / 2, kSites);
  CrawlAll();
  EXPECT_TRUE(
      support::WaitUntil([&] { return house_.Stat("links") == kSites * kPosts; }, kDeadline));
  const auto check = house_.Saunter({"db", "check"});
  EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
}

TEST_F(RestoreHouse, AnImportIsUndoneWithAllItBroughtWhileTheCrawlerRuns) {
  const auto crawler =
      house_.StartCrawler({"--health.probes_in_flight_max", "0", "--write.batch_age_ms_max", "1"});
  ASSERT_TRUE(crawler->WaitForLine("writes", kDeadline)) << crawler->Errors();
  const auto api = house_.StartApi();
  Import(0, 4);
  Import(3, kSites);
  ASSERT_TRUE(
      support::WaitUntil([&] { return house_.Stat("links") == kSites * kPosts; }, kDeadline))
      << crawler->Errors();
  const auto undone = house_.Saunter({"import", "undo", "2"});
  EXPECT_EQ(undone.exit_code, 0) << undone.errors;
  EXPECT_THAT(undone.output, testing::HasSubstr("import 2: 8 feeds and 0 entries"));
  EXPECT_TRUE(support::WaitUntil([&] { return house_.Stat("links") == 4 * kPosts; }, kDeadline));
  EXPECT_EQ(house_.Stat("feeds"), 4);
  const auto check = house_.Saunter({"db", "check"});
  EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
}

}  // namespace
}  // namespace saunter::end_to_end
