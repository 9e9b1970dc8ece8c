#include <gmock/gmock.h>

#include <cstdint>
#include <vector>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::LinkState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using PoolTest = StoreTest;

schemas::BlacklistEntry Pattern(const std::string& pattern) {
  return {.pattern = pattern,
          .source = schemas::BlacklistSource::kOperator,
          .reason = "spam",
          .added_at = kNow,
          .until_at = {}};
}

TEST_F(PoolTest, HoldsEveryServableLinkAndNoOther) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1), Entry("a.example", 2), Entry("a.example", 3),
               Entry("a.example", 4)});
  auto rows = OpenReader()->PoolRows({});
  ASSERT_THAT(rows, SizeIs(4));
  schemas::WriteBatch batch;
  batch.probes = {
      Probe(rows[0].link_id, LinkState::kAlive), Probe(rows[1].link_id, LinkState::kDoubtful),
      Probe(rows[2].link_id, LinkState::kDead), Probe(rows[3].link_id, LinkState::kUnknown)};
  const auto applied = Write(batch);
  ASSERT_THAT(applied.touched_sites, SizeIs(1));
  EXPECT_EQ(applied.touched_sites[0].links_alive, 1);
  EXPECT_EQ(applied.touched_sites[0].links_dead, 1);
  EXPECT_EQ(applied.touched_sites[0].links_doubtful, 1);
  EXPECT_EQ(applied.touched_sites[0].links_unknown, 1);
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/1", "https://a.example/4"));
  schemas::WriteBatch recovery;
  recovery.probes = {Probe(rows[2].link_id, LinkState::kAlive)};
  Write(recovery);
  EXPECT_THAT(PoolUrls(), SizeIs(3));
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(PoolTest, LosesABlacklistedSiteInTheSameTransactionAndGetsItBack) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1), Entry("b.example", 2)});
  {
    const auto transaction = writer_->Begin(kNow);
    const auto sites = transaction->SitesUnder("a.example");
    ASSERT_THAT(sites, SizeIs(1));
    transaction->SetSiteBlacklisting({sites[0].site_id, Pattern("a.example")});
    transaction->Commit(WriteTransaction::Durability::kFull);
  }
  EXPECT_THAT(PoolUrls(), ElementsAre("https://b.example/2"));
  const auto site = OpenReader()->FindSite("a.example");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->blacklisted_at, kNow);
  EXPECT_EQ(site->blacklist_reason, "spam");
  EXPECT_EQ(OpenReader()->ReadStats().sites_blacklisted, 1);
  // New links of the site stay out as well, and verdicts do not bring them in.
  Crawl(feed, {Entry("a.example", 3)});
  EXPECT_THAT(PoolUrls(), ElementsAre("https://b.example/2"));
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
  {
    const auto transaction = writer_->Begin(kNow);
    transaction->SetSiteBlacklisting({site->site_id, std::nullopt});
    transaction->Commit(WriteTransaction::Durability::kNormal);
  }
  EXPECT_THAT(PoolUrls(), SizeIs(3));
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(PoolTest, LosesASingleBlacklistedLink) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1), Entry("a.example", 2)});
  const auto link_id = OpenReader()->PoolRows({}).at(0).link_id;
  for (const bool blacklisted : {true, false}) {
    const auto transaction = writer_->Begin(kNow);
    transaction->SetLinkBlacklisting({link_id, blacklisted});
    transaction->Commit(WriteTransaction::Durability::kNormal);
    EXPECT_THAT(PoolUrls(), SizeIs(blacklisted ? 1 : 2));
    EXPECT_THAT(OpenReader()->DueLinks({.now = kNow, .count_max = 10}).links,
                SizeIs(blacklisted ? 1 : 2));
    EXPECT_THAT(OpenReader()->Check(), IsEmpty());
  }
}

TEST_F(PoolTest, FindsSitesBelowADomain) {
  OpenWriter();
  for (const auto* host : {"example.com", "a.example.com", "b.a.example.com", "xexample.com",
                           "a.example.com/~ann", "example.com.example", "example.com/~bob"}) {
    AddFeed("https://" + std::string(host) + "/rss", host);
  }
  const auto transaction = writer_->Begin(kNow);
  EXPECT_THAT(transaction->SitesUnder("*.example.com"), SizeIs(5)) << "with tenants";
  EXPECT_THAT(transaction->SitesUnder("example.com"), SizeIs(2)) << "and its tenant";
  EXPECT_THAT(transaction->SitesUnder("a.example.com/~ann"), SizeIs(1));
  EXPECT_THAT(transaction->SitesUnder("example.com/~ann"), SizeIs(0));
}

TEST_F(PoolTest, IsFollowedByItsChanges) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1)});
  const auto start = OpenReader()->LastPoolChange();
  Crawl(feed, {Entry("a.example", 2)});
  const auto rows = OpenReader()->PoolRows({});
  schemas::WriteBatch batch;
  batch.probes = {Probe(rows.at(0).link_id, LinkState::kDoubtful)};
  Write(batch);
  const auto changes = OpenReader()->ChangesAfter(start, 10);
  EXPECT_TRUE(changes.complete);
  ASSERT_THAT(changes.changes, SizeIs(2));
  ASSERT_TRUE(changes.changes[0].row);
  EXPECT_THAT(changes.changes[0].row->categories, SizeIs(2));
  EXPECT_EQ(changes.changes[1].link_id, rows[0].link_id);
  EXPECT_FALSE(changes.changes[1].row);
  EXPECT_FALSE(OpenReader()->ChangesAfter(start + 100, 10).complete);
}

