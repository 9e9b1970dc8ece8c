// A writer that commits at an even rate, as crawlers do that have found their pace.
//
// Thread safety: one thread at a time for each writer. Errors: StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "schemas/units.h"
#include "store/writer.h"

namespace saunter::bench {

struct SteadyLoad {
  int first_feed = 0;  // of those that AddFeeds has made
  int feeds = 0;       // after which it ends
  int links_per_s = 0;
};

// Called after each commit.
using OnCommit = std::function<void(schemas::Id batch_id)>;

// Two batches a second, of what is due by then, until all are written or it is told to stop; how
// many feeds were.
int WriteSteadily(store::Writer& writer, const SteadyLoad& load, const std::stop_token& stop,
                  const OnCommit& on_commit);

}  // namespace saunter::bench
