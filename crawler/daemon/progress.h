// Whether the crawl gets anywhere: what the watchdog is fed by. A loop that turns and turns beside
// work that it never does is as dead as one that stands.
//
// Thread safety: none. Errors: none. Times are milliseconds of one steady clock.
#pragma once

#include <cstdint>
#include <optional>

#include "crawler/loop/crawl_loop.h"

namespace saunter::crawler::daemon {

class Progress {
 public:
  // False once there has been work for ten minutes and nothing of it was done. A crawl without work
  // is where it should be.
  [[nodiscard]] bool GoesOn(const loop::WorkSigns& signs, std::int64_t now_ms);

 private:
  std::optional<std::int64_t> done_;
  std::int64_t done_at_ms_ = 0;
};

}  // namespace saunter::crawler::daemon
