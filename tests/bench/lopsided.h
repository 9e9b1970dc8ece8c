// How links are spread over sites in life, or nearly: the k-th site has a share of 1/k of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace saunter::bench {

// The number of links of each of `sites` sites, `links` in all. Where there are not enough, most of
// the last sites have none.
inline std::vector<std::int64_t> LopsidedSizes(std::int64_t sites, std::int64_t links) {
  double sum = 0;
  for (std::int64_t k = 1; k <= sites; ++k) sum += 1.0 / static_cast<double>(k);
  std::vector<std::int64_t> sizes;
  sizes.reserve(static_cast<std::size_t>(sites));
  double share = 0;
  std::int64_t given = 0;
  for (std::int64_t k = 1; k <= sites; ++k) {
    share += 1.0 / static_cast<double>(k);
    const auto due = k == sites ? links : std::llround(static_cast<double>(links) * (share / sum));
    sizes.push_back(due - given);
    given = due;
  }
  return sizes;
}

}  // namespace saunter::bench
