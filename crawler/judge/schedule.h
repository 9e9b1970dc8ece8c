// When to look at a feed again: pure functions of what was known, what came back, and the time.
//
// The policy table of the README names the rules; FeedAfterFetch is their one entry.
//
// Thread safety: all functions. Errors: none; nonsense hints are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/feed.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::judge {

// A fetch, reduced to what scheduling needs; every field as the server gave it.
struct FetchFacts {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  schemas::UnixSeconds fetched_at = 0;  // of a lost answer: when it was asked for
  bool was_conditional = false;         // the request carried validators
  std::string etag;                     // of the newest response, byte for byte, may be empty
  std::string last_modified;
  std::optional<std::int64_t> retry_after_s;  // already relative to Date
  std::optional<std::int64_t> fresh_for_s;    // max-age − Age, else Expires − Date
  std::string permanent_url;  // target of the permanent prefix of the chain, or empty
  bool asked_lately = false;  // not asked, since another feed of that address was
};

// A parsed feed, reduced likewise. Absent for anything but a 200 with a feed in it.
struct FeedFacts {
  std::int64_t ttl_s = 0;
  std::int64_t update_period_s = 0;
  std::uint32_t skip_hours = 0;
  std::uint32_t skip_days = 0;
  std::vector<schemas::UnixSeconds> published_at;  // of dated entries, any order
  schemas::Key body_key = 0;
  bool changed = true;  // false: the same bytes as last time
};

// The feed's row as it shall stand after this fetch, with next_check_at and next_check_reason.
// `random` in [0, 1) jitters.
[[nodiscard]] schemas::FeedChange FeedAfterFetch(const schemas::DueFeed& before,
                                                 const FetchFacts& fetch,
                                                 const std::optional<FeedFacts>& feed,
                                                 const schemas::ScheduleSettings& settings,
                                                 double random);

// First fetch of a feed added at `now`: hash-spread over settings.start_spread_s.
[[nodiscard]] schemas::UnixSeconds FirstCheckAt(std::string_view url, schemas::UnixSeconds now,
                                                const schemas::ScheduleSettings& settings);

}  // namespace saunter::crawler::judge
