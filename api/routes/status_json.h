// What /v1/status says, as JSON text: all of it read in one snapshot, so that its sums agree.
//
// Thread safety: all functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/copy_state.h"
#include "store/history.h"

namespace saunter::api::routes {

struct StatusFacts {
  schemas::UnixSeconds made_at = 0;
  schemas::Stats stats;
  std::int64_t sources = 0;  // that have a link in the pool
  std::optional<schemas::UnixSeconds> activity_begins_at;
  std::vector<store::ActivitySum> hours;
  std::vector<store::ActivitySum> days;
  std::vector<store::ActivitySum> weeks;
  std::vector<store::Outage> outages;
  std::vector<store::FeedCount> feed_counts;
  std::vector<store::FailingCause> failing_causes;
  std::vector<schemas::SiteListing> blacklisted_sites;
  std::string topics_problem;
};

// Of the failing feeds as many as fit into `bytes_max`: where not all do, each cause has its share.
[[nodiscard]] std::string StatusJson(const StatusFacts& facts, std::size_t bytes_max);

// Fields behind others of an object: how far behind its database a copy is, and that this is a
// problem where it is more than `stale_max_s`. Both are null of what is no copy.
void AppendCopyState(std::string& out, const std::optional<store::CopyState>& state,
                     std::int64_t stale_max_s, schemas::UnixSeconds now);

}  // namespace saunter::api::routes
