// A link from the entry that names it to the row that readers get: taken in, probed, in the pool.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::schemas {

// What is known of a link. `kDoubtful` is a link with at least one counted dead verdict that is not
// dead yet, one that leads to the blacklist, or a dead one whose site has returned from the
// blacklist. It is out of the pool so that no reader meets it, and back after one alive verdict.
enum class LinkState : int { kUnchecked = 0, kAlive = 1, kUnknown = 2, kDoubtful = 3, kDead = 4 };
inline constexpr int kLinkStateCount = 5;
std::string_view ToString(LinkState state);

// True for the states whose links readers may be given.
constexpr bool IsServable(LinkState state) {
  return state == LinkState::kUnchecked || state == LinkState::kAlive ||
         state == LinkState::kUnknown;
}

// An entry as the judge hands it to the writer; everything in it is valid UTF-8 without NUL.
struct EntryIntake {
  Key guid_key = 0;  // short; identity within the feed: guid, else link, else title and text
  Key url_key = 0;   // short; identity within the site, across feeds: the canonical post URL
  std::string url;   // absolute http(s)
  std::string host;  // the site's name, see schemas/site.h
  std::string registrable_domain;
  std::string title;
  std::string author;
  std::string language;
  std::string summary;
  std::vector<std::string> categories;
  std::optional<UnixSeconds> published_at;
  std::optional<UnixSeconds> updated_at;
  UnixSeconds next_check_at = 0;  // first probe, if the link is new
  Key content_key = 0;            // of kContentKeyMask; hash of all of the above that is stored
};

// What a feed says of a link, as columns of the link that are stored as they are.
template <RowOf<EntryIntake> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("published_at", row.published_at);
  visit("updated_at", row.updated_at);
  visit("language", row.language);
  visit("title", row.title, Presence::kAlways);
  visit("author", row.author);
  visit("summary", row.summary);
}

// A link whose next probe is due.
struct DueLink {
  Id link_id = 0;
  Id site_id = 0;
  std::string url;
  std::string host;  // without a tenant: probes wait for hosts
  LinkState state = LinkState::kUnchecked;
  int strikes = 0;                       // counted dead verdicts in a row
  std::optional<UnixSeconds> struck_at;  // when the last one was counted
  std::int64_t check_interval_s = 0;     // the current re-check interval of an alive link
  UnixSeconds next_check_at = 0;
  std::optional<Key> target_key;  // where it redirected to when it was probed last
  std::int64_t target_links = 0;  // links of the site that redirect there, this one included
  std::optional<SiteLook> look;   // the newest look at its site
  bool on_parole = false;         // of the sample of a blacklisted site that is looked at again
};

// Without the look at its site, which is a row of its own.
template <RowOf<DueLink> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("link_id", row.link_id);
  visit("site_id", row.site_id);
  visit("url", row.url, Presence::kAlways);
  visit("host", row.host, Presence::kAlways);
  visit("state", row.state);
  visit("strikes", row.strikes);
  visit("struck_at", row.struck_at);
  visit("check_interval_s", row.check_interval_s);
  visit("next_check_at", row.next_check_at);
  visit("target_key", row.target_key);
  visit("target_links", row.target_links);
  visit("on_parole", row.on_parole);
}

// A link's new address, in its canonical form.
struct LinkMove {
  std::string url;
  Key url_key = 0;   // short
  std::string host;  // the site's name
  std::string registrable_domain;
};

// What one probe says of one link; `state` … `next_check_at` are the row as it shall stand.
struct ProbeResult {
  Id link_id = 0;
  Verdict verdict = Verdict::kUnknown;
  FetchOutcome outcome = FetchOutcome::kOk;
  int status = 0;
  LinkState state = LinkState::kUnchecked;
  int strikes = 0;
  std::optional<UnixSeconds> struck_at;
  std::int64_t check_interval_s = 0;
  std::optional<UnixSeconds> checked_at;  // absent if nothing was learnt: it was not asked
  UnixSeconds next_check_at = 0;
  std::optional<Key> target_key;  // where it redirected to, if that is another page
  std::optional<LinkMove> move;   // it answers for good at another address
};

// What is set in the link: the row as it shall stand.
template <RowOf<ProbeResult> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("state", row.state);
  visit("strikes", row.strikes);
  visit("struck_at", row.struck_at);
  visit("check_interval_s", row.check_interval_s);
  visit("checked_at", row.checked_at);
  visit("next_check_at", row.next_check_at);
  visit("last_outcome", row.outcome);
  visit("last_status", row.status);
  visit("target_key", row.target_key);
}

// A dead link, and one of the feeds that list it.
struct DeadListing {
  Id link_id = 0;
  std::string url;
  std::optional<UnixSeconds> struck_at;
  std::optional<UnixSeconds> alive_at;  // when a probe last found it alive
  std::string feed_host;                // the name of the feed's site
  std::string feed_domain;              // registrable
};

template <RowOf<DeadListing> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("link_id", row.link_id);
  visit("url", row.url, Presence::kAlways);
  visit("struck_at", row.struck_at);
  visit("alive_at", row.alive_at);
  visit("feed_host", row.feed_host, Presence::kAlways);
  visit("feed_domain", row.feed_domain, Presence::kAlways);
}

struct Link {
  Id link_id = 0;
  std::string url;
  std::string title;
  std::string site;        // its name
  std::string site_title;  // of the feed that brought it
  std::string feed_url;    // of the same
  std::string author;
  std::optional<UnixSeconds> published_at;
  std::optional<UnixSeconds> updated_at;
  UnixSeconds first_seen_at = 0;
  std::string language;
  std::string summary;
  std::vector<std::string> categories;
};

// Without its categories, which are rows of their own.
template <RowOf<Link> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("link_id", row.link_id);
  visit("url", row.url, Presence::kAlways);
  visit("title", row.title, Presence::kAlways);
  visit("site", row.site, Presence::kAlways);
  visit("site_title", row.site_title);
  visit("feed_url", row.feed_url);
  visit("author", row.author);
  visit("published_at", row.published_at);
  visit("updated_at", row.updated_at);
  visit("first_seen_at", row.first_seen_at);
  visit("language", row.language);
  visit("summary", row.summary);
}

// A row of the pool: a servable link and the facets that the choice needs.
struct PoolRow {
  Id link_id = 0;
  Id site_id = 0;    // where it stands
  Id source_id = 0;  // the site that it counts for in a fair choice
  std::optional<UnixSeconds> published_at;
  std::string language;
  std::vector<Id> categories;
};

template <RowOf<PoolRow> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("link_id", row.link_id);
  visit("site_id", row.site_id);
  visit("source_id", row.source_id);
  visit("published_at", row.published_at);
  visit("language", row.language);
  visit("categories", row.categories);
}

// What happened to a link's place in the pool; `row` is absent if it left.
struct PoolChange {
  std::int64_t change_id = 0;
  Id link_id = 0;
  std::optional<PoolRow> row;
};

}  // namespace saunter::schemas
