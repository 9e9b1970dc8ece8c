#include "api/walk/walk.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "api/walk/permutation.h"

namespace saunter::api::walk {
namespace {

// An order of up to this many bits is shuffled, which is exactly fair. In larger ones a Feistel
// network is as fair as can be measured.
constexpr int kShuffledBitsMax = 8;
static_assert(std::size_t{1} << kShuffledBitsMax == index::SourceCounts::kSlotsShuffledMax);
// A source with up to this many links orders them by a hash of each, so that a link that leaves the
// pool moves no other. Above it the order depends on their number alone.
constexpr std::size_t kRankedMax = 64;
// Lanes in which a source of the greatest weight comes up.
constexpr std::uint32_t kLanesTakenMax = 3;
constexpr schemas::Id kNewestLinkIdMax = (schemas::Id{1} << 48) - 1;

// Key of the order of slots in a round.
std::uint64_t RoundKey(const Walk& walk) {
  return Mix(walk.seed ^ Mix(std::uint64_t{walk.round} + 0x517e5));
}

// Key of the order of places in a source with many links.
std::uint64_t PlacesKey(std::uint64_t seed) { return Mix(seed + 0x506c6163); }

std::uint64_t LinkRank(std::uint64_t seed, schemas::Id link_id) {
  return Mix(seed + static_cast<std::uint64_t>(link_id) * 0x9e3779b97f4a7c15);
}

// Which rounds a source with half a weight has: the odd ones if this is 1, else the even ones.
std::uint32_t HalfKey(std::uint64_t seed, schemas::Id source_id) {
  return static_cast<std::uint32_t>(
      Mix(Mix(seed + 0x68616c66) ^ static_cast<std::uint64_t>(source_id)) >> 63);
}

int LaneBitsOf(const Walk& walk) { return walk.week != 0 ? kLaneBits : 0; }

// Takes the slots and the weights as they are now; a round that has begun goes on in its order.
void Follow(const index::Choice& choice, Walk& walk) {
  if (choice.weights() == nullptr) ForgetWeights(walk);
  const auto slot_bits = static_cast<std::uint8_t>(choice.index().sources.bits());
  if (walk.position == 0) walk.order_bits = walk.slot_bits = slot_bits;
  if (walk.slot_bits < slot_bits) {
    walk.position <<= slot_bits - walk.slot_bits;
    walk.slot_bits = slot_bits;
  } else if (walk.slot_bits > slot_bits) {
    // A database with fewer sources than this walk has known.
    ++walk.round;
    walk.position = 0;
    walk.order_bits = walk.slot_bits = slot_bits;
  }
}

// Fills scratch.small_order, unless it holds this order already.
void Shuffle(int bits, std::uint64_t key, WalkScratch& scratch) {
  auto& order = scratch.small_order;
  const auto size = std::size_t{1} << bits;
  if (order.size() == size && scratch.small_order_key == key) return;
  order.resize(size);
  std::iota(order.begin(), order.end(), 0U);
  std::uint64_t state = key;
  for (std::size_t left = size; left > 1; --left) {
    state += 0x9e3779b97f4a7c15;
    // 32 random bits times at most 256, so the bias is below one in ten million.
    const auto pick = ((Mix(state) >> 32) * left) >> 32;
    std::swap(order[left - 1], order[pick]);
  }
  scratch.small_order_key = key;
}

// In a large index a pick spends most of its time waiting for memory. LinkAt reads all links of a
// source with few of them, and the head and one link of any other.
void FetchAhead(const index::SourceLinks& source, const Stop& stop, std::uint32_t links) {
  constexpr std::size_t kCacheLine = 64;
  const auto* const head = reinterpret_cast<const char*>(&source);
  __builtin_prefetch(head);
  if (stop.count > kRankedMax) {
    // The link's place if every link fits.
    __builtin_prefetch(head + sizeof(index::SourceLinks) + stop.place * sizeof(index::IndexedLink));
    return;
  }
  const auto read = std::min<std::size_t>(links, kRankedMax);
  const auto bytes = sizeof(index::SourceLinks) + read * sizeof(index::IndexedLink);
  for (auto at = kCacheLine; at < bytes; at += kCacheLine) __builtin_prefetch(head + at);
}

// Finds the next source of a round that has a link for it.
class RoundOfSources {
 public:
  RoundOfSources(const index::Choice& choice, Walk& walk, WalkScratch& scratch)
      : choice_(choice),
        index_(choice.index()),
        counts_(choice.counts()),
        weights_(walk.week != 0 ? choice.weights() : nullptr),
        walk_(walk),
        scratch_(scratch),
        key_(RoundKey(walk)),
        lane_bits_(LaneBitsOf(walk)),
        places_(std::uint32_t{1} << (walk.slot_bits + lane_bits_)),
        grown_bits_(walk.slot_bits - walk.order_bits),
        permuted_bits_(walk.order_bits + lane_bits_) {
    if (permuted_bits_ <= kShuffledBitsMax) Shuffle(permuted_bits_, key_, scratch);
  }

