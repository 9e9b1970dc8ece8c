// The continuous loop: due feeds and due probes → fetch → parse → judge → the writer's queue.
//
// There are no rounds: places refill as they free, and what is in flight or not yet committed is
// marked in memory. Memory is bounded by the work held at once, not by the number of feeds.
//
// Each feed that is asked stands in a list on the disk before its request goes out (asked_log.h):
// what a crash leaves there waits as if it had been answered.
//
// The loop never blocks on the writer: while its queue is full, results wait here, nothing new is
// asked, and what is in flight goes on.
//
// Feeds are parsed and judged by a thread beside it (judge_thread.h), whose results come back here.
//
// Thread safety: one thread. Ownership: the loop owns its fetcher and its reader; the writer
// outlives it. Errors: StoreError from the reader ends the loop's turn and is thrown.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/verdict.h"
#include "crawler/judge/judge.h"
#include "crawler/judge/judge_thread.h"
#include "crawler/loop/asked_log.h"
#include "crawler/loop/outage.h"
#include "crawler/loop/pace.h"
#include "crawler/loop/probe_stream.h"
#include "crawler/loop/work_list.h"
#include "crawler/write/writer_thread.h"
#include "schemas/feed.h"
#include "schemas/host.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/reader.h"

namespace saunter::crawler::loop {

// What the loop has done since it began.
struct LoopSums {
  std::int64_t feeds_fetched = 0;
  std::int64_t feeds_ok = 0;
  std::int64_t feeds_not_modified = 0;
  std::int64_t feeds_failed = 0;
  std::int64_t feeds_blacklisted = 0;
  std::int64_t entries = 0;
  std::int64_t probes = 0;
  std::int64_t wire_bytes = 0;
  std::int64_t body_bytes = 0;
  std::map<schemas::FetchOutcome, std::int64_t> feeds_by_outcome;
  std::map<schemas::Verdict, std::int64_t> probes_by_verdict;
};

// What it does now.
struct LoopGauges {
  std::int64_t feeds_due = 0;  // known of; a long list is taken in piece by piece
  std::int64_t links_due = 0;
  std::int64_t in_flight = 0;
  std::int64_t sites_blacklisted = 0;
  bool outage = false;
};

class CrawlLoop {
 public:
  CrawlLoop(const schemas::Settings& settings, std::unique_ptr<store::Reader> reader,
            write::WriterThread& writer, schemas::UnixSeconds now,
            fetch::Clock clock = fetch::SystemClock());

  // One turn: takes in due work, submits it, waits up to `timeout_ms` for answers, hands results
  // over. False: the writer takes nothing any more.
  [[nodiscard]] bool Turn(schemas::UnixSeconds now, std::int64_t timeout_ms);

  // Only work that was due at `at` is taken from now on (for --once).
  void LimitTo(schemas::UnixSeconds at) { due_limit_ = at; }
  // True when nothing is due, in flight or uncommitted.
  [[nodiscard]] bool Idle() const;

  // Asks nothing new from now on; further turns take the answers of what is in flight.
  void StopAsking();
  [[nodiscard]] bool Drained() const {
    return InFlight() == 0 && judge_->Held() == 0 && outbox_.empty() && suspect_feeds_.empty();
  }

  // New settings: those of fetching hold once what is in flight has ended.
  void Reload(const schemas::Settings& settings);
  // Reports a clean stop in the status row, and notes the gaps that hosts are still owed.
  void Finish(schemas::UnixSeconds now);

  [[nodiscard]] const LoopSums& sums() const { return sums_; }
  [[nodiscard]] LoopGauges Gauges();
  [[nodiscard]] std::string Summary() const;

 private:
  static constexpr std::int64_t kFarLookFirstS = 3600;
  struct FeedInFlight {
    schemas::DueFeed feed;
    fetch::Request request;
  };

  // A failure that may be our own network's.
  struct Suspect {
    FeedInFlight asked;
    fetch::Response response;
    schemas::UnixSeconds at = 0;
  };

