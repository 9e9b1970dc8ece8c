// The posts of a day: the same for everybody who asks, whenever and whatever machine.
//
// What is chosen follows from the day and from what the pool held when it began: sources in an
// order that is a keyed hash of each, and of each source the link whose keyed hash is least. So
// neither the order in which links came nor what comes later changes it. Links that left the pool
// since the day began take part as they did before, so that nothing takes their place; the reader
// of the result leaves them out.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/index/link_index.h"
#include "api/index/selection.h"

namespace saunter::api::walk {

struct DailyAsk {
  index::Selection selection;
  std::vector<schemas::Id> excluded_sites;  // in order
  schemas::UnixSeconds day_at = 0;          // when the day begins, UTC
  schemas::Id newest_link_id = 0;           // of those that were known then
  std::size_t count = 0;
};

// Links that were in the pool when the day began: those of `index` that are old enough, and those
// of `left`, which left it since. At most one of a source, and `count` in all, in order. Scan of
// the sources.
[[nodiscard]] std::vector<schemas::Id> DailyLinks(const index::LinkIndex& index,
                                                  const index::LinkIndex& left,
                                                  const DailyAsk& ask);

}  // namespace saunter::api::walk
