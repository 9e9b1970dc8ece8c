// Sixty days of probing a web with a known truth: the real judge, the real batches, a real
// database, a clock that is told the time, and no sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "crawler/health/pattern.h"
#include "crawler/loop/outage.h"
#include "crawler/loop/probe_stream.h"
#include "crawler/url/url.h"
#include "crawler/write/batch.h"
#include "tests/crawler/loop/scripted_web.h"
#include "tests/crawler/loop/source_draws.h"
#include "tests/store/fixture.h"

namespace saunter::crawler::loop {
namespace {

using schemas::LinkState;
using schemas::UnixSeconds;

constexpr UnixSeconds kBegin = 1'800'000'000;
constexpr int kDays = 60;
constexpr int kPostsPerSite = 50;
constexpr int kSlanderLinks = 10000;
constexpr int kMovedSlanderLinks = 60;
constexpr std::int64_t kDueMax = 4000;
constexpr const char* kVictim = "victim.example";
constexpr const char* kMovedOnto = "movedonto.example";  // by the slanderer's feed
constexpr const char* kBlocked = "blocked.example";
constexpr const char* kFarm = "farm.example";      // one feed, a sub-host for every post
constexpr const char* kPlanet = "planet.example";  // one feed, other people's posts
constexpr int kFarmHosts = 2000;
constexpr int kPlanetTargets = 400;
constexpr int kPostsGrownOld = 60;

std::string Name(const char* kind, int number) {
  return std::string(kind) + std::to_string(number) + "." + kind + std::to_string(number) + ".test";
}

// A farm, whose hosts look like so many sites, and a planet that lists those who have no feed, and
// some posts of those who have one.
void AddFarmAndPlanet(ScriptedWeb& web) {
  for (int i = 0; i < kFarmHosts; ++i) {
    web.AddWithoutFeed("h" + std::to_string(i) + "." + kFarm, SiteKind::kPlain, 1,
                       i % 20 == 0 ? 100 : 0, {kFarm});
  }
  for (int i = 0; i < kPlanetTargets; ++i) {
    web.AddWithoutFeed(Name("target", i), SiteKind::kPlain, 2, i % 10 == 0 ? 50 : 0, {kPlanet});
  }
  for (int i = 0; i < 40; ++i) web.ListToo(Name("plain", i), 2, kPlanet);
  for (int i = 0; i < 4; ++i) web.ListToo(Name("shared", i), 2, kPlanet);
}

// Tenants of one host: some alive, some of whom little is left.
void AddTenants(ScriptedWeb& web) {
  for (int i = 0; i < 12; ++i) {
    const auto number = std::to_string(i);
    const bool heavy = i % 3 == 2;
    web.Add((heavy ? "tilde.example/~gone" : "tilde.example/~here") + number,
            i % 2 == 0 ? SiteKind::kPlain : SiteKind::kFlaky, kPostsPerSite, heavy ? 90 : 12);
  }
  web.Add("tilde.example", SiteKind::kPlain, kPostsPerSite, 0);
}

// Living sites of which others list what died, and what never was.
void AddSlandered(ScriptedWeb& web) {
  web.AddGrownOld("tilde.example/~ann", 20, kPostsGrownOld,
                  {"tilde.example", "tilde.example/~eve", "tilde.example/~mallory",
                   "tilde.example/~trudy", "tilde.example/~wendy"});
  web.AddGrownOld(
      "ann.bearblog.dev", 20, kPostsGrownOld,
      {"eve.bearblog.dev", "mallory.bearblog.dev", "trudy.bearblog.dev", "wendy.bearblog.dev"});
  web.AddGrownOld(
      "pauline.example", 20, kPostsGrownOld,
      {"eve.github.io", "mallory.github.io", "trudy.github.io", "eve.example", "blog.eve.example"});
  // Three strangers and more: the site is given up.
  web.AddGrownOld("quit.example", 0, kPostsGrownOld,
                  {"carl.github.io", "dave.neocities.org", "carl.example", "dave.example"});
}

// Kinds of sites by the hundred, and ten thousand posts.
void AddSites(ScriptedWeb& web) {
  const auto add = [&](const char* name, SiteKind kind, int sites, int dead_percent) {
    for (int i = 0; i < sites; ++i) web.Add(Name(name, i), kind, kPostsPerSite, dead_percent);
  };
  add("plain", SiteKind::kPlain, 60, 12);
  add("heavy", SiteKind::kPlain, 16, 90);
  add("flaky", SiteKind::kFlaky, 16, 8);
  add("wall", SiteKind::kWall, 10, 0);
  add("inplace", SiteKind::kSoftInPlace, 12, 20);
  add("inplaceheavy", SiteKind::kSoftInPlace, 4, 90);
  add("front", SiteKind::kSoftFrontPage, 12, 20);
  add("frontheavy", SiteKind::kSoftFrontPage, 4, 90);
  add("onepage", SiteKind::kSoftOnePage, 12, 20);
  add("onepageheavy", SiteKind::kSoftOnePage, 4, 90);
  add("echo", SiteKind::kSoftEcho, 12, 20);
  add("echoheavy", SiteKind::kSoftEcho, 4, 90);
  add("shared", SiteKind::kSharedTarget, 8, 20);
  add("parked", SiteKind::kParked, 8, 0);
  add("hijacked", SiteKind::kHijacked, 5, 0);
  add("vanished", SiteKind::kVanished, 5, 0);
  add("back", SiteKind::kRecovering, 4, 0);
  add("leads", SiteKind::kLeadsToBlocked, 2, 0);
  add("login", SiteKind::kLoginWall, 4, 0);
  add("members", SiteKind::kMembersWall, 4, 0);
  add("consent", SiteKind::kConsentWall, 4, 0);
  add("frontfornone", SiteKind::kFrontForNone, 6, 20);
  add("frontfornoneheavy", SiteKind::kFrontForNone, 2, 90);
  add("spafallback", SiteKind::kSpaFallback, 6, 20);
  add("spashell", SiteKind::kSpaShell, 4, 0);
  add("dual", SiteKind::kDualStack, 6, 0);
  add("headlies", SiteKind::kHeadLies, 6, 20);
  add("headliesheavy", SiteKind::kHeadLies, 2, 90);
  add("query", SiteKind::kByQuery, 6, 20);
  web.Add(kMovedOnto, SiteKind::kPlain, kPostsPerSite, 0);
  web.Add(kVictim, SiteKind::kPlain, kPostsPerSite, 10);
  web.Add(kBlocked, SiteKind::kPlain, kPostsPerSite, 0);
  AddFarmAndPlanet(web);
  AddTenants(web);
  AddSlandered(web);
  web.LeadAwayTo(std::string("https://www.") + kBlocked + "/2026/post-1");
  web.AddOutage(3, 6);
  web.AddOutage(20, 30);
  web.AddOutage(41, 1);
}

schemas::EntryIntake EntryOf(const std::string& text, int number, UnixSeconds next_check_at) {
  const auto url = *url::ParseUrl(text);
  schemas::EntryIntake entry;
  entry.guid_key = url::TextKey(text);
  entry.url_key = schemas::ShortKey(url::UrlKey(text));
  entry.url = text;
  entry.host = url::SiteName(url);
  entry.registrable_domain = url::RegistrableDomain(url.host);
  entry.title = "Post " + std::to_string(number);
  entry.next_check_at = next_check_at;
  entry.content_key = url::TextKey(text);
  return entry;
}

// Addresses of a site that never were.
std::vector<std::string> Invented(const std::string& host, int count) {
  std::vector<std::string> urls;
  for (int i = 0; i < count; ++i) {
    urls.push_back("https://" + host + "/slander/" + std::to_string(i));
  }
  return urls;
}

bool IsFarmHost(const std::string& host) { return host.ends_with(std::string(".") + kFarm); }

struct Score {
  int dead_and_held = 0;    // truth dead, withheld from readers
  int dead_and_served = 0;  // truth dead, missed
  int alive_called_dead = 0;
  int dead_called_dead = 0;
  int moved = 0;
  int moved_found = 0;
};

class SixtyDays : public store::StoreTest {
 protected:
  void SetUp() override {
    OpenWriter();
    AddSites(web_);
    settings_all_.store = settings_;
    for (const auto& [site, urls] : web_.Feeds()) AddFeedOf(site, urls);
    AddFeedOf("slander.example", Invented(kVictim, kSlanderLinks));
    // The host does not speak for its tenants, nor one of them for another.
    AddFeedOf("tilde.example/~slander", Invented("tilde.example/~here0", kMovedSlanderLinks));
    AddFeedOf("slander.github.io", Invented("pauline.example", kMovedSlanderLinks));
    SlanderAndMove();
    reader_ = OpenReader();
  }

