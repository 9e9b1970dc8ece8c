// What readers say of links that were given out to them: votes and reports, from the API to the
// crawler and into the database.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "schemas/units.h"

namespace saunter::schemas {

enum class VoteValue : int { kUp = 0, kDown = 1 };
std::string_view ToString(VoteValue value);
[[nodiscard]] std::optional<VoteValue> FindVoteValue(std::string_view name);

enum class ReportKind : int {
  kDead = 0,
  kSpam = 1,
  kAi = 2,
  kAdult = 3,
  kLanguage = 4,
  kTopic = 5,
  kOther = 6,
};
std::string_view ToString(ReportKind kind);
[[nodiscard]] std::optional<ReportKind> FindReportKind(std::string_view name);

struct Vote {
  VoteValue value = VoteValue::kUp;
};

inline constexpr std::size_t kNoteCodePointsMax = 200;
// Valid UTF-8 without control characters (U+0000 to U+001F, U+007F to U+009F), not too long. An
// empty one is one.
[[nodiscard]] bool IsNote(std::string_view text);

struct Report {
  ReportKind kind = ReportKind::kDead;
  std::string note;  // see IsNote
};

// What an operator says of the reports on a link.
enum class ReportDecision : int { kDismissed = 0, kUpheld = 1 };
std::string_view ToString(ReportDecision decision);

// One word of one reader on one link.
struct Feedback {
  Id link_id = 0;
  Id source_id = 0;
  UnixSeconds given_at = 0;   // when the link was given out, as its receipt says
  std::uint64_t nonce = 0;    // of the receipt, which is good for one vote and one report
  std::uint64_t network = 0;  // hash of the reader's network under a salt that dies daily
  std::variant<Vote, Report> said;
};

// kUsed: the receipt's vote, or its report, was committed before.
enum class FeedbackOutcome : int { kCommitted = 0, kUsed = 1 };

}  // namespace saunter::schemas
