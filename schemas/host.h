// What hosts asked of the crawler: pauses and robots.txt.
//
// Thread safety: values, no sharing.
#pragma once

#include <string>
#include <vector>

#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/units.h"

namespace saunter::schemas {

// Why a host is not asked before some time. Stored as integers: a value, once landed, keeps its
// number.
enum class PauseReason : int {
  kGap = 0,         // the pace: what waits for the host waits on
  kRetryAfter = 1,  // the host said so: what is for it is answered, not asked
};

struct HostPause {
  // As in its URLs; "*.example.com": every host of that registrable domain; "*": every host.
  std::string host;
  PauseReason reason = PauseReason::kGap;
  UnixSeconds until_at = 0;
};

template <RowOf<HostPause> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("host", row.host, Presence::kAlways);
  visit("reason", row.reason);
  visit("until_at", row.until_at);
}

// What the robots.txt of one origin says to this crawler.
struct Robots {
  std::string origin;  // scheme://host[:port]
  // kOk: the rules hold; if there are none, everything is allowed. Else every request that
  // robots.txt binds ends with this outcome, until until_at.
  FetchOutcome outcome = FetchOutcome::kOk;
  UnixSeconds fetched_at = 0;  // when the rules were fetched
  UnixSeconds until_at = 0;    // when it is to be asked again
  std::string rules;           // as a robots.txt with one group, see crawler/fetch/robots.h
};

template <RowOf<Robots> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("origin", row.origin, Presence::kAlways);
  visit("outcome", row.outcome);
  visit("fetched_at", row.fetched_at);
  visit("until_at", row.until_at);
  visit("rules", row.rules);
}

// What hosts asked of the crawler: all that is in force, or what is new of it.
struct HostState {
  std::vector<HostPause> pauses;
  std::vector<Robots> robots;

  [[nodiscard]] bool Empty() const { return pauses.empty() && robots.empty(); }
};

}  // namespace saunter::schemas
