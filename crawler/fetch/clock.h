// The time, for gaps, pauses and what is remembered; tests set it themselves.
//
// Thread safety: values; SystemClock and SteadyMs from any thread. Errors: none.
#pragma once

#include <cstdint>
#include <functional>

#include "schemas/units.h"

namespace saunter::crawler::fetch {

struct Clock {
  std::function<std::int64_t()> steady_ms;  // never set back
  std::function<schemas::UnixSeconds()> unix_s;
};
[[nodiscard]] Clock SystemClock();

// The machine's own clock, for waiting: that is never a test's to set.
[[nodiscard]] std::int64_t SteadyMs();

}  // namespace saunter::crawler::fetch
