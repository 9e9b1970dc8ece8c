// What the crawl loop has done and does now: sums, gauges, the status row and a summary in words.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "crawler/loop/due_queries.h"
#include "crawler/loop/probe_stream.h"
#include "schemas/batch.h"
#include "schemas/outcome.h"
#include "schemas/status.h"
#include "schemas/units.h"

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

class LoopReport {
 public:
  explicit LoopReport(schemas::UnixSeconds now);

  // A new status row follows soon, so that the next run knows until when this one was asking.
  void NoteRequest() { is_dirty_ = true; }
  void NoteAnswer(const fetch::Response& response);
  void NoteFeedAnswered(schemas::UnixSeconds at);
  void NoteFeedJudged(const schemas::CrawlResult& result);
  void NoteFeedsBlacklisted(std::size_t count);
  void NoteProbes(const std::vector<ProbeOutput>& results);
  // Whether our own network is down. It is news when that changes, and logged.
  void NoteOutage(bool outage, schemas::UnixSeconds now);
  // The sums that came with due feeds.
  void NoteSums(const DueFeeds& due);

  // The status row, when it is time to write it.
  [[nodiscard]] std::optional<schemas::CrawlerStatus> DueStatus(const LoopGauges& now_does,
                                                                schemas::UnixSeconds now);
  // What was done in the last minute, in words and without what was not; nothing where all of it
  // was not, or a minute has not passed.
  [[nodiscard]] std::optional<std::string> DueNews(schemas::UnixSeconds now);
  // The row of a run that ends.
  [[nodiscard]] schemas::CrawlerStatus LastStatus(const LoopGauges& now_does,
                                                  schemas::UnixSeconds now) const;

  [[nodiscard]] bool outage() const { return status_.outage_at.has_value(); }
  [[nodiscard]] std::int64_t sites_blacklisted() const { return sites_blacklisted_; }
  [[nodiscard]] const LoopSums& sums() const { return sums_; }
  [[nodiscard]] std::int64_t answers() const { return answers_; }  // of any kind
  [[nodiscard]] std::string Summary() const;

 private:
  [[nodiscard]] schemas::CrawlerStatus Status(const LoopGauges& now_does,
                                              schemas::UnixSeconds now) const;

  LoopSums sums_;
  std::int64_t answers_ = 0;
  schemas::CrawlerStatus status_;
  std::string last_failure_;
  std::int64_t sites_blacklisted_ = 0;
  std::optional<bool> has_feeds_;  // absent: not read yet
  bool is_dirty_ = true;
  LoopSums told_;  // when DueNews last spoke
  schemas::UnixSeconds told_at_;
};

}  // namespace saunter::crawler::loop
