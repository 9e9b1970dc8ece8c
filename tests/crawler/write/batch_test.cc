#include "crawler/write/batch.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

#include "crawler/health/pattern.h"
#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using health::Blacklist;
using schemas::ChangeOutcome;
using schemas::LinkState;
using store::Entry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class BatchTest : public WriteTest {
 protected:
  void SetUp() override {
    OpenWriter();
    feed_id_ = AddFeed("https://a.example/feed", "a.example");
  }

  BatchReport Write(const schemas::WriteBatch& batch) {
    return WriteOneBatch(*writer_, batch, blacklist_, all_settings_.health, kNow);
  }
  std::vector<ChangeOutcome> WriteChanges(std::vector<schemas::OperatorChange> changes) {
    schemas::WriteBatch batch;
    batch.changes = std::move(changes);
    return Write(batch).outcomes;
  }
  void Crawl(std::vector<schemas::EntryIntake> entries) { CrawlOf(feed_id_, std::move(entries)); }
  void CrawlOf(schemas::Id feed_id, std::vector<schemas::EntryIntake> entries) {
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back(Crawled(feed_id, std::move(entries)));
    if (const auto feed = OpenReader()->FindFeed(feed_id)) crawl.feed = *feed;
    crawl.feed.checked_at = kNow;
    Write(batch);
  }
  // How many statements this batch took.
  std::int64_t Statements(const schemas::WriteBatch& batch) {
    const auto before = writer_->StatementsRun();
    Write(batch);
    return writer_->StatementsRun() - before;
  }
  void ExpectSound() { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  schemas::Id feed_id_ = 0;
  std::shared_ptr<const Blacklist> blacklist_ =
      std::make_shared<const Blacklist>(std::vector<schemas::BlacklistEntry>());
};

schemas::EntryIntake EntryAt(const std::string& host, const std::string& path, int number) {
  auto entry = Entry(host, number);
  entry.url = "https://" + host + "/" + path;
  entry.url_key = number;
  return entry;
}

TEST_F(BatchTest, FinishesTheRemovalOfAFeedInTransactionsOfItsOwn) {
  settings_.removal_rows_max = 3;
  writer_.reset();
  OpenWriter();
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(Entry("a.example", i));
  Crawl(entries);
  const auto before = OpenReader()->ReadStats().batches;
  EXPECT_THAT(WriteChanges({schemas::RemoveFeed{"https://a.example/feed"}}),
              ElementsAre(ChangeOutcome::kDone));
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
  EXPECT_GT(OpenReader()->ReadStats().batches, before + 10);
  ExpectSound();
}

TEST_F(BatchTest, TakesAnOperatorsSiteOutOfThePoolInItsOwnBatch) {
  Crawl({Entry("a.example", 1), Entry("b.example", 2)});
  ASSERT_THAT(Pool(), SizeIs(2));
  EXPECT_THAT(WriteChanges({Blacklisting("b.example")}), ElementsAre(ChangeOutcome::kDone));
  EXPECT_THAT(Pool(), ElementsAre("https://a.example/1"));
  EXPECT_TRUE(blacklist_->MatchHost("b.example"));
  EXPECT_EQ(OpenReader()->FindSite("b.example")->blacklist_pattern, "b.example");
  ExpectSound();

  EXPECT_THAT(WriteChanges({Unblacklisting("b.example")}), ElementsAre(ChangeOutcome::kDone));
  EXPECT_THAT(Pool(), SizeIs(2));
  EXPECT_FALSE(blacklist_->MatchHost("b.example"));
  EXPECT_FALSE(OpenReader()->FindSite("b.example")->blacklisted_at);
  ExpectSound();
}

TEST_F(BatchTest, TakesASiteOfDeadLinksOutOfThePoolInTheBatchOfTheLastVerdict) {
  Crawl({Entry("a.example", 1)});
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 25; ++i) entries.push_back(Entry("dead.example", 100 + i));
  CrawlOf(AddFeed("https://dead.example/feed", "dead.example"), std::move(entries));
  std::vector<schemas::Id> links;
  for (const auto& row : OpenReader()->PoolRows({})) {
    if (OpenReader()->FindLink(row.link_id)->site == "dead.example") links.push_back(row.link_id);
  }
  ASSERT_THAT(links, SizeIs(25));
  schemas::WriteBatch batch;
  for (int i = 0; i < 19; ++i) batch.probes.push_back(store::Probe(links[i], LinkState::kDead));
  Write(batch);
  EXPECT_THAT(Pool(), SizeIs(1 + 6)) << "nineteen dead links are too few to judge a site";
  EXPECT_EQ(blacklist_->size(), 0U);

  schemas::WriteBatch last;
  last.probes = {store::Probe(links[19], LinkState::kDead)};
  Write(last);
  EXPECT_THAT(Pool(), ElementsAre("https://a.example/1"));
  const auto match = blacklist_->MatchHost("dead.example");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->source, schemas::BlacklistSource::kRule);
  const auto stored = FindBlacklistEntry("dead.example");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->source, schemas::BlacklistSource::kRule);
  EXPECT_EQ(stored->until_at, kNow + all_settings_.health.parole_s);
  ExpectSound();
}

