#include "tests/crawler/loop/scripted_web.h"

#include <algorithm>

#include "crawler/url/url.h"
#include "schemas/site.h"

namespace saunter::crawler::loop {
namespace {

// Of fewer posts too little is known to give up a site.
constexpr int kJudgedPostsMin = 20;

using fetch::Response;
using schemas::FetchOutcome;

// In [0, 100), the same for the same text.
int Percent(const std::string& text) {
  return static_cast<int>(static_cast<std::uint64_t>(url::TextKey(text)) % 100);
}

void Say(FetchOutcome outcome, int status, Response& response) {
  response.outcome = outcome;
  response.status = status;
}

std::string Frame() {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "<li>menu entry " + std::to_string(i);
  return text;
}

std::string PostPage(const std::string& host, const std::string& path) {
  std::string text = "<title>" + path + " at " + host + "</title>" + Frame();
  for (int i = 0; i < 60; ++i) text += " story" + std::to_string(url::TextKey(path) % 1000 + i);
  return text;
}

std::string FrontPage(const ScriptedSite& site) {
  const bool scripted = site.kind == SiteKind::kSpaFallback || site.kind == SiteKind::kSpaShell;
  return "<title>" + site.host + "</title><h1>All my posts</h1>" +
         (scripted ? "<script src='/app.js'></script>" : "") + Frame();
}

// As a browser escapes an address within a query.
std::string Escaped(const std::string& url) {
  std::string escaped;
  for (const char c : url) escaped += c == ':' ? "%3A" : c == '/' ? "%2F" : std::string(1, c);
  return escaped;
}

void Redirect(int status, const std::string& url, const std::string& asked, Response& response) {
  response.hops.push_back({status, asked});
  response.effective_url = url;
  if (status == 301 || status == 308) response.permanent_url = url;
  Say(FetchOutcome::kOk, 200, response);
}

// What the site says to a request for a page that is not there.
void AnswerMissing(const ScriptedSite& site, const url::Url& url, schemas::UnixSeconds now,
                   Response& response) {
  const auto origin = "https://" + site.host;
  switch (site.kind) {
    case SiteKind::kSoftInPlace:
      Say(FetchOutcome::kOk, 200, response);
      response.body = "<title>Oops</title>We looked everywhere, but found nothing." + Frame();
      return;
    case SiteKind::kSoftFrontPage:
      return Redirect(302, origin + "/", url.ToString(), response);
    case SiteKind::kSoftOnePage:
      return Redirect(302, origin + "/404?from=" + url.path, url.ToString(), response);
    case SiteKind::kSoftEcho:
      Say(FetchOutcome::kOk, 200, response);
      response.body = "<title>No page " + url.path + "</title>" + Frame() + "There is no page " +
                      url.path + " here. It is now " + std::to_string(now) + ".";
      return;
    case SiteKind::kFrontForNone:
    case SiteKind::kSpaFallback:
      Say(FetchOutcome::kOk, 200, response);
      response.body = FrontPage(site);
      return;
    case SiteKind::kByQuery:
      Say(FetchOutcome::kOk, 200, response);
      response.body = "<title>Oops</title>That post is not here." + Frame();
      return;
    case SiteKind::kLoginWall:
    case SiteKind::kMembersWall:
    case SiteKind::kConsentWall:
    case SiteKind::kSpaShell:
    case SiteKind::kDualStack:
    case SiteKind::kHeadLies:
    case SiteKind::kPlain:
    case SiteKind::kFlaky:
    case SiteKind::kWall:
    case SiteKind::kSharedTarget:
    case SiteKind::kParked:
    case SiteKind::kHijacked:
    case SiteKind::kVanished:
    case SiteKind::kRecovering:
    case SiteKind::kLeadsToBlocked:
      return Say(FetchOutcome::kNotFound, 404, response);
  }
}

// False if the site has no wall before this page.
bool AnswerWall(const ScriptedSite& site, const std::string& text, Response& response) {
  const auto url = *url::ParseUrl(text);
  const auto origin = "https://" + site.host;
  if (site.kind == SiteKind::kLoginWall) {
    if (url.path != "/login") Redirect(302, origin + "/login?next=" + url.path, text, response);
    return true;
  }
  if (site.kind == SiteKind::kMembersWall && url.path != "/") {
    Redirect(303, origin + "/hello?to=" + Escaped(url.path), text, response);
    return true;
  }
  if (site.kind == SiteKind::kConsentWall) {
    Redirect(307, "https://wall.example.net/?continue=" + Escaped(text), text, response);
    return true;
  }
  return false;
}

PostTruth LivingTruth(int number) {
  if (number % 10 == 3) return PostTruth::kMoved;
  if (number % 10 == 6) return PostTruth::kUpgraded;
  return PostTruth::kAlive;
}

PostTruth DeadTruth(int number) {
  if (number % 4 == 1) return PostTruth::kGone410;
  if (number % 4 == 2) return PostTruth::kDiesLater;
  return PostTruth::kGone404;
}

}  // namespace

ScriptedSite& ScriptedWeb::AddSite(const std::string& host, SiteKind kind) {
  by_host_.emplace(host, sites_.size());
  auto& site = sites_.emplace_back();
  site.host = host;
  site.kind = kind;
  site.is_dead_heavy =
      kind == SiteKind::kParked || kind == SiteKind::kHijacked || kind == SiteKind::kVanished;
  return site;
}

void ScriptedWeb::AddPost(ScriptedSite& site, ScriptedPost post, const std::string& tail) {
  post.url = (post.truth == PostTruth::kUpgraded ? "http://" : "https://") + site.host + tail;
  by_path_.emplace(site.host + tail, std::pair(by_host_.at(site.host), site.posts.size()));
  site.posts.push_back(std::move(post));
}

void ScriptedWeb::AddWithoutFeed(const std::string& host, SiteKind kind, int count,
                                 int dead_percent, const std::set<std::string>& listers) {
  auto& site = AddSite(host, kind);
  site.is_dead_heavy = site.is_dead_heavy || (dead_percent > 70 && count >= kJudgedPostsMin);
  const bool by_query = kind == SiteKind::kByQuery;
  for (int i = 0; i < count; ++i) {
    ScriptedPost post{.url = {}, .truth = {}, .listers = listers};
    const bool dead = i * 100 < dead_percent * count;
    post.truth = dead ? DeadTruth(i) : LivingTruth(i);
    if (kind == SiteKind::kLeadsToBlocked && i < 3) post.truth = PostTruth::kLeadsAway;
    if (by_query && post.truth == PostTruth::kMoved) post.truth = PostTruth::kAlive;
    AddPost(site, std::move(post), (by_query ? "/?p=" : "/2026/post-") + std::to_string(i));
  }
}

void ScriptedWeb::Add(const std::string& host, SiteKind kind, int count, int dead_percent) {
  AddWithoutFeed(host, kind, count, dead_percent, {host});
}

void ScriptedWeb::AddGrownOld(const std::string& host, int living, int gone,
                              const std::set<std::string>& listers) {
  Add(host, SiteKind::kPlain, living, 0);
  auto& site = sites_.back();
  site.is_dead_heavy = living == 0 && gone >= kJudgedPostsMin;
  for (int i = 0; i < gone; ++i) {
    AddPost(site, {.url = {}, .truth = PostTruth::kDiesLater, .listers = listers},
            "/2009/post-" + std::to_string(i));
  }
}

void ScriptedWeb::ListToo(const std::string& host, std::size_t count, const std::string& lister) {
  auto& posts = sites_[by_host_.at(host)].posts;
  for (std::size_t i = 0; i < std::min(count, posts.size()); ++i) posts[i].listers.insert(lister);
}

std::map<std::string, std::vector<std::string>> ScriptedWeb::Feeds() const {
  std::map<std::string, std::vector<std::string>> feeds;
  for (const auto& site : sites_) {
    for (const auto& post : site.posts) {
      for (const auto& lister : post.listers) feeds[lister].push_back(post.url);
    }
  }
  return feeds;
}

std::string ScriptedWeb::SourceOf(const ScriptedSite& site, const ScriptedPost& post) {
  const bool has_feed = std::ranges::any_of(
      site.posts, [&](const ScriptedPost& any) { return any.listers.contains(site.host); });
  return has_feed ? site.host : *post.listers.begin();
}

std::string ScriptedWeb::NewUrl(const ScriptedPost& post) {
  auto url = *url::ParseUrl(post.url);
  url.scheme = "https";
  url.port = 443;
  if (post.truth == PostTruth::kMoved) {
    url.path.insert(schemas::TenantPath(url.path).size(), "/new");
  }
  return url.ToString();
}

bool ScriptedWeb::IsDead(const ScriptedSite& site, const ScriptedPost& post) {
  switch (site.kind) {
    case SiteKind::kHijacked:
    case SiteKind::kVanished:
      return true;
    case SiteKind::kRecovering:
      return false;
    case SiteKind::kPlain:
    case SiteKind::kFlaky:
    case SiteKind::kWall:
    case SiteKind::kSoftInPlace:
    case SiteKind::kSoftFrontPage:
    case SiteKind::kSoftOnePage:
    case SiteKind::kSoftEcho:
    case SiteKind::kSharedTarget:
    case SiteKind::kParked:
    case SiteKind::kLeadsToBlocked:
    case SiteKind::kLoginWall:
    case SiteKind::kMembersWall:
    case SiteKind::kConsentWall:
    case SiteKind::kFrontForNone:
    case SiteKind::kSpaFallback:
    case SiteKind::kSpaShell:
    case SiteKind::kDualStack:
    case SiteKind::kHeadLies:
    case SiteKind::kByQuery:
      break;
  }
  return post.truth == PostTruth::kGone404 || post.truth == PostTruth::kGone410 ||
         post.truth == PostTruth::kDiesLater;
}

// Trouble and refusals of whole sites; false if the page itself is to answer.
bool ScriptedWeb::AnswerTrouble(const ScriptedSite& site, const std::string& url,
                                schemas::UnixSeconds now, Response& response) const {
  if (site.kind == SiteKind::kVanished) {
    Say(FetchOutcome::kDnsFailure, 0, response);
  } else if (site.kind == SiteKind::kWall) {
    response.challenge = Percent(site.host) < 50;
    Say(FetchOutcome::kRefusedByServer, 403, response);
  } else if (site.kind == SiteKind::kParked) {
    Say(FetchOutcome::kOk, 200, response);
    response.body = "<title>" + site.host + "</title>Related searches: shoes, cars, loans";
  } else if (site.kind == SiteKind::kHijacked) {
    Redirect(302, "https://casino.example.net/", url, response);
  } else if (AnswerWall(site, url, response)) {
    response.body = "<title>Welcome</title>Please say who you are." + Frame();
  } else if (site.kind == SiteKind::kSpaShell) {
    Say(FetchOutcome::kOk, 200, response);
    response.body = FrontPage(site);
  } else if (site.kind == SiteKind::kDualStack && Percent(url + std::to_string(now)) < 70) {
    const bool held = Percent(std::to_string(now) + url) < 50;
    Say(held ? FetchOutcome::kTooManyRequests : FetchOutcome::kNoRoute, 0, response);
    if (held) response.retry_after_s = 3600;
  } else if (site.kind == SiteKind::kRecovering && Day(now) < kRecoveryDay) {
    Say(FetchOutcome::kNotFound, 404, response);
  } else if (site.kind == SiteKind::kFlaky) {
    const int dice = Percent(url + std::to_string(now));
    if (dice < 12) {
      Say(FetchOutcome::kServerError, 503, response);
    } else if (dice < 20) {
      Say(FetchOutcome::kTimeout, 0, response);
    } else if (dice < 23) {
      Say(FetchOutcome::kConnectFailure, 0, response);
    } else if (dice < 26) {
      Say(FetchOutcome::kNotFound, 404, response);
    } else {
      return false;
    }
  } else {
    return false;
  }
  return true;
}

void ScriptedWeb::AnswerPost(const ScriptedSite& site, const ScriptedPost& post,
                             schemas::UnixSeconds now, Response& response) const {
  const auto url = *url::ParseUrl(post.url);
  const bool gone =
      IsDead(site, post) && (post.truth != PostTruth::kDiesLater || Day(now) >= kDeathDay);
  if (post.truth == PostTruth::kLeadsAway) return Redirect(302, away_url_, post.url, response);
  if (gone && site.kind == SiteKind::kSharedTarget) {
    return Redirect(301, "https://" + site.host + "/archive", post.url, response);
  }
  const bool honest = site.kind == SiteKind::kPlain || site.kind == SiteKind::kFlaky;
  if (gone && honest && post.truth == PostTruth::kGone410) {
    return Say(FetchOutcome::kGone, 410, response);
  }
  if (gone) return AnswerMissing(site, url, now, response);
  const bool moved = post.truth == PostTruth::kMoved || post.truth == PostTruth::kUpgraded;
  if (moved && response.effective_url != NewUrl(post)) {
    Redirect(301, NewUrl(post), post.url, response);
  } else {
    Say(FetchOutcome::kOk, 200, response);
  }
  response.body = PostPage(site.host, url.path + url.query);
}

fetch::Response ScriptedWeb::Answer(const fetch::Request& request, schemas::UnixSeconds now) const {
  Response response;
  response.ticket = request.ticket;
  response.kind = request.kind;
  response.effective_url = request.url;
  const auto url = *url::ParseUrl(request.url);
  const auto site = by_host_.find(url::SiteName(url));
  const auto hour = (now - begin_at_) / 3600;
  const bool down = std::any_of(outages_.begin(), outages_.end(), [&](const Outage& outage) {
    return hour >= outage.from_day * 24 && hour < outage.from_day * 24 + outage.hours;
  });
  if (down || site == by_host_.end()) {
    Say(FetchOutcome::kDnsFailure, 0, response);
    return response;
  }
  const auto& script = sites_[site->second];
  const auto path = url.path.substr(schemas::TenantPath(url.path).size());
  if (AnswerTrouble(script, request.url, now, response)) {
    // said
  } else if ((path == "/" && url.query.empty()) || path == "/archive" || path == "/404") {
    Say(FetchOutcome::kOk, 200, response);
    response.body = FrontPage(script);
  } else {
    const auto old_path = path.starts_with("/new/") ? path.substr(4) : path;
    const auto query = script.kind == SiteKind::kByQuery ? url.query : std::string();
    const auto post = by_path_.find(script.host + old_path + query);
    if (post == by_path_.end()) {
      AnswerMissing(script, url, now, response);
    } else {
      AnswerPost(script, script.posts[post->second.second], now, response);
    }
  }
  const bool head_lies = script.kind == SiteKind::kHeadLies && !request.wants_body;
  if (head_lies && response.outcome == FetchOutcome::kNotFound) {
    Say(FetchOutcome::kOk, 200, response);
  }
  if (!request.wants_body || response.outcome != FetchOutcome::kOk) response.body.clear();
  return response;
}

}  // namespace saunter::crawler::loop
