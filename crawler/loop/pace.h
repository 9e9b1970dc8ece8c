// How many feeds may be begun in a second, so that what comes due at once does not go out at once.
//
// A stop of a week, an outage or a clock that was set leaves all feeds due in one moment. They go
// out at an even rate: ten a second, or as many as it takes for all feeds that there are to be
// through within schedule.start_spread_s, or schedule.interval_min_s if that is shorter. The few
// that come due in ordinary times are spread over half a minute. With a start_spread_s of 0 all go
// out at once.
//
// Time is counted from turn to turn and never by the clock's own leaps. When the clock leaps by
// eight days or more, nobody knows which feeds were asked a moment ago: all of them wait for
// schedule.interval_min_s or schedule.unconditional_interval_min_s, whichever is longer.
//
// Thread safety: none. Errors: none.
#pragma once

#include <cstdint>
#include <optional>

#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

class Pace {
 public:
  enum class Clock { kGoesOn, kLeapt };
  // A turn of the loop begins. kLeapt: this is the first turn after a leap.
  Clock Tick(schemas::UnixSeconds now, const schemas::ScheduleSettings& settings);
  // How many of `waiting` due feeds may be begun now, `feeds` being all that there are.
  [[nodiscard]] std::int64_t Allowance(std::int64_t waiting, std::int64_t feeds,
                                       const schemas::ScheduleSettings& settings) const;
  // So many were begun.
  void Take(std::int64_t count) { taken_ += count; }
  // Seconds that have gone by since the first turn, leaps left out.
  [[nodiscard]] std::int64_t elapsed_s() const { return elapsed_s_; }

 private:
  std::optional<schemas::UnixSeconds> last_;
  std::int64_t elapsed_s_ = 0;
  std::int64_t hold_until_s_ = 0;  // of elapsed_s_
  std::int64_t taken_ = 0;         // in this second
};

// No look at an active feed is ever put off this far. If one is due later, the clock was set back
// after that was decided.
[[nodiscard]] schemas::UnixSeconds FarAhead(schemas::UnixSeconds now,
                                            const schemas::ScheduleSettings& settings);

}  // namespace saunter::crawler::loop