  // Moves the walk past it; nullopt at the round's end.
  std::optional<Stop> Next() {
    const auto sources = counts_.Above(walk_.round);
    const auto wanted = sources - std::min(sources, choice_.exclusion().Above(walk_.round));
    if (wanted == 0) return EndRound();
    // With few sources in many places, looking at each source is cheaper than trying each position.
    if (AreFew(sources, wanted)) return NextOfFew(sources);
    while (walk_.position < places_) {
      const auto place = PlaceAt(walk_.position++);
      if (auto stop = StopAt(place, counts_.Of(place.slot))) return Ready(*stop);
    }
    return std::nullopt;
  }

 private:
  struct Place {
    std::uint32_t slot = 0;
    std::uint32_t lane = 0;
  };

  // As SourceCounts::AreFew, but that some may be unwanted and each may stand in several lanes.
  [[nodiscard]] bool AreFew(std::size_t sources, std::size_t wanted) const {
    const auto lanes = weights_ != nullptr ? kLanesTakenMax : 1U;
    return places_ > index::SourceCounts::kSlotsShuffledMax &&
           sources <= counts_.largest().size() && sources * lanes < places_ / (wanted + 1);
  }

  [[nodiscard]] Place PlaceAt(std::uint32_t position) const {
    const auto place = position >> grown_bits_;
    const auto number = permuted_bits_ <= kShuffledBitsMax ? scratch_.small_order[place]
                                                           : Permute(place, permuted_bits_, key_);
    const auto low = position & ((std::uint32_t{1} << grown_bits_) - 1);
    return {.slot = ((number >> lane_bits_) << grown_bits_) | low,
            .lane = number & ((std::uint32_t{1} << lane_bits_) - 1)};
  }

  // The inverse.
  [[nodiscard]] std::uint32_t PositionOf(Place at) const {
    const auto number = ((at.slot >> grown_bits_) << lane_bits_) | at.lane;
    std::uint32_t place = 0;
    if (permuted_bits_ <= kShuffledBitsMax) {
      while (scratch_.small_order[place] != number) ++place;
    } else {
      place = PermuteBack(number, permuted_bits_, key_);
    }
    return (place << grown_bits_) | (at.slot & ((std::uint32_t{1} << grown_bits_) - 1));
  }

  std::nullopt_t EndRound() {
    walk_.position = places_;
    return std::nullopt;
  }

  std::optional<Stop> NextOfFew(std::size_t sources) {
    std::uint32_t nearest = places_;
    Stop nearest_stop;
    for (std::size_t i = 0; i < sources; ++i) {
      const auto& source = counts_.largest()[i];
      const auto lanes = weights_ != nullptr ? index::LanesOf(weights_->HalvesOf(source.slot)) : 1U;
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        const Place place{.slot = source.slot, .lane = lane};
        const auto position = PositionOf(place);
        if (position < walk_.position || position >= nearest) continue;
        const auto stop = StopAt(place, source.links);
        if (!stop) continue;
        nearest = position;
        nearest_stop = *stop;
      }
    }
    if (nearest == places_) return EndRound();
    walk_.position = nearest + 1;
    return Ready(nearest_stop);
  }

