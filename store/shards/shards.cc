#include "store/shards/shards.h"

#include <libpsl.h>
#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "schemas/site.h"
#include "schemas/text.h"

namespace saunter::store::shards {
namespace {

using schemas::Id;

bool IsAddress(std::string_view host) {
  if (host.starts_with('[')) return true;
  return std::ranges::all_of(host, [](char c) { return c == '.' || schemas::IsAsciiDigit(c); });
}

// The registrable domain by the registries' suffixes: the label before the longest of them, and it.
std::string_view DomainOf(std::string_view host) {
  if (host.empty() || IsAddress(host)) return host;
  const std::string name(host);
  const auto is_suffix = [&](std::size_t at) {
    return psl_is_public_suffix2(psl_builtin(), name.c_str() + at, PSL_TYPE_ICANN) != 0;
  };
  std::size_t domain = 0;
  while (true) {
    const auto dot = name.find('.', domain);
    if (dot == std::string::npos || is_suffix(dot + 1)) return host.substr(domain);
    domain = dot + 1;
  }
}

// How many shards each of them holds and keeps.
std::vector<int> CountKept(const Holdings& holdings, const std::vector<Id>& owners) {
  std::vector<int> kept;
  kept.reserve(owners.size());
  for (const auto owner : owners) {
    kept.push_back(static_cast<int>(std::ranges::count_if(holdings, [&](const Holding& holding) {
      return holding.owner == owner && !holding.is_leaving;
    })));
  }
  return kept;
}

}  // namespace

int ShardOf(std::string_view site) {
  const auto domain = DomainOf(schemas::HostOfSite(site));
  // The same 64 bits on every machine and, since 0.8.0, in every release.
  return static_cast<int>(XXH3_64bits(domain.data(), domain.size()) % kShards);
}

std::vector<int> FairShares(const Holdings& holdings, const std::vector<Id>& owners) {
  if (owners.empty()) return {};
  const auto count = static_cast<int>(owners.size());
  const auto kept = CountKept(holdings, owners);
  std::vector<std::size_t> most_first(owners.size());
  std::iota(most_first.begin(), most_first.end(), std::size_t{0});
  std::ranges::sort(most_first, [&](std::size_t a, std::size_t b) {
    return kept[a] != kept[b] ? kept[a] > kept[b] : owners[a] < owners[b];
  });
  std::vector<int> shares(owners.size(), kShards / count);
  for (int i = 0; i < kShards % count; ++i) ++shares[most_first[static_cast<std::size_t>(i)]];
  return shares;
}

Moves MovesOf(Id self, const Holdings& holdings, const std::vector<Id>& owners) {
  Moves moves;
  const auto place = std::ranges::find(owners, self);
  if (place == owners.end()) return moves;
  const auto index = static_cast<std::size_t>(place - owners.begin());
  auto room = FairShares(holdings, owners)[index] - CountKept(holdings, owners)[index];
  // The last ones go, so that who comes and leaves again meets the same.
  for (int shard = kShards - 1; shard >= 0 && room < 0; --shard) {
    const auto& holding = holdings[static_cast<std::size_t>(shard)];
    if (holding.owner != self || holding.is_leaving) continue;
    moves.leave.push_back(shard);
    ++room;
  }
  const auto fill = [&](auto is_free, std::vector<int>& taken) {
    for (int shard = 0; shard < kShards && room > 0; ++shard) {
      if (!is_free(holdings[static_cast<std::size_t>(shard)])) continue;
      taken.push_back(shard);
      --room;
    }
  };
  fill([&](const Holding& held) { return held.owner == self && held.is_leaving; }, moves.stay);
  fill([](const Holding& held) { return held.owner == 0; }, moves.take);
  return moves;
}

}  // namespace saunter::store::shards
