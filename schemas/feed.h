// A feed, and one row of its fetch history.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/units.h"

namespace saunter::schemas {

// Stored as integers: a value, once landed, keeps its number.
enum class FeedState : int { kActive = 0, kPaused = 1, kGone = 2 };
std::string_view ToString(FeedState state);

// Where a feed stands. Whoever publishes it may move it.
struct FeedAddress {
  Id feed_id = 0;
  std::string url;
  std::string host;  // the site's name, see schemas/site.h
  std::string registrable_domain;
};

template <RowOf<FeedAddress> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("feed_id", row.feed_id);
  visit("url", row.url, Presence::kAlways);
  visit("host", row.host, Presence::kAlways);
  visit("registrable_domain", row.registrable_domain, Presence::kAlways);
}

// What a fetch may change of a feed besides its address: exactly what the writer sets.
struct FeedProgress {
  FeedState state = FeedState::kActive;
  std::string title;
  std::string site_url;
  std::string language;
  std::string format;
  std::optional<UnixSeconds> checked_at;  // end of the last fetch, even if no answer came
  std::optional<UnixSeconds> ok_at;       // last 200 with a feed in it, or 304
  std::optional<UnixSeconds> changed_at;  // last 200 whose feed had other bytes than the one before
  UnixSeconds next_check_at = 0;
  std::string next_check_reason;  // the hint that decided next_check_at
  std::string etag;               // byte for byte as received
  std::string last_modified;      // byte for byte as received
  std::optional<Key> body_key;
  std::optional<UnixSeconds> unconditional_at;  // last request without validators
  int error_count = 0;                          // consecutive failures
  std::optional<FetchOutcome> last_outcome;
  int last_status = 0;  // HTTP status, 0 if none came
  std::optional<UnixSeconds> retry_after_at;
  std::int64_t ttl_s = 0;            // RSS ttl
  std::int64_t update_period_s = 0;  // sy:updatePeriod / sy:updateFrequency
  std::uint32_t skip_hours = 0;      // bit h: RSS skipHours names hour h (UTC)
  std::uint32_t skip_days = 0;       // bit d: RSS skipDays names day d, Sunday is 0
  std::int64_t entry_gap_s = 0;      // median gap of the newest ten dated entries, 0 if unknown
  std::optional<UnixSeconds> newest_published_at;
  std::string redirect_url;  // target of the permanent prefix of the last redirect chain
  int redirect_count = 0;    // times in a row that it was that target
  std::optional<UnixSeconds> redirect_since_at;
  std::optional<UnixSeconds> gone_at;  // first 410 of the current row of them
};

template <RowOf<FeedProgress> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("state", row.state);
  visit("title", row.title);
  visit("site_url", row.site_url);
  visit("language", row.language);
  visit("format", row.format);
  visit("checked_at", row.checked_at);
  visit("ok_at", row.ok_at);
  visit("changed_at", row.changed_at);
  visit("next_check_at", row.next_check_at);
  visit("next_check_reason", row.next_check_reason);
  visit("etag", row.etag);
  visit("last_modified", row.last_modified);
  visit("body_key", row.body_key);
  visit("unconditional_at", row.unconditional_at);
  visit("error_count", row.error_count);
  visit("last_outcome", row.last_outcome);
  visit("last_status", row.last_status);
  visit("retry_after_at", row.retry_after_at);
  visit("ttl_s", row.ttl_s);
  visit("update_period_s", row.update_period_s);
  visit("skip_hours", row.skip_hours);
  visit("skip_days", row.skip_days);
  visit("entry_gap_s", row.entry_gap_s);
  visit("newest_published_at", row.newest_published_at);
  visit("redirect_url", row.redirect_url);
  visit("redirect_count", row.redirect_count);
  visit("redirect_since_at", row.redirect_since_at);
  visit("gone_at", row.gone_at);
}

// What a feed has added, and what its last answer held beyond the budgets of StoreSettings: that
// was left out.
struct FeedIntake {
  std::optional<std::int64_t> intake_day;  // since 1970-01-01 UTC; absent: it has added nothing yet
  std::int64_t intake_links = 0;           // new ones on that day
  std::int64_t links_over_day = 0;         // beyond those of a day, or of a first fetch
  std::int64_t links_over_site = 0;        // to sites that have as many as are kept
  std::int64_t links_over_sites = 0;       // to more unknown sites than a source may name
  std::int64_t words_over = 0;
  std::int64_t languages_over = 0;
};

