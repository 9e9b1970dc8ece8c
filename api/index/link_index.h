// The index from which links are chosen: ids and facets of the pool, in memory.
//
// A LinkIndex never changes. It holds one block for each source, and a new index shares all that
// did not change: blocks, pages of slots, buckets of sites and layers of names. So following the
// writer costs a copy of the sources that it touched, with the pages and buckets in which they
// stand, and of one count for each slot.
//
// Sources stand in slots, at most two thirds of which are taken. A source's slot follows from a
// hash of its source_id, and from the slots of others only where those took it first; it stays
// while the source has a link, and when the slots double, it is one of the two that come of the old
// one, unless sources stand too far from their places: then all are placed anew. Walks go over
// slots, so they find nearly all sources where they were after a restart, too.
//
// Thread safety: LinkIndex is immutable. Ownership: see above. Errors: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/index/category_names.h"
#include "api/index/site_directory.h"
#include "api/index/source_counts.h"
#include "api/index/source_links.h"
#include "api/index/source_slots.h"
#include "api/index/source_weights.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"

namespace saunter::api::index {

// Walks take no more.
inline constexpr int kSlotBitsMax = 26;

struct LinkIndex {
  std::uint32_t build = 0;  // rises from index to index
  SourceSlots sources;
  SourceCounts counts;                 // of all links
  SiteDirectory sites;                 // which sources have links on which site
  schemas::Id newest_link_id = 0;      // no link has a greater one
  std::vector<std::string> languages;  // by number; the first is ""
  CategoryNames categories;            // that links use, and a few that they used
  std::shared_ptr<const schemas::topics::Topics> topics;
  std::vector<KnownWeek> weeks;  // of weights, by week

  // The newest week, or 0 where every source has the weight 1, as it has without any votes.
  [[nodiscard]] std::uint32_t NewestWeek() const {
    return weeks.empty() || !weeks.back().weights ? 0 : weeks.back().week;
  }
  // Of the week, or of the nearest that is known: of the oldest for a week that is long past. Null
  // if every source has the weight 1, as in week 0.
  [[nodiscard]] std::shared_ptr<const SourceWeights> WeightsOf(std::uint32_t week) const {
    if (week == 0 || weeks.empty()) return nullptr;
    for (const auto& known : weeks) {
      if (known.week >= week) return known.weights;
    }
    return weeks.back().weights;
  }
  [[nodiscard]] std::int64_t links() const { return counts.links(); }
};

}  // namespace saunter::api::index
