// Asks a site for a page that cannot exist, to tell what its answers for real posts are worth. What
// comes of it is a schemas::SiteLook. Pure: it plans the requests and judges the answers.
//
// A site that says "not found" is honest: its answers for posts hold. One that gives a page all the
// same (a soft 404) has its posts compared with that page. A site is parked if its front page is
// the same page, if its front page and the page that cannot exist both lead to another domain, or
// if both hold the marks of a parking service.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::crawler::health {

// The answer to one of the two requests.
struct PageAnswer {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  std::string asked_url;
  std::string effective_url;
  std::string body;
  bool challenge = false;
};

// A URL beside this one that no site has: random letters in place of its last segment.
[[nodiscard]] std::string AbsentPageUrl(std::string_view url, std::uint64_t random);
[[nodiscard]] std::string FrontPageUrl(std::string_view url);

// Whether the front page must be asked for, too, before the absent's answer says anything.
[[nodiscard]] bool NeedsFrontPage(const PageAnswer& absent);

// What the answers say of the site. `before` is what was known; `front` is given where
// NeedsFrontPage is true. A finding that the site is parked counts if the one before it is at least
// dead_gap_s old.
[[nodiscard]] schemas::SiteLook JudgeAbsentPage(schemas::Id site_id,
                                                const std::optional<schemas::SiteLook>& before,
                                                const PageAnswer& absent,
                                                const std::optional<PageAnswer>& front,
                                                schemas::UnixSeconds now,
                                                const schemas::HealthSettings& settings);

// Whether `look` still holds. One that found the site parked, or nothing, is repeated sooner.
[[nodiscard]] bool IsFresh(const std::optional<schemas::SiteLook>& look, schemas::UnixSeconds now,
                           const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
