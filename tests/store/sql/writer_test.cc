
#include <gmock/gmock.h>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using WriterTest = StoreTest;

TEST_F(WriterTest, AddsAFeedOnce) {
  OpenWriter();
  const auto id = AddFeed("https://a.example/feed", "a.example");
  EXPECT_EQ(AddFeed("https://a.example/feed", "a.example"), id);
  auto reader = OpenReader();
  EXPECT_EQ(reader->ReadStats().feeds, 1);
  EXPECT_THAT(reader->DueFeeds({.now = kNow, .count_max = 10}).feeds, SizeIs(1));
  EXPECT_THAT(reader->DueFeeds({.now = kNow - 1, .count_max = 10}).feeds, IsEmpty());
  EXPECT_THAT(reader->Check(), IsEmpty());
}

TEST_F(WriterTest, KeepsEveryFieldOfAFeed) {
  OpenWriter();
  const auto id = AddFeed("https://a.example/feed", "a.example");
  schemas::DueFeed feed;
  feed.feed_id = id;
  feed.url = "https://b.example/moved";
  feed.host = "b.example";
  feed.registrable_domain = "b.example";
  feed.state = schemas::FeedState::kGone;
  feed.title = "Title";
  feed.site_url = "https://b.example/";
  feed.language = "de";
  feed.format = "atom 1.0";
  feed.checked_at = 1;
  feed.ok_at = 2;
  feed.changed_at = 3;
  feed.next_check_at = 4;
  feed.next_check_reason = "ttl";
  feed.etag = "W/\"x\"";
  feed.last_modified = "yesterday, roughly";
  feed.body_key = -5;
  feed.unconditional_at = 6;
  feed.error_count = 7;
  feed.last_outcome = schemas::FetchOutcome::kGone;
  feed.last_status = 410;
  feed.retry_after_at = 8;
  feed.ttl_s = 9;
  feed.update_period_s = 10;
  feed.skip_hours = 11;
  feed.skip_days = 12;
  feed.entry_gap_s = 13;
  feed.newest_published_at = 14;
  feed.redirect_url = "https://c.example/";
  feed.redirect_count = 15;
  feed.redirect_since_at = 16;
  feed.gone_at = 17;
  schemas::WriteBatch batch;
  batch.crawls.push_back({.feed = feed, .fetch = {}, .entries = {}});
  Write(batch);
  const auto stored = FindFeed(feed.url);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->added_at, kNow);
  EXPECT_EQ(stored->feed_id, id);
  EXPECT_EQ(stored->host, "b.example");
  EXPECT_EQ(stored->registrable_domain, "b.example");
  EXPECT_EQ(stored->state, feed.state);
  EXPECT_EQ(stored->title, feed.title);
  EXPECT_EQ(stored->site_url, feed.site_url);
  EXPECT_EQ(stored->language, feed.language);
  EXPECT_EQ(stored->format, feed.format);
  EXPECT_EQ(stored->checked_at, feed.checked_at);
  EXPECT_EQ(stored->ok_at, feed.ok_at);
  EXPECT_EQ(stored->changed_at, feed.changed_at);
  EXPECT_EQ(stored->next_check_at, feed.next_check_at);
  EXPECT_EQ(stored->next_check_reason, feed.next_check_reason);
  EXPECT_EQ(stored->etag, feed.etag);
  EXPECT_EQ(stored->last_modified, feed.last_modified);
  EXPECT_EQ(stored->body_key, feed.body_key);
  EXPECT_EQ(stored->unconditional_at, feed.unconditional_at);
  EXPECT_EQ(stored->error_count, feed.error_count);
  EXPECT_EQ(stored->last_outcome, feed.last_outcome);
  EXPECT_EQ(stored->last_status, feed.last_status);
  EXPECT_EQ(stored->retry_after_at, feed.retry_after_at);
  EXPECT_EQ(stored->ttl_s, feed.ttl_s);
  EXPECT_EQ(stored->update_period_s, feed.update_period_s);
  EXPECT_EQ(stored->skip_hours, feed.skip_hours);
  EXPECT_EQ(stored->skip_days, feed.skip_days);
  EXPECT_EQ(stored->entry_gap_s, feed.entry_gap_s);
  EXPECT_EQ(stored->newest_published_at, feed.newest_published_at);
  EXPECT_EQ(stored->redirect_url, feed.redirect_url);
  EXPECT_EQ(stored->redirect_count, feed.redirect_count);
  EXPECT_EQ(stored->redirect_since_at, feed.redirect_since_at);
  EXPECT_EQ(stored->gone_at, feed.gone_at);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterTest, KeepsOneRowForAPostThatSeveralFeedsList) {
  OpenWriter();
  const auto rss = AddFeed("https://a.example/rss", "a.example");
  const auto atom = AddFeed("https://a.example/atom", "a.example");
  auto bare = Entry("a.example", 1);
  bare.author = "";
  Crawl(rss, {bare});
  auto full = Entry("a.example", 1);
  full.guid_key = 77;
  full.author = "Ann";
  Crawl(atom, {full});
  auto reader = OpenReader();
  EXPECT_EQ(reader->ReadStats().links, 1);
  EXPECT_EQ(reader->NewestLinks(5).at(0).author, "Ann");
  EXPECT_THAT(reader->NewestLinks(5).at(0).categories,
              ::testing::UnorderedElementsAre("books", "walks"));
  EXPECT_THAT(reader->Check(), IsEmpty());
}