  void AddFeedOf(const std::string& host, const std::vector<std::string>& urls) {
    const auto domain = url::RegistrableDomain(schemas::HostOfSite(host));
    schemas::AddFeed add;
    add.url = "https://" + host + "/feed";
    add.host = host;
    add.registrable_domain = domain;
    EXPECT_EQ(Change(add, kBegin), schemas::ChangeOutcome::kDone);
    const auto feed_id = OpenReader()->FindFeed(add.url)->feed_id;
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed.feed_id = feed_id;
    crawl.feed.url = "https://" + host + "/feed";
    crawl.feed.host = host;
    crawl.feed.registrable_domain = domain;
    crawl.feed.checked_at = kBegin;
    crawl.feed.next_check_at = kBegin + 86400LL * 365;
    crawl.fetch.fetched_at = kBegin;
    int number = 0;
    for (const auto& url : urls) {
      crawl.entries.push_back(EntryOf(url, number, kBegin + 10LL * number));
      ++number;
    }
    Commit(batch, kBegin);
  }

  // A stranger lists addresses that never were, and its feed moves onto the victim's own.
  void SlanderAndMove() {
    AddFeedOf("evil.example", Invented(kMovedOnto, kMovedSlanderLinks));
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = OpenReader()
                     ->FindFeed(OpenReader()->FindFeed("https://evil.example/feed")->feed_id)
                     .value();
    crawl.feed.url = std::string("https://") + kMovedOnto + "/feed";
    crawl.feed.host = crawl.feed.registrable_domain = kMovedOnto;
    crawl.fetch.fetched_at = kBegin;
    Commit(batch, kBegin);
  }

