// The bodies of votes and reports: JSON objects of a few known keys, strings all of them.
//
// Thread safety: pure functions. Errors: a problem is text for the client.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "schemas/feedback.h"

namespace saunter::api::routes {

struct FeedbackBody {
  std::string receipt;
  std::variant<schemas::Vote, schemas::Report> said;
};
struct FeedbackRead {
  FeedbackBody body;
  std::string problem;  // empty if there is none
};

// {"receipt": "…", "vote": "up" or "down"}
[[nodiscard]] FeedbackRead ReadVote(std::string_view json);
// {"receipt": "…", "kind": "dead" or another ReportKind, "note": "…"}, the note if there is one.
[[nodiscard]] FeedbackRead ReadReport(std::string_view json);

}  // namespace saunter::api::routes
