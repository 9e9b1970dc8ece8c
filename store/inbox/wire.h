// How what readers say travels from the API to the crawler: one frame of a SOCK_SEQPACKET socket
// for each request and one for its answer, numbers with the lowest byte first.
//
// A request, whose note ends with the frame:
//
//   0         1      2          10        18          26         34      42        50      51
//   ┌─────────┬──────┬──────────┬─────────┬───────────┬──────────┬───────┬─────────┬───────┬──────┐
//   │ version │ kind │ sequence │ link_id │ source_id │ given_at │ nonce │ network │ value │ note │
//   └─────────┴──────┴──────────┴─────────┴───────────┴──────────┴───────┴─────────┴───────┴──────┘
//
// and its answer:
//
//   0         1          9         10
//   ┌─────────┬──────────┬─────────┐
//   │ version │ sequence │ outcome │
//   └─────────┴──────────┴─────────┘
//
// The version is 1. `kind` is 0 for a vote and 1 for a report; `value` is a VoteValue or a
// ReportKind, and only a report has a note. The client chooses the sequence number and gets it
// back; answers may come in any order.
//
// Thread safety: pure functions. Errors: a frame that is not exactly of this form is nullopt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/feedback.h"

namespace saunter::store::inbox {

// The socket beside the database.
[[nodiscard]] std::string InboxPath(const std::string& database_path);

inline constexpr std::size_t kFrameBytesMax = 1024;

struct Request {
  std::uint64_t sequence = 0;
  schemas::Feedback feedback;
};

// A commit says which of the first two it was; kFull means that nothing was done, and that a later
// try may succeed.
enum class AnswerOutcome : int { kCommitted = 0, kUsed = 1, kFull = 2 };
struct Answer {
  std::uint64_t sequence = 0;
  AnswerOutcome outcome = AnswerOutcome::kCommitted;

  bool operator==(const Answer&) const = default;
};

// What the contract of Feedback forbids (ids of nothing, a note that is none) is the caller's bug.
[[nodiscard]] std::string EncodeRequest(const Request& request);
[[nodiscard]] std::optional<Request> DecodeRequest(std::string_view frame);

[[nodiscard]] std::string EncodeAnswer(const Answer& answer);
[[nodiscard]] std::optional<Answer> DecodeAnswer(std::string_view frame);

}  // namespace saunter::store::inbox