  write::BatchReport Commit(const schemas::WriteBatch& batch, UnixSeconds now) {
    return write::WriteOneBatch(*writer_, batch, blacklist_, settings_all_.health, now);
  }
  schemas::ChangeOutcome Change(schemas::OperatorChange change, UnixSeconds now) {
    schemas::WriteBatch batch;
    batch.changes.push_back(std::move(change));
    return Commit(batch, now).outcomes.at(0);
  }
  judge::JudgeInputs Inputs(UnixSeconds now) {
    return {.settings = settings_all_,
            .blacklist = *blacklist_,
            .now = now,
            .random = std::uniform_real_distribution<double>(0, 1)(random_),
            .outage = false};
  }

  // One turn of probing and one batch; false when nothing was due.
  bool Turn(UnixSeconds now) {
    const auto& health = settings_all_.health;
    auto due = reader_->DueLinks(
        {.now = now, .count_max = kDueMax, .fresh_percent = health.fresh_probes_percent});
    for (auto& link : due.links) stream_.Add(std::move(link));
    std::vector<ProbeOutput> results;
    while (const auto request = stream_.Next(*blacklist_, now, health, results)) {
      ++requests_;
      const auto response = web_.Answer(*request, now);
      stream_.Take(response, watch_, Inputs(now), results);
    }
    watch_.Tick(now);
    stream_.Settle(ProbeStream::Held::kDue, watch_, Inputs(now), results);
    if (results.empty()) return false;
    schemas::WriteBatch batch;
    for (auto& result : results) {
      if (auto* probe = std::get_if<schemas::ProbeResult>(&result)) {
        batch.probes.push_back(std::move(*probe));
      } else {
        batch.looks.push_back(std::get<schemas::SiteLook>(std::move(result)));
      }
    }
    probes_ += std::ssize(batch.probes);
    Commit(batch, now);
    CheckPool(batch);
    return true;
  }

  // In the batch of its verdict a link is gone from the pool.
  void CheckPool(const schemas::WriteBatch& batch) {
    for (const auto& probe : batch.probes) {
      stream_.Forget(probe.link_id);
      if (schemas::IsServable(probe.state)) continue;
      ASSERT_FALSE(reader_->FindLink(probe.link_id)) << "link " << probe.link_id << " is served";
    }
  }

  // What the pool holds against the blacklist as a whole.
  void CheckWholePool() {
    for (const auto& link : PoolUrls()) {
      ASSERT_FALSE(blacklist_->MatchUrl(link)) << link << " is served though blacklisted";
    }
  }

  void Live(int from_day, int to_day) {
    for (auto now = kBegin + from_day * 86400LL; now < kBegin + to_day * 86400LL; now += 3600) {
      while (Turn(now)) {
      }
      // Failures that are held are judged some minutes later.
      while (Turn(now + 300)) {
      }
    }
    CheckWholePool();
  }

