// What the crawler tells Prometheus: sums and gauges of the loop and the writer, on a loopback
// port.
//
// Nobody is called back: the daemon shows what stands now, again and again, and a scrape gets what
// was shown last. The disk alone is looked at by the scrape.
//
// Thread safety: Show from one thread; scrapes are answered on threads of its own. Ownership: the
// port is open as long as the object lives. Errors: a listen text is judged by
// schemas::CheckSettings; a port that cannot be had throws std::runtime_error.
#pragma once

#include <memory>
#include <string>

#include "crawler/loop/crawl_loop.h"
#include "crawler/loop/lease_keeper.h"
#include "crawler/write/writer_thread.h"

namespace saunter::crawler::loop {

struct MetricsSnapshot {
  LoopSums loop;
  LoopGauges now;
  write::WriterSums writer;
  LeaseSums leases;
};

class Metrics {
 public:
  Metrics(const std::string& listen, const std::string& database_path);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void Show(MetricsSnapshot snapshot);
  [[nodiscard]] int port() const;  // also where `listen` left the choice: port 0

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::crawler::loop
