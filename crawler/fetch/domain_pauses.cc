#include "crawler/fetch/domain_pauses.h"

#include <algorithm>

#include "crawler/url/platforms.h"
#include "crawler/url/url.h"

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kForgetDomainsAbove = 1024;
constexpr std::int64_t kPlatformPauseMs = 3600000;  // at most

}  // namespace

std::optional<DomainPauses::Pause> DomainPauses::Note(const std::string& host,
                                                      std::int64_t until_ms, std::int64_t now_ms) {
  ForgetWhatIsOver(now_ms);
  const auto platform = url::PlatformOf(host);
  if (platform) until_ms = std::min(until_ms, now_ms + kPlatformPauseMs);
  const std::string domain = platform ? *platform : url::RegistrableDomain(host);
  Asked& asked = asked_[domain];
  const bool second = !asked.host.empty() && asked.host != host && asked.until_ms > now_ms;
  const std::int64_t longest_ms = second ? std::max(asked.until_ms, until_ms) : until_ms;
  if (asked.host == host || asked.until_ms < until_ms) {
    asked = {host, asked.host == host ? std::max(asked.until_ms, until_ms) : until_ms};
  }
  if (!second) return std::nullopt;
  std::int64_t& held_ms = held_[domain];
  if (held_ms >= longest_ms) return std::nullopt;
  held_ms = longest_ms;
  return Pause{domain, longest_ms};
}

void DomainPauses::Hold(const Pause& pause) {
  std::int64_t& held_ms = held_[pause.domain];
  held_ms = std::max(held_ms, pause.until_ms);
}

std::optional<std::int64_t> DomainPauses::HeldUntil(const std::string& host,
                                                    std::int64_t now_ms) const {
  if (held_.empty()) return std::nullopt;
  const auto found = held_.find(url::WitnessDomain(host));
  if (found == held_.end() || found->second <= now_ms) return std::nullopt;
  return found->second;
}

std::vector<DomainPauses::Pause> DomainPauses::InForce(std::int64_t now_ms) const {
  std::vector<Pause> all;
  for (const auto& [domain, until_ms] : held_) {
    if (until_ms > now_ms) all.push_back({domain, until_ms});
  }
  return all;
}

void DomainPauses::ForgetWhatIsOver(std::int64_t now_ms) {
  if (size() < kForgetDomainsAbove || size() < 2 * size_after_forgetting_) return;
  std::erase_if(asked_, [&](const auto& entry) { return entry.second.until_ms <= now_ms; });
  std::erase_if(held_, [&](const auto& entry) { return entry.second <= now_ms; });
  size_after_forgetting_ = size();
}

}  // namespace saunter::crawler::fetch
