// What the crawler did, hour by hour: sums of its commits.
//
// Thread safety: a value.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "schemas/units.h"
#include "store/reader.h"

namespace saunter::api::index {

struct Activity {
  struct Hour {
    schemas::UnixSeconds hour_at = 0;  // its beginning
    std::int64_t batches = 0;
    std::int64_t crawls = 0;
    std::int64_t probes = 0;
    std::int64_t links_new = 0;
  };
  std::deque<Hour> hours;  // oldest first; hours without a commit are absent
  std::int64_t last_batch_id = 0;
  std::optional<schemas::UnixSeconds> last_batch_at;

  // In the order of batch_id.
  void Add(const store::Batch& batch);
};

}  // namespace saunter::api::index
