// What Prometheus reads at /metrics: this process's requests, its index, and the crawler's sums.
//
// Thread safety: one thread writes a WorkerMetrics and any thread reads it; Metrics from any
// thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/answer.h"
#include "schemas/status.h"
#include "schemas/units.h"

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace saunter::api::index {
struct Served;
}  // namespace saunter::api::index

namespace saunter::api::routes {

enum class Route {
  kRandom,
  kRedirect,
  kLink,
  kSite,
  kCategories,
  kLanguages,
  kStats,
  kStatus,
  kRecent,
  kDaily,
  kFeeds,
  kMetrics,
  kHealth,
  kReady,
  kVotes,
  kReports,
  kFile,
  kOther,
};
inline constexpr std::size_t kRouteCount = static_cast<std::size_t>(Route::kOther) + 1;

std::string_view ToString(Route route);

class WorkerMetrics {
 public:
  void Count(Route route, const http::Answer& answer, std::chrono::nanoseconds duration);
  // What was refused before it was a whole request: it has no route and took no time.
  void CountRefused(const http::Answer& answer);

 private:
  friend class Metrics;
  static constexpr std::array kStatuses = {200, 302, 304, 204, 202, 400, 404, 405, 408, 409,
                                           410, 411, 413, 414, 415, 417, 429, 431, 503, 0};
  // Why there was a 503, as its problem says; the last one stands for all others.
  static constexpr auto kReasons = std::to_array<std::string_view>(
      {"missing",         "unavailable", "locked",       "corrupt",
       "invalid",         "foreign",     "older_schema", "newer_schema",
       "not_a_database",  "busy",        "disk_full",    "read_only",
       "interrupted",     "io",          "no_feeds",     "first_round",
       "never_crawled",   "no_link_yet", "outage",       "crawler_problem",
       "crawler_stopped", "inbox_full",  "crawler_away", "too_late",
       "receipt_key",     "other"});
  static constexpr std::array<std::int64_t, 10> kBoundsUs = {
      50, 100, 250, 500, 1000, 10000, 50000, 250000, 1000000, 5000000};
  using Counter = std::atomic<std::uint64_t>;
  struct Durations {
    std::array<Counter, kBoundsUs.size() + 1> counts{};  // not cumulative
    Counter sum_ns = 0;
  };

  void CountStatus(Route route, const http::Answer& answer);

  std::array<std::array<Counter, kStatuses.size()>, kRouteCount> requests_{};
  std::array<Counter, kReasons.size()> unavailable_{};
  std::array<Durations, kRouteCount> durations_{};
};

class Metrics {
 public:
  std::shared_ptr<WorkerMetrics> AddWorker();
  // The text format 0.0.4. `stats` null: there is no database to ask.
  [[nodiscard]] std::string Text(const index::Served& served, const schemas::Stats* stats,
                                 schemas::UnixSeconds now) const;

 private:
  using Families = std::vector<prometheus::MetricFamily>;
  // With the mutex held.
  void AddRequests(Families& families) const;
  void AddUnavailable(Families& families) const;
  void AddDurations(Families& families) const;

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<WorkerMetrics>> workers_;  // guarded by mutex_
};

}  // namespace saunter::api::routes