TEST_F(BatchTest, LetsAnOperatorsEntryReplaceTheRules) {
  Crawl({Entry("b.example", 1)});
  {
    const auto transaction = writer_->Begin(kNow);
    schemas::BlacklistEntry entry;
    entry.pattern = "b.example";
    entry.source = schemas::BlacklistSource::kRule;
    entry.reason = "20 of 20";
    entry.until_at = kNow + 1000;
    transaction->PutBlacklistEntry(entry);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  }
  EXPECT_THAT(WriteChanges({Blacklisting("b.example")}), ElementsAre(ChangeOutcome::kDone));
  const auto entry = FindBlacklistEntry("b.example");
  EXPECT_EQ(entry->source, schemas::BlacklistSource::kOperator);
  EXPECT_EQ(entry->reason, "spam");
  EXPECT_FALSE(entry->until_at);
  EXPECT_FALSE(OpenReader()->FindSite("b.example")->blacklisted_until_at);
  ExpectSound();
}

TEST_F(BatchTest, JudgesSitesUnderSuffixesByWhatStillMatches) {
  Crawl({Entry("a.example", 1), Entry("x.b.example", 2), Entry("y.b.example", 3),
         Entry("notb.example", 4)});
  WriteChanges({Blacklisting("*.b.example"), Blacklisting("x.b.example")});
  EXPECT_THAT(Pool(), UnorderedElementsAre("https://a.example/1", "https://notb.example/4"));
  EXPECT_EQ(OpenReader()->FindSite("x.b.example")->blacklist_pattern, "x.b.example");
  WriteChanges({Unblacklisting("*.b.example")});
  EXPECT_THAT(Pool(), UnorderedElementsAre("https://a.example/1", "https://notb.example/4",
                                           "https://y.b.example/3"));
  WriteChanges({Unblacklisting("x.b.example")});
  EXPECT_THAT(Pool(), SizeIs(4));
  ExpectSound();
}

TEST_F(BatchTest, JudgesManySuffixesAtOnce) {
  Crawl({Entry("a.example", 1), Entry("x.b.example", 2), Entry("c.example", 3),
         Entry("y.d.example", 4)});
  WriteChanges(
      {Blacklisting("*.b.example"), Blacklisting("*.c.example"), Blacklisting("d.example")});
  EXPECT_THAT(Pool(), UnorderedElementsAre("https://a.example/1", "https://y.d.example/4"));
  ExpectSound();
}

TEST_F(BatchTest, TakesOnlyTheLinksOfAPrefixOut) {
  Crawl({EntryAt("b.example", "blog/1", 1), EntryAt("b.example", "blog/spam/2", 2),
         EntryAt("b.example", "blogs/3", 3)});
  WriteChanges({Blacklisting("b.example/blog"), Blacklisting("b.example/blog/spam/")});
  EXPECT_THAT(Pool(), ElementsAre("https://b.example/blogs/3"));
  EXPECT_FALSE(OpenReader()->FindSite("b.example")->blacklisted_at);
  WriteChanges({Unblacklisting("b.example/blog")});
  EXPECT_THAT(Pool(), UnorderedElementsAre("https://b.example/blog/1", "https://b.example/blogs/3"))
      << "the other prefix still holds";
  WriteChanges({Unblacklisting("b.example/blog/spam/")});
  EXPECT_THAT(Pool(), SizeIs(3));
  ExpectSound();
}

