#include "store/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tests/store/rows_fixture.h"

namespace saunter::store {
namespace {

using schemas::LinkState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class LinksTest : public RowsTest {
 protected:
  static constexpr Address kElsewhere = {.url = "https://planet.example/1",
                                         .url_key = 1001,
                                         .site = "planet.example",
                                         .registrable_domain = "planet.example"};
  SiteRow& Blog() { return names_.sites.at("blog.example"); }
};

TEST_F(LinksTest, CountForTheirOwnSiteIfItHasAFeed) {
  LinkRow link;
  link.site_id = 1;
  link.lister_site_id = 2;
  EXPECT_EQ(SourceOf(link), 2);
  link.feed_site_id = 3;
  EXPECT_EQ(SourceOf(link), 3) << "as it stood when the feed left";
  link.site_has_feed = true;
  EXPECT_EQ(SourceOf(link), 1);
  LinkRow orphan;
  orphan.site_id = 4;
  EXPECT_EQ(SourceOf(orphan), 4) << "that feed is gone";
}

TEST_F(LinksTest, AreRewrittenByTheirSiteOrWhileItHasNoFeedByWhoBroughtThem) {
  auto& link = AddStanding(7, 1);
  EXPECT_TRUE(MayRewrite(OwnFeed(), link));
  EXPECT_FALSE(MayRewrite(Stranger(), link));
  link.site_has_feed = false;
  EXPECT_TRUE(MayRewrite(Stranger(), link));
  const Lister feeds = {
      .feed_id = 13, .site_id = 3, .host = "feeds.blog.example", .speaks_for = "blog.example"};
  EXPECT_TRUE(MayRewrite(feeds, link));
}

TEST_F(LinksTest, MoveWithTheirStateAndTheirSource) {
  auto& link = AddStanding(7, 1);
  link.state = LinkState::kAlive;
  ASSERT_TRUE(MoveLink(rows_, link, kElsewhere));
  EXPECT_EQ(link.site_id, 2);
  EXPECT_EQ(link.source_id, 2);
  EXPECT_EQ(link.url, kElsewhere.url);
  EXPECT_EQ(link.listed_key, std::nullopt) << "the key is the same there";
  EXPECT_EQ(Blog().links, 0);
  EXPECT_EQ(rows_.site_deltas.at(1)[IndexOf(LinkState::kAlive)], -1);
  EXPECT_EQ(rows_.site_deltas.at(2)[IndexOf(LinkState::kAlive)], 1);
  EXPECT_THAT(rows_.judged_sites, ElementsAre(2));
  EXPECT_EQ(rows_.FindLink(&names_.sites.at("planet.example"), 1001), &link);
}

TEST_F(LinksTest, LeaveThePoolAtABlacklistedSite) {
  names_.sites.at("planet.example").is_blacklisted = true;
  auto& link = AddStanding(7, 1);
  EXPECT_TRUE(link.IsInPool());
  ASSERT_TRUE(MoveLink(rows_, link, kElsewhere));
  EXPECT_FALSE(link.IsInPool());
}

TEST_F(LinksTest, GiveTheirEntriesToTheOneThatStandsWhereTheyMove) {
  auto& stays = AddStanding(6, 2);
  auto& goes = AddStanding(7, 1);
  goes.further = 2;
  ASSERT_TRUE(MoveLink(rows_, goes,
                       {.url = "https://blog.example/2",
                        .url_key = 1002,
                        .site = "blog.example",
                        .registrable_domain = "blog.example"}));
  EXPECT_TRUE(goes.is_removed);
  EXPECT_EQ(stays.further, 3);
  EXPECT_THAT(rows_.entries_given, ElementsAre(Pair(6, 7)));
  EXPECT_EQ(rows_.FindLink(7), nullptr);
}

TEST_F(LinksTest, StayWhereABudgetHasNoPlaceForThemElsewhere) {
  settings_.source_sites_max = 0;
  auto& link = AddStanding(7, 1);
  EXPECT_FALSE(MoveLink(rows_, link,
                        {.url = "https://new.example/1",
                         .url_key = 1001,
                         .site = "new.example",
                         .registrable_domain = "new.example"}));
  EXPECT_FALSE(link.changes.address);
  EXPECT_THAT(rows_.new_sites, IsEmpty());
}

TEST_F(LinksTest, MakeRoomInTheOrderInWhichTheyCanGo) {
  settings_.site_links_max = 2;
  auto& listed = AddStanding(5, 5);
  auto& left = AddStanding(6, 6);
  left.is_listed = false;
  rows_.rooms[1] = {.unlisted = {6}, .only_strangers = {5}};
  EXPECT_TRUE(MakeRoom(rows_, Blog(), 2));
  EXPECT_TRUE(left.is_removed);
  EXPECT_FALSE(listed.is_removed);
  EXPECT_THAT(rows_.emptied, ElementsAre(6));
  settings_.site_links_max = 1;
  EXPECT_FALSE(MakeRoom(rows_, Blog(), 2))
      << "a stranger has no right to the place of what is listed";
  EXPECT_TRUE(MakeRoom(rows_, Blog(), 1)) << "the site itself has that of what strangers list";
  EXPECT_TRUE(listed.is_removed);
}

TEST_F(LinksTest, HaveNoMoreWordsThanALinkMayHave) {
  auto& link = AddStanding(7, 1);
  std::vector<schemas::Id> ids(100);
  std::iota(ids.begin(), ids.end(), 1);
  AddWords(rows_, link, ids);
  EXPECT_EQ(link.category_ids.size(), 32U);
  EXPECT_EQ(rows_.category_deltas.size(), 32U);
}

TEST_F(LinksTest, MakeNoRoomByGoingOnceTheyAreListedAgain) {
  settings_.site_links_max = 1;
  auto& link = AddStanding(6, 6);
  rows_.rooms[1] = {.unlisted = {6}, .only_strangers = {}};
  EXPECT_FALSE(MakeRoom(rows_, Blog(), 2));
  EXPECT_FALSE(link.is_removed);
}

}  // namespace
}  // namespace saunter::store
