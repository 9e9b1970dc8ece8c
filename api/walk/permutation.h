// Keyed orders: bijections of small ranges, and the hash that they are made of.
//
// Walks depend on the exact values: a token that is out in the world goes on as it began only while
// these functions give what they gave.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>

#include "api/index/mix.h"

namespace saunter::api::walk {

using index::Mix;

// A bijection of [0, 2^bits) for each key, and its inverse: a Feistel network. bits ≤ 28.
[[nodiscard]] std::uint32_t Permute(std::uint32_t value, int bits, std::uint64_t key);
[[nodiscard]] std::uint32_t PermuteBack(std::uint32_t value, int bits, std::uint64_t key);

// A bijection of [0, count) for each key: Permute() repeated until the result is below `count`.
[[nodiscard]] std::uint32_t PermuteBelow(std::uint32_t value, std::uint32_t count,
                                         std::uint64_t key);

}  // namespace saunter::api::walk
