#include "crawler/fetch/host_pauses.h"

#include <algorithm>
#include <utility>

namespace saunter::crawler::fetch {
namespace {

constexpr std::int64_t kHoldSecondsMax = 7 * 86400;  // a host's Retry-After is kept no longer
constexpr char kEveryHost[] = "*";
constexpr char kDomainMark[] = "*.";

}  // namespace

HostPauses::HostPauses(Clock clock, std::int64_t gap_ms_max, HostQueue& queue)
    : clock_(std::move(clock)), gap_ms_max_(gap_ms_max), queue_(queue) {}

std::vector<std::unique_ptr<Job>> HostPauses::TakeUp(const schemas::HostPause& pause) {
  const std::int64_t left_s =
      std::clamp<std::int64_t>(pause.until_at - clock_.unix_s(), 0, kHoldSecondsMax);
  if (left_s == 0) return {};
  const std::int64_t now_ms = clock_.steady_ms();
  const std::int64_t until_ms = now_ms + left_s * 1000;
  const bool domain = pause.host.starts_with(kDomainMark);
  switch (pause.reason) {
    case schemas::PauseReason::kGap: {
      const std::int64_t gap_until_ms = std::min(until_ms, now_ms + gap_ms_max_);
      if (pause.host == kEveryHost) {
        quiet_until_ms_ = std::max(quiet_until_ms_, gap_until_ms);
      } else {
        queue_.Rest(pause.host, gap_until_ms, now_ms);
      }
      return {};
    }
    case schemas::PauseReason::kRetryAfter:
      if (domain) {
        domains_.Hold({pause.host.substr(sizeof(kDomainMark) - 1), until_ms});
        return {};
      }
      // Its domain's pause comes in a line of its own.
      (void)domains_.Note(pause.host, until_ms, now_ms);
      return queue_.Hold(pause.host, until_ms, now_ms);
  }
  return {};
}

HostPauses::Held HostPauses::Hold(const std::string& host, std::int64_t seconds) {
  const std::int64_t now_ms = clock_.steady_ms();
  Held held;
  held.until_ms = now_ms + std::min(seconds, kHoldSecondsMax) * 1000;
  const auto note = [&](const std::string& name, std::int64_t until_ms) {
    held.news.push_back({name, schemas::PauseReason::kRetryAfter, ToUnix(until_ms)});
  };
  note(host, held.until_ms);
  if (const auto domain = domains_.Note(host, held.until_ms, now_ms)) {
    note(kDomainMark + domain->domain, domain->until_ms);
  }
  held.jobs = queue_.Hold(host, held.until_ms, now_ms);
  return held;
}

std::optional<std::int64_t> HostPauses::HeldUntil(const std::string& host,
                                                  std::int64_t now_ms) const {
  const auto host_ms = queue_.HeldUntil(host, now_ms);
  const auto domain_ms = domains_.HeldUntil(host, now_ms);
  return host_ms && domain_ms ? std::max(host_ms, domain_ms) : host_ms ? host_ms : domain_ms;
}

std::vector<schemas::HostPause> HostPauses::InForce() const {
  const std::int64_t now_ms = clock_.steady_ms();
  std::vector<schemas::HostPause> pauses;
  for (const auto& pause : queue_.InForce(now_ms)) {
    pauses.push_back({pause.host, pause.reason, ToUnix(pause.until_ms)});
  }
  for (const auto& pause : domains_.InForce(now_ms)) {
    pauses.push_back(
        {kDomainMark + pause.domain, schemas::PauseReason::kRetryAfter, ToUnix(pause.until_ms)});
  }
  if (quiet_until_ms_ > now_ms) {
    pauses.push_back({kEveryHost, schemas::PauseReason::kGap, ToUnix(quiet_until_ms_)});
  }
  return pauses;
}

schemas::UnixSeconds HostPauses::ToUnix(std::int64_t at_ms) const {
  return clock_.unix_s() + (at_ms - clock_.steady_ms() + 999) / 1000;
}

}  // namespace saunter::crawler::fetch
