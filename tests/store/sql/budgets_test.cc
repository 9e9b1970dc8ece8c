#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

constexpr schemas::UnixSeconds kDayS = 86400;
constexpr char kFeedUrl[] = "https://a.example/feed";

class BudgetsTest : public StoreTest {
 protected:
  void SetUp() override {
    settings_.feed_links_first_max = 50;
    settings_.feed_links_per_day_max = 20;
    settings_.feed_entries_max = 60;
    settings_.feed_words_max = 30;
    settings_.feed_languages_max = 3;
    settings_.languages_max = 5;
    settings_.site_links_max = 100;
    settings_.source_sites_max = 10;
    OpenWriter();
    feed_ = AddFeed(kFeedUrl, "a.example");
  }

  std::int64_t Count(const std::string& rows) {
    return engine_->QueryInt("SELECT count(*) FROM " + rows);
  }

  // What the feed lists at this time.
  void CrawlAt(schemas::UnixSeconds now, std::vector<schemas::EntryIntake> entries,
               schemas::Id feed_id = 0) {
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *OpenReader()->FindFeed(feed_id == 0 ? feed_ : feed_id);
    crawl.feed.checked_at = now;
    crawl.feed.next_check_at = now + 3600;
    crawl.fetch.fetched_at = now;
    crawl.entries = std::move(entries);
    const auto transaction = writer_->Begin(now);
    transaction->Apply(batch);
    transaction->Commit(WriteTransaction::Durability::kNormal);
  }

  static std::vector<schemas::EntryIntake> Posts(int first, int count,
                                                 const std::string& host = "a.example") {
    std::vector<schemas::EntryIntake> entries;
    for (int i = first; i < first + count; ++i) entries.push_back(Entry(host, i));
    return entries;
  }

  schemas::FeedListing Feed() { return *OpenReader()->FindFeed(std::string_view(kFeedUrl)); }
  std::vector<Finding> Problems() { return OpenReader()->Check(); }

  schemas::Id feed_ = 0;
};

TEST_F(BudgetsTest, TakeAFirstAnswerAndThenSoManyNewLinksADay) {
  CrawlAt(kNow, Posts(0, 70));
  EXPECT_EQ(Count("link"), 50);
  EXPECT_EQ(Feed().links_over_day, 20);
  CrawlAt(kNow + 3600, Posts(0, 70));
  EXPECT_EQ(Count("link"), 50) << "not on that day any more";
  CrawlAt(kNow + kDayS, Posts(0, 60));
  EXPECT_EQ(Count("link"), 60) << "what was left out has its turn";
  EXPECT_EQ(Feed().links_over_day, 0);
  EXPECT_EQ(Feed().intake_links, 10);
  CrawlAt(kNow + kDayS + 3600, Posts(100, 15));
  EXPECT_EQ(Count("link"), 70);
  EXPECT_EQ(Feed().links_over_day, 5);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, LetAFeedListWhatStandsAlready) {
  CrawlAt(kNow, Posts(0, 50));
  const auto other = AddFeed("https://b.example/feed", "b.example");
  CrawlAt(kNow, Posts(100, 50, "b.example"), other);
  CrawlAt(kNow + 3600, Posts(0, 50), other);
  EXPECT_EQ(Count("link"), 100);
  EXPECT_EQ(Count("entry WHERE feed_id = " + std::to_string(other)), 50)
      << "more than feed_entries_max: the first fifty went";
}

TEST_F(BudgetsTest, KeepTheEntriesOfAFeedThatListsFew) {
  CrawlAt(kNow, Posts(0, 10));
  CrawlAt(kNow + kDayS, Posts(10, 10));
  EXPECT_EQ(Count("entry"), 20);
}

