// The hand-over to the one writer: a bounded queue, and the thread that turns it into batches.
//
// Results gather until batch_rows_max, batch_bytes_max or batch_age_ms_max is reached, then become
// one transaction: rows, verdicts, tallies, the rule's blacklist decisions and the pool together.
// A full queue blocks the producer; that is the whole flow control.
//
// Thread safety: every public function may be called from any thread. Ownership: the thread owns
// the store::Writer. Errors: the first write error closes the queue, Failed() turns true, waiting
// callers are answered; the process is expected to drain and leave non-zero. What passes is no such
// error: while another program locks the database, or the disk is full, the same batch is tried
// again and the queue fills; operators are told. The constructor reads the blacklist and may throw
// StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crawler/health/blacklist.h"
#include "crawler/write/histogram.h"
#include "schemas/batch.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/writer.h"

namespace saunter::crawler::write {

using Result = std::variant<schemas::CrawlResult, schemas::ProbeResult, schemas::SiteLook,
                            schemas::CrawlerStatus, schemas::HostState>;

// What became of a set of operator's changes.
struct ChangeReceipt {
  bool committed = false;
  std::string problem;  // if not committed
  std::int64_t batch_id = 0;
  std::vector<schemas::ChangeOutcome> outcomes;  // one for each change
};

// Feeds and links whose results are in the database now, in no order.
struct Committed {
  std::vector<schemas::Id> feed_ids;
  std::vector<schemas::Id> link_ids;
  std::int64_t batch_id = 0;
};

enum class PutStatus {
  kTaken,
  kFull,    // nothing was taken; there is room once the writer has caught up
  kClosed,  // the writer has failed or was stopped
};

// What the thread has done since it was started, and what it holds now.
struct WriterSums {
  std::int64_t queue_results = 0;
  std::int64_t queue_bytes = 0;
  Histogram batch_rows{{1, 10, 100, 500, 1000, 2000, 5000, 10000, 20000}};
  Histogram commit_seconds{{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30}};
  std::int64_t sites_blacklisted = 0;  // by the rule
  std::int64_t wal_bytes = 0;
  std::optional<store::StoreErrorKind> trouble;  // why the batch cannot be committed now
};

class WriterThread {
 public:
  WriterThread(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
               std::function<schemas::UnixSeconds()> clock);
  ~WriterThread();  // Stop()
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // Blocks while the queue is full. While a batch cannot be committed there is room for what was in
  // flight besides; who sees Trouble() begins nothing new, and is not blocked then. False: the
  // writer has failed or was stopped; nothing was taken.
  [[nodiscard]] bool Put(Result result);
  // Never blocks; `result` is moved from only if it was taken.
  [[nodiscard]] PutStatus TryPut(Result& result);
  // Nothing more will come: what is queued need not wait for company.
  void Hurry();
  // Rides in the next batch with a full sync; returns after its commit.
  [[nodiscard]] ChangeReceipt Change(std::vector<schemas::OperatorChange> changes);
  // What was committed since the last call.
  [[nodiscard]] std::vector<Committed> TakeCommitted();
  // The blacklist as of the newest commit; never null.
  [[nodiscard]] std::shared_ptr<const health::Blacklist> blacklist() const;
  [[nodiscard]] bool Failed() const;
  // The error that Failed() stands for; kOther if it was none of the database's.
  [[nodiscard]] std::optional<store::StoreErrorKind> Failure() const;
  // What keeps the batch from being committed at the moment; it is tried again and again.
  [[nodiscard]] std::optional<store::StoreErrorKind> Trouble() const;
  [[nodiscard]] std::int64_t WalBytes() const;
  [[nodiscard]] WriterSums Sums() const;
  [[nodiscard]] std::size_t QueueLength() const;
  // Steady-clock ms since the thread last came round; for the watchdog.
  [[nodiscard]] std::int64_t IdleMs() const;
  // Commits what is queued, checkpoints, ends the thread.
  void Stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::crawler::write
