#include "crawler/daemon/progress.h"

namespace saunter::crawler::daemon {
namespace {

// Longer than any host is waited for.
constexpr std::int64_t kStuckMs = 600000;

}  // namespace

bool Progress::GoesOn(const loop::WorkSigns& signs, std::int64_t now_ms) {
  if (!signs.has_work || done_ != signs.done) {
    done_ = signs.done;
    done_at_ms_ = now_ms;
  }
  return now_ms - done_at_ms_ < kStuckMs;
}

}  // namespace saunter::crawler::daemon
