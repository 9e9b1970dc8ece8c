// The running crawler while our own network is down: here, while the only origin is away.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

using ::testing::HasSubstr;

constexpr int kSites = 120;
constexpr int kTransfers = 4;

support::OriginAnswer AnswerFeed(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"}};
  answer.body = RssFeed("http://" + std::string(request.Header("Host")), 1, 3);
  return answer;
}

int CountOf(const std::string& text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(OutageOfEverything, IsSaidOnceWaitedOutAndHeldAgainstNoFeed) {
  auto origin = std::make_unique<support::Origin>(support::OriginOptions{}, AnswerFeed);
  const int port = origin->port();
  const House house;
  std::vector<std::string> urls;
  for (int i = 0; i < kSites; ++i) urls.push_back(origin->Url(SiteAddress(i), "/feed"));
  ASSERT_EQ(house.Import(urls).exit_code, 0);
  origin.reset();

  auto crawler =
      house.StartCrawler({"--fetch.allow_ports", std::to_string(port), "--fetch.transfers_max",
                          std::to_string(kTransfers), "--health.probes_in_flight_max", "0"});
  ASSERT_TRUE(crawler->WaitForLine("almost no host answers", kDeadline)) << crawler->Errors();
  EXPECT_THAT(house.Saunter({"stats", "--json"}).output, HasSubstr("\"feeds_failing\":0"));

  origin = std::make_unique<support::Origin>(support::OriginOptions{.port = port}, AnswerFeed);
  ASSERT_TRUE(crawler->WaitForLine("hosts answer again", kDeadline)) << crawler->Errors();
  // Twenty and those in flight had to fail until it was plain; all the others are fetched now.
  constexpr std::uint64_t kSpared = kSites - 20 - 2 * kTransfers - 3;
  EXPECT_TRUE(origin->WaitForRequests(kSpared, kDeadline)) << origin->requests();
  crawler->Signal(SIGTERM);
  EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();

  EXPECT_EQ(CountOf(crawler->Errors(), "almost no host answers"), 1);
  EXPECT_EQ(CountOf(crawler->Errors(), "hosts answer again"), 1);
  EXPECT_THAT(house.Saunter({"stats", "--json"}).output, HasSubstr("\"feeds_failing\":0"));
}

// Where nobody waits for the network to come back it ends, and says what it was.
TEST(OutageOfEverything, DoesNotKeepOnceFromEnding) {
  auto origin = std::make_unique<support::Origin>();
  const int port = origin->port();
  const House house;
  std::vector<std::string> urls;
  for (int i = 0; i < kSites; ++i) urls.push_back(origin->Url(SiteAddress(i), "/feed"));
  ASSERT_EQ(house.Import(urls).exit_code, 0);
  origin.reset();
  auto crawler = house.StartCrawler({"--once", "--fetch.allow_ports", std::to_string(port)});
  EXPECT_EQ(crawler->WaitForExit(kDeadline), 0) << crawler->Errors();
  EXPECT_THAT(crawler->Output(), HasSubstr("120 feeds fetched: 0 read, 0 unchanged, 120 failed"));
  EXPECT_EQ(CountOf(crawler->Errors(), "almost no host answers"), 1);
  EXPECT_THAT(house.Saunter({"stats", "--json"}).output, HasSubstr("\"feeds_failing\":0"));
}

}  // namespace
}  // namespace saunter::end_to_end
