// Judges links: by one answer, and by several verdicts in a row. Pure.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/health/page.h"
#include "crawler/health/wall.h"
#include "schemas/link.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/units.h"

namespace saunter::crawler::health {

// An answer to a probe, reduced to what judging needs.
struct ProbeFacts {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  std::string asked_url;
  std::string effective_url;
  bool challenge = false;
  std::string permanent_url;       // where the leading 301/308 hops led, empty if none
  std::optional<PageSketch> page;  // of a probe that asked for the page itself
  std::vector<Detour> detours;     // its temporary redirects, in order
};

struct Judgement {
  schemas::Verdict verdict = schemas::Verdict::kUnknown;
  std::string reason;  // for a person
};

// Judges by the answer alone.
[[nodiscard]] Judgement JudgeProbe(const ProbeFacts& facts);
// Judges with what is known of the site as well. An answer that the site also gives for pages that
// cannot exist, or that several of its posts lead to, is no post; but where all of its posts may be
// answered so, as on a parked site or behind a wall, nothing can be said of a post.
[[nodiscard]] Judgement JudgeOnSite(const ProbeFacts& facts, const schemas::DueLink& link,
                                    const schemas::HealthSettings& settings);

// Whether JudgeOnSite has to know what the site answers for a page that cannot exist: the post
// answers, and it is not the site's front page, which is never a soft 404.
[[nodiscard]] bool NeedsAbsentPage(const ProbeFacts& facts);
// Whether JudgeOnSite has to compare the page itself, which a HEAD has not brought.
[[nodiscard]] bool NeedsPage(const ProbeFacts& facts, const schemas::SiteLook& look);

// What a post's answer says of a site that is kUnproven.
enum class PostSays {
  kNothing,
  kAlike,  // the post is answered like a page that cannot exist, and no browser or wall explains it
  kOther,  // the post is answered otherwise: there are posts
};
[[nodiscard]] PostSays ComparePost(const ProbeFacts& facts, const schemas::SiteLook& look);

// The page that a redirect led to, as a key; nullopt if it is the page that was asked for, where
// http or https, "www." and the last slash make no difference. A query that repeats the requested
// address ("/404?from=/post") does not tell targets apart.
[[nodiscard]] std::optional<schemas::Key> TargetKey(std::string_view asked_url,
                                                    std::string_view effective_url);

// The new address that permanent redirects (301, 308) give a living link: at once where it is the
// same page, else when two probes in a row found the same target and no other link of the site
// leads there.
[[nodiscard]] std::optional<schemas::LinkMove> JudgeMove(const ProbeFacts& facts,
                                                         const schemas::DueLink& link);

// The link's row after this verdict. Strikes are at least dead_gap_s apart; a verdict of alive
// clears them and lengthens the interval to the next check. An unknown verdict takes back nothing
// that was known. `random` in [0, 1) varies the interval by a tenth.
[[nodiscard]] schemas::ProbeResult LinkAfterProbe(const schemas::DueLink& before,
                                                  const ProbeFacts& facts, schemas::Verdict verdict,
                                                  schemas::UnixSeconds now,
                                                  const schemas::HealthSettings& settings,
                                                  double random);

// The same for a link that leads to a blacklisted address, or to one that may not be asked: it
// leaves the pool, and nothing counts. `outcome` says which.
[[nodiscard]] schemas::ProbeResult LinkThatLeadsAway(const schemas::DueLink& before,
                                                     schemas::FetchOutcome outcome,
                                                     schemas::UnixSeconds now,
                                                     const schemas::HealthSettings& settings);

// Longer than any look at a link, and any parole, is put off: what waits longer was put off by a
// clock that was wrong.
[[nodiscard]] std::int64_t LongestWaitS(const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
