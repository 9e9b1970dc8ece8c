// What is due, as the crawl loop asks for it.
//
// Every call is one short read transaction. All queries go by an index or a primary key.
//
// Thread safety: one thread at a time, but for Interrupt. Errors: what goes wrong while reading is
// thrown as StoreError.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "schemas/batch.h"
#include "schemas/feed.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/page.h"

namespace saunter::store {

// A place in an order of rows: behind all that have a smaller `at`, and with the same one a smaller
// id.
struct DueFrom {
  schemas::UnixSeconds at = INT64_MIN;
  schemas::Id id = 0;
};

// No bound on what is taken of one site.
inline constexpr std::int64_t kWholeSite = INT64_MAX;

// A walk through the feeds that are due, the earliest first: by next_check_at, then feed_id.
struct DueFeedWalk {
  schemas::UnixSeconds now = 0;
  DueFrom from = {};
  std::int64_t count_max = 0;
  // Of a host; what is beyond is left out, and its sites are said to be crowded.
  std::int64_t per_site_max = kWholeSite;
  std::int64_t rows_max = INT64_MAX;  // looked at, taken or left out
};
struct DueFeedPage {
  std::vector<schemas::DueFeed> feeds;
  DueFrom walked_to;
  bool read_to_end = false;
  std::vector<SiteRef> crowded_sites;  // they have more behind `from` than was taken; by host
};

// The same through links, in the lists of their states; each has a place of its own.
using DueLinkPlaces = std::array<DueFrom, schemas::kLinkStateCount>;
struct DueLinkWalk {
  schemas::UnixSeconds now = 0;
  std::int64_t count_max = 0;
  std::int64_t fresh_percent = 100;
  DueLinkPlaces from = {};
  std::int64_t per_site_max = kWholeSite;
  std::int64_t rows_max = INT64_MAX;  // of each state
};
struct DueLinkPage {
  std::vector<schemas::DueLink> links;
  DueLinkPlaces walked_to = {};
  bool read_to_end = false;  // of all states
  std::vector<SiteRef> crowded_sites;
};

// What is due of one site, in an order of its own: of feeds those that were not asked for longest,
// by checked_at; of links by next_check_at.
struct DueSite {
  schemas::Id site_id = 0;
  DueFrom from = {};
};
template <typename Item>
struct DueOfSite {
  schemas::Id site_id = 0;
  std::vector<Item> items;
  bool read_to_end = false;
};
inline DueFrom PlaceInSite(const schemas::DueFeed& feed) {
  return {feed.checked_at.value_or(0), feed.feed_id};
}
inline DueFrom PlaceInSite(const schemas::DueLink& link) {
  return {link.next_check_at, link.link_id};
}

class DueWork {
 public:
  virtual ~DueWork() = default;

  // Active and gone feeds with next_check_at ≤ now.
  [[nodiscard]] virtual DueFeedPage DueFeeds(const DueFeedWalk& walk) = 0;
  // Those of a site behind `site.from`.
  [[nodiscard]] virtual DueOfSite<schemas::DueFeed> DueFeedsOf(const DueSite& site,
                                                               schemas::UnixSeconds now,
                                                               std::int64_t count_max) = 0;
  // How many are due, counted up to `count_max`.
  [[nodiscard]] virtual std::int64_t CountDueFeeds(schemas::UnixSeconds now,
                                                   std::int64_t count_max) = 0;
  // Active feeds with next_check_at > at, latest first. Gone and blacklisted feeds are meant to
  // wait long, so they are among them only if they are due more than 400 days after `at`.
  [[nodiscard]] virtual std::vector<schemas::DueFeed> FeedsDueAfter(schemas::UnixSeconds at,
                                                                    std::int64_t count_max) = 0;
  // Links with next_check_at ≤ now, without those that a URL prefix on the blacklist names; links
  // of blacklisted sites are among them, and are on parole if they are of a sample. New ones come
  // first, then doubtful ones, then the others, each by next_check_at. New ones are at most
  // `fresh_percent` of `count_max` where others are due, so that a flood of them keeps nobody from
  // being looked at again.
  [[nodiscard]] virtual DueLinkPage DueLinks(const DueLinkWalk& walk) = 0;
  // Those of a site behind `site.from`.
  [[nodiscard]] virtual DueOfSite<schemas::DueLink> DueLinksOf(const DueSite& site,
                                                               schemas::UnixSeconds now,
                                                               std::int64_t count_max) = 0;
  // Earliest next_check_at of an active or gone feed; nothing if there is none.
  [[nodiscard]] virtual std::optional<schemas::UnixSeconds> NextFeedCheckAt() = 0;
  // Pauses and robots.txt with until_at > now; of the latter the newest, until their rules exceed
  // `robots_bytes_max` bytes.
  [[nodiscard]] virtual schemas::HostState HostsInForce(schemas::UnixSeconds now,
                                                        std::int64_t robots_count_max,
                                                        std::int64_t robots_bytes_max) = 0;
  [[nodiscard]] virtual std::optional<schemas::DueFeed> FindFeed(schemas::Id feed_id) = 0;
  [[nodiscard]] virtual schemas::Stats ReadStats() = 0;

  // Where crawlers share a database: from now on what is due, and how much of it, is said of the
  // shards that are asked under this lease; of all if it has no owner.
  virtual void ActFor(const schemas::Lease& /*lease*/) {}
  // These are about to be asked, under that lease. It is written before it returns: a crawler that
  // takes them over does not ask them again at once. Another than a DueWork of OpenDueWork may not
  // be able to.
  virtual void NoteAsked(const std::vector<schemas::Id>& /*feed_ids*/) {}

  // From any thread: ends the query that runs, if any, with StoreErrorKind::kInterrupted.
  virtual void Interrupt() = 0;
};

}  // namespace saunter::store
