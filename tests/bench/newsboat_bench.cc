// newsboat_bench [FEEDS [PAIRS]]: `saunter-crawler --once` beside newsboat reloading the same
// feeds.
//
// The same URLs on as many loopback hosts, the same origin, turn and turn about, each from an empty
// database. newsboat (from Debian) runs with as many reload threads as it gains from here; it keeps
// no pace per host, and neither does the crawler of this house.

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/bench_house.h"
#include "tests/support/files.h"

namespace saunter::bench {
namespace {

constexpr int kFeeds = 2000;
constexpr int kPairs = 3;
constexpr const char* kNewsboat = "/usr/bin/newsboat";
constexpr const char* kConfiguration = "reload-threads 8\nsuppress-first-reload yes\n";

struct Folder {
  support::TemporaryDirectory directory;
  std::string urls;
  std::string configuration = directory.Write("config", kConfiguration);
};

// Seconds of one reload into an empty cache.
double TimeNewsboat(const Folder& folder) {
  const auto cache = folder.directory.File("cache.db");
  for (const auto* suffix : {"", "-journal", ".lock"}) ::unlink((cache + suffix).c_str());
  const auto start = std::chrono::steady_clock::now();
  const auto done = support::RunToEnd(
      {.program = kNewsboat,
       .arguments = {"-u", folder.urls, "-c", cache, "-C", folder.configuration, "-x", "reload"},
       .environment = {{"HOME", folder.directory.path().string()}},
       .input = {},
       .directory = {}},
      std::chrono::minutes(10));
  if (done.exit_code != 0) {
    std::printf("newsboat: %s%s\n", done.output.c_str(), done.errors.c_str());
  }
  return Seconds(start);
}

double TimeOnce(const end_to_end::House& house, const std::vector<std::string>& urls) {
  RemoveDatabase(house);
  if (house.Import(urls).exit_code != 0) std::printf("the import failed\n");
  const auto start = std::chrono::steady_clock::now();
  auto crawler = house.StartCrawler(
      {"--once", "--health.probes_in_flight_max", "0", "--log.level", "warning"});
  if (crawler->WaitForExit(std::chrono::minutes(5)) != 0) {
    std::printf("%s\n", crawler->Errors().c_str());
  }
  return Seconds(start);
}

int Run(int feeds, int pairs) {
  end_to_end::House house(AnswerFeed, {.logs_requests = false});
  const auto urls = FeedUrls(house, feeds);
  Folder folder;
  std::string lines;
  for (const auto& url : urls) lines.append(url).push_back('\n');
  folder.urls = folder.directory.Write("urls", lines);
  std::vector<double> ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto asked_before = house.origin().requests();
    const auto newsboat = TimeNewsboat(folder);
    const auto asked = house.origin().requests() - asked_before;
    const auto once = TimeOnce(house, urls);
    ratios.push_back(newsboat / once);
    std::printf("pair %d: --once %.0f feeds/s, newsboat %.0f feeds/s (%llu requests), ratio %.1f\n",
                pair + 1, feeds / once, feeds / newsboat, static_cast<unsigned long long>(asked),
                ratios.back());
  }
  PrintRatios("newsboat_bench: " + std::to_string(feeds) + " feeds, --once to newsboat", ratios);
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  using saunter::bench::NumberOr;
  return saunter::bench::Run(NumberOr(argc, argv, 1, saunter::bench::kFeeds),
                             NumberOr(argc, argv, 2, saunter::bench::kPairs));
}
