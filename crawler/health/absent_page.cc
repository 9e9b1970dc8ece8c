#include "crawler/health/absent_page.h"

#include <algorithm>
#include <array>

#include "crawler/health/page.h"
#include "crawler/health/verdict.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::health {
namespace {

using schemas::FetchOutcome;
using schemas::SiteAnswer;
using schemas::SiteLook;

constexpr std::size_t kAbsentLetters = 25;
constexpr std::size_t kAbsentDigits = 9;
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

// Whether a redirect of this kind may befall any address of the site, so that its posts must tell.
bool MayBefallAll(const PageAnswer& answer) {
  if (FindWall(answer.detours, answer.asked_url, answer.effective_url) != Wall::kNone) return true;
  return EchoesInQuery(answer.effective_url, answer.asked_url) &&
         !SaysMissing(answer.effective_url);
}

// The page that cannot exist came from another domain.
void JudgeForeign(const url::Url& asked, const url::Url& effective, const PageAnswer& front,
                  SiteLook& look) {
  const auto front_asked = url::ParseUrl(front.asked_url);
  const auto front_effective = url::ParseUrl(front.effective_url);
  if (front.outcome == FetchOutcome::kOk && front_asked && front_effective &&
      LeadsToAnotherDomain(*front_asked, *front_effective) && !KeepsItsPath(asked, effective)) {
    Say(SiteAnswer::kUnproven,
        "its front page and a page that cannot exist lead to " + effective.host, look);
    return;
  }
  Say(SiteAnswer::kSoft, "a page that cannot exist leads to " + effective.host, look);
}

void TakePage(const PageSketch& sketch, SiteAnswer answer, std::string reason, SiteLook& look) {
  look.title_key = sketch.title_key;
  look.words = PrintWords(sketch.words);
  Say(answer, std::move(reason), look);
}

void TakeSoft(const PageSketch& sketch, SiteLook& look) {
  TakePage(sketch, SiteAnswer::kSoft, "gives a page where none can exist", look);
}

// The page that cannot exist came at its own address.
void JudgeInPlace(const url::Url& asked, const PageAnswer& absent, const PageAnswer& front,
                  SiteLook& look) {
  const auto sketch = SketchPage(absent.body, absent.asked_url);
  if (front.outcome != FetchOutcome::kOk || front.challenge) return TakeSoft(sketch, look);
  if (sketch.has_parking_mark && HasParkingMark(front.body)) {
    return TakePage(sketch, SiteAnswer::kUnproven, "its pages are those of a parked domain", look);
  }
  if (!ReadsAlike(sketch, SketchPage(front.body, front.asked_url))) return TakeSoft(sketch, look);
  if (sketch.has_script && sketch.word_count < kShellWordsMax) {
    return Say(SiteAnswer::kUnclear, "its pages are built in the browser", look);
  }
  // Who reads a query reads it on the server.
  const bool may_be_built = sketch.has_script && asked.query.empty();
  TakePage(sketch, may_be_built ? SiteAnswer::kFallback : SiteAnswer::kUnproven,
           "its front page and a page that cannot exist are the same", look);
}

void JudgeRedirect(const PageAnswer& absent, const std::optional<PageAnswer>& front,
                   SiteLook& look) {
  if (!MayBefallAll(absent)) {
    return Say(SiteAnswer::kSoft, "redirects for a page that cannot exist", look);
  }
  if (front && (front->outcome != FetchOutcome::kOk || MayBefallAll(*front))) {
    return Say(SiteAnswer::kUnclear, "its pages are behind a wall", look);
  }
  Say(SiteAnswer::kUnproven, "redirects for a page that cannot exist, and for others perhaps",
      look);
}

// The page that cannot exist came.
void JudgeGiven(const PageAnswer& absent, const std::optional<PageAnswer>& front, SiteLook& look) {
  const auto asked = url::ParseUrl(absent.asked_url);
  const auto effective = url::ParseUrl(absent.effective_url);
  if (!asked || !effective) return Say(SiteAnswer::kUnclear, "no usable address", look);
  if (FindWall(absent.detours, absent.asked_url, absent.effective_url) == Wall::kCertain) {
    return Say(SiteAnswer::kUnclear, "its pages are behind a wall", look);
  }
  look.target_key = TargetKey(absent.asked_url, absent.effective_url);
  if (look.target_key && (!front || MayBefallAll(absent))) {
    return JudgeRedirect(absent, front, look);
  }
  if (front && LeadsToAnotherDomain(*asked, *effective)) {
    return JudgeForeign(*asked, *effective, *front, look);
  }
  if (front) return JudgeInPlace(*asked, absent, *front, look);
  TakeSoft(SketchPage(absent.body, absent.asked_url), look);
}

void JudgeAbsent(const PageAnswer& absent, const std::optional<PageAnswer>& front, SiteLook& look) {
  if (absent.challenge)
    return Say(SiteAnswer::kUnclear, "asks for proof that a person is there", look);
  if (absent.outcome == FetchOutcome::kNotFound || absent.outcome == FetchOutcome::kGone ||
      (absent.outcome == FetchOutcome::kUnexpectedStatus && absent.status >= 400)) {
    return Say(absent.head_succeeds ? SiteAnswer::kHeadLies : SiteAnswer::kHonest,
               "says \"not found\" for a page that cannot exist", look);
  }
  if (absent.outcome != FetchOutcome::kOk) {
    return Say(SiteAnswer::kUnclear, "its answer says nothing", look);
  }
  JudgeGiven(absent, front, look);
}

// Counts how often in a row the site was found parked. While that is unproven, nothing is
// forgotten.
void CountParked(const std::optional<SiteLook>& before, const schemas::HealthSettings& settings,
                 SiteLook& look) {
  if (look.answer != SiteAnswer::kParked && look.answer != SiteAnswer::kUnproven) return;
  if (before) {
    look.parked_count = before->parked_count;
    look.parked_at = before->parked_at;
  }
  // A look of the future is one from before the clock was set back.
  if (look.parked_at) look.parked_at = std::min(*look.parked_at, look.looked_at);
  if (look.answer == SiteAnswer::kUnproven) return;
  if (look.parked_at && look.looked_at - *look.parked_at < settings.dead_gap_s) return;
  ++look.parked_count;
  look.parked_at = look.looked_at;
}

std::uint64_t Stirred(std::uint64_t random) {
  return random * 6364136223846793005 + 1442695040888963407;
}

// As many characters out of these.
std::string Random(std::size_t length, std::string_view characters, std::uint64_t random) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    random = Stirred(random);
    text += characters[(random >> 33) % characters.size()];
  }
  return text;
}

