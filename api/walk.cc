#include "api/walk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>

namespace saunter::api {
namespace {

constexpr std::uint8_t kTokenVersion = 1;
constexpr std::size_t kTokenBytes = 28;
constexpr std::size_t kTokenChars = (kTokenBytes * 8 + 5) / 6;
constexpr std::uint64_t kTokenSalt = 0x5361756e74657231;
constexpr int kDomainBitsMax = 26;
// Up to this size an order is shuffled, which is exact; above it a Feistel network is as good.
constexpr int kShuffledBitsMax = 8;
constexpr int kFeistelRounds = 8;

// Key of the order of sites in a round.
std::uint64_t RoundKey(const Walk& walk) {
  return Mix(walk.seed ^ Mix(std::uint64_t{walk.round} + 0x517e5));
}

std::uint64_t LinkRank(std::uint64_t seed, schemas::Id link_id) {
  return Mix(seed + static_cast<std::uint64_t>(link_id) * 0x9e3779b97f4a7c15);
}

std::uint32_t Mask(int bits) { return (std::uint32_t{1} << bits) - 1; }

// The word that one half of the value gets from the other.
std::uint32_t FeistelWord(std::uint32_t half, int round, std::uint64_t key) {
  return static_cast<std::uint32_t>(Mix(key + (static_cast<std::uint64_t>(round) << 32) + half) >>
                                    32);
}

std::uint8_t DomainBits(const LinkIndex& index) {
  return static_cast<std::uint8_t>(std::bit_width(index.sites.size()));
}

// Fills the order of a small domain unless it is there already.
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

// The next site of this round that has a link for it.
class RoundOfSites {
 public:
  RoundOfSites(const LinkIndex& index, const Filter& filter, Walk& walk, WalkScratch& scratch)
      : index_(index),
        filter_(filter),
        walk_(walk),
        scratch_(scratch),
        key_(RoundKey(walk)),
        domain_(std::uint32_t{1} << walk.domain_bits) {
    if (walk.domain_bits <= kShuffledBitsMax) Shuffle(walk.domain_bits, key_, scratch);
  }

