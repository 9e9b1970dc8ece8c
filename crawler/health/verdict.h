// What an answer says of a link, and what verdicts in a row say of a link and of a site. Pure.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <cstdint>
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

// The link's row after this verdict: strikes at least dead_gap_s apart, one alive resets and makes
// the re-check interval grow. An unknown verdict takes back nothing that was known. `random` in
// [0, 1) jitters by a tenth.
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

// Tells our own outage from dead links: fed with the probes' outcomes in order of time. It knows
// the newest state of the hosts asked in the last five minutes, the newest 512 of them at most;
// fewer than ten hosts are no evidence.
class OutageGuard {
 public:
  // `host` failed before any HTTP answer (DNS, connect, TLS, time-out), or not.
  void Note(const std::string& host, bool failed, schemas::UnixSeconds now);
  // True while more than half of those hosts fail: verdicts do not count.
  [[nodiscard]] bool Outage(schemas::UnixSeconds now) const;

 private:
  struct Sample {
    schemas::UnixSeconds at = 0;
    schemas::Key host_key = 0;
    bool failed = false;
  };
  static bool IsFresh(const Sample& sample, schemas::UnixSeconds now);

  std::vector<Sample> samples_;  // one a host, oldest first
};

}  // namespace saunter::crawler::health
