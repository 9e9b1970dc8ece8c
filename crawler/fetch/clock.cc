#include "crawler/fetch/clock.h"

#include <chrono>

namespace saunter::crawler::fetch {
namespace {

schemas::UnixSeconds WallSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Clock SystemClock() { return {.steady_ms = SteadyMs, .unix_s = WallSeconds}; }

}  // namespace saunter::crawler::fetch
