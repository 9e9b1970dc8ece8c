#include "schemas/site.h"

#include <algorithm>

#include "schemas/text.h"

namespace saunter::schemas {
namespace {

constexpr std::size_t kTenantBytesMax = 64;

// The length of "/~" or "/%7E"; 0 if the path does not begin with either.
std::size_t TildeLength(std::string_view path) {
  if (path.starts_with("/~")) return 2;
  return path.starts_with('/') && PercentDecoded(path, 1) == '~' ? 4 : 0;
}

}  // namespace

std::string_view TenantPath(std::string_view path) {
  const auto begin = TildeLength(path);
  if (begin == 0) return {};
  const auto end = std::min(path.find_first_of("/?#", begin), path.size());
  const auto name = path.substr(begin, end - begin);
  if (name.empty() || name.size() > kTenantBytesMax) return {};
  if (!std::all_of(name.begin(), name.end(), IsUnreserved)) return {};
  return path.substr(0, end);
}

std::string TenantOf(std::string_view path) {
  const auto tenant = TenantPath(path);
  if (tenant.empty()) return {};
  return "/~" + std::string(tenant.substr(TildeLength(tenant)));
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
