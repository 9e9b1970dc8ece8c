#include "api/walk/walk.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "api/walk/permutation.h"

namespace saunter::api::walk {
namespace {

// A domain of up to this many bits is shuffled, which is exactly fair. In larger ones a Feistel
// network is as fair as can be measured.
constexpr int kShuffledBitsMax = 8;
// A site with up to this many links orders them by a hash of each, so that a link that leaves the
// pool moves no other. Above it the order depends on their number alone.
constexpr std::size_t kRankedMax = 64;

// Key of the order of sites in a round.
std::uint64_t RoundKey(const Walk& walk) {
  return Mix(walk.seed ^ Mix(std::uint64_t{walk.round} + 0x517e5));
}

std::uint64_t LinkRank(std::uint64_t seed, schemas::Id link_id) {
  return Mix(seed + static_cast<std::uint64_t>(link_id) * 0x9e3779b97f4a7c15);
}

std::uint8_t DomainBits(const index::LinkIndex& index) {
  return static_cast<std::uint8_t>(std::bit_width(index.sites.size()));
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
// site with few of them, and the head and one link of any other site.
void FetchAhead(const index::SiteLinks& site, const Stop& stop, std::uint32_t links_of_site) {
  constexpr std::size_t kCacheLine = 64;
  const auto* const head = reinterpret_cast<const char*>(&site);
  __builtin_prefetch(head);
  if (stop.count > kRankedMax) {
    // The link's place if every link fits.
    __builtin_prefetch(head + sizeof(index::SiteLinks) + stop.place * sizeof(index::IndexedLink));
    return;
  }
  const auto links = std::min<std::size_t>(links_of_site, kRankedMax);
  const auto bytes = sizeof(index::SiteLinks) + links * sizeof(index::IndexedLink);
  for (auto at = kCacheLine; at < bytes; at += kCacheLine) __builtin_prefetch(head + at);
}

// Finds the next site of a round that has a link for it.
class RoundOfSites {
 public:
  RoundOfSites(const index::Choice& choice, Walk& walk, WalkScratch& scratch)
      : index_(*choice.index),
        filter_(choice.filter),
        counts_(choice.counts()),
        walk_(walk),
        scratch_(scratch),
        key_(RoundKey(walk)),
        domain_(std::uint32_t{1} << walk.domain_bits) {
    if (walk.domain_bits <= kShuffledBitsMax) Shuffle(walk.domain_bits, key_, scratch);
  }

  // Moves the walk past it; nullopt at the round's end.
  std::optional<Stop> Next() {
    if (const auto site_id = filter_.site_id()) return NextOfOneSite(*site_id);
    const auto sites = counts_.Above(walk_.round);
    if (sites == 0) return EndRound();
    // With few sites in a wide domain, looking at each site is cheaper than trying each position.
    if (walk_.domain_bits > kShuffledBitsMax && sites < domain_ / sites) {
      return NextOfFewSites(sites);
    }
    while (walk_.position < domain_) {
      const auto site_id = SiteAt(walk_.position++);
      const auto count = counts_.Of(site_id);
      if (count > walk_.round) return StopAt(site_id, count);
    }
    return std::nullopt;
  }

 private:
  std::uint32_t SiteAt(std::uint32_t position) const {
    if (walk_.domain_bits <= kShuffledBitsMax) return scratch_.small_order[position];
    return Permute(position, walk_.domain_bits, key_);
  }

  std::nullopt_t EndRound() {
    walk_.position = domain_;
    return std::nullopt;
  }

  // A walk within one site has one stop in each round.
  std::optional<Stop> NextOfOneSite(schemas::Id site_id) {
    if (walk_.position >= domain_) return std::nullopt;
    walk_.position = domain_;
    const auto place = static_cast<std::size_t>(site_id);
    if (site_id < 0 || place >= index_.sites.size() || !index_.sites[place]) return std::nullopt;
    const auto count = filter_.CountFitting(*index_.sites[place]);
    if (count <= walk_.round) return std::nullopt;
    return StopAt(static_cast<std::uint32_t>(site_id), count);
  }

  std::optional<Stop> NextOfFewSites(std::size_t sites) {
    std::uint32_t nearest = domain_;
    std::uint32_t nearest_site = 0;
    for (std::size_t i = 0; i < sites; ++i) {
      const auto site_id = counts_.by_size()[i];
      // Sites newer than this round wait for the next one.
      if (site_id >= domain_) continue;
      const auto position = PermuteBack(site_id, walk_.domain_bits, key_);
      if (position < walk_.position || position >= nearest) continue;
      nearest = position;
      nearest_site = site_id;
    }
    if (nearest == domain_) return EndRound();
    walk_.position = nearest + 1;
    return StopAt(nearest_site, counts_.Of(nearest_site));
  }

  [[nodiscard]] Stop StopAt(std::uint32_t site_id, std::uint32_t count) const {
    Stop stop{.site_id = site_id,
              .round = walk_.round,
              .count = count,
              .seed = walk_.seed,
              .newest_link_id = walk_.newest_link_id};
    // The place of this round's link in an order of `count` places.
    if (count > kRankedMax) {
      stop.place = PermuteBelow(walk_.round, count, LinkRank(walk_.seed, site_id));
    }
    FetchAhead(*index_.sites[site_id], stop, index_.counts.Of(site_id));
    return stop;
  }

  const index::LinkIndex& index_;
  const index::Filter& filter_;
  const index::SiteCounts& counts_;
  Walk& walk_;
  WalkScratch& scratch_;
  std::uint64_t key_;
  std::uint32_t domain_;
};

// Finds the link of a stop.
class LinkOfStop {
 public:
  LinkOfStop(const index::SiteLinks& site, const Stop& stop, WalkScratch& scratch)
      : site_(site), links_(site.links().data()), stop_(stop), scratch_(scratch) {}

  // Its place in the site's links; scratch.ranges holds those that fit.
  std::size_t Find() {
    if (stop_.count > kRankedMax && site_.newest_link_id() <= stop_.newest_link_id) {
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
        const schemas::Id link_id = links_[place].link_id;
        const auto rank = LinkRank(stop_.seed, link_id);
        if (link_id > stop_.newest_link_id || rank >= least) continue;
        least = rank;
        first = place;
      }
    }
    return first;
  }

  // For a site with few links, or with links that came after the walk began.
  std::size_t OfFewOrGrown() {
    auto& old = scratch_.old_places;
    auto& grown = scratch_.new_places;
    old.clear();
    grown.clear();
    for (const auto& range : scratch_.ranges) {
      for (auto place = range.begin; place < range.end; ++place) {
        (links_[place].link_id <= stop_.newest_link_id ? old : grown).push_back(place);
      }
    }
    if (stop_.round < old.size()) {
      if (old.size() <= kRankedMax) return RankedPlace(old);
      const auto count = static_cast<std::uint32_t>(old.size());
      return old[PermuteBelow(stop_.round, count, LinkRank(stop_.seed, stop_.site_id))];
    }
    // New links come in the order of their ids.
    const auto wanted = grown.begin() + static_cast<std::ptrdiff_t>(stop_.round - old.size());
    std::nth_element(grown.begin(), wanted, grown.end(), [&](std::uint32_t a, std::uint32_t b) {
      return links_[a].link_id < links_[b].link_id;
    });
    return *wanted;
  }

  // The place of the link with the rank of this round.
  std::size_t RankedPlace(const std::vector<std::uint32_t>& places) {
    if (places.size() == 1) return places.front();
    auto& ranks = scratch_.ranks;
    ranks.clear();
    for (const auto place : places) {
      ranks.emplace_back(LinkRank(stop_.seed, links_[place].link_id), place);
    }
    const auto wanted = ranks.begin() + stop_.round;
    std::nth_element(ranks.begin(), wanted, ranks.end());
    return wanted->second;
  }

  const index::SiteLinks& site_;
  const index::IndexedLink* links_;
  const Stop& stop_;
  WalkScratch& scratch_;
};

}  // namespace

Walk StartWalk(std::uint64_t seed, const index::LinkIndex& index) {
  return {.seed = seed, .domain_bits = DomainBits(index), .newest_link_id = index.newest_link_id};
}

std::optional<Stop> NextStop(const index::Choice& choice, Walk& walk, WalkScratch& scratch) {
  while (true) {
    const bool is_whole_round = walk.position == 0;
    if (auto stop = RoundOfSites(choice, walk, scratch).Next()) return stop;
    const auto domain_bits = DomainBits(*choice.index);
    // A whole round without a stop is the end, since later rounds have fewer, unless new sites came
    // that this round's domain does not hold yet.
    if (is_whole_round && walk.domain_bits >= domain_bits) return std::nullopt;
    if (!is_whole_round) ++walk.round;
    walk.position = 0;
    walk.domain_bits = domain_bits;
  }
}

Pick LinkAt(const index::Choice& choice, const Stop& stop, WalkScratch& scratch) {
  const auto& site = *choice.index->sites[stop.site_id];
  if (choice.filter.takes_all()) {
    scratch.ranges.assign(1, {0, stop.count});
  } else {
    choice.filter.FindFitting(site, scratch.ranges);
  }
  const auto place = LinkOfStop(site, stop, scratch).Find();
  const auto& facet = site.FacetOf(place);
  __builtin_prefetch(&facet);
  return {.link_id = site.links()[place].link_id, .site = &site, .facet = &facet};
}

}  // namespace saunter::api::walk
