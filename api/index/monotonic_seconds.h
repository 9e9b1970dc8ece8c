// Seconds of a clock that is never set, for time limits.
//
// Thread safety: all functions.
#pragma once

#include <chrono>
#include <cstdint>

namespace saunter::api::index {

[[nodiscard]] inline std::int64_t MonotonicSeconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace saunter::api::index
