// Sites that one reader does not want, as a walk passes them over.
//
// A walk takes the same way with and without an exclusion: it passes over what it does not want
// when it comes there. So a reader may name another site at any step. Sources that have nothing but
// excluded links are known beforehand, as far as they are few enough to look for, so that a walk
// through them does not stop at each link.
//
// Thread safety: a value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/index/source_counts.h"
#include "schemas/units.h"

namespace saunter::api::index {

struct Exclusion {
  // So many sources are known beforehand; SourceCounts lists as many that are left in a round.
  static constexpr std::size_t kSourcesMax = SourceCounts::kLargestMin - 1;

  std::vector<schemas::Id> site_ids;  // in order, each once
  std::vector<SourceCount> sources;   // by slot, with what the choice counts of each

  [[nodiscard]] bool HasSite(schemas::Id site_id) const {
    return std::binary_search(site_ids.begin(), site_ids.end(), site_id);
  }
  [[nodiscard]] bool HasSource(std::uint32_t slot) const {
    const auto found = std::lower_bound(
        sources.begin(), sources.end(), slot,
        [](const SourceCount& source, std::uint32_t sought) { return source.slot < sought; });
    return found != sources.end() && found->slot == slot;
  }
  // As SourceCounts::Above, of the excluded sources.
  [[nodiscard]] std::size_t Above(std::size_t links_min) const {
    return static_cast<std::size_t>(
        std::count_if(sources.begin(), sources.end(),
                      [&](const SourceCount& source) { return source.links > links_min; }));
  }
};

}  // namespace saunter::api::index