TEST_F(BatchTest, WakesWhatARemovedPrefixHeld) {
  Crawl({EntryAt("a.example", "blog/1", 1)});
  WriteChanges({Blacklisting("a.example/blog")});
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back(Crawled(feed_id_, {}));
  crawl.feed = *OpenReader()->FindFeed(feed_id_);
  crawl.feed.checked_at = kNow - 30 * 86400;
  crawl.feed.last_outcome = schemas::FetchOutcome::kBlacklisted;
  crawl.feed.next_check_at = kNow + 30 * 86400;
  auto& probe = batch.probes.emplace_back();
  probe.link_id = 1;
  probe.next_check_at = kNow + 90 * 86400;
  Write(batch);
  WriteChanges({Unblacklisting("a.example/blog")});
  EXPECT_EQ(OpenReader()->FindFeed(feed_id_)->next_check_at, kNow);
  EXPECT_THAT(OpenReader()->DueLinks({.now = kNow + 86400, .count_max = 10}).links, SizeIs(1));
}

// What an operator's change drops is still there when that change is refused and the batch is
// tried again without it.
TEST_F(BatchTest, LeavesItsRowsAsTheyWereWhenItIsRolledBack) {
  schemas::WriteBatch rows;
  rows.crawls.push_back(Crawled(feed_id_, {EntryAt("bad.example", "1", 1)}));
  engine_->Execute("ALTER TABLE hour RENAME TO gone");
  EXPECT_THROW((void)CommitBatch(*writer_, {Blacklisting("bad.example")}, rows, blacklist_,
                                 all_settings_.health, kNow),
               store::StoreError);
  EXPECT_THAT(rows.crawls[0].entries, SizeIs(1));
  engine_->Execute("ALTER TABLE gone RENAME TO hour");
  EXPECT_EQ(CommitBatch(*writer_, {}, rows, blacklist_, all_settings_.health, kNow).links_new, 1);
}

TEST_F(BatchTest, TakesTheRulesEntriesBelowASuffixOff) {
  auto rule = std::get<schemas::AddBlacklist>(Blacklisting("x.farm.example"));
  rule.entry.source = schemas::BlacklistSource::kRule;
  auto other = rule;
  other.entry.pattern = "xfarm.example";
  WriteChanges({rule, other, Blacklisting("*.farm.example"), Blacklisting("*.none.example")});
  EXPECT_FALSE(FindBlacklistEntry("x.farm.example"));
  EXPECT_TRUE(FindBlacklistEntry("xfarm.example"));
}

// An engine may press a text that repeats itself into less room.
TEST_F(BatchTest, HasRoomForTheLongestPattern) {
  std::minstd_rand random(1);
  std::string pattern = "long.example/";
  while (pattern.size() < health::kPatternBytesMax) {
    pattern += static_cast<char>('a' + random() / 1000 % 26);
  }
  ASSERT_EQ(health::NormalisePattern(pattern).pattern, pattern);
  WriteChanges({Blacklisting(pattern)});
  EXPECT_TRUE(FindBlacklistEntry(pattern));
}

TEST_F(BatchTest, KeepsPrefixAndHostApart) {
  Crawl({EntryAt("b.example", "blog/1", 1), EntryAt("b.example", "about", 2)});
  WriteChanges({Blacklisting("b.example"), Blacklisting("b.example/blog")});
  EXPECT_THAT(Pool(), IsEmpty());
  WriteChanges({Unblacklisting("b.example")});
  EXPECT_THAT(Pool(), ElementsAre("https://b.example/about"));
  WriteChanges({Blacklisting("b.example"), Unblacklisting("b.example/blog")});
  EXPECT_THAT(Pool(), IsEmpty());
  WriteChanges({Unblacklisting("b.example")});
  EXPECT_THAT(Pool(), SizeIs(2));
  ExpectSound();
}

TEST_F(BatchTest, FindsMoreLinksOfAPrefixThanOnePageHolds) {
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 2500; ++i) {
    entries.push_back(EntryAt("b.example", (i % 2 == 0 ? "x/" : "y/") + std::to_string(i), i + 1));
  }
  Crawl(std::move(entries));
  WriteChanges({Blacklisting("b.example/x/")});
  EXPECT_EQ(OpenReader()->ReadStats().links_in_pool, 1250);
  ExpectSound();
}

