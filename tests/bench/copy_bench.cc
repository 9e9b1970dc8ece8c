// copy_bench [PAIRS [SECONDS [LINKS_PER_S [LINKS [CONNECTIONS]]]]]: what a copy that is kept up to
// date costs the readers of its machine.
//
// wrk asks /v1/random of an API over a file that saunter-replica keeps, and of the same API over
// another file of the same content that nobody writes, turn and turn about. Meanwhile one writer
// commits LINKS_PER_S into PostgreSQL in either turn; the replica sleeps in the second, and has
// caught up before the next first. Besides, the second file is asked while the replica works at the
// first, which tells the processor time that it takes from what sharing the file costs. The replica
// has the share of the processors that CPUWeight=20 in saunter-replica.service gives it.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
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
#include "tests/bench/wrk.h"
#include "tests/end_to_end/house.h"

namespace saunter::bench {
namespace {

constexpr int kPairs = 7;
constexpr int kSeconds = 4;
constexpr int kLinksPerSecond = 100;
constexpr int kLinks = 100000;
constexpr int kConnections = 64;
constexpr int kNice = 7;  // against 0 nearly CPUWeight=20 against 100
constexpr char kBar[] = " (bar 0.98)";

struct Load {
  int pairs = 0;
  int seconds = 0;
  int links_per_s = 0;
  int links = 0;
  int connections = 0;
};

// An API, once it listens, and its port.
struct Api {
  std::unique_ptr<support::Process> process;
  int port = 0;
};

class Bench {
 public:
  explicit Bench(const Load& load)
      : load_(load),
        crawled_(std::max(1, load.links / kEntriesPerFeed)),
        // Twice what is to be measured, for what happens between the turns.
        to_come_(2 * 3 * load.pairs * (load.seconds + 1) * load.links_per_s / kEntriesPerFeed + 1),
        source_(crawled_ + to_come_, crawled_) {}

  bool Prepare() {
    replica_ = StartReplica({.url = source_.Url(), .path = kept_});
    if (!replica_->WaitForLine("the copy is filled and in use", std::chrono::minutes(10))) {
      std::printf("no copy: %s\n", replica_->Errors().c_str());
      return false;
    }
    replica_->Signal(SIGTERM);
    if (replica_->WaitForExit(std::chrono::minutes(1)) != 0) return false;
    std::filesystem::copy_file(kept_, still_);
    replica_ = StartReplica({.url = source_.Url(), .path = kept_, .nice = kNice});
    over_kept_ = Start(kept_);
    over_still_ = Start(still_);
    return CopyView(kept_).WaitForBatch(source_.Touch());
  }

  // Runs until it is told to stop.
  void Write(const std::stop_token& stop) {
    written_ =
        WriteSteadily(source_.writer(),
                      {.first_feed = crawled_, .feeds = to_come_, .links_per_s = load_.links_per_s},
                      stop, [this](schemas::Id id) { newest_ = id; });
  }

  struct Turn {
    double followed = 0;     // requests/s of the file that is kept
    double beside = 0;       // of the other one, while the first is kept
    double alone = 0;        // of the other one, while the replica sleeps
    double replica_cpu = 0;  // of a processor, in the first
    double errors = 0;
  };
  bool Measure(Turn& turn) {
    const auto cpu = ProcessorSeconds(replica_->id());
    turn.followed = Ask(over_kept_, turn);
    turn.replica_cpu = (ProcessorSeconds(replica_->id()) - cpu) / load_.seconds;
    turn.beside = Ask(over_still_, turn);
    replica_->Signal(SIGSTOP);
    turn.alone = Ask(over_still_, turn);
    replica_->Signal(SIGCONT);
    return CopyView(kept_).WaitForBatch(newest_);
  }

  [[nodiscard]] int written() const { return written_; }

 private:
  Api Start(const std::string& path) {
    Api api{.process = house_.StartApi({"--store.path", path}), .port = house_.api_port()};
    const auto is_ready = [&] {
      const auto answer = house_.Ask("/v1/random");
      return answer && answer->status == 200;
    };
    if (!support::WaitUntil(is_ready, end_to_end::kDeadline)) {
      throw std::runtime_error("no link: " + api.process->Errors());
    }
    return api;
  }
  double Ask(const Api& api, Turn& turn) const {
    const auto asked =
        AskRandom({.port = api.port, .connections = load_.connections, .seconds = load_.seconds});
    turn.errors += asked.errors;
    return asked.requests_per_s;
  }

  const Load load_;
  const int crawled_;
  const int to_come_;
  LinkSource source_;
  end_to_end::House house_;
  const std::string kept_ = house_.File("kept.db");
  const std::string still_ = house_.File("still.db");
  std::unique_ptr<support::Process> replica_;
  Api over_kept_;
  Api over_still_;
  std::atomic<schemas::Id> newest_ = 0;
  int written_ = 0;
};

int Run(const Load& load) {
  if (const auto why = support::Cluster::WhyNone(); !why.empty()) {
    std::printf("copy_bench: SKIPPED: %s\n", why.c_str());
    return 0;
  }
  Bench bench(load);
  if (!bench.Prepare()) return 1;
  std::vector<double> ratios;
  std::vector<double> sharing;
  double errors = 0;
  const auto began = std::chrono::steady_clock::now();
  std::jthread writer([&](const std::stop_token& stop) { bench.Write(stop); });
  for (int pair = 0; pair < load.pairs; ++pair) {
    Bench::Turn turn;
    if (!bench.Measure(turn)) return 1;
    ratios.push_back(turn.followed / std::max(turn.alone, 1.0));
    sharing.push_back(turn.followed / std::max(turn.beside, 1.0));
    errors += turn.errors;
    std::printf(
        "pair %d: file that is kept %.0f requests/s (the replica takes %.1f %% of a processor), "
        "still file beside it %.0f, still file while the replica sleeps %.0f, ratio %.2f\n",
        pair + 1, turn.followed, turn.replica_cpu * 100, turn.beside, turn.alone, ratios.back());
  }
  writer.request_stop();
  writer.join();
  std::printf("copy_bench: %.0f links/s were written; %.0f errors\n",
              static_cast<double>(bench.written()) * kEntriesPerFeed / Seconds(began), errors);
  PrintRatios("copy_bench: requests/s, file that is kept to a still one beside it", sharing);
  PrintRatios(std::string("copy_bench: requests/s, file that is kept to the same without a "
                          "replica") +
                  kBar,
              ratios);
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  using saunter::bench::NumberOr;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return saunter::bench::Run(
        {.pairs = NumberOr(argc, argv, 1, saunter::bench::kPairs),
         .seconds = NumberOr(argc, argv, 2, saunter::bench::kSeconds),
         .links_per_s = NumberOr(argc, argv, 3, saunter::bench::kLinksPerSecond),
         .links = NumberOr(argc, argv, 4, saunter::bench::kLinks),
         .connections = NumberOr(argc, argv, 5, saunter::bench::kConnections)});
  } catch (const std::exception& error) {
    std::printf("copy_bench: %s\n", error.what());
    return 1;
  }
}
