// Turns the crawl loop until a signal ends it, and tells the service manager and scrapes of it.
//
// Thread safety: one thread. Ownership: all that it is given outlives it. Errors: what the loop
// throws.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "crawler/daemon/options.h"
#include "crawler/daemon/progress.h"
#include "crawler/loop/crawl_loop.h"
#include "crawler/loop/lease_keeper.h"
#include "crawler/loop/metrics.h"
#include "crawler/write/writer_thread.h"
#include "schemas/units.h"

namespace saunter::crawler::daemon {

[[nodiscard]] schemas::UnixSeconds Now();
// How other crawlers' operators know this one: the machine and the process.
[[nodiscard]] std::string MachineName();

class Run {
 public:
  // `metrics` may be null.
  Run(const Options& options, loop::CrawlLoop& loop, write::WriterThread& writer,
      const loop::LeaseKeeper& keeper, loop::Metrics* metrics);

  // Until SIGTERM or SIGINT or, with --once, until nothing is due; then what was asked is read to
  // its end, for kDrainMax at most. True: ended as asked. False: the writer failed.
  [[nodiscard]] bool UntilStopped();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool Turn();
  [[nodiscard]] bool Drain();
  void Reload();
  void Show();
  void FeedWatchdog();

  const Options& options_;
  loop::CrawlLoop& loop_;
  write::WriterThread& writer_;
  const loop::LeaseKeeper& keeper_;
  loop::Metrics* const metrics_;
  const std::optional<std::chrono::milliseconds> watchdog_interval_;
  Progress progress_;
  Clock::time_point fed_at_;
  Clock::time_point shown_at_;
};

}  // namespace saunter::crawler::daemon
