// What an answer says of a link, and what verdicts in a row say of it. Pure.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/health/page.h"
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
};

struct Judgement {
  schemas::Verdict verdict = schemas::Verdict::kUnknown;
  std::string reason;  // for a person
};

// By the answer alone.
[[nodiscard]] Judgement JudgeProbe(const ProbeFacts& facts);
// The same with what is known of the site: an answer that it gives for pages that cannot exist, and
// one that several of its posts lead to, are no post; a parked site says nothing of its posts.
[[nodiscard]] Judgement JudgeOnSite(const ProbeFacts& facts, const schemas::DueLink& link,
                                    const schemas::HealthSettings& settings);

// Whether JudgeOnSite has to know what the site answers for a page that cannot exist: the post
// answers, and it is not the site's front page, which is never a soft 404.
[[nodiscard]] bool NeedsAbsentPage(const ProbeFacts& facts);
// Whether JudgeOnSite has to compare the page itself, which a HEAD has not brought.
[[nodiscard]] bool NeedsPage(const ProbeFacts& facts, const schemas::SiteLook& look);

// The page that a redirect led to, as a key; absent if it is the page that was asked for: http or
// https, with or without "www." and the last slash. A query that repeats the address asked for
// ("/404?from=/post") does not tell targets apart.
[[nodiscard]] std::optional<schemas::Key> TargetKey(std::string_view asked_url,
                                                    std::string_view effective_url);

// The address that permanent redirects (301, 308) give a living link: at once where it is the same
// page, else once two probes in a row found the same target, and no other link of the site leads
// there.
[[nodiscard]] std::optional<schemas::LinkMove> JudgeMove(const ProbeFacts& facts,
                                                         const schemas::DueLink& link);

// The link's row after this verdict: strikes at least dead_gap_s apart, one alive resets and makes
// the re-check interval grow. An unknown verdict takes back nothing that was known. `random` in
// [0, 1) jitters by a tenth.
[[nodiscard]] schemas::ProbeResult LinkAfterProbe(const schemas::DueLink& before,
                                                  const ProbeFacts& facts, schemas::Verdict verdict,
                                                  schemas::UnixSeconds now,
                                                  const schemas::HealthSettings& settings,
                                                  double random);

// The same for a link that leads to what the blacklist has: out of the pool, and nothing counted.
[[nodiscard]] schemas::ProbeResult LinkThatLeadsAway(const schemas::DueLink& before,
                                                     schemas::UnixSeconds now,
                                                     const schemas::HealthSettings& settings);

}  // namespace saunter::crawler::health
