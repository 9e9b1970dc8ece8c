#include "store/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/rows_fixture.h"

namespace saunter::store {
namespace {

using schemas::EntryIntake;
using schemas::LinkState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class IntakeTest : public RowsTest {
 protected:
  static EntryIntake Named(EntryIntake entry, std::vector<std::string> words) {
    entry.categories = std::move(words);
    return entry;
  }
};

TEST_F(IntakeTest, AddsWhatNobodyHasListed) {
  const std::vector entries = {Named(Post("blog.example", 1), {"walks"}), Post("blog.example", 2)};
  const auto intake = Take(OwnFeed(), entries);
  EXPECT_EQ(links_new_, 2);
  EXPECT_EQ(intake.intake_links, 2);
  ASSERT_THAT(rows_.new_links, SizeIs(2));
  const auto& link = rows_.new_links.front();
  EXPECT_EQ(link.link_id, 100);
  EXPECT_EQ(link.source_id, 1);
  EXPECT_EQ(link.told, &entries.front());
  EXPECT_THAT(link.category_ids, ElementsAre(50));
  EXPECT_THAT(rows_.category_deltas, ElementsAre(Pair(50, 1)));
  EXPECT_EQ(rows_.site_deltas.at(1)[IndexOf(LinkState::kUnchecked)], 2);
  EXPECT_EQ(rows_.entries.at(kOwnFeed).at(1).link_id, 100);
  EXPECT_FALSE(rows_.entries.at(kOwnFeed).at(1).is_further);
  EXPECT_THAT(rows_.changed_entries, SizeIs(2));
}

TEST_F(IntakeTest, ChangesNothingWhereTheFeedSaysTheSame) {
  auto& link = AddStanding(7, 1);
  rows_.entries[kStranger][1].content_key = 1;
  EXPECT_THAT(EntriesToRead(rows_.entries[kStranger], {Post("blog.example", 1)}), IsEmpty());
  Take(Stranger(), {Post("blog.example", 1)});
  EXPECT_EQ(link.told, nullptr);
  EXPECT_THAT(rows_.changed_entries, IsEmpty());
}

TEST_F(IntakeTest, ReadsAlsoWhatIsNewOnceTheOtherOfOneIdentityWasTaken) {
  EntryRows listed = {{1, {.link_id = 7, .content_key = 1}}};
  auto again = Post("blog.example", 2);
  again.guid_key = 1;
  const std::vector entries = {Post("blog.example", 1), again};
  EXPECT_THAT(EntriesToRead(listed, entries), ElementsAre(&entries[1], &entries[0]));
}

// A stranger fills gaps and no more; the site's own word replaces his.
TEST_F(IntakeTest, LetsASiteHaveTheLastWordOnItsPosts) {
  auto& link = AddStanding(7, 1);
  auto pills = Post("blog.example", 1);
  pills.title = "PILLS";
  pills.author = "Mallory";
  Take(Stranger(), {pills});
  EXPECT_EQ(link.told, nullptr);
  ASSERT_NE(link.filled, nullptr);
  EXPECT_EQ(link.filled->author, "Mallory");
  EXPECT_EQ(link.filled->title, "");
  const auto own = Post("blog.example", 1);
  const std::vector entries = {own};
  Take(OwnFeed(), entries);
  EXPECT_EQ(link.told, &entries.front());
  EXPECT_EQ(link.filled, nullptr) << "what the stranger said goes, too";
  EXPECT_EQ(link.further_by_site, 1);
  EXPECT_TRUE(rows_.entries.at(kOwnFeed).at(1).is_further);
}

TEST_F(IntakeTest, FillsALinkThatThePartItselfBrought) {
  const std::vector first = {Post("blog.example", 1)};
  Take(OwnFeed(), first);
  auto more = Post("blog.example", 1);
  more.author = "Ann";
  more.title = "Other";
  const std::vector second = {more};
  Take(Stranger(), second);
  const auto& link = rows_.new_links.front();
  EXPECT_EQ(link.told->author, "Ann");
  EXPECT_EQ(link.told->title, "Post 1");
  EXPECT_EQ(first.front().author, "") << "the batch stays as it is";
}

TEST_F(IntakeTest, KeepsRowAndVerdictOfAPostWhoseAddressChanges) {
  auto& link = AddStanding(7, 1);
  link.feed_id = kOwnFeed;
  link.lister_site_id = 1;
  link.state = LinkState::kAlive;
  rows_.entries[kOwnFeed][1] = {.link_id = 7};
  rows_.entries.erase(kStranger);
  auto moved = Post("blog.example", 2);
  moved.guid_key = 1;
  const std::vector entries = {moved};
  Take(OwnFeed(), entries);
  EXPECT_EQ(links_new_, 0);
  EXPECT_EQ(link.url_key, 1002);
  EXPECT_EQ(link.url, "https://blog.example/2");
  EXPECT_TRUE(link.changes.address);
  EXPECT_THAT(rows_.new_links, IsEmpty());
}

TEST_F(IntakeTest, MakesANewLinkOfAPostThatWasDeadAtItsOldAddress) {
  auto& link = AddStanding(7, 1);
  link.feed_id = kOwnFeed;
  link.lister_site_id = 1;
  link.state = LinkState::kDead;
  rows_.entries[kOwnFeed][1] = {.link_id = 7};
  auto moved = Post("blog.example", 2);
  moved.guid_key = 1;
  Take(OwnFeed(), {moved});
  EXPECT_EQ(links_new_, 1);
  EXPECT_TRUE(link.is_removed) << "nobody lists it any more";
  EXPECT_EQ(rows_.site_deltas.at(1)[IndexOf(LinkState::kDead)], -1);
}

TEST_F(IntakeTest, LeavesOutAndCountsWhatIsBeyondTheBudgets) {
  settings_.feed_links_first_max = 2;
  settings_.source_sites_max = 1;
  settings_.feed_words_max = 1;
  settings_.feed_languages_max = 0;
  auto spoken = Named(Post("a.example", 1), {"one", "two"});
  spoken.language = "xx";
  const auto intake =
      Take(Stranger(), {spoken, Post("b.example", 2), Post("a.example", 3), Post("a.example", 4)});
  EXPECT_EQ(links_new_, 2);
  EXPECT_EQ(intake.links_over_sites, 1);
  EXPECT_EQ(intake.links_over_day, 1);
  EXPECT_EQ(intake.words_over, 1);
  EXPECT_EQ(intake.languages_over, 1);
  EXPECT_EQ(rows_.new_links.front().told->language, "");
  EXPECT_THAT(rows_.new_sites, SizeIs(1));
}

TEST_F(IntakeTest, GivesADayItsOwnBudget) {
  settings_.feed_links_per_day_max = 1;
  const auto day = kToday / 86400;
  Take(OwnFeed(), {Post("blog.example", 1)}, {.intake_day = day, .intake_links = 1});
  EXPECT_EQ(links_new_, 0);
  const auto intake =
      Take(OwnFeed(), {Post("blog.example", 1)}, {.intake_day = day - 1, .intake_links = 1});
  EXPECT_EQ(links_new_, 1);
  EXPECT_EQ(intake.intake_links, 1);
}

TEST_F(IntakeTest, ForgetsWhatAFeedListsNoMoreOnceThatIsTooMuch) {
  auto& link = AddStanding(7, 1);
  rows_.entries[kStranger][2] = {.link_id = 8};
  settings_.feed_entries_max = 2;
  Take(Stranger(), {Post("blog.example", 3)});
  EXPECT_THAT(rows_.forgotten, SizeIs(2));
  EXPECT_FALSE(link.is_listed);
  EXPECT_FALSE(link.is_removed) << "the link stays";
  EXPECT_THAT(rows_.unlisted, ElementsAre(8)) << "whose row was not read";
}

}  // namespace
}  // namespace saunter::store
