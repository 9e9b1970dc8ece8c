// A web with a known truth, for simulations: sites of every kind, their posts, and what each
// answers at a given time. No sockets; the same request at the same time has the same answer.
#pragma once

#include <cstdint>
#include <map>
#include <set>
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
  std::set<std::string> listers = {};  // names of the sites whose feeds list it
};

struct ScriptedSite {
  std::string host;  // its name: a tenant's has a path
  SiteKind kind = SiteKind::kPlain;
  std::vector<ScriptedPost> posts;
  bool is_dead_heavy = false;  // it must be blacklisted in the end
};

class ScriptedWeb {
 public:
  explicit ScriptedWeb(schemas::UnixSeconds begin_at) : begin_at_(begin_at) {}

  // Gives the site `count` posts, of which `dead_percent` are gone, and a feed that lists them.
  void Add(const std::string& host, SiteKind kind, int count, int dead_percent);
  // The same, but only feeds of others list them.
  void AddWithoutFeed(const std::string& host, SiteKind kind, int count, int dead_percent,
                      const std::set<std::string>& listers);
  // A living site with a feed; of `gone` further posts, which lived at first, only others tell.
  void AddGrownOld(const std::string& host, int living, int gone,
                   const std::set<std::string>& listers);
  // One more feed lists the site's first posts, as many of them.
  void ListToo(const std::string& host, std::size_t count, const std::string& lister);
  [[nodiscard]] const std::vector<ScriptedSite>& sites() const { return sites_; }
  // What each feed lists, by the name of its site.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> Feeds() const;

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
  // For whom the post counts in a fair choice, if feeds were read in the order of their names.
  [[nodiscard]] static std::string SourceOf(const ScriptedSite& site, const ScriptedPost& post);
  // The address of a post that has moved for good.
  [[nodiscard]] static std::string NewUrl(const ScriptedPost& post);

 private:
  struct Outage {
    int from_day = 0;
    int hours = 0;
  };

  ScriptedSite& AddSite(const std::string& host, SiteKind kind);
  void AddPost(ScriptedSite& site, ScriptedPost post, const std::string& tail);
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
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> by_path_;  // name/path
  std::vector<Outage> outages_;
  std::string away_url_;
};

}  // namespace saunter::crawler::loop
