// once_bench [FEEDS [PAIRS [ENTRIES]]]: `saunter-crawler --once`, fetch to commit, against bare
// curl_multi; with feeds of one, five and fifteen entries, or of ENTRIES alone.
//
// The same URLs on as many loopback hosts, the same origin, turn and turn about; each side is a
// process of its own, so that both pay for their start. Prints feeds/s and the ratio of each pair.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/bare_multi.h"
#include "tests/end_to_end/house.h"

namespace saunter::bench {
namespace {

constexpr int kFeeds = 20000;
constexpr int kPairs = 9;
constexpr std::array kEntries = {1, 5, 15};
constexpr int kInFlight = 64;

struct Cpu {
  double user_s = 0;
  double system_s = 0;
};

// Of this process, which is the origin, or of its children that have ended.
Cpu CpuOf(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

// Prints the processor time a feed from its beginning to Print.
class CpuMeter {
 public:
  void Print(const char* name, int feeds) const {
    const auto children = CpuOf(RUSAGE_CHILDREN);
    const auto origin = CpuOf(RUSAGE_SELF);
    const auto micros = [&](double now_s, double before_s) {
      return (now_s - before_s) / feeds * 1e6;
    };
    std::printf(
        "  %s: processor time a feed: %.0f us user, %.0f us system; origin: %.0f and %.0f us\n",
        name, micros(children.user_s, children_.user_s),
        micros(children.system_s, children_.system_s), micros(origin.user_s, origin_.user_s),
        micros(origin.system_s, origin_.system_s));
  }

 private:
  const Cpu children_ = CpuOf(RUSAGE_CHILDREN);
  const Cpu origin_ = CpuOf(RUSAGE_SELF);
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

support::OriginAnswer AnswerFeed(const support::OriginRequest& request, int entries) {
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", "\"1\""}};
  answer.body = end_to_end::RssFeed("http://" + request.address, 1, entries);
  return answer;
}

// Run as a child: reads URLs from a file, fetches them all.
int RunBare(const char* path) {
  std::vector<std::string> urls;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) urls.push_back(line);
  const auto sums = FetchAll(urls, kInFlight, BareMethod::kGet);
  std::printf("%lld ok, %lld failed\n", static_cast<long long>(sums.ok),
              static_cast<long long>(sums.failed));
  return sums.failed == 0 ? 0 : 1;
}

double TimeBare(const end_to_end::House& house, const std::string& self) {
  const auto start = std::chrono::steady_clock::now();
  const auto done = support::RunToEnd({.program = self,
                                       .arguments = {"--bare", house.File("urls.txt")},
                                       .environment = {},
                                       .input = {},
                                       .directory = {}},
                                      std::chrono::minutes(5));
  if (done.exit_code != 0) std::printf("bare: %s%s\n", done.output.c_str(), done.errors.c_str());
  return Seconds(start);
}

double TimeOnce(const end_to_end::House& house, const std::vector<std::string>& urls) {
  for (const auto* suffix : {"", "-wal", "-shm", ".lock", "-asked"}) {
    ::unlink((house.DatabasePath() + suffix).c_str());
  }
  if (house.Import(urls).exit_code != 0) std::printf("the import failed\n");
  const CpuMeter meter;
  const auto start = std::chrono::steady_clock::now();
  auto crawler = house.StartCrawler({"--once", "--health.probes_in_flight_max", "0",
                                     "--write.batch_age_ms_max", "500", "--log.level", "warning"});
  if (crawler->WaitForExit(std::chrono::minutes(5)) != 0) {
    std::printf("%s\n", crawler->Errors().c_str());
  }
  const auto seconds = Seconds(start);
  meter.Print("--once", static_cast<int>(urls.size()));
  std::printf("  %s", crawler->Output().c_str());
  return seconds;
}

void Run(int feeds, int pairs, int entries) {
  std::string self(4096, '\0');
  self.resize(static_cast<std::size_t>(
      std::max<ssize_t>(0, readlink("/proc/self/exe", self.data(), self.size()))));
  end_to_end::House house(
      [entries](const support::OriginRequest& request) { return AnswerFeed(request, entries); },
      {.logs_requests = false});
  std::vector<std::string> urls;
  urls.reserve(static_cast<std::size_t>(feeds));
  for (int i = 0; i < feeds; ++i) {
    urls.push_back(house.origin().Url(end_to_end::SiteAddress(i), "/feed"));
  }
  {
    std::ofstream file(house.File("urls.txt"));
    for (const auto& url : urls) file << url << "\n";
  }
  std::vector<double> ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    const CpuMeter meter;
    const auto bare = TimeBare(house, self);
    meter.Print("bare curl_multi", feeds);
    const auto once = TimeOnce(house, urls);
    ratios.push_back(bare / once);
    std::printf("pair %d: --once %.0f feeds/s, bare curl_multi %.0f feeds/s, ratio %.2f\n",
                pair + 1, feeds / once, feeds / bare, ratios.back());
  }
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  std::printf("the largest process, import and yardstick included, took %ld MB at its peak\n",
              usage.ru_maxrss / 1024);
  std::sort(ratios.begin(), ratios.end());
  std::printf(
      "once_bench: %d feeds of %d entries on as many hosts, ratio to bare curl_multi: min %.2f, "
      "median %.2f, max %.2f\n",
      feeds, entries, ratios.front(), ratios[ratios.size() / 2], ratios.back());
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--bare") return saunter::bench::RunBare(argv[2]);
  const int feeds =
      argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : saunter::bench::kFeeds;
  const int pairs =
      argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : saunter::bench::kPairs;
  std::vector<int> entries(saunter::bench::kEntries.begin(), saunter::bench::kEntries.end());
  if (argc > 3) entries = {static_cast<int>(std::strtol(argv[3], nullptr, 10))};
  for (const int count : entries) {
    saunter::bench::Run(std::max(feeds, 1), std::max(pairs, 1), std::max(count, 0));
  }
  return 0;
}
