// What an operator says of feeds: their categories, which are words of their links, and titles.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::ChangeOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kBlog = "https://blog.example/feed";
const std::string kPlanet = "https://planet.example/feed";

class EditsTest : public StoreTest {
 protected:
  EditsTest() {
    // Feeds of these tests that are larger than this go in pieces.
    settings_.removal_rows_max = 3;
    OpenWriter();
  }
  ~EditsTest() override { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  AppliedBatch Change(schemas::OperatorChange change) {
    schemas::WriteBatch batch;
    batch.changes.push_back(std::move(change));
    return Write(batch);
  }
  // Up to the last of its links.
  ChangeOutcome Edit(schemas::EditFeed change) {
    auto applied = Change(std::move(change));
    const auto outcome = applied.change_outcomes.at(0);
    while (applied.is_settling) applied = Write({});
    return outcome;
  }
  ChangeOutcome SetCategory(const std::string& url, const std::string& category) {
    return Edit({.url = url, .title = std::nullopt, .category = category});
  }
  ChangeOutcome SetTitle(const std::string& url, const std::string& title) {
    return Edit({.url = url, .title = title, .category = std::nullopt});
  }
  // As the judge does it, with the feed's category before the entry's own.
  static std::vector<schemas::EntryIntake> Entries(int count, const std::string& category) {
    std::vector<schemas::EntryIntake> entries;
    for (int i = 0; i < count; ++i) {
      auto entry = Entry("blog.example", i);
      entry.categories = {"walks"};
      if (!category.empty()) entry.categories.insert(entry.categories.begin(), category);
      entries.push_back(std::move(entry));
    }
    return entries;
  }
  // How many links of the pool have the word.
  int LinksWith(const std::string& word) {
    const auto reader = OpenReader();
    int count = 0;
    for (const auto& row : reader->PoolRows({})) {
      const auto link = reader->FindLink(row.link_id);
      const auto& words = link->categories;
      count += std::find(words.begin(), words.end(), word) != words.end() ? 1 : 0;
    }
    return count;
  }
  std::string CategoryOf(const std::string& url) { return OpenReader()->FindFeed(url)->category; }
};

TEST_F(EditsTest, GiveEveryLinkOfAFeedItsNewCategory) {
  const auto feed_id = AddFeed(kBlog, "blog.example");
  ASSERT_EQ(SetCategory(kBlog, "birds"), ChangeOutcome::kDone);
  Crawl(feed_id, Entries(8, "birds"));
  ASSERT_EQ(LinksWith("birds"), 8);
  EXPECT_EQ(SetCategory(kBlog, "bread"), ChangeOutcome::kDone);
  EXPECT_EQ(CategoryOf(kBlog), "bread");
  EXPECT_EQ(LinksWith("bread"), 8);
  EXPECT_EQ(LinksWith("birds"), 0);
  EXPECT_EQ(LinksWith("walks"), 8) << "their own words stay";
}

TEST_F(EditsTest, GiveACategoryWhereThereWasNoneAndTakeItAway) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(8, ""));
  ASSERT_EQ(SetCategory(kBlog, "bread"), ChangeOutcome::kDone);
  EXPECT_EQ(LinksWith("bread"), 8);
  ASSERT_EQ(SetCategory(kBlog, ""), ChangeOutcome::kDone);
  EXPECT_EQ(CategoryOf(kBlog), "");
  EXPECT_EQ(LinksWith("bread"), 0);
}

TEST_F(EditsTest, ReachLinksThatAFeedListsNoMore) {
  settings_.feed_entries_max = 2;
  writer_->Renew(settings_);
  const auto feed_id = AddFeed(kBlog, "blog.example");
  Crawl(feed_id, Entries(6, ""));
  Crawl(feed_id, {Entry("blog.example", 7)});
  ASSERT_EQ(PoolUrls().size(), 7U);
  SetCategory(kBlog, "bread");
  EXPECT_EQ(LinksWith("bread"), 7);
}

TEST_F(EditsTest, AreDoneInPiecesWhichReadersHearOf) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(8, ""));
  const auto before = OpenReader()->LastPoolChange();
  auto applied = Change(
      schemas::EditFeed{.url = kBlog, .title = std::nullopt, .category = std::string("bread")});
  EXPECT_TRUE(applied.is_settling);
  EXPECT_EQ(LinksWith("bread"), 3);
  EXPECT_TRUE(writer_->IsSettling());
  while (applied.is_settling) applied = Write({});
  EXPECT_EQ(OpenReader()->ChangesAfter(before, 100).changes.size(), 8U);
  EXPECT_FALSE(writer_->IsSettling());
}

