// The continuous loop, a pump: due feeds and links → fetch → judge → the writer's queue.
//
// There are no rounds: places refill as they free. Which requests come next and what their answers
// mean is decided by two streams (feed_stream.h, probe_stream.h); the pump moves values between
// them, the fetcher, the due readers, the judge and the writer. Memory is bounded by the work held
// at once, not by the number of feeds.
//
// Each feed that is asked stands in a list on the disk before its request goes out (asked_log.h):
// what a crash leaves there waits as if it had been answered.
//
// The pump waits for nobody: while the writer's queue is full, results wait here, nothing new is
// asked, and what is in flight goes on; due work is read and feeds are judged on other threads.
//
// Where several crawlers share a database, only what is of this one's shards is taken in; what it
// asked under a lease that is over is dropped, wherever it is (crawl_loop_leases.cc).
//
// Thread safety: one thread. Ownership: the loop owns its fetcher and its connections; the writer
// and the keeper of the lease outlive it. Errors: the constructor throws StoreError for a database
// that cannot be read, std::system_error for a list of asked feeds that cannot be opened or read,
// and what the fetcher's constructor throws. Turn throws StoreError for a database that cannot be
// read for good, and what the fetcher and the judge throw.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "crawler/fetch/fetcher.h"
#include "crawler/judge/judge_thread.h"
#include "crawler/loop/due_supply.h"
#include "crawler/loop/feed_stream.h"
#include "crawler/loop/lease_keeper.h"
#include "crawler/loop/logged_fetcher.h"
#include "crawler/loop/loop_report.h"
#include "crawler/loop/outage.h"
#include "crawler/loop/outbox.h"
#include "crawler/loop/probe_stream.h"
#include "crawler/write/writer_thread.h"
#include "schemas/batch.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/due_work.h"

namespace saunter::crawler::loop {

// Whether there is something to do, and whether it is done.
struct WorkSigns {
  std::int64_t done = 0;  // grows with each answer and each result
  bool has_work = false;  // that nothing from outside holds up
};

class CrawlLoop {
 public:
  CrawlLoop(const schemas::Settings& settings, DueConnections connections,
            write::WriterThread& writer, schemas::UnixSeconds now,
            fetch::Clock clock = fetch::SystemClock());
  // The same for one of several crawlers that share a database.
  CrawlLoop(const schemas::Settings& settings, DueConnections connections,
            write::WriterThread& writer, LeaseKeeper& keeper, schemas::UnixSeconds now,
            fetch::Clock clock = fetch::SystemClock());

  // One turn: takes in due work, submits it, waits up to `timeout_ms` for answers, hands results
  // over. False: the writer takes nothing any more.
  [[nodiscard]] bool Turn(schemas::UnixSeconds now, std::int64_t timeout_ms);

  // Only work that was due at `at` is taken from now on (for --once).
  void LimitTo(schemas::UnixSeconds at);
  // True when nothing is due, in flight or uncommitted.
  [[nodiscard]] bool Idle() const;

  // Asks nothing new from now on; further turns take the answers of what is in flight.
  void StopAsking();
  [[nodiscard]] bool Drained() const {
    return InFlight() == 0 && judge_->Held() == 0 && outbox_.Empty() && feeds_.Suspects() == 0;
  }

  // New settings for all that the loop and the writer do. They hold once the requests that were
  // sent are answered and judged; until then no new one is. The connections of the due readers keep
  // the settings they were made with.
  void Reload(const schemas::Settings& settings);
  // Reports a clean stop in the status row, and notes the gaps that hosts are still owed.
  void Finish(schemas::UnixSeconds now);

  [[nodiscard]] const LoopSums& sums() const { return report_.sums(); }
  [[nodiscard]] LoopGauges Gauges() const;
  [[nodiscard]] WorkSigns Signs() const;
  [[nodiscard]] std::string Summary() const { return report_.Summary(); }

 private:
  CrawlLoop(const schemas::Settings& settings, DueConnections connections,
            write::WriterThread& writer, std::unique_ptr<LeaseKeeper> own_keeper,
            schemas::UnixSeconds now, fetch::Clock clock);
  void SettleLostAnswers(store::DueWork& work, schemas::UnixSeconds now);
  // crawl_loop_leases.cc
  void FollowLease();
  void BeginLease(const LeaseView& view);
  void DropAll();
  void TakeUpHosts();
  void LeaveShards(const store::ShardSet& leaving);
  // Whether anything may be asked; otherwise this crawler waits for a lease.
  [[nodiscard]] bool MayAsk() const {
    return !keeper_.is_shared() || (lease_.owner != 0 && !keeper_.IsOver());
  }
  [[nodiscard]] bool WaitsForLease() const;
  // The steps of a turn, in their order.
  void TakeCommits();
  void TakeJudged();
  void TakeSettings();
  void Refill(schemas::UnixSeconds now);
  void PullInWhenDue(Pace::Clock clock);
  void Submit(schemas::UnixSeconds now);
  void Poll(schemas::UnixSeconds now, std::int64_t timeout_ms);
  void Send(fetch::Request request);
  void TakeAnswer(fetch::Response response, schemas::UnixSeconds now);
  void SettleFeeds();
  void SettleProbes(schemas::UnixSeconds now);

  [[nodiscard]] bool WritesAreHeldUp(schemas::UnixSeconds now) const;
  // Nothing is due in memory, and no read is out that may bring some.
  [[nodiscard]] bool NothingWaits() const;
  [[nodiscard]] std::int64_t WaitMs(std::int64_t timeout_ms) const;
  [[nodiscard]] std::size_t TransfersMax(schemas::UnixSeconds now);
  void PutProbes(std::vector<ProbeOutput> results);
  [[nodiscard]] judge::JudgeInputs Inputs(const health::Blacklist& blacklist,
                                          schemas::UnixSeconds now);
  [[nodiscard]] std::size_t InFlight() const { return feeds_.Out() + probes_.Out(); }

  schemas::Settings settings_;
  std::optional<schemas::Settings> next_settings_;
  write::WriterThread& writer_;
  std::unique_ptr<LeaseKeeper> own_keeper_;  // that holds everything
  LeaseKeeper& keeper_;
  std::mt19937_64 random_;

  schemas::Lease lease_;                     // what hosts asked is known up to its epoch
  std::optional<std::int64_t> hosts_epoch_;  // a newer one, of which it is not yet
  std::int64_t silent_until_ms_ = 0;         // some of the shards are not to be asked before
  store::ShardSet leaving_;
  bool feeds_were_read_ = false;  // what was read before shards began to leave
  bool links_were_read_ = false;

  FeedStream feeds_;
  ProbeStream probes_;
  OutageWatch outage_;
  LoopReport report_;
  Outbox outbox_;
  bool asking_ = true;
  std::optional<schemas::UnixSeconds> due_limit_;
  std::int64_t pull_in_s_;  // when what a wrong clock put off is looked for, of feeds_.elapsed_s()

  LoggedFetcher fetching_;
  std::unique_ptr<judge::JudgeThread> judge_;
  std::unique_ptr<DueSupply> supply_;
};

}  // namespace saunter::crawler::loop
