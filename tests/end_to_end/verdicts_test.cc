// What readers are given while verdicts fall, by both daemons at once.
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "store/reader.h"
#include "tests/end_to_end/house.h"

namespace saunter::end_to_end {
namespace {

constexpr int kSites = 40;
constexpr int kPosts = 15;
constexpr std::size_t kWithdrawnMin = 100;

// Every other post of a site is gone.
support::OriginAnswer AnswerSite(const support::OriginRequest& request, int port) {
  support::OriginAnswer answer;
  if (request.target == "/feed") {
    const auto site = "http://" + request.address + ":" + std::to_string(port);
    answer.headers = {{"Content-Type", "application/rss+xml"}};
    answer.body = RssFeed(site, 1, kPosts);
    return answer;
  }
  answer.headers = {{"Content-Type", "text/html"}};
  answer.body = "<title>A post</title>";
  const bool numbered = request.target.starts_with("/post/") &&
                        request.target.find_first_not_of("0123456789", 6) == std::string::npos;
  const bool odd = (request.target.back() - '0') % 2 == 1;
  if (!numbered || odd) answer.status = 404;
  return answer;
}

TEST(Verdicts, TakeALinkFromReadersInTheirOwnBatch) {
  House house([&house](const support::OriginRequest& request) {
    return AnswerSite(request, house.origin().port());
  });
  std::vector<std::string> feeds;
  for (int i = 0; i < kSites; ++i) feeds.push_back(house.origin().Url(SiteAddress(i), "/feed"));
  ASSERT_EQ(house.Import(feeds).exit_code, 0);
  auto api = house.StartApi();
  // Slow enough that readers meet links before their verdicts fall.
  auto crawler =
      house.StartCrawler({"--fetch.host_gap_min_ms", "100", "--fetch.host_gap_max_ms", "100"});
  schemas::StoreSettings settings;
  settings.path = house.DatabasePath();
  const auto reader = store::OpenFileReader(settings).reader;
  ASSERT_TRUE(reader);

  std::set<schemas::Id> given;
  std::set<schemas::Id> withdrawn;  // committed before the next question
  const auto enough_withdrawn = [&] {
    for (const auto id : given) {
      if (!reader->FindLink(id)) withdrawn.insert(id);
    }
    const auto answer = house.Ask("/v1/random?count=50");
    if (!answer || answer->status != 200) return false;
    const auto body = nlohmann::json::parse(answer->body);
    for (const auto& link : body["links"]) {
      const auto id = link["id"].get<schemas::Id>();
      EXPECT_FALSE(withdrawn.contains(id)) << link;
      given.insert(id);
    }
    return withdrawn.size() >= kWithdrawnMin;
  };
  EXPECT_TRUE(support::WaitUntil(enough_withdrawn, kDeadline)) << withdrawn.size();
  for (auto* process : {crawler.get(), api.get()}) {
    process->Signal(SIGTERM);
    EXPECT_EQ(process->WaitForExit(kDeadline), 0) << process->Errors();
  }
}

}  // namespace
}  // namespace saunter::end_to_end
