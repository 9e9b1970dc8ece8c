// Asks a site for a page that cannot exist, to tell what its answers for real posts are worth. What
// comes of it is a schemas::SiteLook. Pure: it plans the requests and judges the answers.
//
// A site that says "not found" is honest: its answers for posts hold. One that gives a page all the
// same (a soft 404) has its posts compared with that page.
//
// If its front page is that same page, or both lead to another domain or hold the marks of a
// parking service, the site is parked, or it gives its front page for all that it does not know, as
// many living sites do. The posts decide: it is parked once several of them are answered so and
// none otherwise. They decide as well whether a page that cannot exist is redirected by a soft 404,
// or by a wall before all of the site.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "crawler/health/verdict.h"
#include "crawler/health/wall.h"
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
  std::vector<Detour> detours;  // its temporary redirects, in order
  bool head_succeeds = false;   // a HEAD of it was told that it is there
};

// A URL beside this one that no site has: random letters or digits in place of its last segment, or
// of the value in its query where that names the post ("/?p=12", "/watch?v=x").
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

// What the posts of unproven sites have said, at most kSitesMax of them.
//
// Thread safety: none, one thread.
class PostsCompared {
 public:
  // A post of the site was judged under `look`. Returns the look that follows if its posts have
  // said enough: the site is parked, by parked_posts_min of them, or it has posts.
  [[nodiscard]] std::optional<schemas::SiteLook> Note(const schemas::SiteLook& look,
                                                      schemas::Id link_id, const ProbeFacts& facts,
                                                      schemas::UnixSeconds now,
                                                      const schemas::HealthSettings& settings);

 private:
  static constexpr std::size_t kSitesMax = 4096;
  std::unordered_map<schemas::Id, std::unordered_set<schemas::Id>> alike_;  // links by site
};

// Whether `look` still holds. One that found the site parked, or nothing, is repeated sooner.
[[nodiscard]] bool IsFresh(const std::optional<schemas::SiteLook>& look, schemas::UnixSeconds now,
                           const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
