#include "crawler/health/absent_page.h"

#include <algorithm>

#include "crawler/health/page.h"
#include "crawler/health/verdict.h"
#include "crawler/url/url.h"

namespace saunter::crawler::health {
namespace {

using schemas::FetchOutcome;
using schemas::SiteAnswer;
using schemas::SiteLook;

constexpr std::size_t kAbsentLetters = 25;
// A page with a script and fewer words than this is built in the browser: nothing can be compared.
constexpr std::size_t kShellWordsMax = 40;

bool LeadsToAnotherDomain(const url::Url& asked, const url::Url& effective) {
  return url::RegistrableDomain(asked.host) != url::RegistrableDomain(effective.host);
}

// The last segment of the absent page's path stands in the address that it led to: the site has
// moved.
bool KeepsItsPath(const url::Url& asked, const url::Url& effective) {
  const auto slug = asked.path.substr(asked.path.find_last_of('/') + 1);
  return !slug.empty() && effective.path.find(slug) != std::string::npos;
}

void Say(SiteAnswer answer, std::string reason, SiteLook& look) {
  look.answer = answer;
  look.reason = std::move(reason);
}

// The page that cannot exist came from another domain.
void JudgeForeign(const url::Url& asked, const url::Url& effective, const PageAnswer& front,
                  SiteLook& look) {
  const auto front_asked = url::ParseUrl(front.asked_url);
  const auto front_effective = url::ParseUrl(front.effective_url);
  if (front.outcome == FetchOutcome::kOk && front_asked && front_effective &&
      LeadsToAnotherDomain(*front_asked, *front_effective) && !KeepsItsPath(asked, effective)) {
    Say(SiteAnswer::kParked,
        "its front page and a page that cannot exist lead to " + effective.host, look);
    return;
  }
  Say(SiteAnswer::kSoft, "a page that cannot exist leads to " + effective.host, look);
}

void TakeSoft(const PageSketch& sketch, SiteLook& look) {
  look.title_key = sketch.title_key;
  look.words = PrintWords(sketch.words);
  Say(SiteAnswer::kSoft, "gives a page where none can exist", look);
}

// The page that cannot exist came at its own address.
void JudgeInPlace(const PageAnswer& absent, const PageAnswer& front, SiteLook& look) {
  const auto sketch = SketchPage(absent.body, absent.asked_url);
  if (front.outcome != FetchOutcome::kOk || front.challenge) return TakeSoft(sketch, look);
  if (HasParkingMark(absent.body) && HasParkingMark(front.body)) {
    return Say(SiteAnswer::kParked, "its pages are those of a parked domain", look);
  }
  if (!ReadsAlike(sketch, SketchPage(front.body, front.asked_url))) return TakeSoft(sketch, look);
  if (sketch.has_script && sketch.word_count < kShellWordsMax) {
    return Say(SiteAnswer::kUnclear, "its pages are built in the browser", look);
  }
  Say(SiteAnswer::kParked, "its front page and a page that cannot exist are the same", look);
}

void JudgeAbsent(const PageAnswer& absent, const std::optional<PageAnswer>& front, SiteLook& look) {
  if (absent.challenge)
    return Say(SiteAnswer::kUnclear, "asks for proof that a person is there", look);
  if (absent.outcome == FetchOutcome::kNotFound || absent.outcome == FetchOutcome::kGone ||
      (absent.outcome == FetchOutcome::kUnexpectedStatus && absent.status >= 400)) {
    return Say(SiteAnswer::kHonest, "says \"not found\" for a page that cannot exist", look);
  }
  if (absent.outcome != FetchOutcome::kOk) {
    return Say(SiteAnswer::kUnclear, "its answer says nothing", look);
  }
  look.target_key = TargetKey(absent.asked_url, absent.effective_url);
  const auto asked = url::ParseUrl(absent.asked_url);
  const auto effective = url::ParseUrl(absent.effective_url);
  if (!asked || !effective) return Say(SiteAnswer::kUnclear, "no usable address", look);
  if (front && LeadsToAnotherDomain(*asked, *effective)) {
    return JudgeForeign(*asked, *effective, *front, look);
  }
  if (front && !look.target_key) return JudgeInPlace(absent, *front, look);
  if (!look.target_key) return TakeSoft(SketchPage(absent.body, absent.asked_url), look);
  Say(SiteAnswer::kSoft, "redirects for a page that cannot exist", look);
}

// Counts how often in a row the site was found parked.
void CountParked(const std::optional<SiteLook>& before, const schemas::HealthSettings& settings,
                 SiteLook& look) {
  if (look.answer != SiteAnswer::kParked) return;
  if (before) {
    look.parked_count = before->parked_count;
    look.parked_at = before->parked_at;
  }
  if (look.parked_at && look.looked_at - *look.parked_at < settings.dead_gap_s) return;
  ++look.parked_count;
  look.parked_at = look.looked_at;
}

}  // namespace

std::string AbsentPageUrl(std::string_view url, std::uint64_t random) {
  auto parsed = url::ParseUrl(url);
  if (!parsed) return {};
  parsed->query.clear();
  parsed->fragment.clear();
  while (parsed->path.size() > 1 && parsed->path.ends_with('/')) parsed->path.pop_back();
  parsed->path.resize(parsed->path.find_last_of('/') + 1);
  for (std::size_t i = 0; i < kAbsentLetters; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    parsed->path += static_cast<char>('a' + (random >> 33) % 26);
  }
  return parsed->ToString();
}

std::string FrontPageUrl(std::string_view url) {
  auto parsed = url::ParseUrl(url);
  if (!parsed) return {};
  parsed->path = "/";
  parsed->query.clear();
  parsed->fragment.clear();
  return parsed->ToString();
}

bool NeedsFrontPage(const PageAnswer& absent) {
  if (absent.outcome != FetchOutcome::kOk || absent.challenge) return false;
  const auto asked = url::ParseUrl(absent.asked_url);
  const auto effective = url::ParseUrl(absent.effective_url);
  if (!asked || !effective) return false;
  return LeadsToAnotherDomain(*asked, *effective) ||
         !TargetKey(absent.asked_url, absent.effective_url);
}

SiteLook JudgeAbsentPage(schemas::Id site_id, const std::optional<SiteLook>& before,
                         const PageAnswer& absent, const std::optional<PageAnswer>& front,
                         schemas::UnixSeconds now, const schemas::HealthSettings& settings) {
  SiteLook look;
  look.site_id = site_id;
  look.looked_at = now;
  JudgeAbsent(absent, front, look);
  if (look.answer == SiteAnswer::kUnclear && before) {
    // Nothing was learnt, so what was known stays in force.
    look = *before;
    look.looked_at = now;
    return look;
  }
  CountParked(before, settings, look);
  return look;
}

bool IsFresh(const std::optional<SiteLook>& look, schemas::UnixSeconds now,
             const schemas::HealthSettings& settings) {
  if (!look) return false;
  auto interval_s = settings.look_interval_s;
  switch (look->answer) {
    case SiteAnswer::kHonest:
    case SiteAnswer::kSoft:
      break;
    case SiteAnswer::kUnclear:
      interval_s = std::min(interval_s, settings.unknown_interval_s);
      break;
    case SiteAnswer::kParked:
      interval_s = std::min(interval_s, settings.dead_gap_s);
      break;
  }
  // A look in the future was made before the clock was set back.
  return look->looked_at <= now && now - look->looked_at < interval_s;
}

}  // namespace saunter::crawler::health
