// What the rule does to sites within batches: blacklisting, parole, return, and the operator's
// word.
#include <gmock/gmock.h>

#include "crawler/write/batch.h"
#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using schemas::ChangeOutcome;
using schemas::DecisionKind;
using schemas::LinkState;
using schemas::UnixSeconds;
using store::Entry;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kDay = 86400;

class SiteRule : public WriteTest {
 protected:
  void SetUp() override { OpenWriter(); }

  BatchReport Write(const schemas::WriteBatch& batch, UnixSeconds now = kNow) {
    return WriteOneBatch(*writer_, batch, blacklist_, all_settings_.health, now);
  }
  ChangeOutcome Change(schemas::OperatorChange change) {
    schemas::WriteBatch batch;
    batch.changes.push_back(std::move(change));
    return Write(batch).outcomes.at(0);
  }
  static schemas::OperatorChange Allowing(const std::string& pattern) {
    schemas::BlacklistEntry entry;
    entry.pattern = pattern;
    entry.source = schemas::BlacklistSource::kAllow;
    entry.added_at = kNow;
    return schemas::AddBlacklist{entry};
  }

  // `feed_host` lists `count` posts of `host`, numbered from `first`.
  void List(const std::string& feed_host, const std::string& host, int first, int count) {
    const auto url = "https://" + feed_host + "/feed" + std::to_string(first);
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back(Crawled(AddFeed(url, feed_host), {}));
    crawl.feed.url = url;
    crawl.feed.host = crawl.feed.registrable_domain = feed_host;
    for (int i = first; i < first + count; ++i) crawl.entries.push_back(Entry(host, i));
    Write(batch);
  }
  std::vector<schemas::Id> LinksOf(const std::string& host) {
    auto reader = OpenReader();
    std::vector<schemas::Id> ids;
    for (const auto& link : reader->LinkUrls(reader->FindSite(host)->site_id, {})) {
      ids.push_back(link.link_id);
    }
    return ids;
  }
  void Probe(const std::vector<schemas::Id>& links, LinkState state, UnixSeconds now) {
    schemas::WriteBatch batch;
    for (const auto link_id : links) {
      auto& probe = batch.probes.emplace_back(store::Probe(link_id, state));
      if (state == LinkState::kAlive) probe.verdict = schemas::Verdict::kAlive;
      probe.checked_at = now;
      probe.next_check_at = now + 90 * kDay;
    }
    Write(batch, now);
  }
  // A site of thirty posts of its own, all dead at kNow.
  void Condemn(const std::string& host) {
    List(host, host, 1, 30);
    Probe(LinksOf(host), LinkState::kDead, kNow);
  }
  [[nodiscard]] bool IsBlacklisted(const std::string& host) {
    const auto site = OpenReader()->FindSite(host);
    EXPECT_EQ(site->blacklisted_at.has_value(), blacklist_->MatchHost(host).has_value());
    return site->blacklisted_at.has_value();
  }
  std::vector<schemas::DueLink> Due(UnixSeconds now) {
    return OpenReader()->DueLinks({.now = now, .count_max = 1000}).links;
  }
  std::vector<schemas::Id> Sample(const std::string& host, UnixSeconds now) {
    Write({}, now);  // any batch draws it
    std::vector<schemas::Id> ids;
    for (const auto& link : Due(now)) {
      if (!link.on_parole) continue;
      EXPECT_EQ(link.host, host);
      ids.push_back(link.link_id);
    }
    return ids;
  }
  void ExpectSound() { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  std::shared_ptr<const health::Blacklist> blacklist_ =
      std::make_shared<const health::Blacklist>(std::vector<schemas::BlacklistEntry>());
};

TEST_F(SiteRule, CondemnsASiteByItsOwnFeedAndKeepsTheEvidence) {
  Condemn("dead.example");
  EXPECT_TRUE(IsBlacklisted("dead.example"));
  const auto site = *OpenReader()->FindSite("dead.example");
  ASSERT_THAT(site.decisions, SizeIs(1));
  EXPECT_EQ(site.decisions[0].kind, DecisionKind::kDeadShare);
  EXPECT_EQ(site.decisions[0].links_dead, 30);
  EXPECT_EQ(site.decisions[0].sample_urls.front(), "https://dead.example/1");
  ExpectSound();
}

TEST_F(SiteRule, CondemnsATenantAndSparesItsHostAndTheOthers) {
  for (const auto* site : {"tilde.example", "tilde.example/~ann", "tilde.example/~bob"}) {
    List(site, site, 1, 30);
  }
  Probe(LinksOf("tilde.example/~ann"), LinkState::kDead, kNow);
  EXPECT_TRUE(IsBlacklisted("tilde.example/~ann"));
  EXPECT_FALSE(IsBlacklisted("tilde.example/~bob"));
  EXPECT_FALSE(IsBlacklisted("tilde.example"));
  Probe(LinksOf("tilde.example"), LinkState::kDead, kNow);
  EXPECT_TRUE(IsBlacklisted("tilde.example"));
  EXPECT_FALSE(IsBlacklisted("tilde.example/~bob"));
  const auto now = kNow + 30 * kDay;
  // Who is asked is the host, whichever the tenant.
  const auto sample = Sample("tilde.example", now);
  ASSERT_THAT(sample, SizeIs(40));
  Probe(sample, LinkState::kAlive, now);
  EXPECT_FALSE(IsBlacklisted("tilde.example/~ann")) << "back after its parole";
  EXPECT_FALSE(IsBlacklisted("tilde.example"));
  EXPECT_EQ(blacklist_->size(), 0U);
  ExpectSound();
}

TEST_F(SiteRule, TakesAnOperatorsWordOnOneTenantOrOnAll) {
  for (const auto* site : {"tilde.example", "tilde.example/~ann", "tilde.example/~bob"}) {
    List(site, site, 1, 30);
  }
  EXPECT_EQ(Change(Blacklisting("tilde.example/~ann/")), ChangeOutcome::kDone);
  EXPECT_TRUE(IsBlacklisted("tilde.example/~ann"));
  EXPECT_FALSE(IsBlacklisted("tilde.example/~bob"));
  ExpectSound();
  EXPECT_EQ(Change(schemas::RemoveBlacklist{"tilde.example/~ann/"}), ChangeOutcome::kDone);
  EXPECT_FALSE(IsBlacklisted("tilde.example/~ann"));
  EXPECT_THAT(PoolUrls(), SizeIs(90));
  EXPECT_EQ(Change(Blacklisting("tilde.example")), ChangeOutcome::kDone);
  for (const auto* site : {"tilde.example", "tilde.example/~ann", "tilde.example/~bob"}) {
    EXPECT_TRUE(IsBlacklisted(site)) << site;
  }
  EXPECT_THAT(PoolUrls(), IsEmpty());
  ExpectSound();
}

TEST_F(SiteRule, ReplacesItsWordOnTenantsByAnOperatorsOnTheHost) {
  List("tilde.example/~ann", "tilde.example/~ann", 1, 30);
  Probe(LinksOf("tilde.example/~ann"), LinkState::kDead, kNow);
  ASSERT_TRUE(IsBlacklisted("tilde.example/~ann"));
  EXPECT_EQ(Change(Allowing("tilde.example")), ChangeOutcome::kDone);
  EXPECT_EQ(blacklist_->size(), 0U);
  EXPECT_FALSE(IsBlacklisted("tilde.example/~ann"));
  ExpectSound();
}

TEST_F(SiteRule, LetsNoStrangerCondemnASite) {
  List("victim.example", "victim.example", 1, 3);
  List("slander.example", "victim.example", 100, 60);
  const auto links = LinksOf("victim.example");
  const std::vector<schemas::Id> strange(links.begin() + 3, links.end());
  Probe(strange, LinkState::kDead, kNow);
  EXPECT_FALSE(IsBlacklisted("victim.example"));
  List("second.example", "victim.example", 100, 60);
  List("third.example", "victim.example", 100, 60);
  Probe({links[0]}, LinkState::kAlive, kNow);
  EXPECT_FALSE(IsBlacklisted("victim.example")) << "nobody has ever seen those links";
  Probe(strange, LinkState::kAlive, kNow);
  Probe(strange, LinkState::kDead, kNow);
  EXPECT_TRUE(IsBlacklisted("victim.example")) << "three domains together may";
}

// The old address lists invented posts of the victim, and then leads to the victim's feed.
TEST_F(SiteRule, LetsNoFeedThatMovesCarryItsWordAlong) {
  for (const bool known : {false, true}) {
    const std::string victim = known ? "known.example" : "unknown.example";
    const auto feed = "https://" + victim + "/feed1";
    if (known) List(victim, victim, 1, 3);
    const auto evil = "evil-" + victim;
    List(evil, victim, 100, 60);
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back(Crawled(
        OpenReader()->FindFeed("https://" + evil + "/feed100")->feed_id, {Entry(victim, 4)}));
    crawl.feed.url = feed;
    crawl.feed.host = crawl.feed.registrable_domain = victim;
    Write(batch);
    ASSERT_TRUE(OpenReader()->FindFeed(feed));
    Probe(LinksOf(victim), LinkState::kDead, kNow);
    EXPECT_FALSE(IsBlacklisted(victim));
    ExpectSound();
  }
}

TEST_F(SiteRule, LooksAtASampleAfterThirtyDaysAndLetsARecoveredSiteBack) {
  Condemn("dead.example");
  EXPECT_THAT(Sample("dead.example", kNow + 30 * kDay - 1), IsEmpty());
  const auto now = kNow + 30 * kDay;
  const auto sample = Sample("dead.example", now);
  ASSERT_THAT(sample, SizeIs(20));
  Probe({sample.begin(), sample.begin() + 19}, LinkState::kAlive, now);
  EXPECT_TRUE(IsBlacklisted("dead.example")) << "the sample is not complete";
  EXPECT_THAT(Sample("dead.example", now), SizeIs(1));
  Probe({sample.back()}, LinkState::kAlive, now);
  EXPECT_FALSE(IsBlacklisted("dead.example"));
  auto site = *OpenReader()->FindSite("dead.example");
  EXPECT_EQ(site.links_in_pool, 20);
  EXPECT_EQ(site.links_dead, 0);
  EXPECT_EQ(site.links_doubtful, 10) << "the others are looked at again";
  EXPECT_EQ(site.decisions.at(0).kind, DecisionKind::kReturned);
  EXPECT_THAT(Due(now + kDay), SizeIs(10));
  ExpectSound();
  // What was dead before does not condemn it again.
  Probe({sample.front()}, LinkState::kUnknown, now);
  EXPECT_FALSE(IsBlacklisted("dead.example"));
}

TEST_F(SiteRule, LooksAgainAfterNinetyDaysWhereNothingHasRecovered) {
  Condemn("dead.example");
  const auto now = kNow + 30 * kDay;
  Probe(Sample("dead.example", now), LinkState::kDead, now);
  EXPECT_TRUE(IsBlacklisted("dead.example"));
  const auto site = *OpenReader()->FindSite("dead.example");
  EXPECT_EQ(site.blacklisted_at, kNow) << "since when it is blacklisted has not changed";
  EXPECT_EQ(site.blacklisted_until_at, kNow + 90 * kDay);
  EXPECT_EQ(site.decisions.at(0).kind, DecisionKind::kKept);
  EXPECT_THAT(Sample("dead.example", now + kDay), IsEmpty());
  EXPECT_THAT(Sample("dead.example", kNow + 90 * kDay), SizeIs(20));
}

// Thirty dead posts of its own, half of them brought by each of two feeds, all of them a sample.
class Parole : public SiteRule {
 protected:
  void SetUp() override {
    SiteRule::SetUp();
    all_settings_.health.parole_links = 40;
    List(kHost, kHost, 1, 15);
    List(kHost, kHost, 16, 15);
    Probe(LinksOf(kHost), LinkState::kDead, kNow);
    ASSERT_THAT(Sample(kHost, kParole), SizeIs(30));
  }
  void ProbeTheFirstHalf(LinkState state) {
    const auto links = LinksOf(kHost);
    Probe({links.begin(), links.begin() + 15}, state, kParole);
    ASSERT_TRUE(IsBlacklisted(kHost)) << "the sample is not complete";
  }
  void Remove(int first) {
    Change(schemas::RemoveFeed{"https://" + std::string(kHost) + "/feed" + std::to_string(first)});
  }

