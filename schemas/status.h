// What the crawler tells readers about itself, and the totals of the database.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schemas/fields.h"
#include "schemas/units.h"

namespace saunter::schemas {

// What the crawler tells readers about itself; one row, replaced by each batch that has a new one.
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

template <RowOf<CrawlerStatus> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("version", row.version, Presence::kAlways);
  visit("started_at", row.started_at);
  visit("stopped_at", row.stopped_at);
  visit("reported_at", row.reported_at);
  visit("fetch_at", row.fetch_at);
  visit("fetch_ok_at", row.fetch_ok_at);
  visit("feeds_due", row.feeds_due);
  visit("in_flight", row.in_flight);
  visit("outage_at", row.outage_at);
  visit("problem", row.problem);
}

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
  // What readers said, since the database was made but where it says otherwise.
  std::int64_t votes = 0;           // that counted
  std::int64_t reports = 0;         // but of dead links
  std::int64_t reports_open = 0;    // now: that wait for review
  std::int64_t reports_over = 0;    // that went unread, by their budget
  std::int64_t links_withheld = 0;  // now: until they are reviewed
  std::int64_t withholdings = 0;
  std::int64_t withholdings_over = 0;  // that were not, since too many links were withheld
  std::int64_t batches = 0;            // batch_id of the newest commit
  std::optional<UnixSeconds> last_batch_at;
  std::optional<CrawlerStatus> crawler;
};

// Without the crawler, which is a record of its own.
template <RowOf<Stats> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("schema_version", row.schema_version);
  visit("feeds", row.feeds);
  visit("feeds_paused", row.feeds_paused);
  visit("feeds_gone", row.feeds_gone);
  visit("feeds_never_fetched", row.feeds_never_fetched);
  visit("feeds_failing", row.feeds_failing);
  visit("sites", row.sites);
  visit("sites_blacklisted", row.sites_blacklisted);
  visit("links", row.links);
  visit("links_unchecked", row.links_unchecked);
  visit("links_alive", row.links_alive);
  visit("links_unknown", row.links_unknown);
  visit("links_doubtful", row.links_doubtful);
  visit("links_dead", row.links_dead);
  visit("links_in_pool", row.links_in_pool);
  visit("votes", row.votes);
  visit("reports", row.reports);
  visit("reports_open", row.reports_open);
  visit("reports_over", row.reports_over);
  visit("links_withheld", row.links_withheld);
  visit("withholdings", row.withholdings);
  visit("withholdings_over", row.withholdings_over);
  visit("batches", row.batches);
  visit("last_batch_at", row.last_batch_at);
}

}  // namespace saunter::schemas
