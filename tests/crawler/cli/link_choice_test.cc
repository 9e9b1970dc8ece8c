#include "crawler/cli/link_choice.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace saunter::crawler::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr schemas::UnixSeconds kNow = 1700000000;
constexpr schemas::UnixSeconds kDay = 86400;

schemas::PoolRow Row(schemas::Id link_id, schemas::Id source_id) {
  schemas::PoolRow row;
  row.link_id = link_id;
  row.site_id = source_id;
  row.source_id = source_id;
  return row;
}

std::vector<schemas::Id> DrawAll(LinkChoice& choice) {
  std::mt19937_64 random(1);
  return choice.Draw(1000, {}, random);
}

TEST(LinkChoice, GivesEachSourceTheSameShareHoweverManyLinksItHas) {
  std::mt19937_64 random(1);
  std::map<schemas::Id, int> times;
  for (int i = 0; i < 3000; ++i) {
    LinkChoice choice({}, kNow);
    choice.Offer(Row(1, 10), 0);
    for (schemas::Id link_id = 2; link_id < 10; ++link_id) choice.Offer(Row(link_id, 20), 0);
    ++times[choice.Draw(1, {}, random).at(0)];
  }
  EXPECT_NEAR(times[1], 1500, 150);
  for (schemas::Id link_id = 2; link_id < 10; ++link_id) EXPECT_NEAR(times[link_id], 187, 75);
}

TEST(LinkChoice, GivesASourceTheChanceThatReadersGiveIt) {
  std::mt19937_64 random(1);
  int times = 0;
  for (int i = 0; i < 3000; ++i) {
    LinkChoice choice({}, kNow);
    choice.Offer(Row(1, 10), 0);
    choice.Offer(Row(2, 20), 0);
    times += choice.Draw(1, {{10, store::SourceWeight::kThree}}, random).at(0) == 1 ? 1 : 0;
  }
  EXPECT_NEAR(times, 2250, 150);
}

TEST(LinkChoice, GivesEachSourceOnceBeforeAnyTwiceAndNoLinkTwice) {
  LinkChoice choice({}, kNow);
  for (schemas::Id link_id = 1; link_id <= 6; ++link_id) choice.Offer(Row(link_id, 10), 0);
  choice.Offer(Row(7, 20), 0);
  choice.Offer(Row(8, 30), 0);
  const auto drawn = DrawAll(choice);
  const std::set<schemas::Id> first(drawn.begin(), drawn.begin() + 3);
  EXPECT_TRUE(first.contains(7));
  EXPECT_TRUE(first.contains(8));
  EXPECT_THAT(drawn, UnorderedElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(LinkChoice, TakesALinkOfOneOfTheWantedWordsOrTopics) {
  LinkWish wish;
  wish.category = CategoryWish{.topics = 0b10, .category_ids = {5}};
  wish.not_category = {.topics = 0b100, .category_ids = {6}};
  LinkChoice choice(wish, kNow);
  choice.Offer(Row(1, 10), 0b10);
  choice.Offer(Row(2, 10), 0b01);
  choice.Offer(Row(3, 10), 0b110);
  auto row = Row(4, 10);
  row.categories = {5};
  choice.Offer(row, 0);
  row = Row(5, 10);
  row.categories = {5, 6};
  choice.Offer(row, 0);
  EXPECT_THAT(DrawAll(choice), UnorderedElementsAre(1, 4));
}

TEST(LinkChoice, TakesNothingWhereNoWantedCategoryIsKnown) {
  LinkWish wish;
  wish.category = CategoryWish();
  LinkChoice choice(wish, kNow);
  choice.Offer(Row(1, 10), 0b10);
  EXPECT_THAT(DrawAll(choice), IsEmpty());
}

TEST(LinkChoice, TakesLinksOfTheSiteWhateverTheirSource) {
  LinkWish wish;
  wish.site_id = 11;
  LinkChoice of_site(wish, kNow);
  LinkChoice elsewhere({.category = {},
                        .not_category = {},
                        .language = {},
                        .max_age_days = {},
                        .site_id = {},
                        .not_site_ids = {11, 12}},
                       kNow);
  auto row = Row(1, 10);
  row.site_id = 11;
  for (auto* choice : {&of_site, &elsewhere}) {
    choice->Offer(row, 0);
    choice->Offer(Row(2, 10), 0);
  }
  EXPECT_THAT(DrawAll(of_site), ElementsAre(1));
  EXPECT_THAT(DrawAll(elsewhere), ElementsAre(2));
}

TEST(LinkChoice, TakesLinksYoungEnoughWithAKnownDate) {
  LinkWish wish;
  wish.max_age_days = 10;
  LinkChoice choice(wish, kNow);
  auto row = Row(1, 10);
  row.published_at = kNow - 10 * kDay;
  choice.Offer(row, 0);
  row = Row(2, 10);
  row.published_at = kNow - 11 * kDay;
  choice.Offer(row, 0);
  choice.Offer(Row(3, 10), 0);
  EXPECT_THAT(DrawAll(choice), ElementsAre(1));
}

TEST(LinkChoice, WidensALanguageInWhichNothingFits) {
  const auto draw = [](const std::string& language) {
    LinkWish wish;
    wish.language = language;
    LinkChoice choice(wish, kNow);
    auto row = Row(1, 10);
    row.language = "en";
    choice.Offer(row, 0);
    row = Row(2, 20);
    row.language = "en-US";
    choice.Offer(row, 0);
    row = Row(3, 30);
    row.language = "de";
    choice.Offer(row, 0);
    choice.WidenLanguage();
    return DrawAll(choice);
  };
  EXPECT_THAT(draw("en-us"), ElementsAre(2));
  EXPECT_THAT(draw("en-GB"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(draw("fr-CA"), IsEmpty());
}

TEST(LinkChoice, CountsWhatEachConditionAloneKeepsAway) {
  LinkWish wish;
  wish.language = "fr";
  wish.not_site_ids = {20};
  LinkChoice choice(wish, kNow);
  choice.Offer(Row(1, 10), 0);
  choice.Offer(Row(2, 20), 0);
  auto row = Row(3, 20);
  row.language = "fr";
  choice.Offer(row, 0);
  EXPECT_EQ(choice.offered(), 3);
  EXPECT_EQ(choice.fitting(), 0U);
  EXPECT_EQ(choice.FittingWithout(LinkCondition::kLanguage), 1);
  EXPECT_EQ(choice.FittingWithout(LinkCondition::kNotSite), 1);
  EXPECT_EQ(choice.FittingWithout(LinkCondition::kSite), 0);
}

}  // namespace
}  // namespace saunter::crawler::cli
