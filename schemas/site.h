// A site: its links by state, what it says to a page that it cannot have, and what was decided.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/units.h"

namespace saunter::schemas {

// What a site says to a request for a page that it cannot have.
enum class SiteAnswer : int {
  kUnclear = 0,  // no answer, a refusal, or a page that a browser fills in
  kHonest = 1,   // that there is no such page
  kSoft = 2,     // some page, as if it were there: an answer of 200 proves nothing on this site
  kParked = 3,   // the same as its front page, or another domain's: nobody lives there
};
std::string_view ToString(SiteAnswer answer);

// A look at a site: a page that cannot exist was asked for and, if that one came, the front page.
struct SiteLook {
  Id site_id = 0;
  UnixSeconds looked_at = 0;
  SiteAnswer answer = SiteAnswer::kUnclear;
  std::optional<Key> target_key;  // where the page that cannot exist led, if it came
  std::optional<Key> title_key;   // of that page; absent if it has none
  std::string words;              // what it reads, see crawler/health/page.h; soft sites only
  int parked_count = 0;           // counted looks in a row that found it parked
  std::optional<UnixSeconds> parked_at;  // when the last one was counted
  std::string reason;                    // for a person
};

// Links of one site by state. Unknown and unchecked links are no evidence.
struct SiteTally {
  Id site_id = 0;
  std::string host;
  std::int64_t links_unchecked = 0;
  std::int64_t links_alive = 0;
  std::int64_t links_unknown = 0;
  std::int64_t links_doubtful = 0;
  std::int64_t links_dead = 0;
  bool blacklisted = false;
};

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

// A blacklisted site's sample since its parole began.
struct ParoleTally {
  std::int64_t links = 0;  // of the site
  std::int64_t links_checked = 0;
  std::int64_t links_alive = 0;
};

struct Site {
  SiteTally tally;
  std::string registrable_domain;
  std::int64_t feeds = 0;
  std::int64_t links_in_pool = 0;
  std::optional<UnixSeconds> blacklisted_at;
  std::optional<UnixSeconds> blacklisted_until_at;
  std::string blacklist_pattern;
  std::string blacklist_reason;
  std::optional<SiteLook> look;         // filled by FindSite only
  std::vector<SiteDecision> decisions;  // newest first; filled by FindSite only
};

}  // namespace saunter::schemas