  // The link, with the walk behind its site; nullopt at the round's end.
  std::optional<schemas::Id> Next() {
    if (filter_.site_id()) return NextOfOneSite(*filter_.site_id());
    const auto sites = index_.SitesAbove(walk_.round);
    if (sites == 0) return EndRound();
    // Few sites in a wide domain: looking at each of them is cheaper than trying places in turn.
    if (filter_.takes_all() && walk_.domain_bits > kShuffledBitsMax && sites < domain_ / sites) {
      return NextOfFewSites(sites);
    }
    while (walk_.position < domain_) {
      const auto site_id = SiteAt(walk_.position++);
      if (site_id >= index_.sites.size() || !index_.sites[site_id]) continue;
      if (auto link_id = LinkOf(*index_.sites[site_id])) return link_id;
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

  // A walk within one site has one place a round.
  std::optional<schemas::Id> NextOfOneSite(schemas::Id site_id) {
    if (walk_.position >= domain_) return std::nullopt;
    walk_.position = domain_;
    const auto place = static_cast<std::size_t>(site_id);
    if (site_id < 0 || place >= index_.sites.size() || !index_.sites[place]) return std::nullopt;
    return LinkOf(*index_.sites[place]);
  }

  // The filter takes all, so each of the first `sites` of sites_by_size has a link.
  std::optional<schemas::Id> NextOfFewSites(std::size_t sites) {
    std::uint32_t nearest = domain_;
    std::uint32_t nearest_site = 0;
    for (std::size_t i = 0; i < sites; ++i) {
      const auto site_id = index_.sites_by_size[i];
      // Sites newer than this round wait for the next one.
      if (site_id >= domain_) continue;
      const auto position = PermuteBack(site_id, walk_.domain_bits, key_);
      if (position < walk_.position || position >= nearest) continue;
      nearest = position;
      nearest_site = site_id;
    }
    if (nearest == domain_) return EndRound();
    walk_.position = nearest + 1;
    return LinkOf(*index_.sites[nearest_site]);
  }

  // The site's link of this round.
  std::optional<schemas::Id> LinkOf(const SiteLinks& site) {
    const auto& links = site.links;
    if (links.size() <= walk_.round) return std::nullopt;
    auto& fitting = scratch_.fitting;
    if (filter_.takes_all()) {
      fitting.clear();
    } else {
      filter_.FindFitting(site, fitting);
      if (fitting.size() <= walk_.round) return std::nullopt;
    }
    const auto count = filter_.takes_all() ? links.size() : fitting.size();
    const auto link_at = [&](std::size_t i) {
      return links[filter_.takes_all() ? i : fitting[i]].link_id;
    };
    const auto old_count = OldCount(count, link_at);
    if (walk_.round >= old_count) return link_at(walk_.round);
    if (walk_.round == 0) {
      std::size_t best = 0;
      std::uint64_t best_rank = UINT64_MAX;
      for (std::size_t i = 0; i < old_count; ++i) {
        const auto rank = LinkRank(walk_.seed, link_at(i));
        if (rank < best_rank) {
          best = i;
          best_rank = rank;
        }
      }
      return link_at(best);
    }
    return RankedLink(old_count, link_at);
  }

  // How many of the first `count` links, which are in order, the walk found when it began.
  template <typename LinkAt>
  std::size_t OldCount(std::size_t count, const LinkAt& link_at) const {
    std::size_t least = 0;
    std::size_t most = count;
    while (least < most) {
      const auto middle = least + (most - least + 1) / 2;
      if (link_at(middle - 1) <= walk_.newest_link_id) {
        least = middle;
      } else {
        most = middle - 1;
      }
    }
    return least;
  }

  // The link with the walk_.round-th smallest rank of the first `count`.
  template <typename LinkAt>
  schemas::Id RankedLink(std::size_t count, const LinkAt& link_at) {
    auto& ranks = scratch_.ranks;
    ranks.resize(count);
    for (std::size_t i = 0; i < count; ++i) ranks[i] = LinkRank(walk_.seed, link_at(i));
    const auto wanted = ranks.begin() + walk_.round;
    std::nth_element(ranks.begin(), wanted, ranks.end());
    for (std::size_t i = 0; i < count; ++i) {
      if (LinkRank(walk_.seed, link_at(i)) == *wanted) return link_at(i);
    }
    assert(false);
    return 0;
  }

  const LinkIndex& index_;
  const Filter& filter_;
  Walk& walk_;
  WalkScratch& scratch_;
  std::uint64_t key_;
  std::uint32_t domain_;
};

std::uint32_t Checksum(const std::array<std::uint8_t, kTokenBytes>& bytes) {
  std::uint64_t sum = kTokenSalt;
  for (std::size_t i = 0; i + 4 < bytes.size(); ++i) sum = Mix(sum ^ bytes[i]);
  return static_cast<std::uint32_t>(sum >> 32);
}

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

class ByteCursor {
 public:
  explicit ByteCursor(std::array<std::uint8_t, kTokenBytes>& bytes) : bytes_(bytes) {}

  void Put(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      bytes_[place_++] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  std::uint64_t Take(int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value |= std::uint64_t{bytes_[place_++]} << (8 * i);
    return value;
  }

 private:
  std::array<std::uint8_t, kTokenBytes>& bytes_;
  std::size_t place_ = 0;
};

}  // namespace

// The finaliser of splitmix64.
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::uint32_t Permute(std::uint32_t value, int bits, std::uint64_t key) {
  const int low_bits = (bits + 1) / 2;
  const auto low_mask = Mask(low_bits);
  const auto high_mask = Mask(bits - low_bits);
  auto low = value & low_mask;
  auto high = value >> low_bits;
  for (int round = 0; round < kFeistelRounds; round += 2) {
    high ^= FeistelWord(low, round, key) & high_mask;
    low ^= FeistelWord(high, round + 1, key) & low_mask;
  }
  return (high << low_bits) | low;
}

std::uint32_t PermuteBack(std::uint32_t value, int bits, std::uint64_t key) {
  const int low_bits = (bits + 1) / 2;
  const auto low_mask = Mask(low_bits);
  const auto high_mask = Mask(bits - low_bits);
  auto low = value & low_mask;
  auto high = value >> low_bits;
  for (int round = kFeistelRounds - 2; round >= 0; round -= 2) {
    low ^= FeistelWord(high, round + 1, key) & low_mask;
    high ^= FeistelWord(low, round, key) & high_mask;
  }
  return (high << low_bits) | low;
}

Walk StartWalk(std::uint64_t seed, const LinkIndex& index) {
  return {.seed = seed, .domain_bits = DomainBits(index), .newest_link_id = index.newest_link_id};
}

std::optional<schemas::Id> NextLink(const LinkIndex& index, const Filter& filter, Walk& walk,
                                    WalkScratch& scratch) {
  while (true) {
    const bool is_whole_round = walk.position == 0;
    if (auto link_id = RoundOfSites(index, filter, walk, scratch).Next()) return link_id;
    const auto domain_bits = DomainBits(index);
    // A round that gives nothing from its beginning on is the end, as later ones give less, unless
    // sites came since that its order does not hold yet.
    if (is_whole_round && walk.domain_bits >= domain_bits) return std::nullopt;
    if (!is_whole_round) ++walk.round;
    walk.position = 0;
    walk.domain_bits = domain_bits;
  }
}

std::string ToToken(const Walk& walk) {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  ByteCursor cursor(bytes);
  cursor.Put(kTokenVersion, 1);
  cursor.Put(walk.domain_bits, 1);
  cursor.Put(walk.seed, 8);
  cursor.Put(static_cast<std::uint64_t>(walk.newest_link_id), 6);
  cursor.Put(walk.round, 4);
  cursor.Put(walk.position, 4);
  cursor.Put(Checksum(bytes), 4);
  std::string token;
  token.reserve(kTokenChars);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8) | byte;
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
      token.push_back(kAlphabet[(bits >> (bit_count - 6)) & 63]);
    }
  }
  token.push_back(kAlphabet[(bits << (6 - bit_count)) & 63]);
  return token;
}

std::optional<Walk> FromToken(std::string_view token) {
  if (token.size() != kTokenChars) return std::nullopt;
  std::array<std::uint8_t, kTokenBytes> bytes{};
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : token) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes[size++] = static_cast<std::uint8_t>(bits >> bit_count);
  }
  if ((bits & ((std::uint32_t{1} << bit_count) - 1)) != 0) return std::nullopt;
  ByteCursor cursor(bytes);
  if (cursor.Take(1) != kTokenVersion) return std::nullopt;
  Walk walk;
  walk.domain_bits = static_cast<std::uint8_t>(cursor.Take(1));
  walk.seed = cursor.Take(8);
  walk.newest_link_id = static_cast<schemas::Id>(cursor.Take(6));
  walk.round = static_cast<std::uint32_t>(cursor.Take(4));
  walk.position = static_cast<std::uint32_t>(cursor.Take(4));
  if (cursor.Take(4) != Checksum(bytes)) return std::nullopt;
  if (walk.domain_bits > kDomainBitsMax) return std::nullopt;
  if (walk.position > (std::uint32_t{1} << walk.domain_bits)) return std::nullopt;
  return walk;
}

}  // namespace saunter::api
