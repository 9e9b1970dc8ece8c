#include "crawler/loop/pace.h"

#include <algorithm>

namespace saunter::crawler::loop {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kLeapS = 8 * kDay;
constexpr std::int64_t kTurnMaxS = 60;  // a turn that took longer was a pause of the whole process
constexpr std::int64_t kRateMin = 10;   // feeds a second
constexpr std::int64_t kEvenOutS = 30;

}  // namespace

Pace::Clock Pace::Tick(schemas::UnixSeconds now, const schemas::ScheduleSettings& settings) {
  const auto since = now - last_.value_or(now);
  const bool first = !last_;
  last_ = now;
  if (since == 0 && !first) return Clock::kGoesOn;
  taken_ = 0;
  elapsed_s_ += since > 0 && since <= kTurnMaxS ? since : 0;
  if (since > -kLeapS && since < kLeapS) return Clock::kGoesOn;
  hold_until_s_ =
      elapsed_s_ + std::max(settings.interval_min_s, settings.unconditional_interval_min_s);
  return Clock::kLeapt;
}

std::int64_t Pace::Allowance(std::int64_t waiting, std::int64_t feeds,
                             const schemas::ScheduleSettings& settings) const {
  if (elapsed_s_ < hold_until_s_) return 0;
  if (settings.start_spread_s == 0) return waiting;
  // No slower than feeds can come due in the long run.
  const auto through_s = std::min(settings.start_spread_s, settings.interval_min_s);
  const auto rate = std::max(kRateMin, feeds / through_s + 1);
  const auto even = (waiting + taken_ + kEvenOutS - 1) / kEvenOutS;
  return std::clamp<std::int64_t>(std::min(rate, even) - taken_, 0, waiting);
}

schemas::UnixSeconds FarAhead(schemas::UnixSeconds now, const schemas::ScheduleSettings& settings) {
  constexpr std::int64_t kPercent = 100;
  const auto longest_s = std::max(settings.hint_max_s, settings.interval_max_s);
  const auto jittered_s = longest_s + longest_s * settings.jitter_percent / kPercent;
  return now + std::max(kLeapS, jittered_s + kHour);
}

}  // namespace saunter::crawler::loop
