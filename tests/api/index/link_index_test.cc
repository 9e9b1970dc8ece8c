#include "api/index/link_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "api/index/selection.h"
#include "tests/api/index/filter_fixture.h"

namespace saunter::api::index {
namespace {

using testing::ElementsAre;

// Null: it has no link.
const SourceLinks* Find(const LinkIndex& index, schemas::Id source_id) {
  const SourceLinks* found = nullptr;
  index.sources.ForEach([&](std::size_t, const SourceLinks& source) {
    if (source.source_id() == source_id) found = &source;
  });
  return found;
}

std::vector<schemas::Id> LinksOf(const LinkIndex& index, schemas::Id source_id) {
  std::vector<schemas::Id> ids;
  if (const auto* source = Find(index, source_id)) {
    for (std::size_t i = 0; i < source->size(); ++i) ids.push_back(source->LinkId(i));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<schemas::Id> LinksThatFit(const std::shared_ptr<const LinkIndex>& index,
                                      const Selection& selection) {
  const Choice choice(index, selection, kNow);
  std::vector<schemas::Id> ids;
  std::vector<LinkRange> ranges;
  index->sources.ForEach([&](std::size_t slot, const SourceLinks& source) {
    choice.filter().FindFitting(source, ranges);
    std::uint32_t count = 0;
    for (const auto& range : ranges) {
      count += range.end - range.begin;
      for (auto i = range.begin; i < range.end; ++i) ids.push_back(source.LinkId(i));
    }
    EXPECT_EQ(choice.counts().Of(slot), count);
  });
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(IndexBuilder, GroupsLinksBySite) {
  IndexBuilder builder;
  builder.Put(3, Row(3, 2));
  builder.Put(1, Row(1, 2));
  builder.Put(2, Row(2, 1));
  const auto index = builder.Build();
  EXPECT_THAT(LinksOf(*index, 2), ElementsAre(1, 3));
  EXPECT_THAT(LinksOf(*index, 1), ElementsAre(2));
  ASSERT_EQ(index->counts.largest().size(), 2U);
  EXPECT_EQ(index->sources.At(index->counts.largest()[0].slot)->source_id(), 2);
  EXPECT_EQ(index->links(), 3);
  EXPECT_EQ(index->newest_link_id, 3);
  EXPECT_EQ(index->counts.Above(0), 2U);
  EXPECT_EQ(index->counts.Above(1), 1U);
  EXPECT_EQ(index->counts.Above(2), 0U);
}

TEST(IndexBuilder, TakesLinksOutAndLeavesEarlierIndexesAlone) {
  IndexBuilder builder;
  for (schemas::Id id = 1; id <= 4; ++id) builder.Put(id, Row(id, 1 + id % 2));
  const auto before = builder.Build();
  builder.Put(2, std::nullopt);
  builder.Put(4, std::nullopt);
  const auto after = builder.Build();
  EXPECT_EQ(before->links(), 4);
  EXPECT_EQ(after->links(), 2);
  EXPECT_TRUE(LinksOf(*after, 1).empty());
  EXPECT_THAT(LinksOf(*after, 2), ElementsAre(1, 3));
  // The site that stood still is shared.
  EXPECT_EQ(Find(*before, 2), Find(*after, 2));
}

TEST(IndexBuilder, LetsTheLastWordOnALinkCount) {
  IndexBuilder builder;
  builder.Put(1, Row(1, 1, "en"));
  builder.Put(1, std::nullopt);
  builder.Put(1, Row(1, 1, "de"));
  builder.Put(2, Row(2, 1));
  builder.Put(2, std::nullopt);
  builder.Put(3, Row(3, 1));
  builder.Put(3, Row(3, 2));  // moved to another site
  const auto index = builder.Build();
  EXPECT_THAT(LinksOf(*index, 1), ElementsAre(1));
  EXPECT_THAT(LinksOf(*index, 2), ElementsAre(3));
  EXPECT_THAT(LinksThatFit(index, {.language = "de"}), ElementsAre(1));
}

TEST(IndexBuilder, AgreesWithAPlainMapAfterRandomChanges) {
  std::mt19937 random(11);
  IndexBuilder builder;
  std::map<schemas::Id, schemas::Id> expected;  // link → site
  for (int step = 0; step < 200; ++step) {
    for (int i = 0; i < 30; ++i) {
      const auto link_id = static_cast<schemas::Id>(1 + random() % 300);
      const auto site_id = static_cast<schemas::Id>(1 + random() % 20);
      if (random() % 3 == 0) {
        builder.Put(link_id, std::nullopt);
        expected.erase(link_id);
      } else {
        builder.Put(link_id, With(Row(link_id, site_id), {static_cast<schemas::Id>(random() % 5)}));
        expected[link_id] = site_id;
      }
    }
    const auto index = builder.Build();
    std::map<schemas::Id, schemas::Id> found;
    index->sources.ForEach([&](std::size_t, const SourceLinks& source) {
      for (const auto id : LinksOf(*index, source.source_id())) found[id] = source.source_id();
    });
    ASSERT_EQ(found, expected);
    ASSERT_EQ(index->links(), static_cast<std::int64_t>(expected.size()));
  }
}

TEST(CategoryNames, FindsEachByNameAndByIdHoweverTheyCame) {
  std::mt19937 random(5);
  CategoryNames names;
  std::map<std::uint32_t, std::string> expected;
  std::uint32_t id = 0;
  for (int step = 0; step < 60; ++step) {
    CategoryNames::Names added;
    for (auto count = random() % 20; count > 0; --count) {
      // Some ids are left out.
      id += static_cast<std::uint32_t>(1 + (random() % 8 == 0 ? random() % 100 : 0));
      expected[id] = "category " + std::to_string(id);
      added.emplace_back(id, expected[id]);
    }
    names.Add(added);
  }
  for (std::uint32_t wanted = 0; wanted <= id + 1; ++wanted) {
    const auto* name = names.NameOf(wanted);
    const auto found = expected.find(wanted);
    ASSERT_EQ(name != nullptr, found != expected.end()) << wanted;
    if (name == nullptr) continue;
    EXPECT_EQ(*name, found->second);
    EXPECT_EQ(names.Find(*name), wanted);
  }
  EXPECT_FALSE(names.Find("category"));
  std::size_t visited = 0;
  names.ForEach([&](const std::string& name, std::uint32_t number) {
    EXPECT_EQ(name, expected.at(number));
    ++visited;
  });
  EXPECT_EQ(visited, expected.size());
}

TEST_F(FilterTest, TakesAllByDefault) {
  EXPECT_THAT(LinksThatFit(index_, {}), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(FilterTest, TakesAnyOfTheCategoriesAndNoneOfTheOthers) {
  EXPECT_THAT(LinksThatFit(index_, {.categories = {"food"}}), ElementsAre(1, 2));
  EXPECT_THAT(LinksThatFit(index_, {.categories = {"food", "linux"}}), ElementsAre(1, 2, 3));
  EXPECT_THAT(LinksThatFit(index_, {.categories = {"food"}, .not_categories = {"linux"}}),
              ElementsAre(1));
  EXPECT_THAT(LinksThatFit(index_, {.not_categories = {"linux", "nobody knows"}}),
              ElementsAre(1, 4, 5));
  EXPECT_THAT(LinksThatFit(index_, {.categories = {"far"}}), ElementsAre(5));
  EXPECT_THAT(LinksThatFit(index_, {.categories = {"nobody knows"}}), ElementsAre());
}

TEST_F(FilterTest, MatchesLanguagesByRange) {  // RFC 4647, 3.3.1
  EXPECT_THAT(LinksThatFit(index_, {.language = "en"}), ElementsAre(1, 2));
  EXPECT_THAT(LinksThatFit(index_, {.language = "EN-gb"}), ElementsAre(2));
  EXPECT_THAT(LinksThatFit(index_, {.language = "fr"}), ElementsAre());
}

TEST_F(FilterTest, TakesLinksYoungEnoughWithAKnownDate) {
  EXPECT_THAT(LinksThatFit(index_, {.max_age_days = 1}), ElementsAre(1, 5));
  EXPECT_THAT(LinksThatFit(index_, {.max_age_days = 10}), ElementsAre(1, 2, 5));
  EXPECT_THAT(LinksThatFit(index_, {.max_age_days = 36500}), ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(LinksThatFit(index_, {.max_age_days = INT32_MAX}), ElementsAre(1, 2, 3, 5));
}

TEST(IndexBuilder, TellsTheFacetOfEveryLinkOfASiteWithVeryManyOfThem) {
  constexpr schemas::Id kFacets = 70000;  // more than a link's 16 bits can tell
  IndexBuilder builder;
  IndexBuilder::Categories names;
  for (schemas::Id id = 1; id <= kFacets; ++id) names.emplace_back(id, std::to_string(id));
  builder.LearnCategories(names);
  for (schemas::Id id = 1; id <= kFacets; ++id) builder.Put(id, With(Row(id, 1), {id}));
  const auto index = builder.Build();
  const auto& site = *Find(*index, 1);
  ASSERT_EQ(site.facets().size(), static_cast<std::size_t>(kFacets));
  for (std::size_t place = 0; place < site.size(); ++place) {
    const auto categories = site.CategoriesOf(site.FacetOf(place));
    ASSERT_EQ(categories.size(), 1U);
    ASSERT_EQ(*index->categories.NameOf(categories[0]), std::to_string(site.LinkId(place)));
  }
}

TEST(DayOf, RoundsDownAndClamps) {
  constexpr schemas::UnixSeconds k2000 = 946684800;
  EXPECT_EQ(DayOf(k2000), 0);
  EXPECT_EQ(DayOf(k2000 + 86399), 0);
  EXPECT_EQ(DayOf(k2000 - 1), -1);
  EXPECT_EQ(DayOf(k2000 - 86400), -1);
  EXPECT_EQ(DayOf(0), -10957);
  EXPECT_EQ(DayOf(INT64_MAX), INT16_MAX);
  EXPECT_GT(DayOf(INT64_MIN), kNoDay);
}

}  // namespace
}  // namespace saunter::api::index
