#include "schemas/site.h"

namespace saunter::schemas {

bool SpeaksFor(std::string_view feed_host, std::string_view site_host) {
  if (feed_host == site_host) return true;
  for (const std::string_view label : {"feeds.", "feed.", "rss."}) {
    if (feed_host.starts_with(label) && feed_host.substr(label.size()) == site_host) return true;
  }
  return false;
}

std::string_view ToString(SiteAnswer answer) {
  switch (answer) {
    case SiteAnswer::kUnclear:
      return "unclear";
    case SiteAnswer::kHonest:
      return "honest";
    case SiteAnswer::kSoft:
      return "soft";
    case SiteAnswer::kParked:
      return "parked";
    case SiteAnswer::kUnproven:
      return "unproven";
    case SiteAnswer::kFallback:
      return "fallback";
    case SiteAnswer::kHeadLies:
      return "head_lies";
  }
  return "invalid";
}

std::string_view ToString(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kDeadShare:
      return "dead_share";
    case DecisionKind::kParked:
      return "parked";
    case DecisionKind::kKept:
      return "kept";
    case DecisionKind::kReturned:
      return "returned";
  }
  return "invalid";
}

std::int64_t CheckedLinks(const SiteTally& tally) {
  return tally.links_alive + tally.links_doubtful + tally.links_dead;
}

std::optional<double> DeadShare(const SiteTally& tally) {
  const auto checked = CheckedLinks(tally);
  if (checked == 0) return std::nullopt;
  return static_cast<double>(tally.links_dead) / static_cast<double>(checked);
}

}  // namespace saunter::schemas
