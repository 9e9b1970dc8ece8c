// sharing_bench [PAIRS [SECONDS [CONNECTIONS]]]: what sharing the database costs readers.
//
// wrk asks /v1/random while the crawler commits at full speed, to the same database or to a copy
// of it beside it, turn and turn about. Both share the CPU; only the sharing of the file differs.
// Prints requests/s of both, what the crawler committed meanwhile, and the ratio of each pair.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "store/reader.h"
#include "tests/bench/wrk.h"
#include "tests/end_to_end/house.h"

namespace saunter::bench {
namespace {

constexpr int kPairs = 5;
constexpr int kSeconds = 8;
constexpr int kConnections = 1000;
constexpr int kFirstFeeds = 2000;
constexpr int kFeedsPerRun = 20000;
constexpr int kEntries = 10;

support::OriginAnswer AnswerFeed(const support::OriginRequest& request) {
  support::OriginAnswer answer;
  answer.headers = {{"Content-Type", "application/rss+xml"}};
  answer.body = end_to_end::RssFeed("http://" + request.address + request.target, 1, kEntries);
  return answer;
}

struct RunFigures {
  double requests_per_s = 0;
  std::int64_t links_committed = 0;
  double errors = 0;
  bool crawled_to_the_end = false;
};

class Bench {
 public:
  Bench(int seconds, int connections)
      : house_(AnswerFeed),
        other_(house_.File("other.db")),
        seconds_(seconds),
        connections_(connections) {}

  bool Prepare() {
    if (house_.Import(Urls(kFirstFeeds)).exit_code != 0) return false;
    auto crawler = house_.StartCrawler({"--once", "--health.probes_in_flight_max", "0"});
    if (crawler->WaitForExit(std::chrono::minutes(2)) != 0) return false;
    if (house_.Saunter({"db", "backup", other_}).exit_code != 0) return false;
    api_ = house_.StartApi();
    return support::WaitUntil([&] { return house_.Ask("/v1/random")->status == 200; },
                              end_to_end::kDeadline);
  }

  RunFigures Measure(const std::string& database) {
    RunFigures figures;
    std::string list;
    for (const auto& url : Urls(kFeedsPerRun)) list.append(url).push_back('\n');
    if (house_.Saunter({"--store.path", database, "import", "-"}, list).exit_code != 0) {
      std::printf("the import failed\n");
    }
    const auto links_before = Links(database);
    auto crawler =
        house_.StartCrawler({"--store.path", database, "--write.batch_age_ms_max", "500",
                             "--health.probes_in_flight_max", "0", "--log.level", "debug"});
    if (!crawler->WaitForLine("committed batch", end_to_end::kDeadline)) return figures;
    const auto asked =
        AskRandom({.port = house_.api_port(), .connections = connections_, .seconds = seconds_});
    figures.crawled_to_the_end = Due(database) > 0;
    figures.links_committed = Links(database) - links_before;
    crawler->Signal(SIGTERM);
    if (crawler->WaitForExit(end_to_end::kDeadline) != 0) {
      std::printf("the crawler: %s\n", crawler->Errors().c_str());
    }
    figures.requests_per_s = asked.requests_per_s;
    figures.errors = asked.errors;
    locked_ |= crawler->Errors().find("database is locked") != std::string::npos;
    return figures;
  }

  [[nodiscard]] bool Locked() const {
    return locked_ || api_->Errors().find("database is locked") != std::string::npos;
  }
  [[nodiscard]] std::string DatabasePath() const { return house_.DatabasePath(); }
  [[nodiscard]] const std::string& other() const { return other_; }

 private:
  std::vector<std::string> Urls(int count) {
    ++run_;
    std::vector<std::string> urls;
    urls.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      urls.push_back(
          house_.origin().Url(end_to_end::SiteAddress(i), "/" + std::to_string(run_) + "/feed"));
    }
    return urls;
  }
  static schemas::Stats Stats(const std::string& database) {
    schemas::StoreSettings settings;
    settings.path = database;
    return store::OpenReader(settings).reader->ReadStats();
  }
  static std::int64_t Links(const std::string& database) { return Stats(database).links; }
  static std::int64_t Due(const std::string& database) {
    return Stats(database).feeds_never_fetched;
  }

  end_to_end::House house_;
  std::string other_;
  std::unique_ptr<support::Process> api_;
  int seconds_;
  int connections_;
  int run_ = 0;
  bool locked_ = false;
};

int Run(int pairs, int seconds, int connections) {
  Bench bench(seconds, connections);
  if (!bench.Prepare()) {
    std::printf("the first crawl failed\n");
    return 1;
  }
  std::vector<double> ratios;
  double errors = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto other = bench.Measure(bench.other());
    const auto same = bench.Measure(bench.DatabasePath());
    ratios.push_back(same.requests_per_s / std::max(other.requests_per_s, 1.0));
    errors += same.errors + other.errors;
    std::printf(
        "pair %d: same file %.0f requests/s (%lld links committed%s), other file %.0f "
        "requests/s (%lld links committed%s), ratio %.2f\n",
        pair + 1, same.requests_per_s, static_cast<long long>(same.links_committed),
        same.crawled_to_the_end ? "" : ", ran out of feeds", other.requests_per_s,
        static_cast<long long>(other.links_committed),
        other.crawled_to_the_end ? "" : ", ran out of feeds", ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf(
      "sharing_bench: %d connections, ratio of requests/s, same file to other file: min "
      "%.2f, median %.2f, max %.2f (bar 0.85); %.0f errors%s\n",
      connections, ratios.front(), ratios[ratios.size() / 2], ratios.back(), errors,
      bench.Locked() ? "; \"database is locked\" was logged" : "");
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  const auto number = [&](int index, int otherwise) {
    return argc > index ? std::max(1, static_cast<int>(std::strtol(argv[index], nullptr, 10)))
                        : otherwise;
  };
  return saunter::bench::Run(number(1, saunter::bench::kPairs), number(2, saunter::bench::kSeconds),
                             number(3, saunter::bench::kConnections));
}
