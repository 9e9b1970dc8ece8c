// The shapes that cross a border between rooms, processes or releases, as plain structs.
//
// A field here, its SQL column and its JSON key are one word, letter for letter. `…_at` is Unix
// seconds, `…_s` and `…_ms` are durations, `…_key` is a 64-bit hash (see crawler/url/url.h). An
// absent value is std::nullopt or, for text, the empty string, stored as NULL.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace saunter::schemas {

using Id = std::int64_t;
using Key = std::int64_t;
using UnixSeconds = std::int64_t;

// Stored as integers: a value, once landed, keeps its number.
enum class FeedState : int { kActive = 0, kPaused = 1, kGone = 2 };

// What is known of a link. `kDoubtful` is a link with at least one counted dead verdict that is not
// dead yet; it is out of the pool so that no reader meets it, and back after one alive verdict.
enum class LinkState : int { kUnchecked = 0, kAlive = 1, kUnknown = 2, kDoubtful = 3, kDead = 4 };
inline constexpr int kLinkStateCount = 5;

// True for the states whose links readers may be given.
constexpr bool IsServable(LinkState state) {
  return state == LinkState::kUnchecked || state == LinkState::kAlive ||
         state == LinkState::kUnknown;
}

enum class Verdict : int { kAlive = 0, kUnknown = 1, kDead = 2 };

// How a fetch ended, for feeds and probes alike.
enum class FetchOutcome : int {
  kOk = 0,
  kNotModified = 1,
  kGone = 2,              // 410
  kNotFound = 3,          // 404
  kRefusedByServer = 4,   // 401, 403, 407, 451, a challenge page
  kTooManyRequests = 5,   // 429
  kServerError = 6,       // 5xx
  kUnexpectedStatus = 7,  // any other status that is not a success
  kDnsFailure = 8,        // the name does not resolve
  kConnectFailure = 9,    // refused, unreachable, reset before an answer
  kTimeout = 10,          // any of the time limits
  kTlsFailure = 11,       // the handshake, or a certificate that is bad otherwise
  kTlsNameMismatch = 12,  // a certificate for another name
  kBlockedAddress = 13,   // the address guard refused it
  kBodyTooLarge = 14,
  kHeadersTooLarge = 15,
  kBadRedirect = 16,    // a loop, too many hops, another scheme
  kProtocolError = 17,  // not HTTP, a broken body or encoding
  kNotAFeed = 18,       // fetched well, but no feed in it
  kParseLimit = 19,     // a feed beyond the parser's limits
  kBlacklisted = 20,    // not asked, or its answer dropped: the blacklist has it
  kDisallowedByRobots = 21,
  kLost = 22,          // asked, but the crawler ended before the answer was written
  kTlsExpired = 23,    // a certificate that is not valid any more, or not yet
  kTlsUntrusted = 24,  // a certificate that nobody known vouches for
};

std::string_view ToString(FeedState state);
std::string_view ToString(LinkState state);
std::string_view ToString(Verdict verdict);
std::string_view ToString(FetchOutcome outcome);

// --- What the crawler reads ----------------------------------------------------------------------

// All that scheduling and fetching need to know of a feed.
struct Feed {
  Id feed_id = 0;
  std::string url;
  std::string host;  // the site's host: lower case A-label without a leading "www."
  std::string registrable_domain;
  FeedState state = FeedState::kActive;
  std::string title;
  std::string site_url;
  std::string language;
  std::string format;
  std::string category;  // the operator's word, empty if none
  UnixSeconds added_at = 0;
  std::optional<UnixSeconds> checked_at;  // last answer, whatever it was
  std::optional<UnixSeconds> ok_at;       // last 200 with a feed in it, or 304
  std::optional<UnixSeconds> changed_at;  // last new or changed entry
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
  std::int64_t links = 0;              // entries known; filled by feed listings only
};

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