TEST_F(WriterTest, UpdatesAnEditedEntryInPlace) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1)});
  const auto before = OpenReader()->PoolRows({}).at(0).link_id;
  auto edited = Entry("a.example", 1);
  edited.title = "Better title";
  edited.language = "fr";
  edited.categories = {"cooking"};
  edited.content_key = 1000;
  Crawl(feed, {edited});
  auto reader = OpenReader();
  const auto link = reader->FindLink(before);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->title, "Better title");
  EXPECT_THAT(link->categories, ElementsAre("cooking"));
  EXPECT_EQ(reader->PoolRows({}).at(0).language, "fr");
  EXPECT_EQ(reader->ReadStats().links, 1);
  EXPECT_THAT(reader->Check(), IsEmpty());
}

TEST_F(WriterTest, FollowsAnEntryToItsNewUrl) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1)});
  auto moved = Entry("a.example", 2);
  moved.guid_key = 1;
  Crawl(feed, {moved});
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterTest, WritesNothingForAnUnchangedEntry) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  Crawl(feed, {Entry("a.example", 1)});
  const auto changes = OpenReader()->LastPoolChange();
  Crawl(feed, {Entry("a.example", 1)});
  EXPECT_EQ(OpenReader()->LastPoolChange(), changes);
}

TEST_F(WriterTest, KeepsTheNewestFetchesOfAFeed) {
  settings_.fetches_kept = 3;
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  for (int i = 0; i < 5; ++i) {
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *FindFeed("https://a.example/rss");
    crawl.fetch.fetched_at = kNow + i;
    crawl.fetch.reason = "fetch " + std::to_string(i);
    Write(batch);
  }
  const auto fetches = OpenReader()->Fetches(feed);
  ASSERT_THAT(fetches, SizeIs(3));
  EXPECT_EQ(fetches[0].reason, "fetch 4");
  EXPECT_EQ(fetches[2].reason, "fetch 2");
}

