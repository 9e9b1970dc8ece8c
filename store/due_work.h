// What is due, as the crawl loop asks for it.
//
// Every call is one short read transaction. All queries go by an index or a primary key.
//
// Thread safety: one thread at a time, but for Interrupt. Errors: what goes wrong while reading is
// thrown as StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schemas/feed.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/status.h"
#include "schemas/units.h"

namespace saunter::store {

// A place in the order of what is due.
struct DueFrom {
  schemas::UnixSeconds next_check_at = INT64_MIN;
  schemas::Id id = 0;
};

class DueWork {
 public:
  virtual ~DueWork() = default;

  // Active and gone feeds behind `from` with next_check_at ≤ now, earliest first.
  [[nodiscard]] virtual std::vector<schemas::DueFeed> DueFeeds(schemas::UnixSeconds now,
                                                               DueFrom from,
                                                               std::int64_t count_max) = 0;
  // How many those are, counted up to `count_max`.
  [[nodiscard]] virtual std::int64_t CountDueFeeds(schemas::UnixSeconds now,
                                                   std::int64_t count_max) = 0;
  // Active feeds with next_check_at > at, latest first. Gone and blacklisted feeds are meant to
  // wait long, so they are among them only if they are due more than 400 days after `at`.
  [[nodiscard]] virtual std::vector<schemas::DueFeed> FeedsDueAfter(schemas::UnixSeconds at,
                                                                    std::int64_t count_max) = 0;
  // Links with next_check_at ≤ now, without those that a URL prefix on the blacklist names; links
  // of blacklisted sites are among them. New ones come first, then doubtful ones, then the others,
  // each by next_check_at. New ones are at most `fresh_percent` of `count_max` where others are
  // due, so that a flood of them keeps nobody from being looked at again.
  [[nodiscard]] virtual std::vector<schemas::DueLink> DueLinks(schemas::UnixSeconds now,
                                                               std::int64_t count_max,
                                                               std::int64_t fresh_percent) = 0;
  // What is left to probe of the samples, `links_max` a site, of at most `sites_max` blacklisted
  // sites whose time to be looked at again has come.
  [[nodiscard]] virtual std::vector<schemas::DueLink> ParoleLinks(schemas::UnixSeconds now,
                                                                  std::int64_t sites_max,
                                                                  std::int64_t links_max) = 0;
  // Earliest next_check_at of an active or gone feed; nothing if there is none.
  [[nodiscard]] virtual std::optional<schemas::UnixSeconds> NextFeedCheckAt() = 0;
  // Pauses and robots.txt with until_at > now; of the latter the newest, until their rules exceed
  // `robots_bytes_max` bytes.
  [[nodiscard]] virtual schemas::HostState HostsInForce(schemas::UnixSeconds now,
                                                        std::int64_t robots_count_max,
                                                        std::int64_t robots_bytes_max) = 0;
  [[nodiscard]] virtual std::optional<schemas::DueFeed> FindFeed(schemas::Id feed_id) = 0;
  [[nodiscard]] virtual schemas::Stats ReadStats() = 0;

  // From any thread: ends the query that runs, if any, with StoreErrorKind::kInterrupted.
  virtual void Interrupt() = 0;
};

}  // namespace saunter::store
