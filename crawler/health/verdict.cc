#include "crawler/health/verdict.h"

#include <algorithm>
#include <cmath>

#include "crawler/url.h"

namespace saunter::crawler::health {
namespace {

using schemas::DueLink;
using schemas::FetchOutcome;
using schemas::HealthSettings;
using schemas::LinkState;
using schemas::ProbeResult;
using schemas::UnixSeconds;
using schemas::Verdict;

constexpr double kJitterShare = 0.1;
constexpr std::int64_t kAliveGrowth = 2;
constexpr double kNormalQuantile = 1.959963984540054;  // two-sided 95 %
constexpr int kGoneStatus = 410;

constexpr UnixSeconds kOutageWindowS = 300;
constexpr std::size_t kOutageHostsMin = 10;
constexpr std::size_t kOutageHostsMax = 512;

bool IsFrontPage(const Url& url) {
  if (!url.query.empty()) return false;
  for (const std::string_view path : {"/", "/index.html", "/index.htm", "/index.php"}) {
    if (url.path == path) return true;
  }
  return false;
}

// A post that redirects to a front page is gone, whosever front page it is; a front page may move.
std::optional<std::string> FrontPageRedirect(const ProbeFacts& facts) {
  const auto asked = ParseUrl(facts.asked_url);
  const auto effective = ParseUrl(facts.effective_url);
  if (!asked || !effective) return std::nullopt;
  if (IsFrontPage(*asked) || !IsFrontPage(*effective)) return std::nullopt;
  if (SiteHost(asked->host) == SiteHost(effective->host)) return "redirects to its front page";
  return "redirects to the front page of " + effective->host;
}

Judgement JudgeAnswer(const ProbeFacts& facts) {
  if (auto reason = FrontPageRedirect(facts)) return {Verdict::kDead, std::move(*reason)};
  return {Verdict::kAlive, "answers " + std::to_string(facts.status)};
}

Judgement Unknown(std::string reason) { return {Verdict::kUnknown, std::move(reason)}; }

std::int64_t Jittered(std::int64_t interval_s, double random) {
  const double factor = 1.0 - kJitterShare + 2.0 * kJitterShare * random;
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(interval_s) * factor));
}

// Never sooner than `interval_s`: a dead verdict before the gap is over does not count.
std::int64_t JitteredUpward(std::int64_t interval_s, double random) {
  const double factor = 1.0 + kJitterShare * random;
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(interval_s) * factor));
}

void NoteAlive(const DueLink& before, UnixSeconds now, const HealthSettings& settings,
               double random, ProbeResult& after) {
  const bool again = before.state == LinkState::kAlive && before.check_interval_s > 0;
  after.state = LinkState::kAlive;
  after.strikes = 0;
  after.struck_at.reset();
  after.check_interval_s =
      again ? std::min(before.check_interval_s * kAliveGrowth, settings.alive_interval_max_s)
            : settings.alive_interval_min_s;
  after.next_check_at = now + Jittered(after.check_interval_s, random);
}

void NoteDead(const DueLink& before, UnixSeconds now, const HealthSettings& settings, double random,
              ProbeResult& after) {
  after.check_interval_s = 0;
  if (before.state == LinkState::kDead) {
    after.next_check_at = now + Jittered(settings.dead_interval_s, random);
    return;
  }
  const bool counts = !before.struck_at || now - *before.struck_at >= settings.dead_gap_s;
  if (counts) {
    after.strikes = before.strikes + 1;
    after.struck_at = now;
  }
  const bool gone = after.outcome == FetchOutcome::kGone || after.status == kGoneStatus;
  const auto needed = gone ? std::min(settings.gone_verdicts_min, settings.dead_verdicts_min)
                           : settings.dead_verdicts_min;
  if (after.strikes >= needed) {
    after.state = LinkState::kDead;
    after.next_check_at = now + Jittered(settings.dead_interval_s, random);
    return;
  }
  after.state = LinkState::kDoubtful;
  after.next_check_at =
      std::max(now + 1, *after.struck_at + JitteredUpward(settings.dead_gap_s, random));
}

void NoteUnknown(const DueLink& before, UnixSeconds now, const HealthSettings& settings,
                 double random, ProbeResult& after) {
  switch (before.state) {
    case LinkState::kUnchecked:
    case LinkState::kUnknown:
      after.state = LinkState::kUnknown;
      after.next_check_at = now + Jittered(settings.unknown_interval_s, random);
      break;
    case LinkState::kAlive:
      after.next_check_at = now + Jittered(settings.unknown_interval_s, random);
      break;
    case LinkState::kDoubtful:
      after.next_check_at = now + JitteredUpward(settings.dead_gap_s, random);
      break;
    case LinkState::kDead:
      after.next_check_at = now + Jittered(settings.dead_interval_s, random);
      break;
  }
}

}  // namespace

