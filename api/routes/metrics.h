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

#include "schemas/status.h"
#include "schemas/units.h"

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
  void Count(Route route, int status, std::chrono::nanoseconds duration);

 private:
  friend class Metrics;
  static constexpr std::array kStatuses = {200, 302, 304, 204, 202, 400, 404, 405, 409,
                                           410, 411, 413, 415, 417, 429, 503, 0};
  static constexpr std::array<std::int64_t, 8> kBoundsUs = {50,   100,   250,   500,
                                                            1000, 10000, 50000, 250000};
  using Counter = std::atomic<std::uint64_t>;

  std::array<std::array<Counter, kStatuses.size()>, kRouteCount> requests_{};
  std::array<Counter, kBoundsUs.size() + 1> durations_{};  // not cumulative
  Counter duration_ns_ = 0;
};

class Metrics {
 public:
  std::shared_ptr<WorkerMetrics> AddWorker();
  // The text format 0.0.4. `stats` null: there is no database to ask.
  [[nodiscard]] std::string Text(const index::Served& served, const schemas::Stats* stats,
                                 schemas::UnixSeconds now) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<WorkerMetrics>> workers_;  // guarded by mutex_
};

}  // namespace saunter::api::routes
