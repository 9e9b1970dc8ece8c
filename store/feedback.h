// What a batch of readers' votes and reports comes to.
//
// An engine reads the rows that they are about, DecideFeedback decides and looks nowhere else, and
// the engine writes what was decided. What was to be read and is not here is not in the database.
//
// A receipt is good for one vote and one report. Of a network one vote counts for a source and a
// day (UTC), the first. A report of a dead link has the crawler look at it before all others, at
// most once a day; the answer decides. Reports of another kind wait for review. Where so many
// networks report one link on one day, it is kept out of the pool until then, never more than it;
// a link that was reviewed and dismissed is left in peace for a while.
//
// Thread safety: pure functions and values, no sharing.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schemas/feedback.h"
#include "schemas/units.h"

namespace saunter::store {

inline constexpr std::int64_t kFeedbackDayS = 86400;
inline constexpr std::int64_t kWithholdingNetworks = 5;
// After a review that dismissed what was said of a link.
inline constexpr std::int64_t kDismissedS = 30 * kFeedbackDayS;
// Reports on one link that wait for review; more say nothing new.
inline constexpr std::int64_t kOpenReportsMax = 50;

enum class ReceiptKind : int { kVote = 0, kReport = 1 };
[[nodiscard]] ReceiptKind KindOf(const schemas::Feedback& feedback);

struct ReceiptUse {
  std::uint64_t nonce = 0;
  ReceiptKind kind = ReceiptKind::kVote;

  auto operator<=>(const ReceiptUse&) const = default;
};

// The one of a network, for a source on a day.
struct VoteKey {
  schemas::Id source_id = 0;
  std::int64_t day = 0;  // since 1970-01-01 UTC
  std::uint64_t network = 0;

  auto operator<=>(const VoteKey&) const = default;
};

// A source's votes, each of which counts half after kVoteHalfLifeS.
struct SourceVotes {
  double ups = 0;
  double downs = 0;
  schemas::UnixSeconds summed_at = 0;
};
inline constexpr std::int64_t kVoteHalfLifeS = 90 * kFeedbackDayS;
// The same sums as they count at that time. A time before that of the sums counts as theirs.
[[nodiscard]] SourceVotes SumsAt(SourceVotes votes, schemas::UnixSeconds now);

// A link that readers report.
struct ReportedLink {
  std::string url;
  bool is_in_pool = false;
  bool is_withheld = false;
  std::optional<schemas::UnixSeconds> checked_at;
  std::optional<schemas::UnixSeconds> dismissed_at;
  std::set<std::uint64_t> networks;  // of this day's reports that wait, but of no dead links
  std::int64_t open_reports = 0;
};

struct NewReport {
  schemas::Id link_id = 0;
  const schemas::Report* report = nullptr;  // of the batch
  std::uint64_t network = 0;
};

struct FeedbackRows {
  // Read by the engine.
  std::set<ReceiptUse> used;
  std::set<VoteKey> votes;                     // of this day
  std::map<schemas::Id, SourceVotes> sources;  // that are there, voted for or not
  std::map<schemas::Id, ReportedLink> links;   // that are there
  std::int64_t withholdings_left = 0;          // links that may still be kept out of the pool

  // Decided.
  std::vector<schemas::FeedbackOutcome> outcomes;  // one for each of the batch
  std::vector<ReceiptUse> new_used;
  std::vector<std::pair<VoteKey, schemas::VoteValue>> new_votes;
  std::set<schemas::Id> voted_sources;  // whose sums have changed
  std::vector<NewReport> new_reports;
  std::set<schemas::Id> to_probe;      // links, first of all
  std::set<schemas::Id> to_withhold;   // links
  std::int64_t withholdings_over = 0;  // links that were one too many
};

[[nodiscard]] inline std::int64_t DayOf(schemas::UnixSeconds at) { return at / kFeedbackDayS; }

void DecideFeedback(const std::vector<schemas::Feedback>& feedback, schemas::UnixSeconds now,
                    FeedbackRows& rows);

}  // namespace saunter::store
