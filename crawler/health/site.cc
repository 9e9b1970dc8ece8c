#include "crawler/health/site.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "crawler/health/pattern.h"
#include "crawler/url/platforms.h"
#include "crawler/url/url.h"

namespace saunter::crawler::health {
namespace {

using schemas::BlacklistEntry;
using schemas::DeadListing;
using schemas::DecisionKind;
using schemas::HealthSettings;
using schemas::SiteDecision;
using schemas::SiteTally;
using schemas::UnixSeconds;
using url::SpeaksFor;

constexpr double kNormalQuantile = 1.959963984540054;  // two-sided 95 %
constexpr std::size_t kSampleUrlsMax = 5;

// A doubtful link was checked and is not dead yet.
std::int64_t CheckedAndNotDead(const SiteTally& tally) {
  return tally.links_alive + tally.links_doubtful;
}

bool IsCondemned(std::int64_t dead, std::int64_t checked, const HealthSettings& settings) {
  if (checked < settings.site_checked_min) return false;
  return 100.0 * WilsonLowerBound(dead, checked) > static_cast<double>(settings.site_dead_percent);
}

// Who lists a site's dead links.
struct Listed {
  std::int64_t own = 0;                           // listed by the site's own feeds
  std::int64_t strange = 0;                       // by others alone, and once alive
  std::int64_t unseen = 0;                        // by others alone, and never seen alive
  std::map<std::string, std::int64_t> strangers;  // witness, its share of the strange ones
};

// As whom the feeds of a site speak.
std::string WitnessOf(std::string_view site, const std::string& registrable_domain) {
  return url::PlatformOf(schemas::HostOfSite(site)).value_or(registrable_domain);
}

Listed CountListings(const SiteTally& tally, const std::string& site_domain,
                     const std::vector<DeadListing>& listings) {
  Listed listed;
  std::map<std::string_view, std::string> witnesses;  // by the feed's host
  const auto site_witness = WitnessOf(tally.host, site_domain);
  for (auto begin = listings.begin(); begin != listings.end();) {
    const auto end = std::find_if(begin, listings.end(), [&](const DeadListing& listing) {
      return listing.link_id != begin->link_id;
    });
    const bool own = std::any_of(begin, end, [&](const DeadListing& listing) {
      return SpeaksFor(listing.feed_host, tally.host);
    });
    if (own) {
      ++listed.own;
    } else if (!begin->alive_at) {
      ++listed.unseen;
    } else {
      ++listed.strange;
      std::set<std::string_view> names;
      for (auto at = begin; at != end; ++at) {
        auto& witness = witnesses[at->feed_host];
        if (witness.empty()) witness = WitnessOf(at->feed_host, at->feed_domain);
        if (witness != site_witness) names.insert(witness);
      }
      for (const auto name : names) ++listed.strangers[std::string(name)];
    }
    begin = end;
  }
  return listed;
}

// How many links that only strangers list count.
std::int64_t CountStrange(const Listed& listed, const HealthSettings& settings) {
  const auto needed = static_cast<std::size_t>(settings.strangers_min);
  if (listed.strangers.size() < needed) return 0;
  std::vector<std::int64_t> shares;
  shares.reserve(listed.strangers.size());
  for (const auto& [witness, share] : listed.strangers) shares.push_back(share);
  std::sort(shares.begin(), shares.end(), std::greater<>());
  const auto share_max = shares[needed - 1];
  std::int64_t sum = 0;
  for (const auto share : shares) sum += std::min(share, share_max);
  return std::min(sum, listed.strange);
}

void TakeSamples(const SiteTally& tally, const std::vector<DeadListing>& listings,
                 SiteDecision& decision) {
  const bool has_own = std::any_of(listings.begin(), listings.end(), [&](const auto& listing) {
    return SpeaksFor(listing.feed_host, tally.host);
  });
  for (const auto& listing : listings) {
    const bool counts =
        has_own ? SpeaksFor(listing.feed_host, tally.host) : listing.alive_at.has_value();
    if (!counts) continue;
    if (listing.struck_at) {
      decision.first_dead_at =
          std::min(decision.first_dead_at.value_or(*listing.struck_at), *listing.struck_at);
      decision.last_dead_at =
          std::max(decision.last_dead_at.value_or(*listing.struck_at), *listing.struck_at);
    }
    auto& urls = decision.sample_urls;
    if (urls.size() < kSampleUrlsMax && (urls.empty() || urls.back() != listing.url)) {
      urls.push_back(listing.url);
    }
  }
}

BlacklistEntry EntryOf(const SiteTally& tally, const SiteDecision& decision, UnixSeconds until) {
  BlacklistEntry entry;
  entry.pattern = PatternOfSite(tally.host);
  entry.source = schemas::BlacklistSource::kRule;
  entry.reason = decision.reason;
  entry.added_at = decision.decided_at;
  entry.until_at = until;
  return entry;
}

SiteDecision DecisionOn(const SiteTally& tally, DecisionKind kind, UnixSeconds now) {
  SiteDecision decision;
  decision.site_id = tally.site_id;
  decision.decided_at = now;
  decision.kind = kind;
  return decision;
}

}  // namespace

double WilsonLowerBound(std::int64_t successes, std::int64_t trials) {
  if (trials <= 0) return 0.0;
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z2 = kNormalQuantile * kNormalQuantile;
  const double centre = share + z2 / (2.0 * n);
  const double spread = kNormalQuantile * std::sqrt((share * (1.0 - share) + z2 / (4.0 * n)) / n);
  return std::max(0.0, (centre - spread) / (1.0 + z2 / n));
}

bool MayCondemn(const SiteTally& tally, const HealthSettings& settings) {
  return !tally.blacklisted &&
         IsCondemned(tally.links_dead, CheckedAndNotDead(tally) + tally.links_dead, settings);
}

std::optional<SiteVerdict> JudgeSite(const SiteTally& tally,
                                     const std::vector<DeadListing>& listings, UnixSeconds now,
                                     const HealthSettings& settings) {
  if (!MayCondemn(tally, settings)) return std::nullopt;
  const auto listed =
      CountListings(tally, url::RegistrableDomain(schemas::HostOfSite(tally.host)), listings);
  const auto dead = listed.own + CountStrange(listed, settings);
  const auto checked = CheckedAndNotDead(tally) + dead;
  if (!IsCondemned(dead, checked, settings)) return std::nullopt;
  auto decision = DecisionOn(tally, DecisionKind::kDeadShare, now);
  decision.links_checked = checked;
  decision.links_dead = dead;
  decision.links_discarded = listed.own + listed.strange + listed.unseen - dead;
  const auto percent = static_cast<int>(100.0 * WilsonLowerBound(dead, checked));
  decision.reason = std::to_string(dead) + " of " + std::to_string(checked) +
                    " checked links are dead (at least " + std::to_string(percent) +
                    " % with 95 % confidence)";
  TakeSamples(tally, listings, decision);
  auto entry = EntryOf(tally, decision, now + settings.parole_s);
  return SiteVerdict{std::move(decision), std::move(entry)};
}

std::optional<SiteVerdict> JudgeParked(const SiteTally& tally, const schemas::SiteLook& look,
                                       UnixSeconds now, const HealthSettings& settings) {
  if (tally.blacklisted || look.answer != schemas::SiteAnswer::kParked) return std::nullopt;
  if (look.parked_count < settings.parked_looks_min) return std::nullopt;
  auto decision = DecisionOn(tally, DecisionKind::kParked, now);
  decision.reason = "parked: " + look.reason;
  decision.links_checked = CheckedAndNotDead(tally) + tally.links_dead;
  decision.links_dead = tally.links_dead;
  auto entry = EntryOf(tally, decision, now + settings.parole_s);
  return SiteVerdict{std::move(decision), std::move(entry)};
}

bool IsOnParole(const BlacklistEntry& entry, UnixSeconds now) {
  return entry.source == schemas::BlacklistSource::kRule && entry.until_at &&
         *entry.until_at <= now;
}

std::optional<SiteVerdict> JudgeParole(const BlacklistEntry& entry, const SiteTally& tally,
                                       const schemas::ParoleTally& sample, UnixSeconds now,
                                       const HealthSettings& settings) {
  if (!IsOnParole(entry, now)) return std::nullopt;
  if (sample.links_checked < std::min(settings.parole_links, sample.links)) return std::nullopt;
  const bool is_empty = sample.links == 0;
  const bool recovered =
      is_empty || (sample.links_alive > 0 && sample.links_alive * 2 >= sample.links_checked);
  auto decision = DecisionOn(tally, recovered ? DecisionKind::kReturned : DecisionKind::kKept, now);
  decision.links_checked = sample.links_checked;
  decision.links_dead = sample.links_checked - sample.links_alive;
  decision.reason = is_empty ? "nothing of it is left to look at"
                             : std::to_string(sample.links_alive) + " of " +
                                   std::to_string(sample.links_checked) +
                                   " links looked at again are alive";
  if (recovered) return SiteVerdict{std::move(decision), std::nullopt};
  auto renewed = entry;
  renewed.until_at = now + settings.parole_again_s;
  return SiteVerdict{std::move(decision), std::move(renewed)};
}

}  // namespace saunter::crawler::health
