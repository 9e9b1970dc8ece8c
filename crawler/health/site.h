// What verdicts on links say of their site: the automatic rule, parole, and the evidence. Pure.
//
// A stranger cannot condemn a site. Its dead links count where its own feeds list them; those that
// only others list count where feeds of several registrable domains list some, and no domain counts
// for more than the last of those that are needed: one feed with thousands of addresses adds as
// much as the smallest of them. Verdicts are days apart by themselves (health.dead_gap_s), so that
// no site is judged by what happened in one day.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "schemas/blacklist.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::crawler::health {

// Lower bound of the 95 % Wilson score interval of a share; 0 for no trials.
[[nodiscard]] double WilsonLowerBound(std::int64_t successes, std::int64_t trials);

// Whether a feed is the site's own: the same host, "feeds.", "feed." and "rss." before it aside.
[[nodiscard]] bool SpeaksFor(std::string_view feed_host, std::string_view site_host);

// Whether all of the site's dead links together could condemn it, so that it is worth asking who
// lists them. Blacklisted sites are left.
[[nodiscard]] bool MayCondemn(const schemas::SiteTally& tally,
                              const schemas::HealthSettings& settings);

// A decision, and the entry that it makes: absent where the site is let go.
struct SiteVerdict {
  schemas::SiteDecision decision;
  std::optional<schemas::BlacklistEntry> entry;
};

// Blacklists the site by its dead links, or nothing. `listings` name every dead link of the site
// with every feed that lists it, those of a link side by side.
[[nodiscard]] std::optional<SiteVerdict> JudgeSite(
    const schemas::SiteTally& tally, const std::vector<schemas::DeadListing>& listings,
    schemas::UnixSeconds now, const schemas::HealthSettings& settings);

// Blacklists a site that was found parked often enough, or nothing.
[[nodiscard]] std::optional<SiteVerdict> JudgeParked(const schemas::SiteTally& tally,
                                                     const schemas::SiteLook& look,
                                                     schemas::UnixSeconds now,
                                                     const schemas::HealthSettings& settings);

// Whether a blacklisted site's entry is due to be looked at again.
[[nodiscard]] bool IsOnParole(const schemas::BlacklistEntry& entry, schemas::UnixSeconds now);

// Ends or renews a parole once its sample was probed; nothing before. The site is back when at
// least half of the sample is alive.
[[nodiscard]] std::optional<SiteVerdict> JudgeParole(const schemas::BlacklistEntry& entry,
                                                     const schemas::SiteTally& tally,
                                                     const schemas::ParoleTally& sample,
                                                     schemas::UnixSeconds now,
                                                     const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