// A link whose next probe is due.
struct DueLink {
  Id link_id = 0;
  Id site_id = 0;
  std::string url;
  std::string host;
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

// --- What the crawler writes ---------------------------------------------------------------------

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

// An entry as the judge hands it to the writer; everything in it is valid UTF-8 without NUL.
struct EntryIntake {
  Key guid_key = 0;  // identity within the feed: guid, else link, else title and text
  Key url_key = 0;   // identity across feeds: the canonical post URL
  std::string url;   // absolute http(s)
  std::string host;
  std::string registrable_domain;
  std::string title;
  std::string author;
  std::string language;
  std::string summary;
  std::vector<std::string> categories;
  std::optional<UnixSeconds> published_at;
  std::optional<UnixSeconds> updated_at;
  UnixSeconds next_check_at = 0;  // first probe, if the link is new
  Key content_key = 0;            // hash of all of the above that is stored
};

// Everything one fetch of one feed changes; written whole or not at all.
struct CrawlResult {
  Feed feed;  // the row as it shall stand; feed_id names it; `links`, `added_at`, `state` of a
              // paused feed and `category` are the operator's and left alone
  FetchLog fetch;
  std::vector<EntryIntake> entries;  // empty unless the body was new and parsed
};

// A link's new address, in its canonical form.
struct LinkMove {
  std::string url;
  Key url_key = 0;
  std::string host;
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

// `kAllow` is an operator's word that blacklists nothing: it keeps the rule from doing so.
enum class BlacklistSource : int { kOperator = 0, kRule = 1, kAllow = 2 };
std::string_view ToString(BlacklistSource source);

// A blacklist entry. `pattern` is "example.com" (that host and its www twin), "*.example.com" (it
// and all below), or a URL prefix "example.com/path/", always without scheme; see
// crawler/health/blacklist.h.
struct BlacklistEntry {
  std::string pattern;
  BlacklistSource source = BlacklistSource::kOperator;
  std::string reason;
  UnixSeconds added_at = 0;
  std::optional<UnixSeconds> until_at;  // when a rule's entry is looked at again
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

// A dead link, and one of the feeds that list it.
struct DeadListing {
  Id link_id = 0;
  std::string url;
  std::optional<UnixSeconds> struck_at;
  std::string feed_host;
  std::string feed_domain;  // registrable
};

// A blacklisted site's sample since its parole began.
struct ParoleTally {
  std::int64_t links = 0;  // of the site
  std::int64_t links_checked = 0;
  std::int64_t links_alive = 0;
};

// --- What an operator changes --------------------------------------------------------------------

struct AddFeed {
  std::string url;  // normalised, see crawler/url/url.h
  std::string host;
  std::string registrable_domain;
  std::string title;
  std::string site_url;
  std::string category;
  UnixSeconds added_at = 0;
  UnixSeconds next_check_at = 0;
};
struct RemoveFeed {
  std::string url;
};
struct SetFeedState {
  std::string url;
  FeedState state = FeedState::kActive;
};
struct AddBlacklist {
  BlacklistEntry entry;
};
struct RemoveBlacklist {
  std::string pattern;
};
using OperatorChange =
    std::variant<AddFeed, RemoveFeed, SetFeedState, AddBlacklist, RemoveBlacklist>;

enum class ChangeOutcome : int { kDone = 0, kAlreadyKnown = 1, kNotFound = 2, kBlacklisted = 3 };
std::string_view ToString(ChangeOutcome outcome);

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

// Why a host is not asked before some time. Stored as integers: a value, once landed, keeps its
// number.
enum class PauseReason : int {
  kGap = 0,         // the pace: what waits for the host waits on
  kRetryAfter = 1,  // the host said so: what is for it is answered, not asked
};

struct HostPause {
  std::string host;  // as in its URLs; "*.example.com": every host of that registrable domain
  PauseReason reason = PauseReason::kGap;
  UnixSeconds until_at = 0;
};

// What the robots.txt of one origin says to this crawler.
struct Robots {
  std::string origin;  // scheme://host[:port]
  // kOk: the rules hold, none allow everything. Else the outcome of all that robots.txt is asked
  // for, as long as this stands.
  FetchOutcome outcome = FetchOutcome::kOk;
  UnixSeconds fetched_at = 0;  // when the rules were fetched
  UnixSeconds until_at = 0;    // when it is to be asked again
  std::string rules;           // as a robots.txt with one group, see crawler/fetch/robots.h
};

// What hosts asked of the crawler: all that is in force, or what is new of it.
struct HostState {
  std::vector<HostPause> pauses;
  std::vector<Robots> robots;

  [[nodiscard]] bool Empty() const { return pauses.empty() && robots.empty(); }
};

// One transaction of the writer.
struct WriteBatch {
  std::vector<CrawlResult> crawls;
  std::vector<ProbeResult> probes;
  HostState hosts;
  std::vector<SiteLook> looks;
  std::vector<OperatorChange> changes;
  std::optional<CrawlerStatus> status;
};

// --- What readers read ---------------------------------------------------------------------------

struct Link {
  Id link_id = 0;
  std::string url;
  std::string title;
  std::string site;  // host
  std::string author;
  std::optional<UnixSeconds> published_at;
  std::optional<UnixSeconds> updated_at;
  UnixSeconds first_seen_at = 0;
  std::string language;
  std::string summary;
  std::vector<std::string> categories;
};

// A row of the pool: a servable link and the facets that the choice needs.
struct PoolRow {
  Id link_id = 0;
  Id site_id = 0;
  std::optional<UnixSeconds> published_at;
  std::string language;
};

// What happened to a link's place in the pool; `row` is absent if it left.
struct PoolChange {
  std::int64_t change_id = 0;
  Id link_id = 0;
  std::optional<PoolRow> row;
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
