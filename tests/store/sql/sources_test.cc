// The source of a link, and who may say what of it: what feeds that come, move, merge and go do to
// links.
#include <gmock/gmock.h>

#include <optional>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::LinkState;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class SourcesTest : public StoreTest {
 protected:
  SourcesTest() {
    // Feeds of these tests that are larger than this go in pieces.
    settings_.removal_rows_max = 3;
    OpenWriter();
  }
  ~SourcesTest() override { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  // A feed's answer comes from another address, for good.
  void Move(const std::string& url, const std::string& new_url, const std::string& host,
            const std::string& domain, std::vector<schemas::EntryIntake> entries,
            schemas::FeedOwner owner = schemas::FeedOwner::kSame) {
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *FindFeed(url);
    crawl.feed.url = new_url;
    crawl.feed.host = host;
    crawl.feed.registrable_domain = domain;
    crawl.feed.checked_at = kNow;
    crawl.feed.body_key = 7;
    crawl.feed.etag = "tag";
    crawl.owner = owner;
    crawl.entries = std::move(entries);
    Write(batch);
  }
  std::optional<schemas::Link> LinkAt(const std::string& url) {
    auto reader = OpenReader();
    for (const auto& row : reader->PoolRows({})) {
      auto link = reader->FindLink(row.link_id);
      if (link->url == url) return link;
    }
    return std::nullopt;
  }
  // The host for which the link counts; empty if it is not in the pool.
  std::string SourceOf(const std::string& url) {
    const auto link = LinkAt(url);
    if (!link) return {};
    auto reader = OpenReader();
    for (const auto& row : reader->PoolRows({})) {
      if (row.link_id != link->link_id) continue;
      for (const auto& site : reader->Sites({})) {
        if (site.site_id == row.source_id) return site.host;
      }
    }
    return "no site";
  }
  std::vector<schemas::DeadListing> DeadListings(const std::string& host) {
    const auto site_id = OpenReader()->FindSite(host)->site_id;
    return writer_->Begin(kNow)->DeadListings(site_id);
  }
  schemas::Id IdOf(const std::string& url) { return LinkAt(url).value().link_id; }
  void ProbeAll(const std::string& host, LinkState state) {
    schemas::WriteBatch batch;
    auto reader = OpenReader();
    for (const auto& link : reader->LinkUrls(reader->FindSite(host)->site_id, {})) {
      batch.probes.push_back(Probe(link.link_id, state));
    }
    Write(batch);
  }
};

constexpr char kPlanet[] = "https://planet.example/feed";
constexpr char kBlog[] = "https://blog.example/feed";
constexpr char kPost[] = "https://blog.example/1";

TEST_F(SourcesTest, AreTheSitesOfTheFeedsThatBringLinks) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  Crawl(planet, {Entry("blog.example", 1), Entry("other.example", 2)});
  EXPECT_EQ(SourceOf(kPost), "planet.example");
  EXPECT_EQ(SourceOf("https://other.example/2"), "planet.example");
}

TEST_F(SourcesTest, AreTheLinksOwnSitesWhereThoseHaveFeeds) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  AddFeed(kBlog, "blog.example");
  Crawl(planet, {Entry("blog.example", 1)});
  EXPECT_EQ(SourceOf(kPost), "blog.example");
}

TEST_F(SourcesTest, ChangeWhenASiteGainsItsFirstFeedOrLosesItsLast) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  Crawl(planet, {Entry("blog.example", 1)});
  auto seen = OpenReader()->LastPoolChange();
  AddFeed(kBlog, "blog.example");
  EXPECT_EQ(SourceOf(kPost), "blog.example");
  EXPECT_THAT(OpenReader()->ChangesAfter(seen, 10).changes,
              ElementsAre(Field(&PoolChange::link_id, IdOf(kPost))));
  AddFeed("https://blog.example/atom", "blog.example");
  Remove(kBlog);
  EXPECT_EQ(SourceOf(kPost), "blog.example") << "it has another";
  seen = OpenReader()->LastPoolChange();
  Remove("https://blog.example/atom");
  EXPECT_EQ(SourceOf(kPost), "planet.example");
  EXPECT_THAT(OpenReader()->ChangesAfter(seen, 10).changes, SizeIs(1));
  Crawl(planet, {Entry("blog.example", 3)});
  EXPECT_EQ(SourceOf("https://blog.example/3"), "planet.example")
      << "nor is it thought to have one";
}

