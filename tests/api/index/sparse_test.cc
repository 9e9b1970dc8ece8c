// Whatever the ids are and whatever came and went, the index takes what its links need.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "api/index/index_builder.h"
#include "api/index/selection.h"
#include "tests/api/index/filter_fixture.h"

namespace saunter::api::index {
namespace {

using testing::UnorderedElementsAre;

constexpr std::size_t kFewLinksBytes = 100'000;

schemas::PoolRow RowOf(schemas::Id link_id, schemas::Id site_id, schemas::Id source_id) {
  auto row = Row(link_id, site_id);
  row.source_id = source_id;
  return row;
}

std::vector<schemas::Id> LinkIds(const LinkIndex& index) {
  std::vector<schemas::Id> ids;
  index.sources.ForEach([&](std::size_t, const SourceLinks& source) {
    for (std::size_t i = 0; i < source.size(); ++i) ids.push_back(source.LinkId(i));
  });
  return ids;
}

std::size_t CountNames(const LinkIndex& index) {
  std::size_t names = 0;
  index.categories.ForEach([&](const std::string&, std::uint32_t) { ++names; });
  return names;
}

TEST(IndexBuilder, TakesNoMemoryByTheSizeOfAnId) {
  for (const auto large : {schemas::Id{90'000'000}, schemas::Id{1} << 33, schemas::Id{1} << 60}) {
    IndexBuilder builder;
    std::vector<schemas::Id> expected;
    builder.LearnCategories({{large, "food"}});
    for (schemas::Id id = 1; id <= 10; ++id) {
      builder.Put(large + id, With(RowOf(large + id, large + id % 3, large + id % 3), {large}));
      expected.push_back(large + id);
    }
    builder.Put(5, With(RowOf(5, 7, 7), {large}));
    expected.push_back(5);
    const auto index = builder.Build();
    EXPECT_THAT(LinkIds(*index), testing::UnorderedElementsAreArray(expected));
    EXPECT_EQ(index->sites.LinksOn(large + 1), 4);
    EXPECT_EQ(Choice(index, {.categories = {"food"}}, kNow).counts().links(), 11);
    EXPECT_LT(builder.MemoryBytes(), kFewLinksBytes) << large;
    EXPECT_EQ(builder.refused(), 0);
  }
}

TEST(IndexBuilder, LeavesOutWhatItCannotHoldAndCountsIt) {
  IndexBuilder builder;
  builder.Put(0, Row(0, 1));
  builder.Put(-1, std::nullopt);
  builder.Put(1, Row(1, 0));
  builder.Put(2, Row(2, -5));
  EXPECT_EQ(builder.refused(), 4);
  builder.Put(3, Row(3, 1));
  const auto far = schemas::Id{1} << 40;
  builder.Put(far, Row(far, 1));
  EXPECT_THAT(LinkIds(*builder.Build()), UnorderedElementsAre(3));
  EXPECT_EQ(builder.refused(), 5);
  builder.Put(far, std::nullopt);
  builder.Put(4, Row(4, 1));
  EXPECT_THAT(LinkIds(*builder.Build()), UnorderedElementsAre(3, 4));
}

TEST(IndexBuilder, ForgetsNamesThatNoLinkUses) {
  IndexBuilder builder;
  schemas::Id category_id = 0;
  std::shared_ptr<const LinkIndex> index;
  for (int fetch = 0; fetch < 50; ++fetch) {
    // Each fetch brings other words and another language.
    for (schemas::Id link_id = 1; link_id <= 20; ++link_id) {
      IndexBuilder::Categories names;
      std::vector<schemas::Id> ids;
      for (int i = 0; i < 50; ++i) {
        ++category_id;
        names.emplace_back(category_id, "word " + std::to_string(category_id));
        ids.push_back(category_id);
      }
      builder.LearnCategories(names);
      builder.Put(link_id, With(Row(link_id, 1, "x-" + std::to_string(category_id)), ids));
    }
    index = builder.Build();
    EXPECT_LT(CountNames(*index), 2500U);
    EXPECT_LT(index->languages.size(), 200U);
  }
  EXPECT_TRUE(index->categories.Find("word " + std::to_string(category_id)));
  EXPECT_FALSE(index->categories.Find("word 1"));
  EXPECT_FALSE(builder.KnowsCategory(1));
  const auto last = "x-" + std::to_string(category_id);
  EXPECT_EQ(Choice(index, {.language = last}, kNow).counts().links(), 1);
  EXPECT_EQ(
      Choice(index, {.categories = {"word " + std::to_string(category_id)}}, kNow).counts().links(),
      1);
}

TEST(IndexBuilder, TakesTheNewNameOfAnIdThatTheStoreGaveAwayAgain) {
  IndexBuilder builder;
  builder.LearnCategories({{90, "old"}, {91, "other"}});
  builder.Put(1, With(Row(1, 1), {90}));
  builder.Put(2, With(Row(2, 1), {91}));
  EXPECT_EQ(builder.Build()->links(), 2);
  builder.LearnCategories({{90, "new"}, {95, "old"}});
  builder.Put(3, With(Row(3, 1), {90}));
  builder.Put(4, With(Row(4, 1), {95}));
  const auto index = builder.Build();
  EXPECT_EQ(Choice(index, {.categories = {"new"}}, kNow).counts().links(), 1);
  EXPECT_EQ(Choice(index, {.categories = {"old"}}, kNow).counts().links(), 2);
}

TEST(IndexBuilder, KnowsTheSitesOnWhichASourceHasLinks) {
  IndexBuilder builder;
  // Source 1 is a blog, 2 a link blog, 3 an aggregator without links of its own.
  builder.Put(1, RowOf(1, 1, 1));
  builder.Put(2, RowOf(2, 2, 2));
  builder.Put(3, RowOf(3, 1, 2));
  builder.Put(4, RowOf(4, 8, 3));
  builder.Put(5, RowOf(5, 1, 3));
  auto index = builder.Build();
  EXPECT_EQ(index->counts.sources(), 3U);
  EXPECT_EQ(index->sites.sites(), 3U);  // 1, 2 and 8
  EXPECT_EQ(index->sites.LinksOn(1), 3);
  EXPECT_EQ(index->sites.LinksOn(3), 0);
  EXPECT_EQ(Choice(index, {.site_id = 1}, kNow).counts().links(), 3);
  EXPECT_EQ(Choice(index, {.site_id = 1}, kNow).counts().sources(), 3U);
  EXPECT_EQ(Choice(index, {.site_id = 3}, kNow).counts().links(), 0);
  EXPECT_EQ(Choice(index, {.language = "de", .site_id = 1}, kNow).counts().links(), 0);
  builder.Put(4, RowOf(4, 8, 8));  // its own site has a feed now
  builder.Put(5, std::nullopt);
  builder.Put(3, RowOf(3, 2, 2));
  index = builder.Build();
  EXPECT_EQ(index->counts.sources(), 3U);  // 1, 2 and 8
  EXPECT_EQ(index->sites.LinksOn(1), 1);
  EXPECT_EQ(index->sites.LinksOn(2), 2);
  EXPECT_EQ(index->sites.sites(), 3U);
}

// A walk finds the sources where they were, whichever process serves it.
TEST(IndexBuilder, PutsSourcesIntoTheSameSlotsInWhateverOrderTheyCome) {
  std::vector<schemas::Id> sources;
  for (schemas::Id id = 1; id <= 1000; ++id) sources.push_back(id * id);
  const auto slots = [&] {
    IndexBuilder builder;
    for (const auto id : sources) builder.Put(id, Row(id, id));
    const auto index = builder.Build();
    std::vector<schemas::Id> ids(index->sources.size());
    index->sources.ForEach(
        [&](std::size_t slot, const SourceLinks& source) { ids[slot] = source.source_id(); });
    return ids;
  };
  const auto first = slots();
  std::shuffle(sources.begin(), sources.end(), std::mt19937(4));
  EXPECT_EQ(slots(), first);
}

TEST(Fitting, CountsAfterAnyChangesWhatIsCountedAnew) {
  std::mt19937 random(8);
  IndexBuilder builder;
  builder.LearnCategories({{1, "food"}, {2, "xyzzy"}});
  const Selection selection{.categories = {"food", "xyzzy"}, .language = "en"};
  std::unique_ptr<Fitting> fitting;
  for (int step = 0; step < 60; ++step) {
    for (int i = 0; i < 40; ++i) {
      const auto link_id = static_cast<schemas::Id>(1 + random() % 3000);
      if (random() % 4 == 0) {
        builder.Put(link_id, std::nullopt);
        continue;
      }
      builder.Put(link_id, With(Row(link_id, static_cast<schemas::Id>(1 + random() % 900),
                                    random() % 2 == 0 ? "en" : "de"),
                                {static_cast<schemas::Id>(1 + random() % 4)}));
    }
    const auto index = builder.Build();
    fitting = std::make_unique<Fitting>(*index, selection, kNow, fitting.get());
    const Fitting anew(*index, selection, kNow);
    ASSERT_EQ(fitting->counts().by_slot(), anew.counts().by_slot()) << step;
    ASSERT_EQ(fitting->counts().links(), anew.counts().links()) << step;
    ASSERT_EQ(fitting->counts().sources(), anew.counts().sources()) << step;
  }
}

}  // namespace
}  // namespace saunter::api::index
