#include "api/index/error_log.h"

#include <spdlog/spdlog.h>

#include "api/index/monotonic_seconds.h"

namespace saunter::api::index {
namespace {

constexpr std::int64_t kReportIntervalS = 60;

}  // namespace

void ErrorLog::Report(const std::string& kind, const std::string& what) {
  const auto now = MonotonicSeconds();
  {
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = reported_at_.try_emplace(kind, now);
    if (!is_new) {
      if (now - place->second < kReportIntervalS) return;
      place->second = now;
    }
  }
  spdlog::error("{}: {}", kind, what);
}

}  // namespace saunter::api::index
