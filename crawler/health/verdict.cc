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
constexpr std::int64_t kHeldBackMaxS = 8 * 86400;  // a host that asks for it, and some hours
constexpr int kGoneStatus = 410;
// A page of more words may mention that a domain is for sale; it does not consist of that.
constexpr std::size_t kOfferWordsMax = 200;

bool IsFrontPage(const url::Url& url) {
  if (!url.query.empty()) return false;
  // A tenant's stands under its path.
  const auto tenant = schemas::TenantPath(url.path);
  const auto rest = std::string_view(url.path).substr(tenant.size());
  if (rest.empty()) return true;
  for (const std::string_view path : {"/", "/index.html", "/index.htm", "/index.php"}) {
    if (rest == path) return true;
  }
  return false;
}

// A post that redirects to any front page is gone; only a front page itself may move so.
std::optional<std::string> FrontPageRedirect(const ProbeFacts& facts) {
  const auto asked = url::ParseUrl(facts.asked_url);
  const auto effective = url::ParseUrl(facts.effective_url);
  if (!asked || !effective) return std::nullopt;
  if (IsFrontPage(*asked) || !IsFrontPage(*effective)) return std::nullopt;
  if (url::SiteName(*asked) == url::SiteName(*effective)) return "redirects to its front page";
  return "redirects to the front page of " + effective->host;
}

// The page without what does not tell pages apart: scheme, "www." and last slash.
schemas::Key PageKey(url::Url url) {
  url.fragment.clear();
  if (url.path.size() > 1 && url.path.ends_with('/')) url.path.pop_back();
  return url::UrlKey(url::CanonicalUrl(url, url::KeepFragment::kNo));
}

bool AsksForFrontPage(const ProbeFacts& facts) {
  const auto asked = url::ParseUrl(facts.asked_url);
  return asked && IsFrontPage(*asked);
}

// Whether a post's page itself has to be asked for.
bool IsComparedByPage(const schemas::SiteLook& look) {
  switch (look.answer) {
    case schemas::SiteAnswer::kSoft:
    case schemas::SiteAnswer::kUnproven:
      return !look.target_key;
    case schemas::SiteAnswer::kFallback:
    case schemas::SiteAnswer::kHeadLies:
      return true;
    case schemas::SiteAnswer::kUnclear:
    case schemas::SiteAnswer::kHonest:
    case schemas::SiteAnswer::kParked:
      return false;
  }
  return false;
}

bool ReadsLike(const std::optional<PageSketch>& page, const schemas::SiteLook& look) {
  PageSketch absent;
  absent.title_key = look.title_key;
  absent.words = ReadWords(look.words);
  return page && ReadsAlike(*page, absent);
}

// One target for several addresses because they differ only in what its query repeats. Unless it
// says that it stands for missing pages, it may well answer each with its own page.
bool IsSharedByEcho(const ProbeFacts& facts) {
  return EchoesInQuery(facts.effective_url, facts.asked_url) && !SaysMissing(facts.effective_url);
}

// Nobody builds such a page, and no wall sends there.
bool LeadsToParking(const ProbeFacts& facts) {
  const auto asked = url::ParseUrl(facts.asked_url);
  const auto effective = url::ParseUrl(facts.effective_url);
  if (!asked || !effective || IsSharedByEcho(facts)) return false;
  if (url::RegistrableDomain(asked->host) == url::RegistrableDomain(effective->host)) return false;
  return facts.detours.empty() || IsFrontPage(*effective) ||
         (facts.page && facts.page->has_parking_mark);
}

Wall WallBefore(const ProbeFacts& facts) {
  return FindWall(facts.detours, facts.asked_url, facts.effective_url);
}

// Whether the server gave a page, of whatever kind.
bool GivesAPage(const ProbeFacts& facts) {
  return !facts.challenge && schemas::TraitsOf(facts.outcome).verdict == Verdict::kAlive;
}