TEST_F(EditsTest, GoOnWhereAnEarlierRunLeftThem) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(8, ""));
  Change(schemas::EditFeed{.url = kBlog, .title = std::nullopt, .category = std::string("bread")});
  writer_.reset();
  OpenWriter();
  ASSERT_TRUE(writer_->IsSettling());
  while (Write({}).is_settling) continue;
  EXPECT_EQ(LinksWith("bread"), 8);
}

TEST_F(EditsTest, LeaveNoLinkOutOfWhichAPieceWasRolledBack) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(8, ""));
  Change(schemas::EditFeed{.url = kBlog, .title = std::nullopt, .category = std::string("bread")});
  writer_->Begin(kNow)->Apply({});  // goes without a commit
  while (Write({}).is_settling) continue;
  EXPECT_EQ(LinksWith("bread"), 8);
}

TEST_F(EditsTest, MayChangeTheirMindBeforeAllLinksAreThrough) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(8, ""));
  Change(schemas::EditFeed{.url = kBlog, .title = std::nullopt, .category = std::string("bread")});
  ASSERT_EQ(SetCategory(kBlog, "birds"), ChangeOutcome::kDone);
  EXPECT_EQ(LinksWith("birds"), 8);
  EXPECT_EQ(LinksWith("bread"), 0);
  Change(schemas::EditFeed{.url = kBlog, .title = std::nullopt, .category = std::string("bread")});
  ASSERT_EQ(SetCategory(kBlog, "birds"), ChangeOutcome::kDone);
  EXPECT_EQ(LinksWith("birds"), 8) << "and back";
  EXPECT_EQ(LinksWith("bread"), 0);
}

TEST_F(EditsTest, LeaveWhatOthersSayOfALink) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(3, "bread"));
  Crawl(AddFeed(kPlanet, "planet.example"), Entries(3, ""));
  ASSERT_EQ(SetCategory(kPlanet, "planets"), ChangeOutcome::kDone);
  EXPECT_EQ(LinksWith("planets"), 0) << "the blog speaks for its own posts";
  ASSERT_EQ(SetCategory(kPlanet, "bread"), ChangeOutcome::kDone);
  ASSERT_EQ(SetCategory(kPlanet, ""), ChangeOutcome::kDone);
  EXPECT_EQ(LinksWith("bread"), 3);
}

TEST_F(EditsTest, EndWithTheFeed) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(8, ""));
  Change(schemas::EditFeed{.url = kBlog, .title = std::nullopt, .category = std::string("bread")});
  Remove(kBlog);
  EXPECT_FALSE(writer_->IsSettling());
}

TEST_F(EditsTest, SayWhetherThereWasSomethingToDo) {
  AddFeed(kBlog, "blog.example");
  EXPECT_EQ(SetCategory("https://other.example/feed", "bread"), ChangeOutcome::kNotFound);
  EXPECT_EQ(SetCategory(kBlog, "bread"), ChangeOutcome::kDone);
  EXPECT_EQ(SetCategory(kBlog, "bread"), ChangeOutcome::kAlreadyKnown);
  EXPECT_EQ(SetTitle(kBlog, "Mine"), ChangeOutcome::kDone);
  EXPECT_EQ(SetTitle(kBlog, "Mine"), ChangeOutcome::kAlreadyKnown);
}

TEST_F(EditsTest, KeepTheOperatorsTitleWhateverTheFeedSays) {
  const auto feed_id = AddFeed(kBlog, "blog.example");
  SetTitle(kBlog, "Mine");
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = *OpenReader()->FindFeed(feed_id);
  crawl.feed.title = "Its own";
  crawl.entries = Entries(1, "");
  Write(batch);
  const auto reader = OpenReader();
  EXPECT_EQ(reader->FindFeed(kBlog)->title, "Mine");
  EXPECT_EQ(reader->FindFeed(kBlog)->given_title, "Mine");
  EXPECT_EQ(reader->FeedOutlines({}).at(0).title, "Mine");
  EXPECT_EQ(reader->FindLink(reader->PoolRows({}).at(0).link_id)->site_title, "Mine");
  SetTitle(kBlog, "");
  EXPECT_EQ(OpenReader()->FindFeed(kBlog)->title, "Its own") << "at once";
  EXPECT_EQ(OpenReader()->FindFeed(kBlog)->given_title, "");
}

TEST_F(EditsTest, AreNotNeededForACategoryThatAnAddedFeedLacked) {
  Crawl(AddFeed(kBlog, "blog.example"), Entries(2, ""));
  schemas::AddFeed change;
  change.url = kBlog;
  change.host = change.registrable_domain = "blog.example";
  change.category = "bread";
  ASSERT_THAT(Change(change).change_outcomes, ElementsAre(ChangeOutcome::kAlreadyKnown));
  EXPECT_EQ(CategoryOf(kBlog), "bread");
  EXPECT_EQ(LinksWith("bread"), 2);
}

}  // namespace
}  // namespace saunter::store::sql