  // Nothing if no source stands here, or none with a link for this place. `rounds` of the slot.
  [[nodiscard]] std::optional<Stop> StopAt(Place place, std::uint32_t rounds) const {
    if (rounds <= walk_.round) return std::nullopt;
    Stop stop{.slot = place.slot,
              .rank = walk_.round,
              .count = rounds,
              .seed = walk_.seed,
              .newest_link_id = walk_.newest_link_id};
    if (weights_ != nullptr && !Weigh(place.lane, stop)) return std::nullopt;
    if (choice_.exclusion().HasSource(place.slot)) return std::nullopt;
    return stop;
  }

  // False: the source does not come up here.
  [[nodiscard]] bool Weigh(std::uint32_t lane, Stop& stop) const {
    const auto halves = weights_->HalvesOf(stop.slot);
    const auto lanes = index::LanesOf(halves);
    if (lane >= lanes) return false;
    stop.rank = walk_.round * lanes + LanesBefore({.slot = stop.slot, .lane = lane}, lanes);
    if (halves == index::kHalfWeight) {
      const auto source_id = index_.sources.At(stop.slot)->source_id();
      if (((walk_.round ^ HalfKey(walk_.seed, source_id)) & 1U) != 0) return false;
      stop.rank = walk_.round / 2;
    }
    stop.count = choice_.LinksOf(stop.slot);
    return stop.rank < stop.count;
  }

  // In how many lanes the source came up before in this round. So a source with fewer links than
  // lanes comes up where it stands first.
  [[nodiscard]] std::uint32_t LanesBefore(Place at, std::uint32_t lanes) const {
    std::uint32_t before = 0;
    for (std::uint32_t lane = 0; lanes > 1 && lane < lanes; ++lane) {
      if (lane == at.lane) continue;
      if (PositionOf({.slot = at.slot, .lane = lane}) < PositionOf(at)) ++before;
    }
    return before;
  }

  [[nodiscard]] Stop Ready(Stop stop) const {
    // The place of the link in an order of `count` places.
    if (stop.count > kRankedMax) {
      stop.place = PermuteBelow(stop.rank, stop.count, PlacesKey(walk_.seed));
    }
    FetchAhead(*index_.sources.At(stop.slot), stop, index_.counts.Of(stop.slot));
    return stop;
  }

  const index::Choice& choice_;
  const index::LinkIndex& index_;
  const index::SourceCounts& counts_;
  const index::SourceWeights* weights_;
  Walk& walk_;
  WalkScratch& scratch_;
  std::uint64_t key_;
  int lane_bits_;
  std::uint32_t places_;
  int grown_bits_;
  int permuted_bits_;
};

// Finds the link of a stop.
class LinkOfStop {
 public:
  LinkOfStop(const index::SourceLinks& source, const Stop& stop, WalkScratch& scratch)
      : source_(source), stop_(stop), scratch_(scratch) {}

  // Its place in the source's links; scratch.ranges holds those that fit.
  std::size_t Find() {
    if (stop_.count > kRankedMax && source_.newest_link_id() <= stop_.newest_link_id) {
      std::size_t place = stop_.place;
      for (const auto& range : scratch_.ranges) {
        const std::size_t size = range.end - range.begin;
        if (place < size) return range.begin + place;
        place -= size;
      }
    }
    if (stop_.rank == 0 && stop_.count <= kRankedMax) {
      if (const auto place = FirstPlace()) return *place;
    }
    return OfFewOrGrown();
  }

 private:
  // RankedPlace for round 0, where most steps are, without making a list first.
  [[nodiscard]] std::optional<std::uint32_t> FirstPlace() const {
    std::optional<std::uint32_t> first;
    std::uint64_t least = UINT64_MAX;
    for (const auto& range : scratch_.ranges) {
      for (auto place = range.begin; place < range.end; ++place) {
        const auto link_id = source_.LinkId(place);
        const auto rank = LinkRank(stop_.seed, link_id);
        if (link_id > stop_.newest_link_id || rank >= least) continue;
        least = rank;
        first = place;
      }
    }
    return first;
  }