TEST_F(BudgetsTest, KeepRowAndVerdictOfAPostWhoseAddressChanges) {
  CrawlAt(kNow, Posts(0, 1));
  const auto link = OpenReader()->PoolRows({0, 10}).at(0);
  schemas::WriteBatch batch;
  batch.probes.push_back(Probe(link.link_id, schemas::LinkState::kAlive));
  Write(batch);
  for (int session = 1; session < 30; ++session) {
    auto entry = Entry("a.example", 0);
    entry.url += "?sid=" + std::to_string(session);
    entry.url_key = 1000 + session;
    entry.content_key = 1000 + session;
    CrawlAt(kNow + session * 3600, {entry});
  }
  EXPECT_EQ(Count("link"), 1);
  EXPECT_EQ(Count("link WHERE state = 1 AND url LIKE '%?sid=29' AND listed_key IS NULL"), 1);
  EXPECT_EQ(OpenReader()->PoolRows({0, 10}).at(0).link_id, link.link_id);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, GiveAPostOfAnotherOwnerARowOfItsOwn) {
  CrawlAt(kNow, Posts(0, 1));
  auto entry = Entry("b.example", 0);
  entry.guid_key = Entry("a.example", 0).guid_key;
  entry.content_key = 1000;
  CrawlAt(kNow + 3600, {entry});
  EXPECT_EQ(Count("link JOIN site USING (site_id) WHERE host = 'b.example' AND state = 0"), 1);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, MakeRoomOnAFullSiteByWhatNobodyListsTheDeadFirst) {
  for (int day = 0; day < 5; ++day) CrawlAt(kNow + day * kDayS, Posts(day * 20, 20));
  ASSERT_EQ(Count("link"), 100);
  ASSERT_EQ(Count("entry"), 40) << "those of three days were forgotten";
  schemas::WriteBatch batch;
  const auto rows = OpenReader()->PoolRows({0, 100});
  batch.probes.push_back(Probe(rows.at(50).link_id, schemas::LinkState::kDead));
  Write(batch);
  auto entries = Posts(81, 20);
  CrawlAt(kNow + 5 * kDayS, entries);
  EXPECT_EQ(Count("link WHERE state = 4"), 0);
  EXPECT_EQ(Count("link"), 100);
  CrawlAt(kNow + 6 * kDayS, Posts(101, 20));
  EXPECT_EQ(Count("link"), 100);
  EXPECT_EQ(Count("link WHERE link_id = " + std::to_string(rows.at(0).link_id)), 0) << "the oldest";
  EXPECT_EQ(Feed().links_over_site, 0);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, HoldNoLinksAgainstASiteThatAreGone) {
  for (int day = 0; day < 5; ++day) CrawlAt(kNow + day * kDayS, Posts(day * 20, 20));
  const auto other = AddFeed("https://a.example/other", "a.example");
  CrawlAt(kNow, Posts(200, 1), other);
  Remove(kFeedUrl);
  ASSERT_EQ(Count("link"), 1);
  CrawlAt(kNow + 10 * kDayS, Posts(201, 10), other);
  EXPECT_EQ(Count("link"), 11) << "none had to go";
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, ShutNobodyOutOfHisOwnPlace) {
  for (int number = 0; number < 2; ++number) {
    const auto host = "stranger" + std::to_string(number) + ".example";
    const auto stranger = AddFeed("https://" + host + "/feed", host);
    CrawlAt(kNow, Posts(1000 + number * 50, 50), stranger);
  }
  ASSERT_EQ(Count("link"), 100);
  CrawlAt(kNow, Posts(0, 30));
  EXPECT_EQ(Count("link WHERE feed_id = " + std::to_string(feed_)), 30);
  EXPECT_EQ(Count("link"), 100);
  EXPECT_EQ(Feed().links_over_site, 0);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, BoundTheSitesThatLinksMoveTo) {
  CrawlAt(kNow, Posts(0, 30));
  schemas::WriteBatch batch;
  for (const auto& row : OpenReader()->PoolRows({0, 100})) {
    auto probe = Probe(row.link_id, schemas::LinkState::kAlive);
    const auto host = "h" + std::to_string(row.link_id) + ".example";
    probe.move = schemas::LinkMove{.url = "https://" + host + "/",
                                   .url_key = 5000 + row.link_id,
                                   .host = host,
                                   .registrable_domain = host};
    batch.probes.push_back(probe);
  }
  Write(batch);
  EXPECT_EQ(Count("site"), 11);
  EXPECT_EQ(Count("link JOIN site USING (site_id) WHERE host = 'a.example'"), 20)
      << "the others stay where they are";
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, GiveAPostThatWasDeadAnotherChanceAtItsNewAddress) {
  CrawlAt(kNow, Posts(0, 1));
  schemas::WriteBatch batch;
  batch.probes.push_back(
      Probe(OpenReader()->PoolRows({0, 10}).at(0).link_id, schemas::LinkState::kDead));
  Write(batch);
  auto entry = Entry("a.example", 1);
  entry.guid_key = 0;
  CrawlAt(kNow + 3600, {entry});
  EXPECT_EQ(Count("link"), 1);
  EXPECT_EQ(Count("pool"), 1);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

TEST_F(BudgetsTest, GoOnWithTheFeedThatAnotherMovesTo) {
  const auto kept = AddFeed("https://a.example/kept", "a.example");
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = *OpenReader()->FindFeed(feed_);
  crawl.feed.url = "https://a.example/kept";
  crawl.feed.checked_at = kNow;
  crawl.entries = Posts(0, 50);
  Write(batch);
  EXPECT_EQ(Count("link"), 50);
  CrawlAt(kNow + 3600, Posts(100, 50), kept);
  EXPECT_EQ(Count("link"), 50) << "that was its first answer";
}

TEST_F(BudgetsTest, LetOthersNameTheLanguagesOfARemovedFeed) {
  auto entries = Posts(0, 3);
  for (int i = 0; i < 3; ++i) entries[i].language = "q" + std::to_string(i);
  CrawlAt(kNow, entries);
  Remove(kFeedUrl);
  EXPECT_EQ(Count("language"), 0);
  const auto other = AddFeed("https://b.example/feed", "b.example");
  CrawlAt(kNow, entries, other);
  EXPECT_EQ(Count("language"), 3) << "the cache forgot them, too";
}

TEST_F(BudgetsTest, BoundTheSitesThatASourceIsTheFirstToName) {
  const auto name = [&](int first, schemas::UnixSeconds now) {
    std::vector<schemas::EntryIntake> entries;
    for (int i = first; i < first + 15; ++i) {
      entries.push_back(Entry("h" + std::to_string(i) + ".example", i));
    }
    CrawlAt(now, entries);
  };
  name(0, kNow);
  EXPECT_EQ(Count("site"), 11);
  EXPECT_EQ(Feed().links_over_sites, 5);
  name(100, kNow + kDayS);
  EXPECT_EQ(Count("site"), 11);
  EXPECT_EQ(Feed().links_over_sites, 15);
  AddFeed("https://h3.example/feed", "h3.example");
  name(200, kNow + 2 * kDayS);
  EXPECT_EQ(Count("site"), 12) << "a site with a feed of its own is in nobody's budget";
}

TEST_F(BudgetsTest, BoundTheWordsAndTheLanguagesThatAFeedBringsUp) {
  const auto other = AddFeed("https://b.example/feed", "b.example");
  const auto name = [&](schemas::Id feed_id, const std::string& host) {
    auto entries = Posts(0, 20, host);
    for (int i = 0; i < 20; ++i) {
      entries[i].language = "q" + std::to_string(feed_id) + std::to_string(i);
      entries[i].categories = {host + std::to_string(2 * i), host + std::to_string(2 * i + 1)};
    }
    CrawlAt(kNow, entries, feed_id);
  };
  name(feed_, "a.example");
  EXPECT_EQ(Count("category"), 30);
  EXPECT_EQ(Feed().words_over, 10);
  EXPECT_EQ(Count("language"), 3);
  EXPECT_EQ(Feed().languages_over, 17);
  EXPECT_EQ(Count("link WHERE language IS NOT NULL"), 3);
  name(other, "b.example");
  EXPECT_EQ(Count("language"), 5) << "over all feeds";
}

// Everything at once, at every fetch, for a hundred days.
TEST_F(BudgetsTest, KeepEveryTableBounded) {
  const std::vector<std::string> tables = {"link", "entry", "site", "category",
                                           "feed", "pool",  "site", "language"};
  std::vector<std::int64_t> half;
  for (int fetch = 0; fetch < 200; ++fetch) {
    std::vector<schemas::EntryIntake> entries;
    for (int i = 0; i < 100; ++i) {
      const int unseen = fetch * 100 + i;
      auto entry =
          Entry(i % 4 == 0 ? "h" + std::to_string(unseen) + ".example" : "a.example", unseen);
      if (i % 2 == 0) entry.guid_key = i;  // stays, while the address changes
      entry.language = "q" + std::to_string(unseen);
      entry.categories.clear();
      for (int word = 0; word < 32; ++word) {
        entry.categories.push_back(std::to_string(unseen) + "-" + std::to_string(word));
      }
      entries.push_back(std::move(entry));
    }
    CrawlAt(kNow + fetch * kDayS / 2, entries);
    if (fetch != 100) continue;
    for (const auto& table : tables) half.push_back(Count(table));
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    EXPECT_LE(Count(tables[i]), half[i] + half[i] / 5) << tables[i];
  }
  EXPECT_LE(Count("link"), 200);
  EXPECT_LE(Count("entry"), 100);
  EXPECT_THAT(Problems(), ::testing::IsEmpty());
}

// A feed lists a link of a full site for another of its posts; then the site itself, in the same
// batch, has that link's place.
TEST_F(BudgetsTest, LeavesNoEntryBehindWhereALinkGoesInTheBatchThatListsIt) {
  settings_.site_links_max = 1;
  writer_->Renew(settings_);
  const auto own = AddFeed("https://s.example/feed", "s.example");
  auto listed = Entry("s.example", 1);
  const auto moved = Entry("a.example", 2);
  Crawl(feed_, {listed, moved});
  listed.guid_key = moved.guid_key;
  listed.content_key = 99;
  schemas::WriteBatch batch;
  for (const auto feed_id : {feed_, own}) {
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *OpenReader()->FindFeed(feed_id);
    crawl.feed.checked_at = kNow;
    crawl.entries = {feed_id == own ? Entry("s.example", 3) : listed};
  }
  Write(batch);
  EXPECT_THAT(Problems(), testing::IsEmpty());
  EXPECT_EQ(Count("link"), 1);
  EXPECT_EQ(Count("link WHERE url = '/3'"), 1);
}

// The site's own source names the host where its post has gone, not the feed's.
TEST_F(BudgetsTest, LetsAPostMoveToAnUnknownHostInTheAnswerThatBringsIt) {
  const auto feed = AddFeed("https://feeds.a.example/feed", "feeds.a.example");
  auto post = Entry("a.example", 1);
  auto moved = Entry("new.a.example", 1);
  moved.registrable_domain = "a.example";
  moved.content_key = 2;
  Crawl(feed, {post, moved}, "a.example");
  EXPECT_EQ(Count("link"), 1);
  EXPECT_EQ(Count("site WHERE host = 'new.a.example' AND named_by = (SELECT site_id FROM site "
                  "WHERE host = 'a.example')"),
            1);
  EXPECT_THAT(Problems(), testing::IsEmpty());
}

}  // namespace
}  // namespace saunter::store::sql