  [[nodiscard]] bool IsBlacklisted(const std::string& host) {
    const auto site = reader_->FindSite(host);
    return site && site->blacklisted_at.has_value();
  }

  void KeepOneOut(UnixSeconds now);
  void ExpectJustSites();
  Score ScoreLinks();
  void ExpectJustLinks();
  std::map<std::string, std::string> ServedBySource();
  void ExpectTheSameChanceForEachSource();
  void ExpectSound() { EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty()); }

  ScriptedWeb web_{kBegin};
  schemas::Settings settings_all_;
  std::shared_ptr<const health::Blacklist> blacklist_ =
      std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>());
  std::unique_ptr<store::Reader> reader_;
  OutageWatch watch_;
  ProbeStream stream_{7};
  std::mt19937_64 random_{11};
  std::int64_t requests_ = 0;
  std::int64_t probes_ = 0;
};

Score SixtyDays::ScoreLinks() {
  // Links as the database has them, by address.
  std::unordered_map<std::string, LinkState> states;
  for (const auto& link :
       reader_->DueLinks({.now = kBegin + 86400LL * 400, .count_max = 1000000}).links) {
    states.emplace(link.url, link.state);
  }
  Score score;
  for (const auto& site : web_.sites()) {
    const bool blacklisted = IsBlacklisted(site.host);
    if (site.kind == SiteKind::kParked || site.host == kBlocked) continue;
    const bool walled = site.kind == SiteKind::kLoginWall || site.kind == SiteKind::kMembersWall ||
                        site.kind == SiteKind::kConsentWall || site.kind == SiteKind::kSpaShell;
    if (IsFarmHost(site.host) && !reader_->FindSite(site.host)) continue;  // beyond the budget
    for (const auto& post : site.posts) {
      if (post.truth == PostTruth::kLeadsAway) continue;
      auto found = states.find(post.url);
      const bool moved = post.truth == PostTruth::kMoved || post.truth == PostTruth::kUpgraded;
      if (moved && !blacklisted && !walled && site.kind != SiteKind::kWall) {
        ++score.moved;
        if (states.contains(ScriptedWeb::NewUrl(post))) ++score.moved_found;
      }
      if (found == states.end()) found = states.find(ScriptedWeb::NewUrl(post));
      if (found == states.end()) {
        ADD_FAILURE() << post.url << " is lost";
        continue;
      }
      const bool dead = ScriptedWeb::IsDead(site, post);
      const bool called_dead = found->second == LinkState::kDead;
      if (called_dead) ++(dead ? score.dead_called_dead : score.alive_called_dead);
      // What a browser may build of its front page cannot be told from what is gone.
      if (dead && site.kind != SiteKind::kSpaFallback) {
        const bool held = called_dead || blacklisted;
        ++(held ? score.dead_and_held : score.dead_and_served);
      }
    }
  }
  return score;
}

// The links that are served, by their address, with their true source.
std::map<std::string, std::string> SixtyDays::ServedBySource() {
  std::map<std::string, std::string> sources;
  for (const auto& site : web_.sites()) {
    for (const auto& post : site.posts) {
      const auto source = ScriptedWeb::SourceOf(site, post);
      sources.emplace(post.url, source);
      sources.emplace(ScriptedWeb::NewUrl(post), source);
    }
  }
  std::map<std::string, std::string> served;
  for (const auto& url : PoolUrls()) {
    const auto source = sources.find(url);
    if (source == sources.end()) {
      ADD_FAILURE() << url << " never was, and is served";
    } else {
      served.insert(*source);
    }
  }
  return served;
}

// As readers draw: a farm and a planet weigh what one blog weighs.
void SixtyDays::ExpectTheSameChanceForEachSource() {
  constexpr std::size_t kDrawsOfEach = 200;
  const auto served = ServedBySource();
  std::map<std::string, std::int64_t> none;
  for (const auto& [url, source] : served) none.emplace(source, 0);
  ASSERT_TRUE(none.contains(kFarm));
  ASSERT_TRUE(none.contains(kPlanet));
  for (const int step : {1, 2, 5}) {
    auto counts = none;
    for (const auto link_id : DrawAsReaders(settings_, kDrawsOfEach * counts.size(), step, 17)) {
      ++counts.at(served.at(reader_->FindLink(link_id)->url));
    }
    const auto chi_square = ChiSquare(counts);
    const auto bound = ChiSquareBound(counts.size() - 1);
    std::printf("step %d: chi-square %.1f over %zu sources, bound %.1f\n", step, chi_square,
                counts.size(), bound);
    EXPECT_LT(chi_square, bound);
  }
  // A choice among links would be found.
  auto by_links = none;
  std::vector<std::string> links;
  for (const auto& [url, source] : served) links.push_back(source);
  for (std::size_t i = 0; i < kDrawsOfEach * none.size(); ++i) {
    ++by_links.at(links[random_() % links.size()]);
  }
  EXPECT_GT(ChiSquare(by_links), ChiSquareBound(none.size() - 1));
}

