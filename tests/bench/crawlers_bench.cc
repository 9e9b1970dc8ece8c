// crawlers_bench [FEEDS [PAIRS [ENTRIES]]]: what a feed costs three crawlers that share a
// PostgreSQL database, against one alone on it: processor time of the crawlers and of all of
// PostgreSQL, turn and turn about, each over a fresh database.
//
// Each feed is on a host of its own, and all are due at the moment from which it is measured: by
// then the crawlers run and have shared out the hosts. PostgreSQL is set up as Debian does it; the
// hosts are this program, whose own time is not counted. More than sixteen million feeds have no
// addresses.

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench_house.h"
#include "tests/bench/processor_time.h"
#include "tests/end_to_end/house.h"
#include "tests/support/cluster.h"

namespace saunter::bench {
namespace {

constexpr int kFeeds = 6000;
constexpr int kPairs = 3;
constexpr int kEntries = 5;
constexpr int kCrawlers = 3;
constexpr int kShards = 1024;
constexpr char kBar[] = " (bar 1.15)";
// How long it may take to say of all feeds when they are due.
constexpr int kAheadS = 3;
constexpr int kFeedsPerS = 5000;
constexpr std::chrono::hours kCrawlMax(6);

// 127.1.0.1, 127.1.0.2, …
std::string HostAddress(int number) {
  constexpr int kHostsPerBlock = 254;
  constexpr int kBlocks = 256;
  const int block = number / kHostsPerBlock;
  return "127." + std::to_string(1 + block / kBlocks) + "." + std::to_string(block % kBlocks) +
         "." + std::to_string(1 + number % kHostsPerBlock);
}

double SecondsOfEndedChildren() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Figures {
  double crawlers_us = 0;    // a feed
  double postgresql_us = 0;  // a feed
  double feeds_per_s = 0;
  bool is_whole = false;

  [[nodiscard]] double Sum() const { return crawlers_us + postgresql_us; }
};

class Bench {
 public:
  Bench(int feeds, int entries)
      : feeds_(feeds),
        house_([this, entries](const auto& request) { return Answer(request, entries); },
               {.logs_requests = false}) {
    for (int i = 0; i < feeds; ++i) {
      list_.append(house_.origin().Url(HostAddress(i), "/feed")).push_back('\n');
    }
  }

  Figures Measure(int count) {
    const auto name = cluster_.MakeDatabase();
    Figures figures;
    if (Prepare(name)) {
      std::vector<std::unique_ptr<support::Process>> crawlers;
      crawlers.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) crawlers.push_back(Start(name, i));
      if (WaitForShares(name, count)) figures = Crawl(name, crawlers);
      for (const auto& crawler : crawlers) {
        const auto said = crawler->Errors();
        if (!said.empty()) std::printf("  a crawler says: %s\n", said.c_str());
      }
    }
    cluster_.DropDatabase(name);
    return figures;
  }

 private:
  support::OriginAnswer Answer(const support::OriginRequest& request, int entries) {
    support::OriginAnswer answer;
    if (request.target != "/feed") {
      answer.status = 404;
      return answer;
    }
    ++asked_;
    answer.headers = {{"Content-Type", "application/rss+xml"}, {"ETag", "\"1\""}};
    answer.body = end_to_end::RssFeed("http://" + request.address, 1, entries);
    return answer;
  }

  // All feeds are there, and none is due.
  bool Prepare(const std::string& name) {
    const auto done = support::RunToEnd(
        {.program = support::Built("crawler/cli/saunter"),
         .arguments = {"--config", house_.File("saunter.toml"), "--store.url", cluster_.UrlOf(name),
                       "--log.level", "warning", "import", "-"},
         .environment = {},
         .input = list_,
         .directory = {}},
        kCrawlMax);
    if (done.exit_code != 0) {
      std::printf("the import failed: %s%s\n", done.output.c_str(), done.errors.c_str());
      return false;
    }
    cluster_.Ask(name, "UPDATE feed SET next_check_at = next_check_at + 100000");
    cluster_.Ask(name, "VACUUM ANALYZE");
    cluster_.Ask(name, "CHECKPOINT");
    return true;
  }

  std::unique_ptr<support::Process> Start(const std::string& name, int number) {
    return house_.StartCrawler({"--store.url", cluster_.UrlOf(name), "--store.path",
                                house_.File("crawler" + std::to_string(number) + ".db"),
                                "--store.lease_renewal_s", "2", "--health.probes_in_flight_max",
                                "0", "--write.batch_age_ms_max", "500", "--log.level", "warning"});
  }

