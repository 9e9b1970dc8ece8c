// Parts of all hosts that crawlers share out among themselves: which one a host is in, and who is
// to hold which.
//
// All hosts of a registrable domain are in one shard, by the public suffixes of registries alone:
// the blogs of a platform have one keeper of the platform's pace and pauses, though the private
// part of the list gives each a domain of its own.
//
// Thread safety: pure functions. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "schemas/units.h"

namespace saunter::store::shards {

inline constexpr int kShards = 1024;

// 0 … kShards - 1, for ever the same. `site` is a site's name or its host; addresses and names of
// one label stand for themselves.
[[nodiscard]] int ShardOf(std::string_view site);

struct Holding {
  schemas::Id owner = 0;  // 0: nobody
  bool is_leaving = false;
};
using Holdings = std::array<Holding, kShards>;

// What one of those who share is to do.
struct Moves {
  std::vector<int>
      leave;  // it holds more than its share: these go as soon as nothing of them is out
  std::vector<int> stay;  // were to leave, and need not any more
  std::vector<int> take;  // that nobody holds

  [[nodiscard]] bool Empty() const { return leave.empty() && stay.empty() && take.empty(); }
};

// The fair share of each of `owners`, in their order: all of it in parts that differ by one at
// most. Those that hold the most keep the larger ones, so that nothing moves for the sake of one.
[[nodiscard]] std::vector<int> FairShares(const Holdings& holdings,
                                          const std::vector<schemas::Id>& owners);

// What `self`, one of `owners`, is to do. Who does it again and again, each in its turn, comes to
// fair shares, and moves no more than that takes.
[[nodiscard]] Moves MovesOf(schemas::Id self, const Holdings& holdings,
                            const std::vector<schemas::Id>& owners);

}  // namespace saunter::store::shards
