#include <gmock/gmock.h>

#include <string>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

class PruningTest : public StoreTest {
 protected:
  void SetUp() override {
    settings_.feed_words_max = settings_.source_sites_max = 1000000;
    OpenWriter();
  }

  std::int64_t Count(const std::string& table) {
    return engine_->QueryInt("SELECT count(*) FROM " + table);
  }
  std::int64_t Newest(const std::string& table) {
    return engine_->QueryInt("SELECT max(" + table + "_id) FROM " + table);
  }
  void WriteNothing(int times) {
    for (int i = 0; i < times; ++i) Write({});
  }
};

// What one feed supplied in many fetches goes with its links, a slice in each batch.
TEST_F(PruningTest, LeavesNoCategoryThatNoLinkUses) {
  const auto feed = AddFeed("https://a.example/feed", "a.example");
  for (int fetch = 0; fetch < 40; ++fetch) {
    auto entry = Entry("a.example", 1);
    entry.content_key = fetch;
    entry.categories.clear();
    for (int i = 0; i < 100; ++i) {
      entry.categories.push_back(std::to_string(fetch) + "-" + std::to_string(i));
    }
    Crawl(feed, {entry});
  }
  WriteNothing(20);
  EXPECT_EQ(Count("category"), 100);
  EXPECT_EQ(engine_->QueryInt("SELECT sum(length(categories) - length(replace(categories, ',', "
                              "'')) + 1) FROM link"),
            100);
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
}

TEST_F(PruningTest, GivesAWordThatComesBackANewId) {
  const auto feed = AddFeed("https://a.example/feed", "a.example");
  auto entry = Entry("a.example", 1);
  entry.categories = {"old"};
  Crawl(feed, {entry});
  const auto old = *OpenReader()->FindCategory("old");
  for (const auto* name : {"new", "old", "new"}) {
    entry.categories = {name};
    ++entry.content_key;
    Crawl(feed, {entry});
    WriteNothing(3);
  }
  EXPECT_FALSE(OpenReader()->FindCategory("old") == old);
  entry.categories = {"old"};
  ++entry.content_key;
  Crawl(feed, {entry});
  EXPECT_GT(*OpenReader()->FindCategory("old"), old) << "the cache forgot it, too";
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
}

TEST_F(PruningTest, LeavesNoSiteThatHasNothingLeft) {
  AddFeed("https://kept.example/feed", "kept.example");
  const auto feed = AddFeed("https://farm.example/feed", "farm.example");
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 2000; ++i) entries.push_back(Entry("h" + std::to_string(i) + ".example", i));
  Crawl(feed, entries);
  EXPECT_EQ(Count("site"), 2002);
  const auto newest = Newest("site");
  Remove("https://farm.example/feed");
  WriteNothing(10);
  EXPECT_EQ(Count("site"), 2) << "one that has a feed, and the newest, whose id is not used again";
  EXPECT_EQ(OpenReader()->ReadStats().sites, 2);
  const auto again = AddFeed("https://farm.example/feed", "farm.example");
  Crawl(again, {Entry("h5.example", 5)});
  EXPECT_GT(OpenReader()->FindSite("h5.example")->site_id, newest) << "and so are the caches new";
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
}

TEST_F(PruningTest, KeepsASiteThatIsOnParoleOrWasDecidedLately) {
  const auto feed = AddFeed("https://farm.example/feed", "farm.example");
  Crawl(feed, {Entry("listed.example", 1), Entry("judged.example", 2), Entry("rule.example", 3),
               Entry("last.example", 4)});
  {
    const auto transaction = writer_->Begin(kNow);
    schemas::BlacklistEntry entry;
    entry.pattern = "listed.example";
    transaction->PutBlacklistEntry(entry);
    transaction->SetSiteBlacklisting({OpenReader()->FindSite("listed.example")->site_id, entry});
    entry.pattern = "rule.example";
    entry.source = schemas::BlacklistSource::kRule;
    entry.until_at = kNow + 86400;
    transaction->PutBlacklistEntry(entry);
    transaction->SetSiteBlacklisting({OpenReader()->FindSite("rule.example")->site_id, entry});
    schemas::SiteDecision decision;
    decision.site_id = OpenReader()->FindSite("judged.example")->site_id;
    decision.decided_at = kNow;
    decision.reason = "parked";
    transaction->PutDecision(decision);
    transaction->Commit(WriteTransaction::Durability::kNormal);
  }
  Remove("https://farm.example/feed");
  WriteNothing(3);
  EXPECT_FALSE(OpenReader()->FindSite("listed.example")) << "its entry speaks for itself";
  EXPECT_TRUE(FindBlacklistEntry("listed.example"));
  EXPECT_TRUE(OpenReader()->FindSite("judged.example"));
  EXPECT_TRUE(OpenReader()->FindSite("rule.example"));
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
  for (int i = 0; i < 2; ++i) {
    const auto later = writer_->Begin(kNow + 181 * 86400);
    later->Commit(WriteTransaction::Durability::kNormal);
  }
  EXPECT_FALSE(OpenReader()->FindSite("judged.example"));
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace saunter::store::sql
