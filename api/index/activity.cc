#include "api/index/activity.h"

namespace saunter::api::index {
namespace {

constexpr schemas::UnixSeconds kHour = 3600;
constexpr std::size_t kHoursKept = 14 * 24;

}  // namespace

void Activity::Add(const store::Batch& batch) {
  last_batch_id = batch.batch_id;
  last_batch_at = batch.committed_at;
  const auto hour_at = batch.committed_at - batch.committed_at % kHour;
  // After the clock was set back, commits add to the last hour.
  if (hours.empty() || hours.back().hour_at < hour_at) hours.push_back({.hour_at = hour_at});
  if (hours.size() > kHoursKept) hours.pop_front();
  auto& hour = hours.back();
  ++hour.batches;
  hour.crawls += batch.crawls;
  hour.probes += batch.probes;
  hour.links_new += batch.links_new;
}

}  // namespace saunter::api::index
