// drip_bench [FEEDS [PAIRS]]: what one host that drips costs all the others.
//
// The running crawler takes in FEEDS feeds on as many loopback hosts, from its start to the commit
// of the last of them, turn and turn about alone and beside a host whose feeds each drip until the
// time limit of 30 seconds. Prints feeds/s of the good hosts and the ratio of each pair.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "store/reader.h"
#include "tests/bench/bench_house.h"

namespace saunter::bench {
namespace {

constexpr int kFeeds = 2000;
constexpr int kPairs = 7;
constexpr int kDrippingFeeds = 20;
constexpr const char* kDrippingHost = "127.250.0.1";

// Just above the speed below which a transfer is given up at once.
support::OriginAnswer Answer(const support::OriginRequest& request) {
  if (request.address != kDrippingHost) return AnswerFeed(request);
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"}};
  answer.body = std::string(100000, ' ');
  answer.manner = support::OriginManner::kDrip;
  answer.piece_bytes = 40;
  answer.interval_ms = 100;
  return answer;
}

// Feeds/s of the good hosts, 0 if they did not all come within a minute.
double Rate(const end_to_end::House& house, const std::vector<std::string>& urls, int dripping) {
  RemoveDatabase(house);
  if (house.Import(urls).exit_code != 0) std::printf("the import failed\n");
  schemas::StoreSettings settings;
  settings.path = house.DatabasePath();
  const auto start = std::chrono::steady_clock::now();
  auto crawler =
      house.StartCrawler({"--health.probes_in_flight_max", "0", "--log.level", "warning"});
  auto reader = store::OpenReader(settings).reader;
  double seconds = 0;
  while (reader != nullptr && reader->ReadStats().feeds_never_fetched > dripping) {
    seconds = Seconds(start);
    if (seconds > 60) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  seconds = Seconds(start);
  crawler->Signal(SIGTERM);
  if (crawler->WaitForExit(std::chrono::seconds(60)) != 0) {
    std::printf("%s\n", crawler->Errors().c_str());
  }
  return static_cast<double>(urls.size() - static_cast<std::size_t>(dripping)) / seconds;
}

int Run(int feeds, int pairs) {
  end_to_end::House house(Answer, {.logs_requests = false});
  std::vector<std::string> dripping;
  for (int i = 0; i < kDrippingFeeds; ++i) {
    dripping.push_back(house.origin().Url(kDrippingHost, "/feed/" + std::to_string(i)));
  }
  const auto good = FeedUrls(house, feeds);
  dripping.insert(dripping.end(), good.begin(), good.end());
  std::vector<double> ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto alone = Rate(house, good, 0);
    const auto beside = Rate(house, dripping, kDrippingFeeds);
    if (alone == 0 || beside == 0) return 1;
    ratios.push_back(beside / alone);
    std::printf("pair %d: alone %.0f feeds/s, beside a dripping host %.0f feeds/s, ratio %.2f\n",
                pair + 1, alone, beside, ratios.back());
  }
  PrintRatios("drip_bench: good feeds beside a dripping host to the same alone", ratios);
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  using saunter::bench::NumberOr;
  return saunter::bench::Run(NumberOr(argc, argv, 1, saunter::bench::kFeeds),
                             NumberOr(argc, argv, 2, saunter::bench::kPairs));
}