Judgement JudgeAnswer(const ProbeFacts& facts) {
  if (WallBefore(facts) != Wall::kNone) {
    return {Verdict::kUnknown, "redirects to a wall that asks for a login or the like"};
  }
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
  // A strike of the future is one from before the clock was set back.
  if (after.struck_at) after.struck_at = std::min(*after.struck_at, now);
  const bool counts = !after.struck_at || now - *after.struck_at >= settings.dead_gap_s;
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
  if (!NeedsAbsentPage(facts)) return alone;
  const auto target_key = TargetKey(facts.asked_url, facts.effective_url);
  const bool leads_where_absent_do = target_key && link.look && target_key == link.look->target_key;
  if (leads_where_absent_do && link.look->answer == schemas::SiteAnswer::kUnproven) {
    return Unknown("redirects where a page that cannot exist does, as the whole site may");
  }
  if (alone.verdict == Verdict::kAlive && target_key && target_key == link.target_key &&
      link.target_links >= settings.shared_links_min && !IsSharedByEcho(facts)) {
    return {Verdict::kDead, "redirects where other posts of its site do"};
  }
  if (!link.look) return alone;
  const auto& look = *link.look;
  switch (look.answer) {
    case schemas::SiteAnswer::kUnclear:
    case schemas::SiteAnswer::kHonest:
    case schemas::SiteAnswer::kHeadLies:
      return alone;
    case schemas::SiteAnswer::kParked:
      return Unknown("the site is parked");
    case schemas::SiteAnswer::kUnproven:
    case schemas::SiteAnswer::kFallback:
      if (!look.target_key && ReadsLike(facts.page, look)) {
        return Unknown("reads like its site's page for everything");
      }
      return alone;
    case schemas::SiteAnswer::kSoft:
      break;
  }
  if (look.target_key) {
    if (!leads_where_absent_do) return alone;
    return {Verdict::kDead, "redirects where a page that cannot exist does"};
  }
  if (ReadsLike(facts.page, look)) return {Verdict::kDead, "reads like a page that cannot exist"};
  return alone;
}

bool NeedsAbsentPage(const ProbeFacts& facts) {
  if (!GivesAPage(facts) || AsksForFrontPage(facts)) return false;
  const auto wall = WallBefore(facts);
  return wall == Wall::kPerhaps || (wall == Wall::kNone && !FrontPageRedirect(facts));
}

bool NeedsPage(const ProbeFacts& facts, const schemas::SiteLook& look) {
  return IsComparedByPage(look) && !facts.page && NeedsAbsentPage(facts);
}

PostSays ComparePost(const ProbeFacts& facts, const schemas::SiteLook& look) {
  if (!GivesAPage(facts) || AsksForFrontPage(facts)) return PostSays::kNothing;
  const bool walled = WallBefore(facts) != Wall::kNone;
  const auto lives_alone =
      walled || FrontPageRedirect(facts) ? PostSays::kNothing : PostSays::kOther;
  if (look.target_key) {
    if (TargetKey(facts.asked_url, facts.effective_url) != look.target_key) return lives_alone;
    return !walled && LeadsToParking(facts) ? PostSays::kAlike : PostSays::kNothing;
  }
  if (!facts.page || lives_alone == PostSays::kNothing) return PostSays::kNothing;
  if (ReadsLike(facts.page, look)) {
    const bool may_be_built = facts.page->has_script && !facts.page->has_parking_mark;
    return may_be_built ? PostSays::kNothing : PostSays::kAlike;
  }
  const bool is_offer = facts.page->has_parking_mark && facts.page->word_count <= kOfferWordsMax;
  return is_offer ? PostSays::kAlike : PostSays::kOther;
}

std::optional<schemas::Key> TargetKey(std::string_view asked_url, std::string_view effective_url) {
  const auto asked = url::ParseUrl(asked_url);
  auto effective = url::ParseUrl(effective_url);
  if (!asked || !effective) return std::nullopt;
  const auto asked_key = PageKey(*asked);
  if (PageKey(*effective) == asked_key) return std::nullopt;
  if (EchoesInQuery(effective_url, asked_url)) effective->query.clear();
  const auto key = PageKey(*effective);
  if (key == asked_key) return std::nullopt;
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
  move.url_key = schemas::ShortKey(url::UrlKey(url));
  move.url = std::move(url);
  move.host = url::SiteName(*target);
  move.registrable_domain = url::RegistrableDomain(target->host);
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

std::int64_t LongestWaitS(const schemas::HealthSettings& settings) {
  constexpr double kMost = 1.0;  // of what varies an interval
  const auto longest_s =
      std::max({settings.alive_interval_max_s, settings.unknown_interval_s, settings.dead_gap_s,
                settings.dead_interval_s, settings.parole_s, settings.parole_again_s});
  return Jittered(longest_s, kMost) + kHeldBackMaxS;
}

}  // namespace saunter::crawler::health
