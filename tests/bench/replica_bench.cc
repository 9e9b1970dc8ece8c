// replica_bench [LINKS [SECONDS [LINKS_PER_S]]]: saunter-replica's first copy of a PostgreSQL
// database of LINKS, and then how long three of them take to show what one writer commits, while it
// commits LINKS_PER_S for SECONDS.
//
// The yardstick of the first copy is psql, which reads the rows of the same links and drops them.
// PostgreSQL is set up as Debian does it, on this machine. Ten million links take about 20 GB on
// the disk.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/bench_house.h"
#include "tests/bench/copies.h"
#include "tests/bench/crawl_batches.h"
#include "tests/bench/processor_time.h"
#include "tests/bench/steady_writer.h"
#include "tests/support/files.h"

namespace saunter::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLinks = 1000000;
constexpr int kSeconds = 30;
constexpr int kLinksPerSecond = 1000;
constexpr std::size_t kReplicas = 3;
constexpr double kBarSeconds = 2;
constexpr std::chrono::hours kFillMax(6);

struct Sighting {
  schemas::Id batch_id = 0;
  Clock::time_point at;
};

// When each batch was first seen in a copy, looked for again and again on a thread of its own.
class Watcher {
 public:
  explicit Watcher(const std::string& path)
      : view_(path), thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

  // Ends it.
  [[nodiscard]] std::vector<Sighting> Seen() {
    thread_.request_stop();
    thread_.join();
    return std::move(seen_);
  }
  [[nodiscard]] CopyView& view() { return view_; }  // once it has ended

 private:
  void Watch(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kLookEvery(5);
    schemas::Id newest = 0;
    while (!stop.stop_requested()) {
      if (const auto found = view_.NewestBatch(); found > newest) {
        newest = found;
        seen_.push_back({.batch_id = newest, .at = Clock::now()});
      }
      std::this_thread::sleep_for(kLookEvery);
    }
  }

  CopyView view_;
  std::vector<Sighting> seen_;
  std::jthread thread_;
};

// Of each commit; both are in order. What was never seen is as late as can be.
std::vector<double> Delays(const std::vector<Sighting>& commits,
                           const std::vector<Sighting>& seen) {
  std::vector<double> delays;
  delays.reserve(commits.size());
  auto sighting = seen.begin();
  for (const auto& commit : commits) {
    while (sighting != seen.end() && sighting->batch_id < commit.batch_id) ++sighting;
    const std::chrono::duration<double> delay =
        sighting == seen.end() ? std::chrono::duration<double>(kFillMax) : sighting->at - commit.at;
    delays.push_back(std::max(0.0, delay.count()));
  }
  std::sort(delays.begin(), delays.end());
  return delays;
}

double Share(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::lround(last * share))];
}

class Bench {
 public:
  Bench(int feeds, int feeds_crawled)
      : feeds_(feeds), feeds_crawled_(feeds_crawled), source_(feeds, feeds_crawled) {
    const double links = static_cast<double>(feeds_crawled) * kEntriesPerFeed;
    std::printf("the writer filled PostgreSQL with %.0f links at %.0f links/s\n", links,
                links / source_.seconds());
  }

  bool Fill() {
    const double links = static_cast<double>(feeds_crawled_) * kEntriesPerFeed;
    const auto read_at = Clock::now();
    source_.Ask("\\copy link to /dev/null");
    const auto read_s = Seconds(read_at);
    const auto server_s = ProcessorSecondsOfAll(source_.server_id());
    const auto began = Clock::now();
    auto replica = StartReplica({.url = source_.Url(), .path = Path(0)});
    if (!replica->WaitForLine("the copy is filled and in use", kFillMax)) {
      std::printf("no copy: %s\n", replica->Errors().c_str());
      return false;
    }
    const auto took_s = Seconds(began);
    const auto megabytes = static_cast<double>(std::filesystem::file_size(Path(0))) / 1e6;
    std::printf(
        "replica_bench: first copy of %.0f links: %.1f s, %.0f links/s, %.0f MB; processor time "
        "%.1f s of the replica and %.1f s of PostgreSQL; the replica's memory %.0f MB at its peak; "
        "psql reads the links alone in %.1f s\n",
        links, took_s, links / took_s, megabytes, ProcessorSeconds(replica->id()),
        ProcessorSecondsOfAll(source_.server_id()) - server_s, PeakMegabytes(replica->id()),
        read_s);
    replica->Signal(SIGTERM);
    if (replica->WaitForExit(std::chrono::minutes(1)) != 0) return false;
    for (std::size_t i = 1; i < kReplicas; ++i) std::filesystem::copy_file(Path(0), Path(i));
    return true;
  }

