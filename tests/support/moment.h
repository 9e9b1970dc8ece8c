// A moment at which tests take place, and spans of time to go on from there, in seconds.
#pragma once

#include <cstdint>

namespace saunter::support {

inline constexpr std::int64_t kNow = 1'790'000'000;  // Mon, 21 Sep 2026 14:13:20 GMT
inline constexpr std::int64_t kHour = 3600;
inline constexpr std::int64_t kDay = 86400;

}  // namespace saunter::support