// A value of the same kind, digits or letters, that no site has.
std::string AbsentValue(std::string_view value, std::uint64_t random) {
  const bool digits =
      !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  // Nine digits that begin with 9 fit where numbers have 32 bits, and are beyond what is counted.
  if (digits) return "9" + Random(kAbsentDigits - 1, "0123456789", random);
  return Random(kAbsentLetters, "abcdefghijklmnopqrstuvwxyz", random);
}

// Parameters that name a post, in lower case.
constexpr auto kPostParameters = std::to_array<std::string_view>(
    {"a",   "article", "entry",   "eid",    "id",  "item",  "n", "no",  "nid",   "p", "page_id",
     "pid", "post",    "post_id", "postid", "sid", "story", "t", "tid", "topic", "v", "video"});

// Where the value lies, within the query, that names the post: of a parameter that does by its
// name, else, if the path is that of a front page, of the last one. Empty: the path names it.
std::string_view PostValue(const url::Url& url) {
  std::string_view found;
  auto rest = std::string_view(url.query);
  while (!rest.empty()) {
    rest.remove_prefix(1);  // "?", "&" or ";"
    const auto parameter = rest.substr(0, rest.find_first_of("&;"));
    rest.remove_prefix(parameter.size());
    const auto name = schemas::ToLowerAscii(parameter.substr(0, parameter.find('=')));
    const auto value = parameter.substr(std::min(parameter.find('='), parameter.size()));
    if (value.size() < 2) continue;
    if (std::ranges::find(kPostParameters, name) != kPostParameters.end()) return value.substr(1);
    if (url.path == "/" || url.path.starts_with("/index.")) found = value.substr(1);
  }
  return found;
}

}  // namespace

