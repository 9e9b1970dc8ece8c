// How often a round of a walk comes to each source, as readers' votes of a week have it.
//
// Weights are in halves: 1, 2, 4 or 6 mean every other round, once, twice or three times a round.
//
// Thread safety: immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "api/index/source_counts.h"
#include "schemas/units.h"

namespace saunter::api::index {

inline constexpr std::uint8_t kHalfWeight = 1;
inline constexpr std::uint8_t kCommonWeight = 2;

// As they were decided: the weights other than 1 by source_id.
struct WeekWeights {
  std::uint32_t week = 0;  // since 1970-01-05, never 0
  std::vector<std::pair<schemas::Id, std::uint8_t>> halves;
};

// How many times a round that takes part in the walk comes to a source: 1 to 3.
[[nodiscard]] inline std::uint32_t LanesOf(std::uint8_t halves) {
  return halves < kCommonWeight ? 1U : halves / kCommonWeight;
}

// In how many rounds at most a source of so many links comes up. With half a weight it is in rounds
// of one parity, which differs from walk to walk.
[[nodiscard]] inline std::uint32_t RoundsOf(std::uint32_t links, std::uint8_t halves) {
  if (halves == kHalfWeight) return links * 2;
  const auto lanes = LanesOf(halves);
  return (links + lanes - 1) / lanes;
}

// The weights of a week, by the slots of an index.
class SourceWeights {
 public:
  // `links_by_slot` of the same index.
  SourceWeights(std::uint32_t week, std::shared_ptr<const std::vector<std::uint8_t>> halves_by_slot,
                const std::vector<std::uint32_t>& links_by_slot);

  [[nodiscard]] std::uint32_t week() const { return week_; }
  [[nodiscard]] std::uint8_t HalvesOf(std::size_t slot) const { return (*halves_by_slot_)[slot]; }
  // Rounds in place of links: of all links.
  [[nodiscard]] const SourceCounts& rounds() const { return rounds_; }

 private:
  std::uint32_t week_;
  std::shared_ptr<const std::vector<std::uint8_t>> halves_by_slot_;
  SourceCounts rounds_;
};

// A week that is known; without weights other than 1 `weights` is null.
struct KnownWeek {
  std::uint32_t week = 0;
  std::shared_ptr<const SourceWeights> weights;
};

}  // namespace saunter::api::index