  bool WaitForShares(const std::string& name, int count) {
    const auto question = "SELECT count(*) = " + std::to_string(count) +
                          " AND min(held) >= " + std::to_string(kShards / count) +
                          " FROM (SELECT count(*) AS held FROM shard WHERE owner IS NOT NULL AND "
                          "is_leaving = 0 GROUP BY owner) AS each";
    if (support::WaitUntil([&] { return cluster_.Ask(name, question) == "t\n"; },
                           std::chrono::minutes(2))) {
      return true;
    }
    std::printf("the hosts are not shared out\n");
    return false;
  }

  Figures Crawl(const std::string& name,
                const std::vector<std::unique_ptr<support::Process>>& crawlers) {
    asked_ = 0;
    // All at one moment ahead: crawlers that wait look for what comes due, not at what was.
    const auto due_at =
        cluster_.Ask(name, "SELECT clock_now() + " + std::to_string(kAheadS + feeds_ / kFeedsPerS));
    cluster_.Ask(name, "UPDATE feed SET next_check_at = " + due_at);
    if (cluster_.Ask(name, "SELECT clock_now() < " + due_at) != "t\n") {
      std::printf("the machine is too slow: feeds were due before all of them were\n");
      return {};
    }
    const auto postgresql = ProcessorSecondsOfAll(cluster_.id());
    double own = SecondsOfEndedChildren();
    for (const auto& crawler : crawlers) own += ProcessorSeconds(crawler->id());
    if (!support::WaitUntil([&] { return asked_ > 0; }, kCrawlMax)) return {};
    const auto start = std::chrono::steady_clock::now();
    if (!support::WaitUntil([&] { return asked_ >= feeds_; }, kCrawlMax)) return {};
    for (const auto& crawler : crawlers) crawler->Signal(SIGTERM);
    for (const auto& crawler : crawlers) {
      if (crawler->WaitForExit(end_to_end::kDeadline) != 0) return {};
    }
    Figures figures;
    figures.feeds_per_s = feeds_ / Seconds(start);
    figures.crawlers_us = (SecondsOfEndedChildren() - own) / feeds_ * 1e6;
    // Once all that worked for them has ended.
    const auto is_alone = [&] {
      return cluster_.Ask("postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = '" +
                                          name + "'") == "0\n";
    };
    if (!support::WaitUntil(is_alone, end_to_end::kDeadline)) return {};
    figures.postgresql_us = (ProcessorSecondsOfAll(cluster_.id()) - postgresql) / feeds_ * 1e6;
    figures.is_whole =
        cluster_.Ask(name, "SELECT count(*) FROM feed WHERE checked_at IS NULL") == "0\n";
    return figures;
  }

  const int feeds_;
  std::atomic<int> asked_ = 0;
  end_to_end::House house_;
  support::Cluster cluster_{support::Cluster::Keeping::kOnDisk};
  std::string list_;
};

bool Print(const char* who, const Figures& figures) {
  std::printf("  %s: processor time a feed: %.0f us crawlers, %.0f us PostgreSQL; %.0f feeds/s%s\n",
              who, figures.crawlers_us, figures.postgresql_us, figures.feeds_per_s,
              figures.is_whole ? "" : "; NOT ALL FEEDS WERE WRITTEN");
  return figures.is_whole;
}

int Run(int feeds, int pairs, int entries) {
  if (const auto why = support::Cluster::WhyNone(); !why.empty()) {
    std::printf("crawlers_bench: SKIPPED: %s\n", why.c_str());
    return 0;
  }
  Bench bench(feeds, entries);
  std::vector<double> ratios;
  std::vector<double> rates;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto one = bench.Measure(1);
    if (!Print("one crawler", one)) return 1;
    const auto three = bench.Measure(kCrawlers);
    if (!Print("three crawlers", three)) return 1;
    ratios.push_back(three.Sum() / one.Sum());
    rates.push_back(three.feeds_per_s / one.feeds_per_s);
    std::printf("pair %d: processor time of three to one: %.2f; feeds/s: %.2f\n", pair + 1,
                ratios.back(), rates.back());
  }
  const auto what = std::to_string(feeds) + " feeds of " + std::to_string(entries) + " entries, ";
  PrintRatios("crawlers_bench: " + what + "feeds/s of three crawlers to one", rates);
  PrintRatios("crawlers_bench: " + what + "processor time a feed of three crawlers to one" + kBar,
              ratios);
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  using saunter::bench::NumberOr;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return saunter::bench::Run(NumberOr(argc, argv, 1, saunter::bench::kFeeds),
                             NumberOr(argc, argv, 2, saunter::bench::kPairs),
                             NumberOr(argc, argv, 3, saunter::bench::kEntries));
}