Judgement JudgeProbe(const ProbeFacts& facts) {
  if (facts.challenge) return Unknown("the server asks for a proof that a person is there");
  switch (facts.outcome) {
    case FetchOutcome::kOk:
    case FetchOutcome::kNotModified:
      return JudgeAnswer(facts);
    case FetchOutcome::kGone:
      return {Verdict::kDead, "gone (410)"};
    case FetchOutcome::kNotFound:
      return {Verdict::kDead, "not found (404)"};
    case FetchOutcome::kDnsFailure:
      return {Verdict::kDead, "the host name does not resolve"};
    case FetchOutcome::kConnectFailure:
      return {Verdict::kDead, "the host refuses the connection"};
    case FetchOutcome::kTlsNameMismatch:
      return {Verdict::kDead, "the certificate is for another name"};
    case FetchOutcome::kRefusedByServer:
    case FetchOutcome::kTooManyRequests:
    case FetchOutcome::kServerError:
    case FetchOutcome::kUnexpectedStatus:
      return Unknown("answers " + std::to_string(facts.status));
    case FetchOutcome::kTimeout:
      return Unknown("no answer in time");
    case FetchOutcome::kTlsFailure:
    case FetchOutcome::kTlsExpired:
    case FetchOutcome::kTlsUntrusted:
      return Unknown("no secure connection");
    case FetchOutcome::kBlockedAddress:
      return Unknown("the address may not be asked");
    case FetchOutcome::kBodyTooLarge:
    case FetchOutcome::kHeadersTooLarge:
      return Unknown("the answer is too large");
    case FetchOutcome::kBadRedirect:
      return Unknown("redirects without an end");
    case FetchOutcome::kProtocolError:
      return Unknown("the answer is not HTTP");
    case FetchOutcome::kNotAFeed:
    case FetchOutcome::kParseLimit:
    case FetchOutcome::kBlacklisted:
    case FetchOutcome::kLost:
      return Unknown("not asked");
    case FetchOutcome::kDisallowedByRobots:
      return Unknown("robots.txt forbids to ask");
  }
  return Unknown("not understood");
}

ProbeResult LinkAfterProbe(const DueLink& before, const ProbeFacts& facts, Verdict verdict,
                           UnixSeconds now, const HealthSettings& settings, double random) {
  ProbeResult after;
  after.link_id = before.link_id;
  after.verdict = verdict;
  after.outcome = facts.outcome;
  after.status = facts.status;
  after.state = before.state;
  after.strikes = before.strikes;
  after.struck_at = before.struck_at;
  after.check_interval_s = before.check_interval_s;
  after.checked_at = now;
  switch (verdict) {
    case Verdict::kAlive:
      NoteAlive(before, now, settings, random, after);
      break;
    case Verdict::kDead:
      NoteDead(before, now, settings, random, after);
      break;
    case Verdict::kUnknown:
      NoteUnknown(before, now, settings, random, after);
      break;
  }
  return after;
}

double WilsonLowerBound(std::int64_t successes, std::int64_t trials) {
  if (trials <= 0) return 0.0;
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z2 = kNormalQuantile * kNormalQuantile;
  const double centre = share + z2 / (2.0 * n);
  const double spread = kNormalQuantile * std::sqrt((share * (1.0 - share) + z2 / (4.0 * n)) / n);
  return std::max(0.0, (centre - spread) / (1.0 + z2 / n));
}

std::optional<schemas::BlacklistEntry> JudgeSite(const schemas::SiteTally& tally, UnixSeconds now,
                                                 const HealthSettings& settings) {
  if (tally.blacklisted) return std::nullopt;
  // A doubtful link was checked, and is not dead yet.
  const auto checked = tally.links_alive + tally.links_doubtful + tally.links_dead;
  if (checked < settings.site_checked_min) return std::nullopt;
  const double percent = 100.0 * WilsonLowerBound(tally.links_dead, checked);
  if (percent <= static_cast<double>(settings.site_dead_percent)) return std::nullopt;
  schemas::BlacklistEntry entry;
  entry.pattern = tally.host;
  entry.source = schemas::BlacklistSource::kRule;
  entry.reason = std::to_string(tally.links_dead) + " of " + std::to_string(checked) +
                 " checked links are dead (at least " + std::to_string(static_cast<int>(percent)) +
                 " % with 95 % confidence)";
  entry.added_at = now;
  entry.until_at = now + settings.parole_s;
  return entry;
}

void OutageGuard::Note(const std::string& host, bool failed, UnixSeconds now) {
  const auto host_key = TextKey(host);
  std::erase_if(samples_, [&](const Sample& sample) {
    return sample.host_key == host_key || !IsFresh(sample, now);
  });
  if (samples_.size() >= kOutageHostsMax) samples_.erase(samples_.begin());
  samples_.push_back({now, host_key, failed});
}

bool OutageGuard::Outage(UnixSeconds now) const {
  std::size_t hosts = 0;
  std::size_t failed = 0;
  for (const auto& sample : samples_) {
    if (!IsFresh(sample, now)) continue;
    ++hosts;
    if (sample.failed) ++failed;
  }
  return hosts >= kOutageHostsMin && failed * 2 > hosts;
}

// A sample from the future is one from before the clock was set back.
bool OutageGuard::IsFresh(const Sample& sample, UnixSeconds now) {
  return sample.at <= now && now - sample.at < kOutageWindowS;
}

}  // namespace saunter::crawler::health
