// The hand-over to the one writer: a bounded queue, and the thread that turns it into batches.
//
// Results gather until batch_rows_max, batch_bytes_max or batch_age_ms_max is reached, then become
// one transaction: rows, verdicts, tallies, the rule's blacklist decisions and the pool together.
// A full queue takes nothing more: Put waits, TryPut says so.
//
// Thread safety: every public function may be called from any thread. Ownership: the thread owns
// the store::Writer. Errors: the first write error closes the queue, Failed() turns true, waiting
// callers are answered; the process is expected to leave non-zero. An error that goes away by
// itself does not: while another program locks the database, the disk is full, or a file may not be
// written, the same batch is tried again, the queue fills, and operators are told. The constructor
// reads the blacklist and may throw StoreError.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crawler/health/blacklist.h"
#include "crawler/write/batch.h"
#include "crawler/write/gathered.h"
#include "crawler/write/histogram.h"
#include "crawler/write/wal_level.h"
#include "crawler/write/write_retry.h"
#include "schemas/batch.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/status.h"
#include "store/writer.h"

namespace saunter::crawler::write {

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
  std::map<store::StoreErrorKind, std::int64_t> commit_failures;
  std::optional<schemas::UnixSeconds> committed_at;  // the newest batch
  std::int64_t sites_blacklisted = 0;                // by the rule
  std::int64_t feedback_taken = 0;                   // votes and reports of readers
  std::int64_t feedback_used = 0;                    // whose receipts had been used
  std::int64_t results_lost = 0;  // of feeds and links that another crawler held by then
  std::int64_t wal_bytes = 0;
  std::optional<store::StoreErrorKind> trouble;  // why the batch cannot be committed now
};

class WriterThread {
 public:
  WriterThread(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
               std::function<schemas::UnixSeconds()> clock);
  ~WriterThread() { Stop(); }
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // Waits while the queue is full. While Trouble() names an error, the queue holds more, so that a
  // caller who begins nothing new can still hand over what was in flight. False: the writer has
  // failed or was stopped; nothing was taken.
  [[nodiscard]] bool Put(Result result);
  // Never blocks; `result` is moved from only if it was taken.
  [[nodiscard]] PutStatus TryPut(Result& result);
  // Nothing more will come: what is queued need not wait for company.
  void Hurry();
  // Rides in the next batch with a full sync; returns after its commit. A feed that is removed may
  // take several batches, and its removal goes on by itself from the first: the call returns after
  // the last of them, or when they have to wait for a later run.
  [[nodiscard]] ChangeReceipt Change(std::vector<schemas::OperatorChange> changes);
  // Results that come from now on were asked under this lease. Those of another owner's that wait
  // in the queue are dropped; those that are being committed are if the owner has lost them.
  void ActFor(const schemas::Lease& lease);
  // New settings, but for store.path: they hold from the next batch on.
  void Renew(const schemas::Settings& settings);
  // The process is about to end: changes that wait are answered, nothing of them is written, and no
  // new ones are taken. Those that are being committed are answered by what becomes of them.
  void RefuseChanges();
  // What was committed since the last call.
  [[nodiscard]] std::vector<Committed> TakeCommitted();
  // The blacklist as of the newest commit; never null.
  [[nodiscard]] std::shared_ptr<const health::Blacklist> blacklist() const;
  [[nodiscard]] bool Failed() const { return Failure().has_value(); }
  // The error that Failed() stands for; kOther if it was none of the database's.
  [[nodiscard]] std::optional<store::StoreErrorKind> Failure() const;
  // What keeps the batch from being committed at the moment; it is tried again and again.
  [[nodiscard]] std::optional<store::StoreErrorKind> Trouble() const;
  [[nodiscard]] std::int64_t WalBytes() const { return wal_bytes_; }
  [[nodiscard]] WriterSums Sums() const;
  [[nodiscard]] std::size_t QueueLength() const;
  // Steady-clock ms since the thread last came round; for the watchdog.
  [[nodiscard]] std::int64_t IdleMs() const;
  // Commits what is queued, checkpoints, ends the thread.
  void Stop();

 private:
  // What the thread does.
  void Run();
  void RunUntilStopped();
  void TakeSettings();
  void Gather();
  void TakeWhatFits();
  [[nodiscard]] bool IsFull() const;
  [[nodiscard]] bool IsInPieces() const { return is_removing_ || is_settling_; }
  void CommitUntilDone();
  void Commit();
  void WaitBeforeRetry(WriteRetry::Step step, const store::StoreError& error);
  void Report(const BatchReport& report) const;
  void RenewBlacklistWhenDue();
  void CheckpointWhenDue();
  void EmptyWal();
  void NoteWal();
  void CheckpointAtTheEnd();
  void Fail(store::StoreErrorKind kind, const std::string& problem);

  // With the mutex held.
  void Push(Result&& result);
  [[nodiscard]] bool HasEnough() const;
  void Answer(std::vector<std::shared_ptr<Ticket>>& tickets, const std::string& problem);
  [[nodiscard]] bool HasRoom() const;
  void RefuseGathered(const std::string& problem);
  void AnswerCommitted(const BatchReport& report);
  void AnswerHeld();
  void SetTrouble(std::optional<store::StoreErrorKind> trouble);
  void Round();

  // Constant after construction.
  const std::function<schemas::UnixSeconds()> clock_;

  // Guarded by the mutex.
  mutable std::mutex mutex_;
  schemas::Settings settings_;  // changed by the thread alone, which reads them without it
  std::optional<schemas::Settings> next_settings_;
  std::condition_variable room_;      // the queue has room, or is closed
  std::condition_variable work_;      // the queue or the tickets have something, or stop
  std::condition_variable answered_;  // a ticket was answered
  schemas::Lease lease_;
  std::deque<Queued> queue_;
  Weight queue_weight_;
  Weight wanted_;       // what a batch that is being gathered still lacks
  bool hurry_ = false;  // what is queued is all there is
  std::vector<std::shared_ptr<Ticket>> tickets_;
  std::vector<std::shared_ptr<Ticket>> held_;  // committed, but for the rest of what they remove
  std::vector<Committed> committed_;
  std::shared_ptr<const health::Blacklist> blacklist_;
  bool stopping_ = false;
  bool refuses_changes_ = false;
  std::optional<store::StoreErrorKind> failure_;
  std::optional<store::StoreErrorKind> trouble_;
  WriterSums sums_;
  std::string problem_ = "the writer was stopped; nothing was changed";

  std::atomic<std::int64_t> round_at_ms_ = 0;  // when the thread came round last
  std::atomic<std::int64_t> wal_bytes_ = 0;

  // Confined to the thread.
  std::unique_ptr<store::Writer> writer_;
  Gathered gathered_;
  std::shared_ptr<const health::Blacklist> newest_blacklist_;
  std::chrono::steady_clock::time_point blacklist_at_;
  std::chrono::steady_clock::time_point checkpoint_at_;
  bool is_removing_ = false;     // something of removed feeds is left for the next batch
  bool is_settling_ = false;     // the same of links whose feed has got another category
  bool pulls_in_far_ = false;    // what a clock put off is not all pulled in
  bool checkpoint_due_ = false;  // something was committed since the last one, or held back by it
  WalLevel wal_level_ = WalLevel::kFine;

  std::mutex join_mutex_;
  std::jthread thread_;
};

}  // namespace saunter::crawler::write