  static constexpr char kHost[] = "dead.example";
  static constexpr UnixSeconds kParole = kNow + 30 * kDay;
};

TEST_F(Parole, IsRenewedWhenWhatWasLeftOfItsSampleHasGone) {
  ProbeTheFirstHalf(LinkState::kDead);
  Remove(16);
  Write({}, kParole + 1);
  EXPECT_TRUE(IsBlacklisted(kHost));
  const auto site = *OpenReader()->FindSite(kHost);
  EXPECT_EQ(site.blacklisted_until_at, kParole + 1 + all_settings_.health.parole_again_s);
  EXPECT_EQ(site.decisions.at(0).links_checked, 15);
  ExpectSound();
}

TEST_F(Parole, EndsWhenWhatWasLeftOfItsSampleHasGone) {
  ProbeTheFirstHalf(LinkState::kAlive);
  Remove(16);
  const auto report = Write({}, kParole + 1);
  EXPECT_THAT(report.returned, ::testing::ElementsAre(kHost));
  EXPECT_FALSE(IsBlacklisted(kHost));
  EXPECT_THAT(PoolUrls(), SizeIs(15));
  ExpectSound();
}

TEST_F(Parole, IsNotHeldUpByLinksThatAnOperatorHasTakenOut) {
  ProbeTheFirstHalf(LinkState::kAlive);
  for (int i = 16; i <= 30; ++i) {
    Change(Blacklisting(std::string(kHost) + "/" + std::to_string(i)));
  }
  Write({}, kParole + 1);
  EXPECT_FALSE(OpenReader()->FindSite(kHost)->blacklisted_at);
  EXPECT_THAT(PoolUrls(), SizeIs(15));
  ExpectSound();
}

TEST_F(Parole, EndsWhereNothingIsLeftToLookAtAndTheSiteIsForgotten) {
  List("other.example", "other.example", 1, 1);  // the newest site stays anyhow
  Remove(1);
  Remove(16);
  Write({}, kParole);
  EXPECT_FALSE(IsBlacklisted(kHost));
  EXPECT_EQ(blacklist_->size(), 0U);
  EXPECT_EQ(OpenReader()->FindSite(kHost)->decisions.at(0).kind, DecisionKind::kReturned);
  ExpectSound();
  for (int i = 0; i < 2; ++i) Write({}, kParole + 181 * kDay);
  EXPECT_FALSE(OpenReader()->FindSite(kHost));
  ExpectSound();
}

// Whose turn it is is asked of few sites at a time, so none may keep its place there.
TEST_F(Parole, LeavesNoRowThatTheBlacklistKnowsOtherwise) {
  schemas::BlacklistEntry entry;
  entry.pattern = kHost;
  entry.until_at = kNow;
  Change(schemas::AddBlacklist{entry});
  Write({}, kParole);
  EXPECT_TRUE(IsBlacklisted(kHost));
  EXPECT_EQ(OpenReader()->FindSite(kHost)->blacklisted_until_at, std::nullopt);
}

TEST_F(SiteRule, BlacklistsAParkedSite) {
  List("parked.example", "parked.example", 1, 5);
  schemas::SiteLook look;
  look.site_id = OpenReader()->FindSite("parked.example")->site_id;
  look.looked_at = kNow;
  look.answer = schemas::SiteAnswer::kParked;
  look.reason = "its pages are those of a parked domain";
  look.parked_count = 1;
  schemas::WriteBatch batch;
  batch.looks = {look};
  Write(batch);
  EXPECT_FALSE(IsBlacklisted("parked.example"));
  batch.looks[0].parked_count = 2;
  Write(batch);
  EXPECT_TRUE(IsBlacklisted("parked.example"));
  EXPECT_THAT(Pool(), IsEmpty());
  const auto site = *OpenReader()->FindSite("parked.example");
  EXPECT_EQ(site.decisions.at(0).kind, DecisionKind::kParked);
  EXPECT_EQ(site.look->parked_count, 2);
  ExpectSound();
}

TEST_F(SiteRule, IsKeptOffASiteByAnAllowEntry) {
  EXPECT_EQ(Change(Allowing("dead.example")), ChangeOutcome::kDone);
  Condemn("dead.example");
  EXPECT_FALSE(IsBlacklisted("dead.example"));
  EXPECT_EQ(Change(Unblacklisting("dead.example")), ChangeOutcome::kDone);
  Probe({LinksOf("dead.example").front()}, LinkState::kDoubtful, kNow);
  EXPECT_TRUE(IsBlacklisted("dead.example")) << "nothing protects it any more";
}

TEST_F(SiteRule, IsUndoneByAnAllowEntry) {
  Condemn("dead.example");
  Condemn("x.farm.example");
  EXPECT_EQ(Change(Allowing("dead.example")), ChangeOutcome::kDone);
  EXPECT_EQ(Change(Allowing("*.farm.example")), ChangeOutcome::kDone);
  EXPECT_FALSE(IsBlacklisted("dead.example"));
  EXPECT_FALSE(IsBlacklisted("x.farm.example"));
  ExpectSound();
}

TEST_F(SiteRule, NeverUndoesAnOperatorsEntry) {
  List("bad.example", "bad.example", 1, 30);
  EXPECT_EQ(Change(Blacklisting("bad.example")), ChangeOutcome::kDone);
  EXPECT_EQ(Change(Allowing("bad.example")), ChangeOutcome::kBlacklisted);
  EXPECT_THAT(Sample("bad.example", kNow + 1000 * kDay), IsEmpty());
  Probe(LinksOf("bad.example"), LinkState::kAlive, kNow + 1000 * kDay);
  EXPECT_TRUE(IsBlacklisted("bad.example"));
}

TEST_F(SiteRule, GivesWayToAnOperatorsSuffix) {
  Condemn("x.farm.example");
  EXPECT_EQ(Change(Blacklisting("*.farm.example")), ChangeOutcome::kDone);
  const auto now = kNow + 30 * kDay;
  EXPECT_THAT(Sample("x.farm.example", now), IsEmpty());
  Probe(LinksOf("x.farm.example"), LinkState::kAlive, now);
  EXPECT_TRUE(IsBlacklisted("x.farm.example"));
  EXPECT_EQ(OpenReader()->FindSite("x.farm.example")->blacklist_pattern, "*.farm.example");
}

// --- Moved links and shared targets

schemas::LinkMove MoveTo(const std::string& host, int number) {
  const auto entry = Entry(host, number);
  return {.url = entry.url, .url_key = entry.url_key, .host = host, .registrable_domain = host};
}

TEST_F(SiteRule, MovesALinkToItsNewSite) {
  List("old.example", "old.example", 1, 2);
  const auto links = LinksOf("old.example");
  schemas::WriteBatch batch;
  batch.probes = {store::Probe(links[0], LinkState::kAlive)};
  batch.probes[0].move = MoveTo("new.example", 7);
  Write(batch);
  EXPECT_THAT(Pool(),
              ::testing::UnorderedElementsAre("https://new.example/7", "https://old.example/2"));
  EXPECT_EQ(OpenReader()->FindSite("new.example")->links_alive, 1);
  ExpectSound();
  // The feed lists it where it was; an edited title comes to the same link.
  auto entry = Entry("old.example", 1);
  entry.title = "Edited";
  entry.content_key = 99;
  schemas::WriteBatch again;
  auto& crawl = again.crawls.emplace_back(
      Crawled(OpenReader()->FindFeed("https://old.example/feed1")->feed_id, {entry}));
  crawl.feed.url = "https://old.example/feed1";
  crawl.feed.host = crawl.feed.registrable_domain = "old.example";
  Write(again);
  EXPECT_EQ(OpenReader()->FindLink(links[0])->title, "Edited");
  EXPECT_EQ(OpenReader()->FindLink(links[0])->url, "https://new.example/7");
  ExpectSound();
}

TEST_F(SiteRule, MergesALinkThatMovedToAKnownAddress) {
  List("old.example", "old.example", 1, 2);
  List("new.example", "new.example", 7, 1);
  schemas::WriteBatch batch;
  batch.probes = {store::Probe(LinksOf("old.example")[0], LinkState::kAlive)};
  batch.probes[0].move = MoveTo("new.example", 7);
  Write(batch);
  EXPECT_EQ(OpenReader()->ReadStats().links, 2);
  ExpectSound();
}

TEST_F(SiteRule, MovesNoLinkToABlacklistedSite) {
  List("old.example", "old.example", 1, 1);
  Change(Blacklisting("bad.example"));
  schemas::WriteBatch batch;
  batch.probes = {store::Probe(LinksOf("old.example")[0], LinkState::kAlive)};
  batch.probes[0].move = MoveTo("bad.example", 7);
  Write(batch);
  EXPECT_THAT(Pool(), ::testing::ElementsAre("https://old.example/1"));
}

TEST_F(SiteRule, LooksAgainAtPostsThatLeadToOnePage) {
  List("a.example", "a.example", 1, 4);
  const auto links = LinksOf("a.example");
  const auto probe = [&](std::size_t i, std::optional<schemas::Key> target_key) {
    schemas::WriteBatch batch;
    auto& result = batch.probes.emplace_back(store::Probe(links[i], LinkState::kAlive));
    result.verdict = schemas::Verdict::kAlive;
    result.target_key = target_key;
    Write(batch);
  };
  probe(0, 5);
  probe(1, 5);
  probe(3, std::nullopt);
  EXPECT_THAT(Due(kNow), SizeIs(1)) << "the one never probed";
  probe(2, 5);
  const auto due = Due(kNow);
  ASSERT_THAT(due, SizeIs(3));
  for (const auto& link : due) EXPECT_EQ(link.target_links, 3);
  // They live: a second look has found the same.
  for (const std::size_t i : {0, 1, 2}) probe(i, 5);
  EXPECT_THAT(Due(kNow), IsEmpty()) << "each look would else bring the next, for ever";
  probe(3, 5);
  EXPECT_THAT(Due(kNow), SizeIs(1)) << "the one that has joined them";
}

// Any address has as many variants as one likes, and they lead where it does.
TEST_F(SiteRule, CountsAmongPostsThatLeadToOnePageWhatOneOwnerLists) {
  List("evil.example", "a.example", 1, 5);
  List("a.example", "a.example", 1, 2);
  schemas::WriteBatch batch;
  for (const auto link_id : LinksOf("a.example")) {
    auto& result = batch.probes.emplace_back(store::Probe(link_id, LinkState::kAlive));
    result.verdict = schemas::Verdict::kAlive;
    result.target_key = 5;
  }
  Write(batch);
  std::map<std::string, std::int64_t> counts;
  for (const auto& link : Due(kNow + 86400)) counts[link.url] = link.target_links;
  EXPECT_EQ(counts.at("https://a.example/1"), 2) << "a stranger brought it, and its site lists it";
  EXPECT_EQ(counts.at("https://a.example/2"), 2);
  for (const int i : {3, 4, 5}) {
    EXPECT_EQ(counts.at("https://a.example/" + std::to_string(i)), 3) << i;
  }
}

}  // namespace
}  // namespace saunter::crawler::write
