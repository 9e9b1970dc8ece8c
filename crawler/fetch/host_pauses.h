// The pauses that are in force, as one: those that hosts asked for, those of their domains, and the
// one of all hosts that an earlier run may leave. They go to the next run in the form of the
// schema, so that hosts see nothing of a restart.
//
// Thread safety: one thread. Ownership: the queue must outlive it; it has each host's own pause and
// gap. Errors: none. Times in milliseconds are of the clock's steady_ms.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crawler/fetch/clock.h"
#include "crawler/fetch/domain_pauses.h"
#include "crawler/fetch/host_queue.h"
#include "schemas/host.h"
#include "schemas/units.h"

namespace saunter::crawler::fetch {

class HostPauses {
 public:
  // `gap_ms_max`: no gap of an earlier run lasts longer.
  HostPauses(Clock clock, std::int64_t gap_ms_max, HostQueue& queue);

  // Takes up a pause of an earlier run, or of another crawler, but no longer than any pause may
  // last. Returns what waited for the host.
  std::vector<std::unique_ptr<Job>> TakeUp(const schemas::HostPause& pause);

  struct Held {
    std::int64_t until_ms = 0;
    std::vector<std::unique_ptr<Job>> jobs;  // that waited for the host
    std::vector<schemas::HostPause> news;    // the host's pause, and its domain's if that changed
  };
  // The host asked for a pause of so many seconds; no more than a week is kept.
  [[nodiscard]] Held Hold(const std::string& host, std::int64_t seconds);

  // The host, or its whole domain, asked for a pause.
  [[nodiscard]] std::optional<std::int64_t> HeldUntil(const std::string& host,
                                                      std::int64_t now_ms) const;
  // No host is asked before.
  [[nodiscard]] std::int64_t quiet_until_ms() const { return quiet_until_ms_; }
  [[nodiscard]] std::vector<schemas::HostPause> InForce() const;

 private:
  [[nodiscard]] schemas::UnixSeconds ToUnix(std::int64_t at_ms) const;

  const Clock clock_;
  const std::int64_t gap_ms_max_;
  HostQueue& queue_;
  DomainPauses domains_;
  std::int64_t quiet_until_ms_ = 0;
};

}  // namespace saunter::crawler::fetch
