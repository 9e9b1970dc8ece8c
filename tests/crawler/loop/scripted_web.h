// A web with a known truth, for simulations: sites of every kind, their posts, and what each
// answers at a given time. No sockets; the same request at the same time has the same answer.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawler/fetch/fetcher.h"
#include "schemas/units.h"

namespace saunter::crawler::loop {

enum class SiteKind {
  kPlain,           // honest: 404, 410 for what is gone
  kFlaky,           // now and then 5xx, time-outs, refused connections, a wrong 404
  kWall,            // 403 or a challenge for everything
  kSoftInPlace,     // 200 with one and the same page for what is gone
  kSoftFrontPage,   // redirects to its front page
  kSoftOnePage,     // redirects to "/404?from=…"
  kSoftEcho,        // 200 with a page that repeats the address and tells the time, in a large frame
  kSharedTarget,    // honest, but redirects what is gone to its archive
  kParked,          // one page for everything
  kHijacked,        // all of it leads to another domain's front page
  kVanished,        // the name does not resolve
  kRecovering,      // everything is gone, until it is back
  kLeadsToBlocked,  // living, but some posts redirect to what the operator keeps out
  kLoginWall,       // living, and all of it redirects to its login
  kMembersWall,     // living; what is not its front page redirects to a page of no telling name
  kConsentWall,     // living, and all of it redirects to another host, which asks for consent
  kFrontForNone,    // gives its front page, in place, for what is gone
  kSpaFallback,     // the same, with a script in it
  kSpaShell,        // living, but all of it is one page with a script
  kDualStack,       // living; its second address has no route, our own pace keeps us from the first
  kHeadLies,        // 200 for every HEAD, honest to a GET
  kByQuery,         // posts are "/?p=12"; gives a page of its own, in place, for what is gone
};

enum class PostTruth { kAlive, kMoved, kUpgraded, kGone404, kGone410, kDiesLater, kLeadsAway };

struct ScriptedPost {
  std::string url;
  PostTruth truth = PostTruth::kAlive;
};

struct ScriptedSite {
  std::string host;
  SiteKind kind = SiteKind::kPlain;
  std::vector<ScriptedPost> posts;
  bool is_dead_heavy = false;  // it must be blacklisted in the end
};

class ScriptedWeb {
 public:
  explicit ScriptedWeb(schemas::UnixSeconds begin_at) : begin_at_(begin_at) {}

  // Gives the site `count` posts of which `dead_percent` are gone.
  void Add(const std::string& host, SiteKind kind, int count, int dead_percent);
  [[nodiscard]] const std::vector<ScriptedSite>& sites() const { return sites_; }
  [[nodiscard]] const ScriptedSite& SiteOf(const std::string& host) const {
    return sites_[by_host_.at(host)];
  }

  // Everything fails from `from_day` for so many hours.
  void AddOutage(int from_day, int hours) { outages_.push_back({from_day, hours}); }
  // Where posts of kind kLeadsAway redirect to.
  void LeadAwayTo(std::string url) { away_url_ = std::move(url); }
  // From that day on posts that die later are gone, and recovering sites are back.
  static constexpr int kDeathDay = 12;
  static constexpr int kRecoveryDay = 25;

  [[nodiscard]] fetch::Response Answer(const fetch::Request& request,
                                       schemas::UnixSeconds now) const;
  // Whether readers should not be sent there any more, at the end of all.
  [[nodiscard]] static bool IsDead(const ScriptedSite& site, const ScriptedPost& post);
  // The address of a post that has moved for good.
  [[nodiscard]] static std::string NewUrl(const ScriptedPost& post);

 private:
  struct Outage {
    int from_day = 0;
    int hours = 0;
  };

  void AnswerPost(const ScriptedSite& site, const ScriptedPost& post, schemas::UnixSeconds now,
                  fetch::Response& response) const;
  [[nodiscard]] bool AnswerTrouble(const ScriptedSite& site, const std::string& url,
                                   schemas::UnixSeconds now, fetch::Response& response) const;
  [[nodiscard]] std::int64_t Day(schemas::UnixSeconds now) const {
    return (now - begin_at_) / 86400;
  }

  const schemas::UnixSeconds begin_at_;
  std::vector<ScriptedSite> sites_;
  std::unordered_map<std::string, std::size_t> by_host_;
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> by_path_;  // host/path
  std::vector<Outage> outages_;
  std::string away_url_;
};

}  // namespace saunter::crawler::loop