TEST_F(SourcesTest, OutlastTheBlacklist) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  Crawl(planet, {Entry("blog.example", 1)});
  const auto site_id = OpenReader()->FindSite("blog.example")->site_id;
  for (const auto& entry : {std::optional(schemas::BlacklistEntry()), {}}) {
    const auto transaction = writer_->Begin(kNow);
    transaction->SetSiteBlacklisting({site_id, entry});
    transaction->Commit(WriteTransaction::Durability::kNormal);
  }
  EXPECT_EQ(SourceOf(kPost), "planet.example");
}

TEST_F(SourcesTest, PassToTheEarliestOtherListerWithTheFeedThatGoes) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  const auto late = AddFeed("https://late.example/feed", "late.example");
  const auto later = AddFeed("https://later.example/feed", "later.example");
  Crawl(planet, {Entry("blog.example", 1), Entry("blog.example", 2)});
  Crawl(later, {Entry("blog.example", 1)});
  Crawl(late, {Entry("blog.example", 1)});
  Remove(kPlanet);
  EXPECT_THAT(PoolUrls(), ElementsAre(kPost));
  EXPECT_EQ(SourceOf(kPost), "late.example");
  Remove("https://late.example/feed");
  EXPECT_EQ(SourceOf(kPost), "later.example");
  Remove("https://later.example/feed");
  EXPECT_THAT(PoolUrls(), IsEmpty());
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
}

TEST_F(SourcesTest, TakeLinksAlongWhoseEntriesHadGoneBefore) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  AddFeed(kBlog, "blog.example");
  Crawl(planet, {Entry("blog.example", 1)});
  auto elsewhere = Entry("blog.example", 2);
  elsewhere.guid_key = 1;
  Crawl(planet, {elsewhere});
  EXPECT_THAT(PoolUrls(), SizeIs(2)) << "a stranger's feed tells nobody that a post is gone";
  Remove(kPlanet);
  EXPECT_THAT(PoolUrls(), IsEmpty());
}

// Removes it as far as one transaction goes.
class RemovalTest : public SourcesTest {
 protected:
  AppliedBatch Change(schemas::OperatorChange change) {
    schemas::WriteBatch batch;
    batch.changes.push_back(std::move(change));
    return Write(batch);
  }
  // True if something is left of it.
  bool Begin(const std::string& url) { return Change(schemas::RemoveFeed{url}).is_removing; }
  std::vector<schemas::EntryIntake> Entries(int begin, int end) {
    std::vector<schemas::EntryIntake> entries;
    for (int i = begin; i < end; ++i) entries.push_back(Entry("blog.example", i));
    return entries;
  }
  void Finish() {
    for (int pieces = 0; writer_->IsRemoving(); ++pieces) {
      ASSERT_LT(pieces, 50);
      Write({});
      ASSERT_THAT(OpenReader()->Check(), IsEmpty()) << "after " << pieces;
    }
  }
};

TEST_F(RemovalTest, TakesABoundedPieceInEachTransactionAndLeavesAWholeDatabaseAfterEach) {
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(0, 20));
  ASSERT_TRUE(Begin(kPlanet));
  EXPECT_FALSE(OpenReader()->FindFeed(kPlanet)) << "it is no feed any more";
  EXPECT_THAT(OpenReader()->Feeds({}), IsEmpty());
  std::size_t left = PoolUrls().size();
  while (writer_->IsRemoving()) {
    Write({});
    ASSERT_THAT(OpenReader()->Check(), IsEmpty());
    ASSERT_LE(left - PoolUrls().size(), 3U);
    left = PoolUrls().size();
  }
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 0);
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
}

TEST_F(RemovalTest, GoesOnWhereAnEarlierRunLeftIt) {
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(0, 20));
  ASSERT_TRUE(Begin(kPlanet));
  writer_.reset();
  OpenWriter();
  ASSERT_TRUE(writer_->IsRemoving());
  Finish();
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
}

TEST_F(RemovalTest, GivesLinksToThoseWhoListThemMeanwhile) {
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(0, 20));
  ASSERT_TRUE(Begin(kPlanet));
  Crawl(AddFeed("https://late.example/feed", "late.example"), Entries(5, 15));
  Finish();
  EXPECT_THAT(PoolUrls(), SizeIs(10));
  for (const auto& url : PoolUrls()) EXPECT_EQ(SourceOf(url), "late.example");
}

// However many links there are to hand on.
TEST_F(RemovalTest, HandsLinksOnWithAFewStatements) {
  settings_.removal_rows_max = 1000;
  writer_->Renew(settings_);
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(0, 200));
  Crawl(AddFeed("https://late.example/feed", "late.example"), Entries(0, 200));
  const auto before = writer_->StatementsRun();
  ASSERT_FALSE(Begin(kPlanet));
  EXPECT_LT(writer_->StatementsRun() - before, 100);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
  for (const auto& url : PoolUrls()) ASSERT_EQ(SourceOf(url), "late.example");
}