  [[nodiscard]] std::unique_ptr<fetch::Fetcher> NewFetcher(const schemas::Settings& settings,
                                                           const schemas::HostState& hosts) const;
  void SettleLostAnswers(schemas::UnixSeconds now);
  void TakeCommits();
  void NoteAsked(schemas::UnixSeconds now);
  void Refill(schemas::UnixSeconds now);
  void RefillFeeds(schemas::UnixSeconds due, schemas::UnixSeconds now);
  void RefillFeedsByPace(schemas::UnixSeconds now);
  std::int64_t AddFeeds(std::vector<schemas::DueFeed> feeds, std::int64_t count_max);
  std::vector<fetch::Response> Poll(schemas::UnixSeconds now, std::int64_t timeout_ms);
  void SubmitFeeds(schemas::UnixSeconds now);
  void SubmitProbes(schemas::UnixSeconds now);
  [[nodiscard]] bool WritesAreHeldUp() const;
  void NoteAnswer(const std::string& host, bool failed, schemas::UnixSeconds now);
  void TakeFeedAnswer(FeedInFlight asked, fetch::Response response, schemas::UnixSeconds now);
  void TakeProbeAnswer(const fetch::Response& response, schemas::UnixSeconds now);
  void SettleProbes(schemas::UnixSeconds now);
  void CountProbes(const std::vector<ProbeOutput>& results);
  void PutAll(std::vector<ProbeOutput> results);
  void JudgeAnswer(FeedInFlight asked, fetch::Response response, schemas::UnixSeconds now);
  void JudgeSuspects();
  void TakeJudged();
  // Results go through the outbox; false: the writer takes nothing any more.
  bool HandOver();
  void ReportStatus(schemas::UnixSeconds now);
  [[nodiscard]] schemas::CrawlerStatus Status(schemas::UnixSeconds now);
  void NoteOutage(schemas::UnixSeconds now);
  [[nodiscard]] judge::JudgeInputs Inputs(const health::Blacklist& blacklist,
                                          schemas::UnixSeconds now, bool outage);
  [[nodiscard]] std::int64_t FeedsDue() const {
    return static_cast<std::int64_t>(feeds_.Waiting()) + feeds_held_back_;
  }
  [[nodiscard]] std::size_t InFlight() const { return feeds_out_.size() + probes_.Out(); }

  schemas::Settings settings_;
  std::optional<schemas::Settings> next_settings_;
  std::unique_ptr<store::Reader> reader_;
  write::WriterThread& writer_;
  const fetch::Clock clock_;
  std::unique_ptr<fetch::Fetcher> fetcher_;
  std::mt19937_64 random_;

  WorkList<schemas::DueFeed> feeds_;
  ProbeStream probes_;
  AskedLog asked_log_;
  std::optional<schemas::UnixSeconds> asked_log_failed_at_;  // nothing new is asked in that second
  std::deque<write::Result> outbox_;
  bool asking_ = true;
  std::unordered_map<std::uint64_t, FeedInFlight> feeds_out_;
  std::uint64_t last_ticket_ = 0;
  std::optional<schemas::UnixSeconds> due_limit_;
  schemas::UnixSeconds feeds_asked_at_ = 0;  // last look for due feeds that came to their end
  store::DueFrom feeds_read_to_;
  schemas::UnixSeconds links_asked_at_ = 0;

  Pace pace_;
  std::int64_t feeds_held_back_ = 0;          // by the pace, at the last look
  std::int64_t far_look_s_ = kFarLookFirstS;  // of the pace's seconds
  OutageWatch outage_;
  std::vector<Suspect> suspect_feeds_;
  std::vector<judge::AnsweredFeed> answered_;  // in this turn
  std::unique_ptr<judge::JudgeThread> judge_;
  health::OutageGuard feed_guard_;
  schemas::CrawlerStatus status_;
  std::string last_failure_;
  bool status_dirty_ = true;
  LoopSums sums_;
};

}  // namespace saunter::crawler::loop
