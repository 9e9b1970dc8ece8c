// What an answer says of a link, and what verdicts in a row say of a link and of a site. Pure.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schemas/records.h"
#include "schemas/settings.h"

namespace saunter::crawler::health {

// An answer to a probe, reduced to what judging needs.
struct ProbeFacts {
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  std::string asked_url;
  std::string effective_url;
  bool challenge = false;
};

struct Judgement {
  schemas::Verdict verdict = schemas::Verdict::kUnknown;
  std::string reason;  // for a person
};

[[nodiscard]] Judgement JudgeProbe(const ProbeFacts& facts);

// The link's row after this verdict: strikes at least dead_gap_s apart, one alive resets, the
// re-check interval grows. `random` in [0, 1) jitters.
[[nodiscard]] schemas::ProbeResult LinkAfterProbe(const schemas::DueLink& before,
                                                  const ProbeFacts& facts, schemas::Verdict verdict,
                                                  schemas::UnixSeconds now,
                                                  const schemas::HealthSettings& settings,
                                                  double random);

// Lower bound of the 95 % Wilson score interval of a share; 0 for no trials.
[[nodiscard]] double WilsonLowerBound(std::int64_t successes, std::int64_t trials);

// An entry that blacklists the site by the rule, or nothing. Already blacklisted sites are left.
[[nodiscard]] std::optional<schemas::BlacklistEntry> JudgeSite(
    const schemas::SiteTally& tally, schemas::UnixSeconds now,
    const schemas::HealthSettings& settings);

// Tells our own outage from dead links: fed with the probes' outcomes in order of time.
class OutageGuard {
 public:
  // `host` failed before any HTTP answer (DNS, connect, TLS, time-out), or not.
  void Note(const std::string& host, bool failed, schemas::UnixSeconds now);
  // True while most of the last minutes' hosts fail: verdicts do not count.
  [[nodiscard]] bool Outage(schemas::UnixSeconds now) const;

 private:
  struct Sample {
    schemas::UnixSeconds at = 0;
    std::string host;
    bool failed = false;
  };
  std::vector<Sample> samples_;  // of the last five minutes, newest host state last
};

}  // namespace saunter::crawler::health