TEST_F(RemovalTest, FreesTheAddressAtOnceForAFeedThatIsAddedAnew) {
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(0, 20));
  ASSERT_TRUE(Begin(kPlanet));
  const auto again = AddFeed(kPlanet, "planet.example");
  Crawl(again, Entries(0, 2));
  Finish();
  EXPECT_EQ(FindFeed(kPlanet)->feed_id, again);
  EXPECT_THAT(PoolUrls(), SizeIs(2));
}

TEST_F(RemovalTest, TakesNoAnswerAndNoChangeOfAFeedThatLeaves) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  Crawl(planet, Entries(0, 20));
  const auto asked = *FindFeed(kPlanet);
  ASSERT_TRUE(Begin(kPlanet));
  schemas::WriteBatch late;
  auto& crawl = late.crawls.emplace_back();
  crawl.feed = asked;
  crawl.entries = Entries(30, 32);
  Write(late);
  const auto resumed = Change(schemas::SetFeedState{kPlanet, schemas::FeedState::kActive});
  EXPECT_THAT(resumed.change_outcomes, ElementsAre(schemas::ChangeOutcome::kNotFound));
  EXPECT_THAT(Change(schemas::RemoveFeed{kPlanet}).change_outcomes,
              ElementsAre(schemas::ChangeOutcome::kNotFound));
  Finish();
  EXPECT_THAT(PoolUrls(), IsEmpty());
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 0);
}

TEST_F(RemovalTest, TakesFeedsThatAreMergedInPiecesToo) {
  AddFeed(kBlog, "blog.example");
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(0, 20));
  Move(kPlanet, kBlog, "blog.example", "blog.example", {});
  EXPECT_THAT(OpenReader()->Feeds({}), SizeIs(1));
  EXPECT_TRUE(writer_->IsRemoving());
  Finish();
  EXPECT_THAT(PoolUrls(), IsEmpty());
}

TEST_F(SourcesTest, FollowAFeedWithinItsRegistrableDomain) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  Crawl(planet, {Entry("blog.example", 1), Entry("planet.example", 2)});
  Move(kPlanet, "https://new.planet.example/feed", "new.planet.example", "planet.example",
       {Entry("blog.example", 1), Entry("blog.example", 3)});
  for (const auto& url : PoolUrls()) EXPECT_EQ(SourceOf(url), "new.planet.example") << url;
  ProbeAll("blog.example", LinkState::kDead);
  EXPECT_THAT(DeadListings("blog.example"), SizeIs(2)) << "its entries came with it";
}

// Else anyone could make what he listed the word of a victim's feed, or have its share of readers.
TEST_F(SourcesTest, StayWhereAFeedLeftForAnotherDomain) {
  const auto evil = AddFeed("https://evil.example/feed", "evil.example");
  Crawl(evil, {Entry("victim.example", 1), Entry("spam.example", 2), Entry("evil.example", 3)});
  Move("https://evil.example/feed", "https://victim.example/feed", "victim.example",
       "victim.example", {Entry("victim.example", 4), Entry("friend.example", 5)});
  EXPECT_EQ(SourceOf("https://spam.example/2"), "evil.example");
  EXPECT_EQ(SourceOf("https://evil.example/3"), "evil.example");
  EXPECT_EQ(SourceOf("https://victim.example/1"), "victim.example") << "it has a feed";
  EXPECT_EQ(SourceOf("https://victim.example/4"), "victim.example");
  EXPECT_EQ(SourceOf("https://friend.example/5"), "victim.example");
  ProbeAll("victim.example", LinkState::kDead);
  EXPECT_THAT(DeadListings("victim.example"),
              ElementsAre(Field(&schemas::DeadListing::url, "https://victim.example/4")));
  // What the new address lists itself is its own.
  Crawl(evil, {Entry("spam.example", 2)});
  EXPECT_EQ(SourceOf("https://spam.example/2"), "victim.example");
  Remove("https://victim.example/feed");
  EXPECT_THAT(PoolUrls(), IsEmpty()) << "and nothing is left behind";
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
}

TEST_F(SourcesTest, StayWithATenantWhoseFeedLeftForAnotherTenant) {
  const auto evil = AddFeed("https://evil.platform.example/feed", "platform.example");
  Crawl(evil, {Entry("victim.example", 1)});
  Move("https://evil.platform.example/feed", "https://victim.platform.example/feed",
       "victim.platform.example", "platform.example", {}, schemas::FeedOwner::kOther);
  EXPECT_EQ(SourceOf("https://victim.example/1"), "platform.example");
  ProbeAll("victim.example", LinkState::kDead);
  EXPECT_THAT(DeadListings("victim.example"), IsEmpty());
}