template <RowOf<FeedIntake> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("intake_day", row.intake_day);
  visit("intake_links", row.intake_links);
  visit("links_over_day", row.links_over_day);
  visit("links_over_site", row.links_over_site);
  visit("links_over_sites", row.links_over_sites);
  visit("words_over", row.words_over);
  visit("languages_over", row.languages_over);
}

// A feed as a fetch leaves it; feed_id names the row. The state of a paused feed is the operator's
// and left alone.
struct FeedChange : FeedAddress, FeedProgress {};

// A feed whose fetch is due: all that scheduling, fetching and judging need to know of it. `host`
// is the site's host alone here, since feeds wait for hosts, whichever tenant's they are.
struct DueFeed : FeedChange {
  Id site_id = 0;
  std::string category;  // the operator's word, empty if none
  UnixSeconds added_at = 0;
};

template <RowOf<DueFeed> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  VisitFields(PartOf<FeedAddress>(row), visit);
  VisitFields(PartOf<FeedProgress>(row), visit);
  visit("site_id", row.site_id);
  visit("category", row.category);
  visit("added_at", row.added_at);
}

// A feed as it is shown to an operator.
struct FeedListing : FeedIntake {
  Id feed_id = 0;
  std::string url;
  std::string host;
  FeedState state = FeedState::kActive;
  std::string title;        // an operator's, if one gave it any, else its own
  std::string given_title;  // the operator's alone
  std::string site_url;
  std::string language;
  std::string format;
  std::string category;
  UnixSeconds added_at = 0;
  std::optional<UnixSeconds> checked_at;
  std::optional<UnixSeconds> ok_at;
  std::optional<UnixSeconds> changed_at;
  UnixSeconds next_check_at = 0;
  std::string next_check_reason;
  std::string etag;
  std::string last_modified;
  int error_count = 0;
  std::optional<FetchOutcome> last_outcome;
  int last_status = 0;
  std::optional<UnixSeconds> retry_after_at;
  std::string redirect_url;
  std::optional<UnixSeconds> newest_published_at;
  std::int64_t links = 0;  // entries known
};

template <RowOf<FeedListing> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("feed_id", row.feed_id);
  visit("url", row.url, Presence::kAlways);
  visit("host", row.host, Presence::kAlways);
  visit("state", row.state);
  visit("title", row.title);
  visit("given_title", row.given_title);
  visit("site_url", row.site_url);
  visit("language", row.language);
  visit("format", row.format);
  visit("category", row.category);
  visit("added_at", row.added_at);
  visit("checked_at", row.checked_at);
  visit("ok_at", row.ok_at);
  visit("changed_at", row.changed_at);
  visit("next_check_at", row.next_check_at);
  visit("next_check_reason", row.next_check_reason);
  visit("etag", row.etag);
  visit("last_modified", row.last_modified);
  visit("error_count", row.error_count);
  visit("last_outcome", row.last_outcome);
  visit("last_status", row.last_status);
  visit("retry_after_at", row.retry_after_at);
  visit("redirect_url", row.redirect_url);
  visit("newest_published_at", row.newest_published_at);
  visit("links", row.links);
  VisitFields(PartOf<FeedIntake>(row), visit);
}

// One row of a feed's fetch history: what happened, and why the next look is when it is.
struct FetchLog {
  UnixSeconds fetched_at = 0;
  FetchOutcome outcome = FetchOutcome::kOk;
  int status = 0;
  std::int64_t wire_bytes = 0;  // body as transferred
  std::int64_t body_bytes = 0;  // body decoded
  std::int64_t duration_ms = 0;
  int entries = 0;
  int entries_new = 0;  // filled by the writer
  std::string reason;   // one sentence for a person, printable, ≤ 200 bytes
  UnixSeconds next_check_at = 0;
  std::string next_check_reason;
};

template <RowOf<FetchLog> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("fetched_at", row.fetched_at);
  visit("outcome", row.outcome);
  visit("status", row.status);
  visit("wire_bytes", row.wire_bytes);
  visit("body_bytes", row.body_bytes);
  visit("duration_ms", row.duration_ms);
  visit("entries", row.entries);
  visit("entries_new", row.entries_new);
  visit("reason", row.reason);
  visit("next_check_at", row.next_check_at);
  visit("next_check_reason", row.next_check_reason);
}

}  // namespace saunter::schemas