TEST_F(WriterTest, RemovesAFeedWithTheLinksThatNoOtherFeedLists) {
  OpenWriter();
  const auto one = AddFeed("https://a.example/1", "a.example");
  const auto two = AddFeed("https://a.example/2", "a.example");
  Crawl(one, {Entry("a.example", 1), Entry("a.example", 2)});
  Crawl(two, {Entry("a.example", 2)});
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::RemoveFeed{"https://a.example/1"});
  batch.changes.emplace_back(schemas::RemoveFeed{"https://a.example/none"});
  EXPECT_THAT(Write(batch).change_outcomes,
              ElementsAre(schemas::ChangeOutcome::kDone, schemas::ChangeOutcome::kNotFound));
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterTest, MergesAFeedThatMovedToAKnownAddress) {
  OpenWriter();
  const auto old_feed = AddFeed("https://a.example/old", "a.example");
  AddFeed("https://a.example/new", "a.example");
  Crawl(old_feed, {Entry("a.example", 1)});
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = *FindFeed("https://a.example/old");
  crawl.feed.url = "https://a.example/new";
  crawl.entries = {Entry("a.example", 2)};
  Write(batch);
  auto reader = OpenReader();
  EXPECT_FALSE(reader->FindFeed("https://a.example/old"));
  EXPECT_EQ(reader->ReadStats().feeds, 1);
  EXPECT_EQ(reader->ReadStats().links, 2);
  EXPECT_THAT(reader->Check(), IsEmpty());
}

// A feed's answer that leads to an address which another row has, in a batch.
schemas::WriteBatch MovedTo(const std::string& url, const schemas::DueFeed& feed,
                            std::vector<schemas::EntryIntake> entries) {
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = feed;
  crawl.feed.url = url;
  crawl.feed.checked_at = kNow;
  crawl.entries = std::move(entries);
  return batch;
}

TEST_F(WriterTest, LeavesNoLinkBehindThatNobodyListsAfterAMerge) {
  OpenWriter();
  const auto old_feed = AddFeed("https://a.example/old", "a.example");
  const auto new_feed = AddFeed("https://a.example/new", "a.example");
  auto twin = Entry("a.example", 2);
  twin.guid_key = Entry("a.example", 1).guid_key;
  Crawl(old_feed, {Entry("a.example", 1)});
  Crawl(new_feed, {twin});
  Write(MovedTo("https://a.example/new", *FindFeed("https://a.example/old"), {}));
  EXPECT_THAT(PoolUrls(), ElementsAre("https://a.example/2"));
  EXPECT_EQ(OpenReader()->ReadStats().links, 1);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

// Else anyone could make a victim's feed the witness of what he listed himself.
TEST_F(WriterTest, CarriesNoEntriesIntoAnotherDomain) {
  OpenWriter();
  const auto evil = AddFeed("https://evil.example/feed", "evil.example");
  AddFeed("https://victim.example/feed", "victim.example");
  Crawl(evil, {Entry("victim.example", 1), Entry("victim.example", 2)});
  Write(MovedTo("https://victim.example/feed", *FindFeed("https://evil.example/feed"),
                {Entry("victim.example", 3)}));
  EXPECT_FALSE(FindFeed("https://evil.example/feed"));
  EXPECT_THAT(PoolUrls(), IsEmpty());
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterTest, KeepsWhatTheOperatorSaidOfAFeedThatIsMerged) {
  OpenWriter();
  schemas::WriteBatch setup;
  schemas::AddFeed old_feed;
  old_feed.url = "https://a.example/old";
  old_feed.host = old_feed.registrable_domain = "a.example";
  old_feed.category = "birds";
  auto new_feed = old_feed;
  new_feed.url = "https://a.example/new";
  new_feed.category.clear();
  setup.changes = {old_feed, new_feed,
                   schemas::SetFeedState{old_feed.url, schemas::FeedState::kPaused}};
  Write(setup);
  Write(MovedTo(new_feed.url, *FindFeed(old_feed.url), {}));
  const auto merged = FindFeed(new_feed.url);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->category, "birds");
  EXPECT_EQ(merged->state, schemas::FeedState::kPaused);
  EXPECT_EQ(OpenReader()->ReadStats().feeds_paused, 1);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterTest, CountsAFeedThatWasMergedOnceWhateverItsState) {
  OpenWriter();
  AddFeed("https://a.example/old", "a.example");
  AddFeed("https://a.example/new", "a.example");
  schemas::WriteBatch batch;
  // Paused while it was asked.
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = *FindFeed("https://a.example/old");
  crawl.feed.url = "https://a.example/new";
  schemas::WriteBatch pause;
  pause.changes.emplace_back(
      schemas::SetFeedState{"https://a.example/old", schemas::FeedState::kPaused});
  Write(pause);
  Write(batch);
  auto reader = OpenReader();
  EXPECT_EQ(reader->ReadStats().feeds_paused, 1) << "the other is paused in its place";
  EXPECT_THAT(reader->Check(), IsEmpty());
}

