#include "crawler/health/verdict.h"

#include <algorithm>
#include <cmath>

#include "crawler/url/url.h"

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
constexpr int kGoneStatus = 410;

bool IsFrontPage(const url::Url& url) {
  if (!url.query.empty()) return false;
  for (const std::string_view path : {"/", "/index.html", "/index.htm", "/index.php"}) {
    if (url.path == path) return true;
  }
  return false;
}

// A post that redirects to any front page is gone; only a front page itself may move so.
std::optional<std::string> FrontPageRedirect(const ProbeFacts& facts) {
  const auto asked = url::ParseUrl(facts.asked_url);
  const auto effective = url::ParseUrl(facts.effective_url);
  if (!asked || !effective) return std::nullopt;
  if (IsFrontPage(*asked) || !IsFrontPage(*effective)) return std::nullopt;
  if (url::SiteHost(asked->host) == url::SiteHost(effective->host))
    return "redirects to its front page";
  return "redirects to the front page of " + effective->host;
}

// The page without what does not tell pages apart: scheme, "www." and last slash.
schemas::Key PageKey(url::Url url) {
  url.fragment.clear();
  if (url.path.size() > 1 && url.path.ends_with('/')) url.path.pop_back();
  return url::UrlKey(url::CanonicalUrl(url, url::KeepFragment::kNo));
}

// Whether a query holds the path that was asked for, as it is or percent-encoded.
bool Echoes(std::string_view query, const url::Url& asked) {
  auto slug = std::string_view(asked.path);
  while (slug.ends_with('/')) slug.remove_suffix(1);
  slug.remove_prefix(std::min(slug.find_last_of('/') + 1, slug.size()));
  return !slug.empty() && query.find(slug) != std::string_view::npos;
}

bool AsksForFrontPage(const ProbeFacts& facts) {
  const auto asked = url::ParseUrl(facts.asked_url);
  return asked && IsFrontPage(*asked);
}

// Whether the page that cannot exist came at its own address, not by a redirect.
bool AnswersInPlace(const schemas::SiteLook& look) {
  return look.answer == schemas::SiteAnswer::kSoft && !look.target_key;
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

// No sooner than `interval_s`, since a dead verdict before the gap is over does not count.
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
  if (facts.challenge) return Unknown("the server asks for proof that a person is there");
  const auto& traits = schemas::TraitsOf(facts.outcome);
  if (traits.verdict == Verdict::kAlive) return JudgeAnswer(facts);
  if (!traits.verdict_reason.empty()) return {traits.verdict, std::string(traits.verdict_reason)};
  return {traits.verdict, "answers " + std::to_string(facts.status)};
}

Judgement JudgeOnSite(const ProbeFacts& facts, const DueLink& link,
                      const HealthSettings& settings) {
  auto alone = JudgeProbe(facts);
  if (alone.verdict != Verdict::kAlive || AsksForFrontPage(facts)) return alone;
  const auto target_key = TargetKey(facts.asked_url, facts.effective_url);
  if (target_key && target_key == link.target_key &&
      link.target_links >= settings.shared_links_min) {
    return {Verdict::kDead, "redirects where other posts of its site do"};
  }
  if (!link.look) return alone;
  const auto& look = *link.look;
  switch (look.answer) {
    case schemas::SiteAnswer::kUnclear:
    case schemas::SiteAnswer::kHonest:
      return alone;
    case schemas::SiteAnswer::kParked:
      return Unknown("the site is parked");
    case schemas::SiteAnswer::kSoft:
      break;
  }
  if (look.target_key) {
    if (target_key != look.target_key) return alone;
    return {Verdict::kDead, "redirects where a page that cannot exist does"};
  }
  if (facts.page && ReadsAlike(*facts.page, {.title_key = look.title_key,
                                             .words = ReadWords(look.words),
                                             .word_count = 0,
                                             .has_script = false})) {
    return {Verdict::kDead, "reads like a page that cannot exist"};
  }
  return alone;
}

bool NeedsAbsentPage(const ProbeFacts& facts) {
  return JudgeProbe(facts).verdict == Verdict::kAlive && !AsksForFrontPage(facts);
}

bool NeedsPage(const ProbeFacts& facts, const schemas::SiteLook& look) {
  return AnswersInPlace(look) && !facts.page && NeedsAbsentPage(facts);
}

std::optional<schemas::Key> TargetKey(std::string_view asked_url, std::string_view effective_url) {
  const auto asked = url::ParseUrl(asked_url);
  auto effective = url::ParseUrl(effective_url);
  if (!asked || !effective) return std::nullopt;
  if (Echoes(effective->query, *asked)) effective->query.clear();
  const auto key = PageKey(*effective);
  if (key == PageKey(*asked)) return std::nullopt;
  return key;
}

std::optional<schemas::LinkMove> JudgeMove(const ProbeFacts& facts, const DueLink& link) {
  const auto target = url::ParseUrl(facts.permanent_url);
  if (!target) return std::nullopt;
  const auto target_key = TargetKey(facts.asked_url, facts.effective_url);
  const bool same_page = !TargetKey(facts.asked_url, facts.permanent_url).has_value();
  const bool seen_before = target_key && target_key == link.target_key && link.target_links <= 1;
  if (!same_page && !seen_before) return std::nullopt;
  // A fragment such as "/#top" in the target does not make it another address.
  auto url = url::CanonicalUrl(*target, url::KeepFragment::kNo);
  if (url == link.url) return std::nullopt;
  schemas::LinkMove move;
  move.url_key = url::UrlKey(url);
  move.url = std::move(url);
  move.host = url::SiteHost(target->host);
  move.registrable_domain = url::RegistrableDomain(move.host);
  return move;
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
  after.target_key = before.target_key;
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

ProbeResult LinkThatLeadsAway(const DueLink& before, FetchOutcome outcome, UnixSeconds now,
                              const HealthSettings& settings) {
  ProbeResult after;
  after.link_id = before.link_id;
  after.verdict = Verdict::kUnknown;
  after.outcome = outcome;
  after.state = before.state == LinkState::kDead ? LinkState::kDead : LinkState::kDoubtful;
  after.strikes = before.strikes;
  after.struck_at = before.struck_at;
  after.checked_at = now;
  after.next_check_at = now + settings.unknown_interval_s;
  return after;
}

}  // namespace saunter::crawler::health
