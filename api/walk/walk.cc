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

// Takes the slots as they are now; a round that has begun goes on in its order.
void Follow(int bits, Walk& walk) {
  const auto slot_bits = static_cast<std::uint8_t>(bits);
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
      : index_(choice.index()),
        counts_(choice.counts()),
        walk_(walk),
        scratch_(scratch),
        key_(RoundKey(walk)),
        slots_(std::uint32_t{1} << walk.slot_bits),
        grown_bits_(walk.slot_bits - walk.order_bits) {
    if (walk.order_bits <= kShuffledBitsMax) Shuffle(walk.order_bits, key_, scratch);
  }

  // Moves the walk past it; nullopt at the round's end.
  std::optional<Stop> Next() {
    const auto sources = counts_.Above(walk_.round);
    if (sources == 0) return EndRound();
    // With few sources in many slots, looking at each source is cheaper than trying each position.
    if (index::SourceCounts::AreFew(sources, slots_)) return NextOfFew(sources);
    while (walk_.position < slots_) {
      const auto slot = SlotAt(walk_.position++);
      const auto count = counts_.Of(slot);
      if (count > walk_.round) return StopAt({slot, count});
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::uint32_t SlotAt(std::uint32_t position) const {
    const auto place = position >> grown_bits_;
    const auto slot = walk_.order_bits <= kShuffledBitsMax ? scratch_.small_order[place]
                                                           : Permute(place, walk_.order_bits, key_);
    return (slot << grown_bits_) | (position & ((std::uint32_t{1} << grown_bits_) - 1));
  }

  // The inverse.
  [[nodiscard]] std::uint32_t PositionOf(std::uint32_t slot) const {
    const auto old_slot = slot >> grown_bits_;
    std::uint32_t place = 0;
    if (walk_.order_bits <= kShuffledBitsMax) {
      while (scratch_.small_order[place] != old_slot) ++place;
    } else {
      place = PermuteBack(old_slot, walk_.order_bits, key_);
    }
    return (place << grown_bits_) | (slot & ((std::uint32_t{1} << grown_bits_) - 1));
  }

  std::nullopt_t EndRound() {
    walk_.position = slots_;
    return std::nullopt;
  }

  std::optional<Stop> NextOfFew(std::size_t sources) {
    std::uint32_t nearest = slots_;
    index::SourceCount nearest_source;
    for (std::size_t i = 0; i < sources; ++i) {
      const auto& source = counts_.largest()[i];
      const auto position = PositionOf(source.slot);
      if (position < walk_.position || position >= nearest) continue;
      nearest = position;
      nearest_source = source;
    }
    if (nearest == slots_) return EndRound();
    walk_.position = nearest + 1;
    return StopAt(nearest_source);
  }

  [[nodiscard]] Stop StopAt(index::SourceCount source) const {
    Stop stop{.slot = source.slot,
              .round = walk_.round,
              .count = source.links,
              .seed = walk_.seed,
              .newest_link_id = walk_.newest_link_id};
    // The place of this round's link in an order of `count` places.
    if (stop.count > kRankedMax) {
      stop.place = PermuteBelow(walk_.round, stop.count, PlacesKey(walk_.seed));
    }
    FetchAhead(*index_.sources.At(stop.slot), stop, index_.counts.Of(stop.slot));
    return stop;
  }

  const index::LinkIndex& index_;
  const index::SourceCounts& counts_;
  Walk& walk_;
  WalkScratch& scratch_;
  std::uint64_t key_;
  std::uint32_t slots_;
  int grown_bits_;
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
    if (stop_.round == 0 && stop_.count <= kRankedMax) {
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
    if (stop_.round < old.size()) {
      if (old.size() <= kRankedMax) return RankedPlace(old);
      const auto count = static_cast<std::uint32_t>(old.size());
      return old[PermuteBelow(stop_.round, count, PlacesKey(stop_.seed))];
    }
    // New links come in the order of their ids.
    const auto wanted = grown.begin() + static_cast<std::ptrdiff_t>(stop_.round - old.size());
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
    const auto wanted = ranks.begin() + stop_.round;
    std::nth_element(ranks.begin(), wanted, ranks.end());
    return wanted->second;
  }

  const index::SourceLinks& source_;
  const Stop& stop_;
  WalkScratch& scratch_;
};

}  // namespace

Walk StartWalk(std::uint64_t seed, const index::LinkIndex& index) {
  return {.seed = seed,
          .order_bits = static_cast<std::uint8_t>(index.sources.bits()),
          .slot_bits = static_cast<std::uint8_t>(index.sources.bits()),
          .newest_link_id = std::min(index.newest_link_id, kNewestLinkIdMax)};
}

std::optional<Stop> NextStop(const index::Choice& choice, Walk& walk, WalkScratch& scratch) {
  while (true) {
    Follow(choice.index().sources.bits(), walk);
    const bool is_whole_round = walk.position == 0;
    if (auto stop = RoundOfSources(choice, walk, scratch).Next()) return stop;
    // A whole round without a stop is the end, since later rounds have fewer.
    walk.position = 0;
    if (is_whole_round) return std::nullopt;
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

}  // namespace saunter::api::walk