// Its new address answers "as before" to what the old one said.
TEST_F(SourcesTest, AreReadAnewWhereAFeedLeftForAnotherDomain) {
  const auto feed = AddFeed("https://old.example/feed", "old.example");
  Crawl(feed, {Entry("blog.example", 1)});
  Move("https://old.example/feed", "https://new.example/feed", "new.example", "new.example", {});
  EXPECT_FALSE(FindFeed("https://new.example/feed")->body_key);
  EXPECT_EQ(FindFeed("https://new.example/feed")->etag, "");
  Move("https://new.example/feed", "https://newer.example/feed", "newer.example", "newer.example",
       {Entry("blog.example", 1)});
  EXPECT_EQ(FindFeed("https://newer.example/feed")->body_key, 7);
  EXPECT_EQ(SourceOf(kPost), "newer.example");
}

TEST_F(SourcesTest, FollowFeedsThatAreMergedWithinADomain) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  AddFeed("https://new.planet.example/feed", "new.planet.example");
  // The fixture takes a host for its own domain; moving puts the row on the other's.
  Move("https://new.planet.example/feed", "https://planet.example/new", "planet.example",
       "planet.example", {});
  Crawl(planet, {Entry("blog.example", 1)});
  Move(kPlanet, "https://planet.example/new", "planet.example", "planet.example",
       {Entry("blog.example", 2)});
  EXPECT_THAT(PoolUrls(), SizeIs(2));
  EXPECT_EQ(SourceOf(kPost), "planet.example");
  Remove("https://planet.example/new");
  EXPECT_THAT(PoolUrls(), IsEmpty());
}

TEST_F(SourcesTest, FollowALinkToItsNewSite) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  AddFeed(kBlog, "blog.example");
  AddFeed("https://new.example/feed", "new.example");
  Crawl(planet, {Entry("blog.example", 1)});
  const auto move_to = [&](const std::string& from, const std::string& host) {
    schemas::WriteBatch batch;
    auto& probe = batch.probes.emplace_back(Probe(IdOf(from), LinkState::kAlive));
    const auto entry = Entry(host, 1);
    probe.move = {entry.url, entry.url_key, host, host};
    Write(batch);
    return SourceOf(entry.url);
  };
  EXPECT_EQ(move_to(kPost, "new.example"), "new.example");
  EXPECT_EQ(move_to("https://new.example/1", "third.example"), "planet.example");
}

TEST_F(SourcesTest, KeepALinkThatAnotherOneMovesTo) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  const auto other = AddFeed("https://other.example/feed", "other.example");
  Crawl(planet, {Entry("old.example", 1)});
  Crawl(other, {Entry("blog.example", 1)});
  schemas::WriteBatch batch;
  auto& probe = batch.probes.emplace_back(Probe(IdOf("https://old.example/1"), LinkState::kAlive));
  const auto entry = Entry("blog.example", 1);
  probe.move = {entry.url, entry.url_key, entry.host, entry.host};
  Write(batch);
  EXPECT_THAT(PoolUrls(), ElementsAre(kPost));
  EXPECT_EQ(SourceOf(kPost), "other.example");
  Remove("https://other.example/feed");
  EXPECT_EQ(SourceOf(kPost), "planet.example") << "which lists it by its old address";
}

// --- Who may say what of a link

schemas::EntryIntake Retitled(const std::string& title, schemas::EntryIntake entry) {
  entry.title = title;
  entry.author = "A. " + title;
  entry.summary = title + "!";
  entry.categories = {title};
  entry.published_at = kNow - 5000;
  entry.content_key = static_cast<schemas::Key>(std::hash<std::string>()(title));
  return entry;
}

TEST_F(SourcesTest, LetNoStrangerRewriteAPost) {
  const auto blog = AddFeed(kBlog, "blog.example");
  const auto evil = AddFeed("https://evil.example/feed", "evil.example");
  Crawl(blog, {Entry("blog.example", 1)});
  const auto before = LinkAt(kPost);
  Crawl(evil, {Retitled("PILLS", Entry("blog.example", 1))});
  Crawl(evil, {Retitled("CHEAP PILLS", Entry("blog.example", 1))});
  const auto after = LinkAt(kPost);
  EXPECT_EQ(after->title, "Post 1");
  EXPECT_THAT(after->categories, UnorderedElementsAre("walks", "books"));
  EXPECT_EQ(after->published_at, before->published_at);
  EXPECT_EQ(after->language, "en");
  EXPECT_EQ(after->author, "A. PILLS") << "a gap, which anyone may fill, once";
  Crawl(blog, {Retitled("Better", Entry("blog.example", 1))});
  EXPECT_EQ(LinkAt(kPost)->author, "A. Better");
  EXPECT_THAT(LinkAt(kPost)->categories, ElementsAre("Better"));
}

