// Judges sites by the verdicts on their links: the automatic rule, parole, and the evidence. Pure.
//
// A stranger cannot condemn a site. A site's dead links count where its own feeds list them. Those
// that only others list count if a probe once found them alive, which invented ones never were, and
// where feeds of several witnesses list some: registrable domains, and platforms as a whole. No
// witness counts for more than the smallest of those that the rule needs: one feed with thousands
// of addresses adds no more than that. Links that no feed lists any more are nobody's word. A link
// is dead, and a site parked, only after several findings that are health.dead_gap_s apart; by
// default that is days, so no site is blacklisted for what happened on one day.
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

// Whether the site's dead links could condemn it if all of them counted, so that it is worth asking
// who lists them. False for blacklisted sites.
[[nodiscard]] bool MayCondemn(const schemas::SiteTally& tally,
                              const schemas::HealthSettings& settings);

// A decision, and the entry that it makes; there is no entry where the site comes off the list.
struct SiteVerdict {
  schemas::SiteDecision decision;
  std::optional<schemas::BlacklistEntry> entry;
};

// Blacklists the site for its dead links; nullopt where they are no reason to. `listings` hold
// every dead link of the site with every feed that lists it, those of one link side by side.
[[nodiscard]] std::optional<SiteVerdict> JudgeSite(
    const schemas::SiteTally& tally, const std::vector<schemas::DeadListing>& listings,
    schemas::UnixSeconds now, const schemas::HealthSettings& settings);

// Blacklists a site that was found parked often enough; nullopt for any other.
[[nodiscard]] std::optional<SiteVerdict> JudgeParked(const schemas::SiteTally& tally,
                                                     const schemas::SiteLook& look,
                                                     schemas::UnixSeconds now,
                                                     const schemas::HealthSettings& settings);

// Whether it is time to check a blacklisted site again.
[[nodiscard]] bool IsOnParole(const schemas::BlacklistEntry& entry, schemas::UnixSeconds now);

// Ends or renews a parole once its sample was probed; nullopt before. The site is back when at
// least half of the sample is alive, and when it has no link left to hold against it.
[[nodiscard]] std::optional<SiteVerdict> JudgeParole(const schemas::BlacklistEntry& entry,
                                                     const schemas::SiteTally& tally,
                                                     const schemas::ParoleTally& sample,
                                                     schemas::UnixSeconds now,
                                                     const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
