// Looks at a site as a whole: it is asked for a page that it cannot have and, if one comes, for its
// front page. Pure.
//
// A site that says "not found" is honest, and what its posts answer holds. One that gives a page
// all the same is compared with. One whose front page is that page, or whose front page and any
// other lead to another domain, or hold the marks of parking services, is parked.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/records.h"
#include "schemas/settings.h"

namespace saunter::crawler::health {

// An answer to a look's request.
struct LookAnswer {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  std::string asked_url;
  std::string effective_url;
  std::string body;
  bool challenge = false;
};

// A URL beside this one that no site has: 25 letters in place of its last segment.
[[nodiscard]] std::string SiblingUrl(std::string_view url, std::uint64_t random);
[[nodiscard]] std::string FrontPageUrl(std::string_view url);

// Whether the front page must be asked for, too, before the sibling's answer says anything.
[[nodiscard]] bool NeedsFrontPage(const LookAnswer& sibling);

// The site's look after these answers; `before` is the one that was known, `front` is given where
// NeedsFrontPage said so. Looks that find a site parked count where they are dead_gap_s apart.
[[nodiscard]] schemas::SiteLook JudgeLook(schemas::Id site_id,
                                          const std::optional<schemas::SiteLook>& before,
                                          const LookAnswer& sibling,
                                          const std::optional<LookAnswer>& front,
                                          schemas::UnixSeconds now,
                                          const schemas::HealthSettings& settings);

// Whether a look still holds. One that found a site parked, or nothing, is repeated sooner.
[[nodiscard]] bool IsFresh(const std::optional<schemas::SiteLook>& look, schemas::UnixSeconds now,
                           const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
