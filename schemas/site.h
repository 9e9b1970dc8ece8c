// A site: its name, its links by state, what it says to a page that it cannot have, and what was
// decided.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/fields.h"
#include "schemas/units.h"

namespace saunter::schemas {

// A site's name is its host, in lower case without a leading "www.", or that and a tenant's path:
// "tilde.example/~ann" is all below "/~ann". Pace and robots.txt are the host's, whoever the
// tenant.
//
// The part of a path that names a tenant, as it is written: "/~ann" of "/~ann/post"; empty if none.
// A tenant's name is 1 to 64 unreserved characters (RFC 3986, 2.3); its tilde may be "%7E".
[[nodiscard]] std::string_view TenantPath(std::string_view path);
// The same in its one form, with a plain tilde.
[[nodiscard]] std::string TenantOf(std::string_view path);
// The host of a site's name.
[[nodiscard]] constexpr std::string_view HostOfSite(std::string_view site) {
  return site.substr(0, site.find('/'));
}

// What a site says to a request for a page that it cannot have.
enum class SiteAnswer : int {
  kUnclear = 0,  // no answer, a refusal, or a page that a browser fills in
  kHonest = 1,   // that there is no such page
  kSoft = 2,     // some page, as if it were there: an answer of 200 proves nothing on this site
  kParked = 3,   // the same as for its posts, and that is no post's: nobody lives there
  // What it would say if it were parked, soft or behind a wall: its posts tell which of them.
  kUnproven = 4,
  // Its front page, which a browser may turn into any page: a post that reads like it may live.
  kFallback = 5,
  kHeadLies = 6,  // honest to a GET, but a HEAD is told that everything is there
};
std::string_view ToString(SiteAnswer answer);

// A look at a site: a page that cannot exist was asked for and, if that one came, the front page.
struct SiteLook {
  Id site_id = 0;
  UnixSeconds looked_at = 0;
  SiteAnswer answer = SiteAnswer::kUnclear;
  std::optional<Key> target_key;  // where the page that cannot exist led, if it came
  std::optional<Key> title_key;   // of that page; absent if it has none
  std::string words;              // what it reads, see crawler/health/page.h; not of honest sites
  int parked_count = 0;           // counted looks in a row that found it parked
  std::optional<UnixSeconds> parked_at;  // when the last one was counted
  std::string reason;                    // for a person
};

template <RowOf<SiteLook> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("site_id", row.site_id);
  visit("looked_at", row.looked_at);
  visit("answer", row.answer);
  visit("target_key", row.target_key);
  visit("title_key", row.title_key);
  visit("words", row.words);
  visit("parked_count", row.parked_count);
  visit("parked_at", row.parked_at);
  visit("reason", row.reason);
}

// Links of one site by state. Unknown and unchecked links are no evidence.
struct SiteTally {
  Id site_id = 0;
  std::string host;  // its name
  std::int64_t links_unchecked = 0;
  std::int64_t links_alive = 0;
  std::int64_t links_unknown = 0;
  std::int64_t links_doubtful = 0;
  std::int64_t links_dead = 0;
  bool blacklisted = false;
};

template <RowOf<SiteTally> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("site_id", row.site_id);
  visit("host", row.host, Presence::kAlways);
  visit("links_unchecked", row.links_unchecked);
  visit("links_alive", row.links_alive);
  visit("links_unknown", row.links_unknown);
  visit("links_doubtful", row.links_doubtful);
  visit("links_dead", row.links_dead);
  visit("blacklisted", row.blacklisted);
}

// What was decided about a site, by the rule.
enum class DecisionKind : int {
  kDeadShare = 0,  // blacklisted: too many of its links are dead
  kParked = 1,     // blacklisted: nobody lives there
  kKept = 2,       // looked at again on parole, and stays blacklisted
  kReturned = 3,   // looked at again on parole, and is back
};
std::string_view ToString(DecisionKind kind);

// A decision with its evidence, as it stood then.
struct SiteDecision {
  Id site_id = 0;
  UnixSeconds decided_at = 0;
  DecisionKind kind = DecisionKind::kDeadShare;
  std::string reason;                // for a person
  std::int64_t links_checked = 0;    // that counted
  std::int64_t links_dead = 0;       // of them
  std::int64_t links_discarded = 0;  // dead ones that did not count: only strangers list them
  std::optional<UnixSeconds> first_dead_at;  // when the first and the last of them died
  std::optional<UnixSeconds> last_dead_at;
  std::vector<std::string> sample_urls;  // some of them
};

// Without site_id.
template <RowOf<SiteDecision> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("decided_at", row.decided_at);
  visit("kind", row.kind);
  visit("reason", row.reason, Presence::kAlways);
  visit("links_checked", row.links_checked);
  visit("links_dead", row.links_dead);
  visit("links_discarded", row.links_discarded);
  visit("first_dead_at", row.first_dead_at);
  visit("last_dead_at", row.last_dead_at);
  visit("sample_urls", row.sample_urls);
}

// A blacklisted site's sample since its parole began.
struct ParoleTally {
  std::int64_t links = 0;  // of the site
  std::int64_t links_checked = 0;
  std::int64_t links_alive = 0;
};

// A site as it is listed.
struct SiteListing : SiteTally {
  std::string registrable_domain;
  std::int64_t feeds = 0;
  std::int64_t links_in_pool = 0;
  std::optional<UnixSeconds> blacklisted_at;
  std::optional<UnixSeconds> blacklisted_until_at;
  std::string blacklist_pattern;
  std::string blacklist_reason;
};

template <RowOf<SiteListing> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("site_id", row.site_id);
  visit("host", row.host, Presence::kAlways);
  visit("registrable_domain", row.registrable_domain, Presence::kAlways);
  visit("feeds", row.feeds);
  visit("links_in_pool", row.links_in_pool);
  visit("links_unchecked", row.links_unchecked);
  visit("links_alive", row.links_alive);
  visit("links_unknown", row.links_unknown);
  visit("links_doubtful", row.links_doubtful);
  visit("links_dead", row.links_dead);
  visit("blacklisted", row.blacklisted);
  visit("blacklisted_at", row.blacklisted_at);
  visit("blacklisted_until_at", row.blacklisted_until_at);
  visit("blacklist_pattern", row.blacklist_pattern);
  visit("blacklist_reason", row.blacklist_reason);
}

// All that is known of one site.
struct Site : SiteListing {
  std::optional<SiteLook> look;
  std::vector<SiteDecision> decisions;  // newest first
};

// Links whose state is evidence: a dead link counts against its site, an unknown or unchecked one
// does not.
[[nodiscard]] std::int64_t CheckedLinks(const SiteTally& tally);
// The share of dead links among them; absent without evidence.
[[nodiscard]] std::optional<double> DeadShare(const SiteTally& tally);

// What is shown of a site: its fields, and what follows from them.
template <typename Visitor>
void VisitShown(const SiteListing& site, Visitor&& visit) {
  VisitFields(site, [&](std::string_view name, const auto& field, auto... presence) {
    visit(name, field, presence...);
    if (name == "links_dead") visit("dead_share", DeadShare(site));
  });
}

}  // namespace saunter::schemas
