// A crawler that is stopped or killed in the midst of its work, as publishers see it in their logs.

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <map>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

constexpr int kSites = 300;
constexpr int kTransfers = 16;

class Crash : public ::testing::Test {
 protected:
  Crash()
      : house_([this](const support::OriginRequest& request) {
          support::OriginAnswer answer;
          answer.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", "\"1\""}};
          answer.body = RssFeed("http://" + request.address, 1, 2);
          answer.delay_ms = delay_ms_;
          return answer;
        }) {
    std::vector<std::string> urls;
    for (int i = 0; i < kSites; ++i) urls.push_back(house_.origin().Url(SiteAddress(i), "/feed"));
    EXPECT_EQ(house_.Import(urls).exit_code, 0);
  }

  std::unique_ptr<support::Process> Start() {
    return house_.StartCrawler({"--once", "--health.probes_in_flight_max", "0",
                                "--fetch.transfers_max", std::to_string(kTransfers)});
  }
  // Lets the crawler run until so many more feeds were asked, then sends the signal.
  void EndAfter(std::uint64_t feeds, int signal, int exit_code) {
    const auto before = house_.origin().requests();
    auto crawler = Start();
    const auto seen = [&] { return house_.origin().requests() >= before + feeds; };
    ASSERT_TRUE(support::WaitUntil(seen, kDeadline)) << crawler->Errors();
    crawler->Signal(signal);
    EXPECT_EQ(crawler->WaitForExit(kDeadline), exit_code) << crawler->Errors();
  }
  void RunToTheEnd() {
    auto crawler = Start();
    EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();
  }
  // Feeds that were asked so many times.
  std::map<int, int> FeedsByRequests() {
    std::map<std::string, int> requests;
    for (const auto& request : house_.origin().Log()) ++requests[request.address];
    std::map<int, int> feeds;
    for (const auto& [address, count] : requests) ++feeds[count];
    return feeds;
  }

  std::atomic<std::int64_t> delay_ms_ = 5;
  House house_;
};

TEST_F(Crash, AsksNoFeedTwiceHoweverOftenItIsKilled) {
  for (int round = 0; round < 3; ++round) EndAfter(40, SIGKILL, 128 + SIGKILL);
  RunToTheEnd();
  const auto feeds = FeedsByRequests();
  EXPECT_EQ(feeds.size(), 1U) << "some were asked more than once";
  EXPECT_GE(feeds.at(1), kSites - 3 * kTransfers) << "but for those that were about to be";
  // Those of which no answer was written wait for a day, as if one had been.
  const auto listed = house_.Saunter({"feed", "list", "--json"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_NE(listed.output.find("\"lost\""), std::string::npos);
}

TEST_F(Crash, AsksEveryFeedOnceIfItIsStopped) {
  for (int round = 0; round < 3; ++round) EndAfter(40, SIGTERM, 0);
  RunToTheEnd();
  EXPECT_EQ(FeedsByRequests(), (std::map<int, int>{{1, kSites}}));
  const auto stats = house_.Saunter({"stats", "--json"});
  EXPECT_NE(stats.output.find("\"feeds_never_fetched\":0"), std::string::npos) << stats.output;
}

}  // namespace
}  // namespace saunter::end_to_end
