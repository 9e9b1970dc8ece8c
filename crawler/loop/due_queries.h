// What the streams ask the database for, and what it answers: values that cross to the thread of
// the due reader and back.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "crawler/loop/pace.h"
#include "schemas/batch.h"
#include "schemas/feed.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/due_work.h"

namespace saunter::crawler::loop {

// Feeds that are due, at a pace: the earliest behind a place, as many as may begin now.
struct PacedFeeds {
  store::DueFrom from;
  Pace pace;  // as it stands when the query is made
  schemas::ScheduleSettings schedule;
  std::int64_t known = 0;      // so many of those that are due are in memory
  std::int64_t count_max = 0;  // so many more are counted at most
  // Feeds that are due later than any decision allows are looked for, too.
  std::optional<schemas::UnixSeconds> far_at;
};

// Feeds that are due, all of them, piece by piece.
struct AllFeeds {
  store::DueFrom from;
  std::int64_t count_max = 0;
};

// What hosts asked of the crawlers that held them before, and of this one: as of an epoch.
struct HostsQuery {
  std::int64_t epoch = 0;
  std::int64_t robots_count_max = 0;
  std::int64_t robots_bytes_max = 0;
};

struct DueFeedsQuery {
  schemas::Lease lease = {};             // what is due of the shards under it
  std::optional<HostsQuery> hosts = {};  // are read first
  schemas::UnixSeconds due_at = 0;       // feeds with next_check_at ≤ this
  schemas::UnixSeconds asked_at = 0;
  std::variant<std::monostate, PacedFeeds, AllFeeds> feeds;  // monostate: none of these
  std::vector<store::DueSite> sites;                         // some of each of these, too
};

struct HostsAt {
  std::int64_t epoch = 0;
  schemas::HostState hosts;
};

// Feeds of a lease are noted as about to be asked.
struct DueFeeds {
  schemas::UnixSeconds asked_at = 0;
  schemas::Lease lease;
  std::optional<HostsAt> hosts;
  std::vector<schemas::DueFeed> feeds;
  store::DueFrom walked_to;                   // by `feeds`
  std::vector<store::SiteRef> crowded_sites;  // some of theirs were left out of `feeds`
  std::vector<store::DueOfSite<schemas::DueFeed>> sites;
  // That are due and not in memory, if the pace lets any begin now; PacedFeeds.
  std::optional<std::int64_t> waiting;
  std::optional<std::vector<schemas::DueFeed>> far;  // if they were looked for
  bool read_to_end = false;                          // nothing is due behind `walked_to`
  std::int64_t feeds_all = 0;                        // that there are, due or not
  std::int64_t sites_blacklisted = 0;
  bool has_feeds = false;  // that are ever to be asked
};

struct DueLinksQuery {
  schemas::Lease lease = {};
  schemas::UnixSeconds due_at = 0;
  schemas::UnixSeconds asked_at = 0;
  store::DueLinkPlaces from = {};
  std::int64_t count_max = 0;  // 0: those of `sites` alone
  std::int64_t fresh_percent = 0;
  std::vector<store::DueSite> sites;
};

struct DueLinks {
  schemas::UnixSeconds asked_at = 0;
  schemas::Lease lease;
  std::vector<schemas::DueLink> links;
  store::DueLinkPlaces walked_to = {};
  std::vector<store::SiteRef> crowded_sites;
  std::vector<store::DueOfSite<schemas::DueLink>> sites;
  bool read_to_end = false;
};

using DueQuery = std::variant<DueFeedsQuery, DueLinksQuery>;
using DueItems = std::variant<DueFeeds, DueLinks>;

// Runs the query. Errors: StoreError.
[[nodiscard]] DueItems ReadDue(store::DueWork& work, const DueQuery& query);

}  // namespace saunter::crawler::loop