TEST_F(BatchTest, RefusesABlacklistedFeedInItsPlace) {
  WriteChanges({Blacklisting("bad.example")});
  EXPECT_THAT(
      WriteChanges({Add("https://c.example/feed", "c.example"),
                    Add("https://www.bad.example/feed", "bad.example"),
                    Add("https://c.example/feed", "c.example"),
                    schemas::RemoveFeed{"https://none.example/"},
                    Add("https://d.example/feed", "d.example")}),
      ElementsAre(ChangeOutcome::kDone, ChangeOutcome::kBlacklisted, ChangeOutcome::kAlreadyKnown,
                  ChangeOutcome::kNotFound, ChangeOutcome::kDone));
  EXPECT_FALSE(OpenReader()->FindFeed("https://www.bad.example/feed"));
  EXPECT_TRUE(OpenReader()->FindFeed("https://d.example/feed"));
}

TEST_F(BatchTest, LetsEarlierChangesHoldForLaterOnes) {
  EXPECT_THAT(WriteChanges({Blacklisting("c.example"), Add("https://c.example/1", "c.example"),
                            Unblacklisting("c.example"), Add("https://c.example/2", "c.example")}),
              ElementsAre(ChangeOutcome::kDone, ChangeOutcome::kBlacklisted, ChangeOutcome::kDone,
                          ChangeOutcome::kDone));
  EXPECT_FALSE(OpenReader()->FindFeed("https://c.example/1"));
  EXPECT_TRUE(OpenReader()->FindFeed("https://c.example/2"));
}

TEST_F(BatchTest, DropsEntriesThatAnOlderBlacklistLetIn) {
  WriteChanges({Blacklisting("bad.example"), Blacklisting("b.example/x/")});
  Crawl({Entry("a.example", 1), Entry("bad.example", 2), EntryAt("b.example", "x/1", 3)});
  EXPECT_THAT(Pool(), ElementsAre("https://a.example/1"));
  EXPECT_EQ(OpenReader()->ReadStats().links, 1);

  schemas::WriteBatch batch;
  batch.changes = {Blacklisting("worse.example")};
  batch.crawls.push_back(Crawled(feed_id_, {Entry("worse.example", 4), Entry("a.example", 5)}));
  Write(batch);
  EXPECT_EQ(OpenReader()->ReadStats().links, 2) << "the same batch counts, too";
  ExpectSound();
}

TEST_F(BatchTest, ChangesNothingWithoutACommit) {
  const auto before = blacklist_;
  engine_->Execute("ALTER TABLE hour RENAME TO gone");  // among the last that a batch writes
  EXPECT_THROW(WriteChanges({Blacklisting("b.example")}), store::StoreError);
  engine_->Execute("ALTER TABLE gone RENAME TO hour");
  EXPECT_EQ(blacklist_, before);
  EXPECT_THAT(OpenReader()->Blacklist(), IsEmpty());
}

// --- No statement asks the blacklist.

TEST_F(BatchTest, RunsTheSameStatementsHoweverManyPatternsThereAre) {
  const auto batch_of = [&](int first) {
    schemas::WriteBatch batch;
    batch.crawls.push_back(Crawled(feed_id_, {Entry("a.example", first)}));
    batch.changes = {Add("https://b" + std::to_string(first) + ".example/", "b.example")};
    return batch;
  };
  Crawl({Entry("a.example", 1)});
  Statements(batch_of(2));
  const auto without = Statements(batch_of(3));
  std::vector<schemas::OperatorChange> changes;
  for (int i = 0; i < 5000; ++i) {
    const auto name = "listed-" + std::to_string(i) + ".example";
    changes.push_back(Blacklisting(i % 3 == 0 ? name : i % 3 == 1 ? "*." + name : name + "/path/"));
  }
  WriteChanges(std::move(changes));
  ASSERT_EQ(blacklist_->size(), 5000U);
  EXPECT_EQ(Statements(batch_of(4)), without);
}

TEST_F(BatchTest, RunsTheSameStatementsHoweverManySitesAreAskedFor) {
  WriteChanges({Blacklisting("*.bad.example")});
  schemas::WriteBatch none;
  none.crawls.push_back(Crawled(feed_id_, {}));
  Write(none);
  const auto without = Statements(none);
  schemas::WriteBatch many;
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back(Entry(std::to_string(i) + ".bad.example", i));
  many.crawls.push_back(Crawled(feed_id_, std::move(entries)));
  for (int i = 0; i < 1000; ++i) {
    const auto host = std::to_string(i) + ".bad.example";
    many.changes.push_back(Add("https://" + host + "/feed", host));
  }
  EXPECT_EQ(Statements(many), without);
}

}  // namespace
}  // namespace saunter::crawler::write