std::string AbsentPageUrl(std::string_view url, std::uint64_t random) {
  auto parsed = url::ParseUrl(url);
  if (!parsed) return {};
  parsed->fragment.clear();
  if (const auto value = PostValue(*parsed); !value.empty()) {
    const auto at = static_cast<std::size_t>(value.data() - parsed->query.data());
    parsed->query.replace(at, value.size(), AbsentValue(value, random));
    return parsed->ToString();
  }
  parsed->query.clear();
  while (parsed->path.size() > 1 && parsed->path.ends_with('/')) parsed->path.pop_back();
  // Beside a tenant's front page stands another tenant.
  if (schemas::TenantPath(parsed->path) == parsed->path) parsed->path += '/';
  parsed->path.resize(parsed->path.find_last_of('/') + 1);
  parsed->path += AbsentValue("", random);
  return parsed->ToString();
}

std::string FrontPageUrl(std::string_view url) {
  auto parsed = url::ParseUrl(url);
  if (!parsed) return {};
  parsed->path = std::string(schemas::TenantPath(parsed->path)) + "/";
  parsed->query.clear();
  parsed->fragment.clear();
  return parsed->ToString();
}

bool NeedsFrontPage(const PageAnswer& absent) {
  if (absent.outcome != FetchOutcome::kOk || absent.challenge) return false;
  const auto asked = url::ParseUrl(absent.asked_url);
  const auto effective = url::ParseUrl(absent.effective_url);
  if (!asked || !effective) return false;
  const auto wall = FindWall(absent.detours, absent.asked_url, absent.effective_url);
  if (wall == Wall::kCertain) return false;
  return MayBefallAll(absent) || LeadsToAnotherDomain(*asked, *effective) ||
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

std::optional<SiteLook> PostsCompared::Note(const SiteLook& look, schemas::Id link_id,
                                            const ProbeFacts& facts, schemas::UnixSeconds now,
                                            const schemas::HealthSettings& settings) {
  if (look.answer != SiteAnswer::kUnproven) return std::nullopt;
  const auto says = ComparePost(facts, look);
  if (says == PostSays::kNothing) return std::nullopt;
  if (alike_.size() >= kSitesMax && !alike_.contains(look.site_id)) alike_.clear();
  auto& links = alike_[look.site_id];
  if (says == PostSays::kAlike) links.insert(link_id);
  const bool is_parked = says == PostSays::kAlike && std::ssize(links) >= settings.parked_posts_min;
  if (says == PostSays::kAlike && !is_parked) return std::nullopt;
  alike_.erase(look.site_id);
  auto after = look;
  if (is_parked) {
    after.answer = SiteAnswer::kParked;
    after.looked_at = now;
    after.reason += ", and so do its posts";
    CountParked(look, settings, after);
  } else {
    after.answer = SiteAnswer::kSoft;
    after.parked_count = 0;
    after.parked_at.reset();
    after.reason += ", but not for its posts";
  }
  return after;
}

bool IsFresh(const std::optional<SiteLook>& look, schemas::UnixSeconds now,
             const schemas::HealthSettings& settings) {
  if (!look) return false;
  auto interval_s = settings.look_interval_s;
  switch (look->answer) {
    case SiteAnswer::kHonest:
    case SiteAnswer::kSoft:
    case SiteAnswer::kUnproven:
    case SiteAnswer::kFallback:
    case SiteAnswer::kHeadLies:
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
