// What the crawler did over time, and how the feeds stand: what an operator looks at.
//
// Every call is one short read transaction. All queries go by an index or a primary key unless
// their comment says scan.
//
// Thread safety: one thread at a time. Errors: what goes wrong while reading is thrown as
// StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/feed.h"
#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/units.h"

namespace saunter::store {

// The commits of a time, which is as long as was asked for.
struct ActivitySum {
  schemas::UnixSeconds begins_at = 0;
  std::int64_t batches = 0;
  std::int64_t crawls = 0;
  std::int64_t probes = 0;
  std::int64_t links_new = 0;
};

template <schemas::RowOf<ActivitySum> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("begins_at", row.begins_at);
  visit("batches", row.batches);
  visit("crawls", row.crawls);
  visit("probes", row.probes);
  visit("links_new", row.links_new);
}

enum class Span { kHour, kDay, kWeek };  // by UTC; a week begins on Monday

// A time in which almost no host answered.
struct Outage {
  schemas::UnixSeconds began_at = 0;
  schemas::UnixSeconds ended_at = 0;
};

template <schemas::RowOf<Outage> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("began_at", row.began_at);
  visit("ended_at", row.ended_at);
}

// How many feeds stand so. Each feed is counted once.
struct FeedCount {
  schemas::FeedState state = schemas::FeedState::kActive;
  std::optional<schemas::FetchOutcome> last_outcome;  // absent: never fetched
  bool is_failing = false;                            // its last fetch counts as an error
  std::int64_t feeds = 0;
};

template <schemas::RowOf<FeedCount> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("state", row.state);
  visit("last_outcome", row.last_outcome);
  visit("is_failing", row.is_failing);
  visit("feeds", row.feeds);
}

struct FailingFeed {
  std::string url;
  std::string host;  // the site's name
  std::string title;
  schemas::UnixSeconds since_at = 0;          // when it was last read, or else added
  std::optional<schemas::UnixSeconds> ok_at;  // absent: it was never read
  std::int64_t error_count = 0;               // in a row
  schemas::UnixSeconds next_check_at = 0;
};

template <schemas::RowOf<FailingFeed> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("url", row.url, schemas::Presence::kAlways);
  visit("host", row.host, schemas::Presence::kAlways);
  visit("title", row.title);
  visit("since_at", row.since_at);
  visit("ok_at", row.ok_at);
  visit("error_count", row.error_count);
  visit("next_check_at", row.next_check_at);
}

// Active feeds that fail in one way.
struct FailingCause {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  std::int64_t feeds = 0;
  std::vector<FailingFeed> longest;  // some of them, those that were not read for longest first
};

class History {
 public:
  virtual ~History() = default;

  // From `since` up to `until`, oldest first; a span without a commit is absent. The spans are
  // summed of whole hours: `since` is taken back to the beginning of its span.
  [[nodiscard]] virtual std::vector<ActivitySum> Activity(Span span, schemas::UnixSeconds since,
                                                          schemas::UnixSeconds until) = 0;
  // The first hour that is known of.
  [[nodiscard]] virtual std::optional<schemas::UnixSeconds> ActivityBeginsAt() = 0;
  // Those that are over and ended after `since`, oldest first.
  [[nodiscard]] virtual std::vector<Outage> Outages(schemas::UnixSeconds since) = 0;

  // Scan of the feeds.
  [[nodiscard]] virtual std::vector<FeedCount> CountFeeds() = 0;
  // Why those of these counts that are active fail: the most frequent cause first, each with up to
  // `feeds_max` of its feeds.
  [[nodiscard]] virtual std::vector<FailingCause> FailingCauses(
      const std::vector<FeedCount>& counts, std::int64_t feeds_max) = 0;
};

}  // namespace saunter::store
