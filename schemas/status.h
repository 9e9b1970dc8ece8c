// What the crawler tells readers about itself, and the totals of the database.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schemas/units.h"

namespace saunter::schemas {

// What the crawler tells readers about itself; one row, replaced in each batch.
struct CrawlerStatus {
  std::string version;
  UnixSeconds started_at = 0;
  std::optional<UnixSeconds> stopped_at;   // clean stop; absent while running
  UnixSeconds reported_at = 0;             // of this row
  std::optional<UnixSeconds> fetch_at;     // last feed fetch that ended, in any way
  std::optional<UnixSeconds> fetch_ok_at;  // last one that gave a feed or a 304
  std::int64_t feeds_due = 0;
  std::int64_t in_flight = 0;
  std::optional<UnixSeconds> outage_at;  // since when everything fails at once
  std::string problem;                   // why nothing can be fetched, for a person; empty if well
};

struct Stats {
  int schema_version = 0;
  std::int64_t feeds = 0;
  std::int64_t feeds_paused = 0;
  std::int64_t feeds_gone = 0;
  std::int64_t feeds_never_fetched = 0;
  std::int64_t feeds_failing = 0;
  std::int64_t sites = 0;
  std::int64_t sites_blacklisted = 0;
  std::int64_t links = 0;
  std::int64_t links_unchecked = 0;
  std::int64_t links_alive = 0;
  std::int64_t links_unknown = 0;
  std::int64_t links_doubtful = 0;
  std::int64_t links_dead = 0;
  std::int64_t links_in_pool = 0;
  std::int64_t batches = 0;  // batch_id of the newest commit
  std::optional<UnixSeconds> last_batch_at;
  std::optional<CrawlerStatus> crawler;
};

}  // namespace saunter::schemas
