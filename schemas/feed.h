// A feed, and one row of its fetch history.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/outcome.h"
#include "schemas/units.h"

namespace saunter::schemas {

// Stored as integers: a value, once landed, keeps its number.
enum class FeedState : int { kActive = 0, kPaused = 1, kGone = 2 };
std::string_view ToString(FeedState state);

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

}  // namespace saunter::schemas