TEST_F(SourcesTest, LetTheFirstListerRewriteAPostWhoseSiteHasNoFeed) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  const auto evil = AddFeed("https://evil.example/feed", "evil.example");
  Crawl(planet, {Entry("blog.example", 1)});
  Crawl(evil, {Entry("blog.example", 1)});
  Crawl(evil, {Retitled("PILLS", Entry("blog.example", 1))});
  EXPECT_EQ(LinkAt(kPost)->title, "Post 1");
  Crawl(planet, {Retitled("Better", Entry("blog.example", 1))});
  EXPECT_EQ(LinkAt(kPost)->title, "Better");
  AddFeed(kBlog, "blog.example");
  Crawl(planet, {Retitled("Worse", Entry("blog.example", 1))});
  EXPECT_EQ(LinkAt(kPost)->title, "Better") << "its site can speak for itself";
}

TEST_F(SourcesTest, LetASitesOwnFeedHaveTheLastWord) {
  const auto evil = AddFeed("https://evil.example/feed", "evil.example");
  Crawl(evil, {Retitled("PILLS", Entry("blog.example", 1))});
  const auto blog = AddFeed("https://feeds.blog.example/1", "feeds.blog.example");
  Crawl(blog, {Retitled("Nobody's", Entry("blog.example", 1))});
  EXPECT_EQ(LinkAt(kPost)->title, "PILLS") << "a host is not the site's for its name alone";
  Crawl(blog, {Entry("blog.example", 1)}, "blog.example");
  const auto link = LinkAt(kPost);
  EXPECT_EQ(link->title, "Post 1");
  EXPECT_EQ(link->author, "") << "what the stranger said goes, too";
  EXPECT_THAT(link->categories, UnorderedElementsAre("walks", "books"));
  const auto second = AddFeed(kBlog, "blog.example");
  Crawl(second, {Retitled("Own", Entry("blog.example", 1))});
  EXPECT_EQ(LinkAt(kPost)->title, "Own");
}

TEST_F(SourcesTest, LetNoIdentityInAStrangersFeedTakeAPostAway) {
  const auto blog = AddFeed(kBlog, "blog.example");
  const auto evil = AddFeed("https://evil.example/feed", "evil.example");
  Crawl(evil, {Entry("blog.example", 1)});
  Crawl(blog, {Entry("blog.example", 2)});
  auto other = Retitled("PILLS", Entry("blog.example", 2));
  other.guid_key = Entry("blog.example", 1).guid_key;
  Crawl(evil, {other});
  EXPECT_TRUE(LinkAt(kPost))
      << "only this feed listed it, and only its site may say that it is gone";
  EXPECT_EQ(LinkAt("https://blog.example/2")->title, "Post 2");
}

// --- Evidence

TEST_F(SourcesTest, RememberThatALinkWasSeenAlive) {
  const auto planet = AddFeed(kPlanet, "planet.example");
  Crawl(planet, {Entry("blog.example", 1), Entry("blog.example", 2)});
  schemas::WriteBatch batch;
  auto& probe = batch.probes.emplace_back(Probe(IdOf(kPost), LinkState::kAlive));
  probe.verdict = schemas::Verdict::kAlive;
  Write(batch);
  ProbeAll("blog.example", LinkState::kDead);
  EXPECT_THAT(DeadListings("blog.example"),
              ElementsAre(Field(&schemas::DeadListing::alive_at, std::optional(kNow)),
                          Field(&schemas::DeadListing::alive_at, std::nullopt)));
}

// Readers follow the pool's changes: what notes none does not reach them.
TEST_F(SourcesTest, TellReadersOfTheCategoriesThatASecondFeedOfTheSiteAdds) {
  const auto first = AddFeed("https://a.example/feed", "a.example");
  Crawl(first, {Entry("a.example", 1)});
  const auto second = AddFeed("https://a.example/food.xml", "a.example");
  auto entry = Entry("a.example", 1);
  entry.author = entry.summary = "said";
  entry.updated_at = kNow;
  entry.content_key = 99;
  Crawl(first, {entry});
  entry.categories = {"food"};
  const auto told = OpenReader()->LastPoolChange();
  Crawl(second, {entry});
  EXPECT_GT(OpenReader()->LastPoolChange(), told);
}

}  // namespace
}  // namespace saunter::store::sql
