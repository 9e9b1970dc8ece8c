// The continuous loop: due feeds and due probes → fetch → parse → judge → the writer's queue.
//
// There are no rounds: places refill as they free, and what is in flight or not yet committed is
// marked in memory. Memory is bounded by the work held at once, not by the number of feeds.
//
// Thread safety: one thread. Ownership: the loop owns its fetcher and its reader; the writer
// outlives it. Errors: StoreError from the reader ends the loop's turn and is thrown.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>

#include "crawler/fetch/fetcher.h"
#include "crawler/health/verdict.h"
#include "crawler/judge.h"
#include "crawler/work_list.h"
#include "crawler/write/writer_thread.h"
#include "schemas/records.h"
#include "schemas/settings.h"
#include "store/reader.h"

namespace saunter::crawler {

// What the loop has done since it began.
struct LoopSums {
  std::int64_t feeds_fetched = 0;
  std::int64_t feeds_ok = 0;
  std::int64_t feeds_not_modified = 0;
  std::int64_t feeds_failed = 0;
  std::int64_t feeds_blacklisted = 0;
  std::int64_t entries = 0;
  std::int64_t probes = 0;
  std::int64_t body_bytes = 0;
};

class CrawlLoop {
 public:
  CrawlLoop(const schemas::Settings& settings, std::unique_ptr<store::Reader> reader,
            write::WriterThread& writer, schemas::UnixSeconds now);

  // One turn: takes in due work, submits it, waits up to `timeout_ms` for answers, hands results
  // over. False: the writer takes nothing any more.
  [[nodiscard]] bool Turn(schemas::UnixSeconds now, std::int64_t timeout_ms);

  // Only work that was due at `at` is taken from now on (for --once).
  void LimitTo(schemas::UnixSeconds at) { due_limit_ = at; }
  // True when nothing is due, in flight or uncommitted.
  [[nodiscard]] bool Idle() const;

  // New settings: those of fetching hold once what is in flight has ended.
  void Reload(const schemas::Settings& settings);
  // Reports a clean stop in the status row.
  void Finish(schemas::UnixSeconds now);

  [[nodiscard]] const LoopSums& sums() const { return sums_; }
  [[nodiscard]] std::string Summary() const;

 private:
  struct FeedInFlight {
    schemas::Feed feed;
    fetch::Request request;
  };

  void Refill(schemas::UnixSeconds now);
  bool Submit(schemas::UnixSeconds now);
  bool SubmitFeeds(schemas::UnixSeconds now);
  bool SubmitProbes(schemas::UnixSeconds now);
  bool TakeFeedAnswer(FeedInFlight asked, const fetch::Response& response,
                      schemas::UnixSeconds now);
  bool TakeProbeAnswer(const schemas::DueLink& link, const fetch::Response& response,
                       schemas::UnixSeconds now);
  bool ReportStatus(schemas::UnixSeconds now);
  [[nodiscard]] schemas::CrawlerStatus Status(schemas::UnixSeconds now);
  void NoteOutage(schemas::UnixSeconds now);
  [[nodiscard]] JudgeInputs Inputs(const health::Blacklist& blacklist, schemas::UnixSeconds now,
                                   bool outage);
  [[nodiscard]] std::size_t InFlight() const { return feeds_out_.size() + links_out_.size(); }

  schemas::Settings settings_;
  std::optional<schemas::Settings> next_settings_;
  std::unique_ptr<store::Reader> reader_;
  write::WriterThread& writer_;
  std::unique_ptr<fetch::Fetcher> fetcher_;
  std::mt19937_64 random_;

  WorkList<schemas::Feed> feeds_;
  WorkList<schemas::DueLink> links_;
  std::unordered_map<std::uint64_t, FeedInFlight> feeds_out_;
  std::unordered_map<std::uint64_t, schemas::DueLink> links_out_;
  std::uint64_t last_ticket_ = 0;
  std::optional<schemas::UnixSeconds> due_limit_;
  schemas::UnixSeconds feeds_asked_at_ = 0;  // last look for due feeds that found nothing new
  schemas::UnixSeconds links_asked_at_ = 0;

  health::OutageGuard feed_guard_;
  health::OutageGuard probe_guard_;
  schemas::CrawlerStatus status_;
  std::string last_failure_;
  bool status_dirty_ = true;
  LoopSums sums_;
};

}  // namespace saunter::crawler