  // For a source with few links, or with links that came after the walk began.
  std::size_t OfFewOrGrown() {
    auto& old = scratch_.old_places;
    auto& grown = scratch_.new_places;
    old.clear();
    grown.clear();
    for (const auto& range : scratch_.ranges) {
      for (auto place = range.begin; place < range.end; ++place) {
        (source_.LinkId(place) <= stop_.newest_link_id ? old : grown).push_back(place);
      }
    }
    if (stop_.rank < old.size()) {
      if (old.size() <= kRankedMax) return RankedPlace(old);
      const auto count = static_cast<std::uint32_t>(old.size());
      return old[PermuteBelow(stop_.rank, count, PlacesKey(stop_.seed))];
    }
    // New links come in the order of their ids.
    const auto wanted = grown.begin() + static_cast<std::ptrdiff_t>(stop_.rank - old.size());
    std::nth_element(grown.begin(), wanted, grown.end(), [&](std::uint32_t a, std::uint32_t b) {
      return source_.LinkId(a) < source_.LinkId(b);
    });
    return *wanted;
  }

  // The place of the link with the rank of this round.
  std::size_t RankedPlace(const std::vector<std::uint32_t>& places) {
    if (places.size() == 1) return places.front();
    auto& ranks = scratch_.ranks;
    ranks.clear();
    for (const auto place : places) {
      ranks.emplace_back(LinkRank(stop_.seed, source_.LinkId(place)), place);
    }
    const auto wanted = ranks.begin() + stop_.rank;
    std::nth_element(ranks.begin(), wanted, ranks.end());
    return wanted->second;
  }

  const index::SourceLinks& source_;
  const Stop& stop_;
  WalkScratch& scratch_;
};

// True if no source comes up in this round or a later one.
bool IsThrough(const index::Choice& choice, std::uint32_t round) {
  return choice.counts().Above(round) <= choice.exclusion().Above(round);
}

}  // namespace

Walk StartWalk(std::uint64_t seed, const index::LinkIndex& index, std::uint32_t week) {
  return {.seed = seed,
          .order_bits = static_cast<std::uint8_t>(index.sources.bits()),
          .slot_bits = static_cast<std::uint8_t>(index.sources.bits()),
          .newest_link_id = std::min(index.newest_link_id, kNewestLinkIdMax),
          .week = static_cast<std::uint16_t>(week)};
}

void ForgetWeights(Walk& walk) {
  if (walk.week == 0) return;
  walk.week = 0;
  // The rest of the round has another order now.
  if (walk.position > 0) ++walk.round;
  walk.position = 0;
}

std::optional<Stop> NextStop(const index::Choice& choice, Walk& walk, WalkScratch& scratch) {
  while (true) {
    Follow(choice, walk);
    const bool is_whole_round = walk.position == 0;
    if (auto stop = RoundOfSources(choice, walk, scratch).Next()) return stop;
    // A whole round without a stop is the end, since later rounds have fewer; but those with half a
    // weight may have the next one.
    walk.position = 0;
    if (is_whole_round && (walk.week == 0 || IsThrough(choice, walk.round))) return std::nullopt;
    ++walk.round;
  }
}

Pick LinkAt(const index::Choice& choice, const Stop& stop, WalkScratch& scratch) {
  const auto& source = *choice.index().sources.At(stop.slot);
  if (choice.filter().takes_all()) {
    scratch.ranges.assign(1, {0, stop.count});
  } else {
    choice.filter().FindFitting(source, scratch.ranges);
  }
  const auto place = LinkOfStop(source, stop, scratch).Find();
  const auto& facet = source.FacetOf(place);
  __builtin_prefetch(&facet);
  return {.link_id = source.LinkId(place), .source = &source, .facet = &facet};
}

bool Excludes(const index::Choice& choice, const Pick& pick) {
  const auto& exclusion = choice.exclusion();
  return !exclusion.site_ids.empty() && exclusion.HasSite(pick.source->SiteOf(*pick.facet));
}

}  // namespace saunter::api::walk
