#include "api/walk/permutation.h"

#include <algorithm>
#include <bit>

namespace saunter::api::walk {
namespace {

constexpr int kFeistelRounds = 8;

std::uint32_t Mask(int bits) { return (std::uint32_t{1} << bits) - 1; }

// What one half of the value is mixed with, made from the other half.
std::uint32_t FeistelWord(std::uint32_t half, int round, std::uint64_t key) {
  return static_cast<std::uint32_t>(Mix(key + (static_cast<std::uint64_t>(round) << 32) + half) >>
                                    32);
}

}  // namespace

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

std::uint32_t PermuteBelow(std::uint32_t value, std::uint32_t count, std::uint64_t key) {
  const auto bits = std::max(2, static_cast<int>(std::bit_width(count - 1)));
  auto place = Permute(value, bits, key);
  while (place >= count) place = Permute(place, bits, key);
  return place;
}

}  // namespace saunter::api::walk