TEST_F(WriterTest, KeepsAPausedFeedPausedWhateverItsLastFetchSays) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  schemas::WriteBatch batch;
  batch.changes.emplace_back(
      schemas::SetFeedState{"https://a.example/rss", schemas::FeedState::kPaused});
  Write(batch);
  Crawl(feed, {});
  auto reader = OpenReader();
  EXPECT_EQ(reader->FindFeed("https://a.example/rss")->state, schemas::FeedState::kPaused);
  EXPECT_THAT(reader->DueFeeds({.now = kNow + 100000, .count_max = 10}).feeds, IsEmpty());
  EXPECT_EQ(reader->ReadStats().feeds_paused, 1);
  EXPECT_THAT(reader->Check(), IsEmpty());
}

TEST_F(WriterTest, TakesNoEntriesOfAFeedThatWasRemovedMeanwhile) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  const auto row = *FindFeed("https://a.example/rss");
  Remove("https://a.example/rss");
  schemas::WriteBatch late;
  late.crawls.push_back({.feed = row, .fetch = {}, .entries = {Entry("a.example", 1)}});
  Write(late);
  EXPECT_EQ(feed, row.feed_id);
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

// Held back for its host's sake, or skipped for the blacklist's.
TEST_F(WriterTest, CountsAFeedThatWasNotAskedAsNeverFetchedHoweverOftenItIsPutOff) {
  OpenWriter();
  AddFeed("https://a.example/rss", "a.example");
  const auto put = [&](std::optional<schemas::UnixSeconds> checked_at) {
    schemas::WriteBatch batch;
    batch.crawls.push_back(
        {.feed = *FindFeed("https://a.example/rss"), .fetch = {}, .entries = {}});
    batch.crawls.back().feed.checked_at = checked_at;
    Write(batch);
    EXPECT_THAT(OpenReader()->Check(), IsEmpty());
    return OpenReader()->ReadStats().feeds_never_fetched;
  };
  EXPECT_EQ(put(std::nullopt), 1);
  EXPECT_EQ(put(std::nullopt), 1);
  EXPECT_EQ(put(kNow), 0);
  EXPECT_EQ(put(kNow), 0);
}