TEST_F(PoolTest, NotesALinkOnceWhateverOneBatchDoesToIt) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  AddFeed("https://b.example/rss", "b.example");
  Crawl(feed, {Entry("a.example", 1), Entry("a.example", 2)});
  const auto links = OpenReader()->PoolRows({});
  const auto count = [&] { return engine_->QueryInt("SELECT count(*) FROM pool_change"); };
  auto before = count();
  const auto other = Entry("b.example", 3);
  schemas::WriteBatch batch;
  batch.probes = {Probe(links.at(0).link_id, LinkState::kAlive)};
  batch.probes[0].move = schemas::LinkMove{.url = other.url,
                                           .url_key = other.url_key,
                                           .host = other.host,
                                           .registrable_domain = other.registrable_domain};
  Write(batch);
  EXPECT_EQ(OpenReader()->PoolRows({}).at(0).source_id,
            OpenReader()->FindSite("b.example")->site_id);
  EXPECT_EQ(count(), before + 1) << "its site and its source have changed";
  before = count();
  auto renamed = Entry("new.a.example", 2);
  renamed.registrable_domain = "a.example";
  renamed.content_key = 99;
  Crawl(feed, {renamed});
  EXPECT_THAT(PoolUrls(), ElementsAre(other.url, renamed.url));
  EXPECT_EQ(count(), before + 1) << "its site and what is said of it have";
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(PoolTest, TellsOfTheLinksOfACommitTogether) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1)});
  const auto start = OpenReader()->LastPoolChange();
  Crawl(feed, {Entry("a.example", 2), Entry("a.example", 3), Entry("a.example", 4)});
  const auto next = OpenReader()->LastPoolChange();
  auto changes = OpenReader()->ChangesAfter(start, 1);
  EXPECT_THAT(changes.changes, SizeIs(3)) << "one row for all three, and they are not parted";
  EXPECT_EQ(changes.last_change_id, next);
  schemas::WriteBatch batch;
  for (const auto& row : OpenReader()->PoolRows({})) {
    batch.probes.push_back(Probe(row.link_id, LinkState::kDead));
  }
  Write(batch);
  changes = OpenReader()->ChangesAfter(start, 1);
  EXPECT_THAT(changes.changes, SizeIs(0)) << "those that came are gone";
  EXPECT_EQ(changes.last_change_id, next);
  changes = OpenReader()->ChangesAfter(next, 10);
  EXPECT_THAT(changes.changes, SizeIs(4));
  EXPECT_FALSE(changes.changes.front().row);
}

TEST_F(PoolTest, TellsOfAllTheLinksOfALargeCommit) {
  settings_.feed_links_first_max = 5000;
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 3001; ++i) entries.push_back(Entry("a.example", i));
  Crawl(feed, entries);
  std::vector<schemas::Id> told;
  for (const auto& change : OpenReader()->ChangesAfter(0, 1).changes) {
    told.push_back(change.link_id);
  }
  std::vector<schemas::Id> held;
  for (const auto& row : OpenReader()->PoolRows({.after = 0, .count_max = 5000})) {
    held.push_back(row.link_id);
  }
  EXPECT_THAT(held, SizeIs(3001));
  EXPECT_EQ(told, held);
}

TEST_F(PoolTest, GivesALinksIdToNoOtherAfterARollback) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1)});
  const auto newest = OpenReader()->PoolRows({}).at(0).link_id;
  Remove("https://a.example/rss");
  writer_->Begin(kNow)->Apply({});  // goes without a commit
  Crawl(AddFeed("https://b.example/rss", "b.example"), {Entry("b.example", 1)});
  EXPECT_GT(OpenReader()->PoolRows({}).at(0).link_id, newest);
}

TEST_F(PoolTest, SaysWhenChangesWereTrimmed) {
  settings_.pool_changes_kept = 30;
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  std::vector<std::int64_t> newest;
  for (int i = 1; i < 60; ++i) {
    Crawl(feed, {Entry("a.example", i)});
    newest.push_back(OpenReader()->LastPoolChange());
  }
  EXPECT_FALSE(OpenReader()->ChangesAfter(newest.front(), 10).complete);
  const auto before_last = newest.at(newest.size() - 2);
  EXPECT_TRUE(OpenReader()->ChangesAfter(before_last, 10).complete);
  EXPECT_THAT(OpenReader()->ChangesAfter(before_last, 10).changes, SizeIs(1));
}

TEST_F(PoolTest, HoldsTheCategoriesOfItsLinks) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  auto without = Entry("a.example", 2);
  without.categories = {};
  Crawl(feed, {Entry("a.example", 1), without});
  const auto rows = OpenReader()->PoolRows({});
  EXPECT_THAT(rows.at(0).categories, SizeIs(2));
  EXPECT_THAT(rows.at(1).categories, SizeIs(0));
}

}  // namespace
}  // namespace saunter::store::sql