// An operator keeps a living site out, and lists that are imported hold it in every spelling.
void SixtyDays::KeepOneOut(UnixSeconds now) {
  schemas::BlacklistEntry entry;
  entry.pattern = *health::NormalisePattern(std::string("https://www.") + kBlocked + "/").pattern;
  entry.reason = "asked us to";
  entry.added_at = kBegin;
  EXPECT_EQ(Change(schemas::AddBlacklist{entry}, now), schemas::ChangeOutcome::kDone);
  EXPECT_TRUE(IsBlacklisted(kBlocked));
  for (const std::string url :
       {"https://blocked.example/feed", "http://blocked.example/feed/",
        "http://www.blocked.example/feed", "https://www.blocked.example/"}) {
    schemas::AddFeed add;
    add.url = url;
    add.host = kBlocked;
    add.registrable_domain = kBlocked;
    EXPECT_EQ(Change(add, now + 86400), schemas::ChangeOutcome::kBlacklisted) << url;
  }
}

void SixtyDays::ExpectJustSites() {
  EXPECT_TRUE(IsBlacklisted(kBlocked)) << "an operator's entry is for ever";
  for (const auto& site : web_.sites()) {
    if (site.host == kBlocked) continue;
    EXPECT_EQ(IsBlacklisted(site.host), site.is_dead_heavy)
        << site.host << ": " << reader_->FindSite(site.host)->blacklist_reason;
    if (site.kind != SiteKind::kRecovering) continue;
    const auto back = *reader_->FindSite(site.host);
    EXPECT_EQ(back.links_in_pool, kPostsPerSite) << site.host << " is back without an operator";
    EXPECT_EQ(back.decisions.at(0).kind, schemas::DecisionKind::kReturned);
    EXPECT_EQ(back.decisions.at(1).kind, schemas::DecisionKind::kDeadShare);
    EXPECT_EQ(back.decisions.at(1).sample_urls.size(), 5U);
  }
  const auto farm_hosts = std::ranges::count_if(web_.sites(), [&](const ScriptedSite& site) {
    return IsFarmHost(site.host) && reader_->FindSite(site.host).has_value();
  });
  EXPECT_EQ(farm_hosts, settings_.source_sites_max);
}

void SixtyDays::ExpectJustLinks() {
  const auto score = ScoreLinks();
  const auto share = [](int part, int rest) { return static_cast<double>(part) / (part + rest); };
  const auto precision = share(score.dead_called_dead, score.alive_called_dead);
  const auto recall = share(score.dead_and_held, score.dead_and_served);
  const auto moves = share(score.moved_found, score.moved - score.moved_found);
  std::printf(
      "%lld requests, %lld probes: precision %.4f, recall %.4f of dead links; %.4f of moved links "
      "have their new address\n",
      static_cast<long long>(requests_), static_cast<long long>(probes_), precision, recall, moves);
  EXPECT_GE(precision, 0.99);
  EXPECT_GE(recall, 0.99);
  EXPECT_GE(moves, 0.99);
  const auto served = PoolUrls();
  for (const auto& site : web_.sites()) {
    if (site.kind != SiteKind::kLeadsToBlocked) continue;
    for (const auto& url : served) {
      EXPECT_FALSE(url.ends_with(site.host + "/2026/post-1")) << "it leads to a blocked site";
    }
  }
}

TEST_F(SixtyDays, EndsWithTheLivingServedAndTheDeadNot) {
  Live(0, 10);
  KeepOneOut(kBegin + 10 * 86400);
  Live(10, 30);
  for (const auto& site : web_.sites()) {
    if (site.kind == SiteKind::kRecovering) {
      EXPECT_TRUE(IsBlacklisted(site.host)) << site.host;
    }
  }
  Live(30, kDays);
  ExpectJustSites();
  ExpectJustLinks();
  ExpectTheSameChanceForEachSource();
  ExpectSound();
}

}  // namespace
}  // namespace saunter::crawler::loop
