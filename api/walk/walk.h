// The walk: an order in which a reader meets links, kept by the reader.
//
// A walk goes in rounds. In each round it visits every source that still has an unseen fitting link
// once, in an order of its own; in round r a source gives its link number r, again in an order of
// the walk's own. So every source comes once before any twice, and no link comes twice until all
// are used up.
//
// Readers' votes may give a source another weight. A walk that begins in a week with such weights
// has four lanes: each slot stands four times in the order of a round, once in each lane. A source
// with weight 1 comes up in the first lane, one with 2 or 3 in so many, at different places, and in
// round r gives its links from number 2r or 3r on. With half a weight a source comes up in every
// other round, which ones by a keyed hash. Lanes and links that a source does not have are passed
// over, so that a first step leads to each source as likely as its weight has it. The walk keeps
// the weights of its week; once they are forgotten it goes on under the oldest that are known, and
// a source whose weight is another there may skip some links or give some again.
//
// What an exclusion does not want is passed over by the caller, see Excludes(); NextStop passes
// over sources that have nothing else.
//
// The order of sources is a keyed permutation of the index's slots, and the order of a source's
// links a keyed hash of link ids. So sources and links that come or go leave the rest of the walk
// as it is, but for those of the same source. Links that came after the walk began follow the
// source's older ones, in the order of their ids. When the slots double during a round, both slots
// that come of one stand where that stood.
//
// A source with many links orders them by a keyed permutation of their places, so that a step costs
// the same whatever the size. A link that leaves the pool, returns to it or gets another source may
// make the walk skip a link of its source, or meet one a second time.
//
// Thread safety: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "api/index/link_index.h"
#include "api/index/selection.h"

namespace saunter::api::walk {

struct Walk {
  std::uint64_t seed = 0;
  std::uint32_t round = 0;
  // Next place in the order of slots, at most 2^slot_bits, or four times that if there is a week.
  std::uint32_t position = 0;
  std::uint8_t order_bits = 0;     // of the slots when the round began: what is permuted
  std::uint8_t slot_bits = 0;      // of the slots that `position` counts, at least order_bits
  schemas::Id newest_link_id = 0;  // of the pool when the walk began, at most 2^48 - 1
  std::uint16_t week = 0;          // of its weights; 0: each source has the weight 1

  bool operator==(const Walk&) const = default;
};

// Under the weights of `week`, which the index has, or with the weight 1 for each source.
[[nodiscard]] Walk StartWalk(std::uint64_t seed, const index::LinkIndex& index,
                             std::uint32_t week = 0);

// Lanes of a walk with weights are 2^kLaneBits.
inline constexpr int kLaneBits = 2;
// From here on, with the next round, each source has the weight 1. A source may miss a link; of one
// that had another weight links may come again.
void ForgetWeights(Walk& walk);

// Memory that is reused from step to step.
struct WalkScratch {
  std::vector<index::LinkRange> ranges;
  std::vector<std::uint32_t> old_places;
  std::vector<std::uint32_t> new_places;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranks;
  std::vector<std::uint32_t> small_order;
  std::uint64_t small_order_key = 0;
};

// A source at which a walk stops, and what decides which of its links it gives.
struct Stop {
  std::uint32_t slot = 0;
  std::uint32_t rank = 0;   // which of its links, in the walk's order of them
  std::uint32_t count = 0;  // fitting links of the source, more than `rank`
  std::uint32_t place = 0;  // the link's place, if the source has many and none newer than the walk
  std::uint64_t seed = 0;
  schemas::Id newest_link_id = 0;
};

// Points into the choice's index and is valid as long as that.
struct Pick {
  schemas::Id link_id = 0;
  const index::SourceLinks* source = nullptr;
  const index::Facet* facet = nullptr;
};

// Finds the next stop and moves `walk` past it. nullopt: all fitting links are used up, or there
// are none. Prefetches what LinkAt will read. A walk without a week takes a choice without weights;
// a choice without them ends those of the walk.
[[nodiscard]] std::optional<Stop> NextStop(const index::Choice& choice, Walk& walk,
                                           WalkScratch& scratch);

// The link of a stop that NextStop gave for the same choice.
[[nodiscard]] Pick LinkAt(const index::Choice& choice, const Stop& stop, WalkScratch& scratch);

// True if the choice's exclusion does not want it.
[[nodiscard]] bool Excludes(const index::Choice& choice, const Pick& pick);

}  // namespace saunter::api::walk
