#include "crawler/cli/decisions.h"

#include <spdlog/fmt/fmt.h>

namespace saunter::crawler::cli {
namespace {

std::string_view Verb(schemas::DecisionKind kind) {
  switch (kind) {
    case schemas::DecisionKind::kDeadShare:
    case schemas::DecisionKind::kParked:
      return "blacklisted";
    case schemas::DecisionKind::kKept:
      return "checked again and kept";
    case schemas::DecisionKind::kReturned:
      return "checked again and let back in";
  }
  return "invalid";
}

}  // namespace

std::string DecisionText(const schemas::SiteDecision& decision, schemas::UnixSeconds now) {
  auto text = fmt::format("{}: {}, {}", HumanTime(decision.decided_at, now), Verb(decision.kind),
                          decision.reason);
  if (decision.links_discarded > 0) {
    text +=
        fmt::format("; {} more are listed only by feeds of other sites", decision.links_discarded);
  }
  if (decision.first_dead_at) {
    text += "; the first died " + HumanTime(decision.first_dead_at, now);
  }
  for (const auto& url : decision.sample_urls) text += " " + url;
  return Printable(text);
}

}  // namespace saunter::crawler::cli
