// How much each network may say in an hour, and the number under which its words are stored.
//
// Addresses are known in memory alone. The number is a hash of the network under a salt that is
// drawn anew each UTC day and never written, so that tomorrow nobody can tell what a network said
// today. Networks share a fixed number of buckets, found by that hash: two that fall into one share
// its allowance until the day ends. A bucket that was filled drains evenly, in an hour when it was
// full.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "schemas/units.h"

namespace saunter::api::receipt {

class Allowance {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Allowance(std::int64_t per_hour);

  struct Taken {
    std::uint64_t network_hash = 0;
    std::int64_t retry_after_s = 0;  // 0: it may; otherwise when to try again
  };
  // `now` tells the day, `moment` the time between two words.
  [[nodiscard]] Taken Take(std::uint64_t network, schemas::UnixSeconds now,
                           Clock::time_point moment);

 private:
  void BeginDay(std::int64_t day);

  const std::chrono::nanoseconds gap_;  // that one word takes of an hour
  std::mutex mutex_;
  std::array<unsigned char, 16> salt_{};     // guarded by mutex_
  std::int64_t day_ = -1;                    // guarded by mutex_
  std::vector<Clock::time_point> empty_at_;  // when each bucket is; guarded by mutex_
};

}  // namespace saunter::api::receipt
