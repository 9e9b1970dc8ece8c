#include "crawler/url/platforms.h"

#include <libpsl.h>

#include <unordered_set>

#include "crawler/url/url.h"

namespace saunter::crawler::url {
namespace {

std::unordered_set<std::string_view> ReadPlatforms(std::string_view text) {
  std::unordered_set<std::string_view> platforms;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.front() != '#') platforms.insert(line);
  }
  return platforms;
}

// The host without its first label; empty if it has one label.
std::string_view Above(std::string_view host) {
  const auto dot = host.find('.');
  return dot == std::string_view::npos ? std::string_view() : host.substr(dot + 1);
}

bool IsSuffix(std::string_view host, int kind) {
  return psl_is_public_suffix2(psl_builtin(), std::string(host).c_str(), kind) != 0;
}

// The name right below a registry's suffix, which may be the host; empty if there is none.
std::string_view RegisteredName(std::string_view host) {
  for (; !host.empty(); host = Above(host)) {
    if (IsSuffix(host, PSL_TYPE_ICANN)) return {};
    if (IsSuffix(Above(host), PSL_TYPE_ICANN)) return host;
  }
  return {};
}

// The registrable domain, or what is right below a platform that lies deeper than that.
std::string OwnerDomain(std::string_view host) {
  auto domain = RegistrableDomain(host);
  const auto platform = PlatformOf(host);
  if (!platform || platform->size() < domain.size()) return domain;
  for (auto name = host; name.size() > platform->size(); name = Above(name)) {
    if (Above(name) == *platform) return std::string(name);
  }
  return *platform;
}

bool HasPrivateSuffix(std::string_view host) {
  for (; !host.empty(); host = Above(host)) {
    if (IsSuffix(host, PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> PlatformOf(std::string_view host) {
  static const auto kPlatforms = ReadPlatforms(BuiltInPlatforms());
  std::string_view listed;
  for (auto name = host; !name.empty(); name = Above(name)) {
    if (kPlatforms.contains(name)) listed = name;
  }
  if (!listed.empty()) return std::string(listed);
  if (!HasPrivateSuffix(host)) return std::nullopt;
  const auto name = RegisteredName(host);
  return std::string(name.empty() ? host : name);
}

std::string WitnessDomain(std::string_view host) {
  auto platform = PlatformOf(host);
  return platform ? std::move(*platform) : RegistrableDomain(host);
}

bool HaveOneOwner(std::string_view site, std::string_view other) {
  if (site == other) return true;
  // Tenants have a path.
  if (site.find('/') != std::string_view::npos || other.find('/') != std::string_view::npos) {
    return false;
  }
  return OwnerDomain(site) == OwnerDomain(other);
}

std::string SiteSpokenFor(std::string_view feed_site) {
  for (const std::string_view label : {"feeds.", "feed.", "rss."}) {
    if (!feed_site.starts_with(label)) continue;
    const auto site = feed_site.substr(label.size());
    return HaveOneOwner(feed_site, site) ? std::string(site) : std::string();
  }
  return {};
}

bool SpeaksFor(std::string_view feed_site, std::string_view site) {
  return feed_site == site || (!site.empty() && SiteSpokenFor(feed_site) == site);
}

}  // namespace saunter::crawler::url