  bool Follow(int seconds, int links_per_s) {
    std::array<std::unique_ptr<support::Process>, kReplicas> replicas;
    std::array<std::unique_ptr<Watcher>, kReplicas> watchers;
    for (std::size_t i = 0; i < kReplicas; ++i)
      replicas[i] = StartReplica({.url = source_.Url(), .path = Path(i)});
    const auto first = source_.Touch();
    for (std::size_t i = 0; i < kReplicas; ++i) {
      if (!CopyView(Path(i)).WaitForBatch(first)) return Fail("a copy does not follow", replicas);
      watchers[i] = std::make_unique<Watcher>(Path(i));
    }
    double cpu_s = 0;
    for (const auto& replica : replicas) cpu_s -= ProcessorSeconds(replica->id());
    std::vector<Sighting> commits;
    const auto began = Clock::now();
    const int written = WriteSteadily(
        source_.writer(),
        {.first_feed = feeds_crawled_,
         .feeds = std::min(feeds_ - feeds_crawled_, seconds * links_per_s / kEntriesPerFeed),
         .links_per_s = links_per_s},
        {}, [&](schemas::Id id) { commits.push_back({.batch_id = id, .at = Clock::now()}); });
    const auto took_s = Seconds(began);
    std::vector<double> all;
    bool is_whole = !commits.empty();
    for (std::size_t i = 0; i < kReplicas && is_whole; ++i) {
      is_whole = CopyView(Path(i)).WaitForBatch(commits.back().batch_id);
    }
    if (!is_whole) return Fail("a copy is behind for good", replicas);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the watchers see it, too
    for (const auto& replica : replicas) cpu_s += ProcessorSeconds(replica->id());
    const double per_s = static_cast<double>(written) * kEntriesPerFeed / took_s;
    std::printf("%.0f links/s in %zu commits; each replica takes %.1f %% of a processor\n", per_s,
                commits.size(), cpu_s / took_s / kReplicas * 100);
    const auto links = std::stoll(source_.Ask("SELECT count(*) FROM pool"));
    for (std::size_t i = 0; i < kReplicas; ++i) {
      const auto delays = Delays(commits, watchers[i]->Seen());
      all.insert(all.end(), delays.begin(), delays.end());
      std::printf("copy %zu: commit to visible: p50 %.2f s, p99 %.2f s, max %.2f s\n", i + 1,
                  Share(delays, 0.5), Share(delays, 0.99), delays.back());
      if (watchers[i]->view().LinksInPool() != links) return Fail("links are missing", replicas);
    }
    std::sort(all.begin(), all.end());
    std::printf(
        "replica_bench: %.0f links/s, commit to visible in %zu copies: p50 %.2f s, p99 %.2f s "
        "(bar %.2f), max %.2f s\n",
        per_s, kReplicas, Share(all, 0.5), Share(all, 0.99), kBarSeconds, all.back());
    return true;
  }

 private:
  [[nodiscard]] std::string Path(std::size_t number) const {
    return folder_.File("copy" + std::to_string(number) + ".db");
  }
  static bool Fail(const char* what,
                   const std::array<std::unique_ptr<support::Process>, kReplicas>& replicas) {
    std::printf("%s\n", what);
    for (const auto& replica : replicas) std::printf("%s\n", replica->Errors().c_str());
    return false;
  }

  const int feeds_;
  const int feeds_crawled_;
  LinkSource source_;
  support::TemporaryDirectory folder_;
};

int Run(int links, int seconds, int links_per_s) {
  if (const auto why = support::Cluster::WhyNone(); !why.empty()) {
    std::printf("replica_bench: SKIPPED: %s\n", why.c_str());
    return 0;
  }
  const int crawled = std::max(1, links / kEntriesPerFeed);
  const int to_come = std::max(1, seconds * links_per_s / kEntriesPerFeed);
  Bench bench(crawled + to_come, crawled);
  return bench.Fill() && bench.Follow(seconds, links_per_s) ? 0 : 1;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  using saunter::bench::NumberOr;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return saunter::bench::Run(NumberOr(argc, argv, 1, saunter::bench::kLinks),
                               NumberOr(argc, argv, 2, saunter::bench::kSeconds),
                               NumberOr(argc, argv, 3, saunter::bench::kLinksPerSecond));
  } catch (const std::exception& error) {
    std::printf("replica_bench: %s\n", error.what());
    return 1;
  }
}
