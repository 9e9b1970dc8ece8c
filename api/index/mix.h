// 64 well-mixed bits: the finaliser of splitmix64, a bijection.
//
// Sources stand in the index, and walks go, by what it gives: a token that is out in the world goes
// on as it began only while it stays as it is.
//
// Thread safety: a pure function.
#pragma once

#include <cstdint>

namespace saunter::api::index {

// In the header since a pick calls it for each link of a source.
[[nodiscard]] inline std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace saunter::api::index