TEST_F(WriterTest, LeavesNothingOfATransactionThatWasNotCommitted) {
  OpenWriter();
  const auto feed = AddFeed("https://a.example/rss", "a.example");
  {
    schemas::WriteBatch batch;
    batch.crawls.push_back({.feed = *FindFeed("https://a.example/rss"),
                            .fetch = {},
                            .entries = {Entry("new.example", 1)}});
    const auto transaction = writer_->Begin(kNow);
    transaction->Apply(batch);
  }
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
  // The site of the lost batch must not be remembered by an id that was rolled back.
  Crawl(feed, {Entry("other.example", 1), Entry("new.example", 1)});
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

TEST_F(WriterTest, NumbersItsBatchesAndSaysWhen) {
  OpenWriter();
  const auto before = OpenReader()->ReadStats().batches;
  schemas::WriteBatch batch;
  batch.status = schemas::CrawlerStatus{.version = "1",
                                        .started_at = kNow,
                                        .stopped_at = {},
                                        .reported_at = kNow,
                                        .fetch_at = {},
                                        .fetch_ok_at = {},
                                        .feeds_due = 5,
                                        .in_flight = 2,
                                        .outage_at = kNow,
                                        .problem = "no network"};
  Write(batch);
  const auto stats = OpenReader()->ReadStats();
  EXPECT_EQ(stats.batches, before + 1);
  EXPECT_EQ(stats.last_batch_at, kNow);
  ASSERT_TRUE(stats.crawler);
  EXPECT_EQ(stats.crawler->problem, "no network");
  EXPECT_EQ(stats.crawler->outage_at, kNow);
}

TEST_F(WriterTest, ReadsDueFeedsFromAPlaceOn) {
  OpenWriter();
  AddFeed("https://a.example/feed", "a.example");
  AddFeed("https://b.example/feed", "b.example");
  AddFeed("https://c.example/feed", "c.example");
  const auto reader = OpenReader();
  const auto first = reader->DueFeeds({.now = kNow, .count_max = 2});
  ASSERT_THAT(first.feeds, SizeIs(2));
  EXPECT_FALSE(first.read_to_end);
  const auto rest = reader->DueFeeds({.now = kNow, .from = first.walked_to, .count_max = 2});
  ASSERT_THAT(rest.feeds, SizeIs(1));
  EXPECT_EQ(rest.feeds[0].url, "https://c.example/feed");
  EXPECT_TRUE(rest.read_to_end);
}

TEST_F(WriterTest, LeavesOutOfAWalkWhatASiteHasBeyondItsShare) {
  OpenWriter();
  for (const auto* path : {"1", "2", "3", "4", "5"}) {
    AddFeed(std::string("https://a.example/") + path, "a.example");
  }
  AddFeed("https://b.example/feed", "b.example");
  const auto reader = OpenReader();
  const auto page = reader->DueFeeds({.now = kNow, .count_max = 10, .per_site_max = 2});
  ASSERT_THAT(page.feeds, SizeIs(3));
  EXPECT_EQ(page.feeds[2].url, "https://b.example/feed");
  EXPECT_TRUE(page.read_to_end);
  ASSERT_THAT(page.crowded_sites, SizeIs(1));
  EXPECT_EQ(page.crowded_sites[0].host, "a.example");
  const DueSite site{.site_id = page.crowded_sites[0].site_id, .from = {}};
  const auto first = reader->DueFeedsOf(site, kNow, 3);
  ASSERT_THAT(first.items, SizeIs(3));
  EXPECT_FALSE(first.read_to_end);
  const auto rest = reader->DueFeedsOf({site.site_id, PlaceInSite(first.items.back())}, kNow, 3);
  EXPECT_THAT(rest.items, SizeIs(2));
  EXPECT_TRUE(rest.read_to_end);
}

TEST_F(WriterTest, GivesTheFeedsOfASiteThatWereNotAskedForLongestFirst) {
  OpenWriter();
  const auto one = AddFeed("https://a.example/1", "a.example");
  const auto two = AddFeed("https://a.example/2", "a.example");
  const auto never = AddFeed("https://a.example/3", "a.example");
  schemas::WriteBatch batch;
  for (const auto& [feed_id, checked_at] : {std::pair(one, kNow - 10), std::pair(two, kNow - 20)}) {
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *OpenReader()->FindFeed(feed_id);
    crawl.feed.checked_at = checked_at;
    crawl.feed.next_check_at = kNow - checked_at % 7;
  }
  Write(batch);
  const auto site_id = OpenReader()->FindFeed(one)->site_id;
  std::vector<schemas::Id> ids;
  const auto due = OpenReader()->DueFeedsOf({.site_id = site_id, .from = {}}, kNow, 10);
  for (const auto& feed : due.items) ids.push_back(feed.feed_id);
  EXPECT_THAT(ids, ElementsAre(never, two, one));
}

}  // namespace
}  // namespace saunter::store::sql
