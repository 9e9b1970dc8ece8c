// Walks under the weights that votes gave to sources, and walks that leave sites out. Seeds are
// fixed, so each run sees the same picks; bounds as in fairness_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "api/index/index_builder.h"
#include "api/walk/permutation.h"
#include "api/walk/token.h"
#include "tests/api/next_link.h"

namespace saunter::api::walk {
namespace {

using schemas::Id;

constexpr schemas::UnixSeconds kWeighedAt = 1'800'000'000;
constexpr std::uint32_t kWeek = 2900;
constexpr std::uint8_t kHalves[] = {1, 2, 4, 6};

// Sources with the given numbers of links; every third link is in category 1, and with `strangers`
// every second link of a source stands on the site of the next one.
class WeighedPool {
 public:
  WeighedPool() { builder_.LearnCategories({{1, "third"}}); }

  Id Add(Id source_id, Id site_id = 0) {
    const auto link_id = ++newest_;
    source_of_[link_id] = source_id;
    site_of_[link_id] = site_id == 0 ? source_id : site_id;
    builder_.Put(link_id, schemas::PoolRow{.link_id = link_id,
                                           .site_id = site_of_[link_id],
                                           .source_id = source_id,
                                           .published_at = kWeighedAt,
                                           .language = "en",
                                           .categories = Categories(link_id)});
    return link_id;
  }
  void Drop(Id link_id) {
    source_of_.erase(link_id);
    builder_.Put(link_id, std::nullopt);
  }
  void Weigh(std::uint32_t week, Id source_id, std::uint8_t halves) {
    auto& of_week = weights_[week];
    if (halves != index::kCommonWeight) of_week[source_id] = halves;
  }
  void Forget(std::uint32_t week) { weights_.erase(week); }
  std::shared_ptr<const index::LinkIndex> Build() {
    std::vector<index::WeekWeights> weeks;
    for (const auto& [week, weights] : weights_) {
      weeks.push_back({.week = week, .halves = {weights.begin(), weights.end()}});
    }
    builder_.SetWeights(std::move(weeks));
    return builder_.Build();
  }

  [[nodiscard]] Id SourceOf(Id link_id) const { return source_of_.at(link_id); }
  [[nodiscard]] Id SiteOf(Id link_id) const { return site_of_.at(link_id); }
  [[nodiscard]] const std::map<Id, Id>& sources() const { return source_of_; }  // by link_id
  [[nodiscard]] int HalvesOf(std::uint32_t week, Id source_id) const {
    const auto& of_week = weights_.at(week);
    const auto found = of_week.find(source_id);
    return found == of_week.end() ? 2 : found->second;
  }

 private:
  static std::vector<Id> Categories(Id link_id) {
    if (link_id % 3 != 0) return {};
    return {1};
  }

  index::IndexBuilder builder_;
  std::map<Id, Id> source_of_;
  std::map<Id, Id> site_of_;
  std::map<std::uint32_t, std::map<Id, std::uint8_t>> weights_;
  Id newest_ = 0;
};

std::optional<Pick> NextWanted(const index::Choice& choice, Walk& walk, WalkScratch& scratch) {
  while (const auto pick = NextLink(choice, walk, scratch)) {
    if (!Excludes(choice, *pick)) return pick;
  }
  return std::nullopt;
}

// Each step goes over the wire.
std::vector<Id> WalkToTheEnd(const index::Choice& choice, Walk& walk) {
  WalkScratch scratch;
  std::vector<Id> links;
  while (true) {
    const auto read = FromToken(ToToken(walk));
    EXPECT_EQ(read.form, TokenForm::kWalk);
    walk = read.walk;
    const auto pick = NextWanted(choice, walk, scratch);
    if (!pick) return links;
    links.push_back(pick->link_id);
  }
}

std::vector<Id> Sorted(std::vector<Id> links) {
  std::sort(links.begin(), links.end());
  return links;
}

std::vector<Id> AllOf(const WeighedPool& pool) {
  std::vector<Id> links;
  for (const auto& [link_id, source_id] : pool.sources()) links.push_back(link_id);
  return links;
}

// Sources 1 … `sources`, with a skewed number of links and weights in turn.
WeighedPool Skewed(Id sources, std::mt19937_64& random) {
  WeighedPool pool;
  for (Id source_id = 1; source_id <= sources; ++source_id) {
    const auto links = random() % 9 == 0 ? random() % 200 : 1 + random() % 7;
    for (std::size_t i = 0; i < links; ++i) pool.Add(source_id);
    pool.Weigh(kWeek, source_id, kHalves[random() % 4]);
  }
  return pool;
}

// How far the picks of the `steps`-th step are from the weights.
double ChiSquareOfWeights(const WeighedPool& pool, const index::Choice& choice, Id sources,
                          std::int64_t picks, int steps) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(sources) + 1);
  double all_halves = 0;
  for (Id source_id = 1; source_id <= sources; ++source_id) {
    all_halves += pool.HalvesOf(kWeek, source_id);
  }
  WalkScratch scratch;
  std::uint64_t seed = 17;
  for (std::int64_t i = 0; i < picks; ++i) {
    auto walk = StartWalk(Mix(seed += 0x9e3779b97f4a7c15), choice.index(), kWeek);
    std::optional<Pick> pick;
    for (int step = 0; step < steps; ++step) pick = NextLink(choice, walk, scratch);
    ++counts[static_cast<std::size_t>(pool.SourceOf(pick.value().link_id))];
  }
  double sum = 0;
  for (Id source_id = 1; source_id <= sources; ++source_id) {
    const auto expected = static_cast<double>(picks) * pool.HalvesOf(kWeek, source_id) / all_halves;
    const auto difference =
        static_cast<double>(counts[static_cast<std::size_t>(source_id)]) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

TEST(WeighedWalk, PicksSourcesByTheirWeights) {
  constexpr Id kSources = 120;
  constexpr double kBoundOf119 = 172.4177;
  WeighedPool pool;
  for (Id source_id = 1; source_id <= kSources; ++source_id) {
    for (Id i = 0; i < 3 + source_id % 50; ++i) pool.Add(source_id);
    pool.Weigh(kWeek, source_id, kHalves[source_id % 4]);
  }
  const auto index = pool.Build();
  const index::Choice all(index, {}, kWeighedAt, kWeek);
  EXPECT_LT(ChiSquareOfWeights(pool, all, kSources, 1'000'000, 1), kBoundOf119);
  EXPECT_LT(ChiSquareOfWeights(pool, all, kSources, 100'000, 3), kBoundOf119);
  const index::Choice thirds(index, {.categories = {"third"}}, kWeighedAt, kWeek);
  EXPECT_LT(ChiSquareOfWeights(pool, thirds, kSources, 100'000, 1), kBoundOf119);
  // The same picks are far from weights of 1.
  const index::Choice strict(index, {}, kWeighedAt);
  ASSERT_EQ(strict.weights(), nullptr);
  EXPECT_GT(ChiSquareOfWeights(pool, index::Choice(index, {.language = "en"}, kWeighedAt), kSources,
                               100'000, 1),
            kBoundOf119);
}

TEST(WeighedWalk, ComesToEachSourceAsOftenInTwoRoundsAsItHasHalves) {
  WeighedPool pool;
  constexpr Id kSources = 700;
  for (Id source_id = 1; source_id <= kSources; ++source_id) {
    for (int i = 0; i < 40; ++i) pool.Add(source_id);
    pool.Weigh(kWeek, source_id, kHalves[source_id % 4]);
  }
  const auto index = pool.Build();
  const index::Choice choice(index, {}, kWeighedAt, kWeek);
  auto walk = StartWalk(4, *index, kWeek);
  WalkScratch scratch;
  std::map<Id, std::vector<std::uint32_t>> rounds;
  while (walk.round < 6) {
    const auto pick = NextLink(choice, walk, scratch).value();
    if (walk.round < 6) rounds[pool.SourceOf(pick.link_id)].push_back(walk.round);
  }
  std::set<std::uint32_t> first_rounds_of_halves;
  for (Id source_id = 1; source_id <= kSources; ++source_id) {
    const auto& met = rounds[source_id];
    for (std::uint32_t round = 0; round < 6; round += 2) {
      const auto in_two = std::count_if(
          met.begin(), met.end(), [&](std::uint32_t at) { return at == round || at == round + 1; });
      EXPECT_EQ(in_two, pool.HalvesOf(kWeek, source_id)) << source_id << " from round " << round;
    }
    if (pool.HalvesOf(kWeek, source_id) == 1) first_rounds_of_halves.insert(met.front());
  }
  EXPECT_EQ(first_rounds_of_halves, (std::set<std::uint32_t>{0, 1})) << "not all in one round";
}

TEST(WeighedWalk, MeetsEveryLinkOnceWhateverPoolAndWeights) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    const auto sources = static_cast<Id>(1 + random() % (seed % 4 == 0 ? 900 : 60));
    auto pool = Skewed(sources, random);
    const auto index = pool.Build();
    const index::Choice all(index, {}, kWeighedAt, kWeek);
    auto walk = StartWalk(seed, *index, index->NewestWeek());
    EXPECT_EQ(Sorted(WalkToTheEnd(all, walk)), AllOf(pool)) << seed;
    std::vector<Id> thirds;
    for (const auto link_id : AllOf(pool)) {
      if (link_id % 3 == 0) thirds.push_back(link_id);
    }
    walk = StartWalk(seed, *index, index->NewestWeek());
    const index::Choice third(index, {.categories = {"third"}}, kWeighedAt, walk.week);
    EXPECT_EQ(Sorted(WalkToTheEnd(third, walk)), thirds) << seed;
  }
}

TEST(WeighedWalk, KeepsTheWeightsOfItsWeekWhileLinksComeAndVotesGoOn) {
  std::mt19937_64 random(5);
  auto pool = Skewed(200, random);
  const auto at_first = AllOf(pool);
  auto index = pool.Build();
  auto walk = StartWalk(3, *index, kWeek);
  WalkScratch scratch;
  std::set<Id> met;
  for (std::uint32_t week = kWeek; week < kWeek + 5; ++week) {
    for (int step = 0; step < 150; ++step) {
      walk = FromToken(ToToken(walk)).walk;
      const index::Choice choice(index, {}, kWeighedAt, walk.week);
      const auto pick = NextLink(choice, walk, scratch);
      ASSERT_TRUE(pick);
      EXPECT_TRUE(met.insert(pick->link_id).second) << "a repeat in week " << week;
    }
    for (Id source_id = 1; source_id <= 200; ++source_id) {
      pool.Weigh(week + 1, source_id, kHalves[random() % 4]);
    }
    // New sources, so that the slots double, and new links of those that there are.
    for (int i = 0; i < 120; ++i) pool.Add(static_cast<Id>(1 + random() % 400));
    index = pool.Build();
  }
  const index::Choice choice(index, {}, kWeighedAt, walk.week);
  for (const auto link_id : WalkToTheEnd(choice, walk)) {
    EXPECT_TRUE(met.insert(link_id).second) << "a repeat";
  }
  for (const auto link_id : at_first) EXPECT_TRUE(met.contains(link_id)) << link_id;
}

TEST(WeighedWalk, GoesOnUnderTheOldestWeightsOnceItsOwnAreForgotten) {
  std::mt19937_64 random(6);
  auto pool = Skewed(150, random);
  for (Id source_id = 1; source_id <= 150; ++source_id) {
    const auto halves = static_cast<std::uint8_t>(pool.HalvesOf(kWeek, source_id));
    pool.Weigh(kWeek + 1, source_id, source_id <= 3 ? kHalves[3] : halves);
    pool.Weigh(kWeek + 2, source_id, kHalves[random() % 4]);
  }
  auto index = pool.Build();
  auto walk = StartWalk(8, *index, kWeek);
  WalkScratch scratch;
  std::set<Id> met;
  for (int step = 0; step < 400; ++step) {
    const auto pick = NextLink(index::Choice(index, {}, kWeighedAt, walk.week), walk, scratch);
    met.insert(pick.value().link_id);
  }
  pool.Forget(kWeek);
  index = pool.Build();
  for (const auto link_id : WalkToTheEnd({index, {}, kWeighedAt, walk.week}, walk)) {
    const auto source_id = pool.SourceOf(link_id);
    EXPECT_TRUE(met.insert(link_id).second || source_id <= 3) << "a repeat of " << source_id;
  }
  for (const auto link_id : AllOf(pool)) {
    EXPECT_TRUE(met.contains(link_id) || pool.SourceOf(link_id) <= 3) << link_id;
  }
}

TEST(WeighedWalk, IsTheSameAsBeforeWhereNoSourceHasAnotherWeight) {
  std::mt19937_64 random(7);
  auto pool = Skewed(300, random);
  pool.Forget(kWeek);
  const auto before = pool.Build();
  auto walk = StartWalk(9, *before, before->NewestWeek());
  const auto begin = ToToken(walk);
  const auto links = WalkToTheEnd({before, {}, kWeighedAt}, walk);
  pool.Weigh(kWeek, 1, 2);
  const auto after = pool.Build();
  EXPECT_EQ(after->NewestWeek(), 0U);
  walk = StartWalk(9, *after, after->NewestWeek());
  EXPECT_EQ(ToToken(walk), begin);
  EXPECT_EQ(WalkToTheEnd({after, {}, kWeighedAt, kWeek}, walk), links);
}

TEST(WeighedWalk, CanForgetItsWeightsAndGoOnWithTheWeightOne) {
  WeighedPool pool;
  for (Id source_id = 1; source_id <= 90; ++source_id) {
    for (int i = 0; i < 5; ++i) pool.Add(source_id);
    pool.Weigh(kWeek, source_id, source_id == 1 ? 6 : 2);
  }
  const auto index = pool.Build();
  auto walk = StartWalk(2, *index, kWeek);
  WalkScratch scratch;
  std::map<Id, int> met;
  for (int step = 0; step < 130; ++step) {
    ++met[NextLink({index, {}, kWeighedAt, kWeek}, walk, scratch).value().link_id];
  }
  ForgetWeights(walk);
  EXPECT_EQ(walk.week, 0);
  for (const auto link_id : WalkToTheEnd({index, {}, kWeighedAt}, walk)) ++met[link_id];
  std::map<Id, int> of_source;
  for (const auto& [link_id, times] : met) {
    const auto source_id = pool.SourceOf(link_id);
    ++of_source[source_id];
    EXPECT_TRUE(times == 1 || source_id == 1) << link_id;
  }
  for (Id source_id = 1; source_id <= 90; ++source_id) EXPECT_GE(of_source[source_id], 4);
}

TEST(Exclusion, LeavesTheRestOfAWalkAsItIs) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    WeighedPool pool;
    const auto sources = static_cast<Id>(3 + random() % 80);
    for (Id source_id = 1; source_id <= sources; ++source_id) {
      for (std::size_t i = 0; i < 1 + random() % 9; ++i) {
        // Some of a source's links stand on another's site.
        pool.Add(source_id, random() % 4 == 0 ? static_cast<Id>(1 + random() % 80) : 0);
      }
      pool.Weigh(kWeek, source_id, kHalves[random() % 4]);
    }
    const auto index = pool.Build();
    for (const std::uint32_t week : {std::uint32_t{0}, index->NewestWeek()}) {
      index::Choice choice(index, {}, kWeighedAt, week);
      auto walk = StartWalk(seed, *index, week);
      auto expected = WalkToTheEnd(choice, walk);
      std::erase_if(expected, [&](Id link_id) { return pool.SiteOf(link_id) % 3 == 0; });
      std::vector<Id> unwanted = {1'000'000, 3};
      for (Id site_id = 3; site_id <= 80; site_id += 3) unwanted.push_back(site_id);
      choice.Exclude(unwanted);
      walk = StartWalk(seed, *index, week);
      EXPECT_EQ(WalkToTheEnd(choice, walk), expected) << seed;
    }
  }
}

TEST(Exclusion, MayChangeAtEveryStepWithoutARepeat) {
  std::mt19937_64 random(3);
  auto pool = Skewed(60, random);
  const auto index = pool.Build();
  auto walk = StartWalk(1, *index, kWeek);
  WalkScratch scratch;
  std::set<Id> met;
  for (int step = 0; step < 100; ++step) {
    index::Choice choice(index, {}, kWeighedAt, kWeek);
    std::vector<Id> unwanted;
    for (int i = 0; i < 20; ++i) unwanted.push_back(static_cast<Id>(1 + random() % 60));
    choice.Exclude(unwanted);
    const auto pick = NextWanted(choice, walk, scratch);
    if (!pick) break;
    EXPECT_TRUE(met.insert(pick->link_id).second);
    EXPECT_EQ(std::count(unwanted.begin(), unwanted.end(), pool.SiteOf(pick->link_id)), 0);
  }
  EXPECT_GT(met.size(), 50U);
}

// Fifty large sites of sixty, and ten with a link each.
TEST(Exclusion, DoesNotStopAtEachLinkOfWhatIsLeftOut) {
  WeighedPool pool;
  std::vector<Id> unwanted;
  for (Id source_id = 1; source_id <= 60; ++source_id) {
    for (int i = 0; i < (source_id <= 50 ? 500 : 1); ++i) pool.Add(source_id);
    pool.Weigh(kWeek, source_id, kHalves[source_id % 4]);
    if (source_id <= 50) unwanted.push_back(source_id);
  }
  const auto index = pool.Build();
  for (const index::Selection& selection :
       {index::Selection{}, index::Selection{.language = "en"}, index::Selection{.site_id = 7}}) {
    for (const std::uint32_t week : {0U, kWeek}) {
      index::Choice choice(index, selection, kWeighedAt, week);
      choice.Exclude(unwanted);
      auto walk = StartWalk(4, *index, week);
      WalkScratch scratch;
      std::size_t stops = 0;
      while (NextLink(choice, walk, scratch)) ++stops;
      EXPECT_EQ(stops, selection.site_id ? 0U : 10U) << "none on what is left out";
      EXPECT_LE(walk.round, 4U);
    }
  }
}

}  // namespace
}  // namespace saunter::api::walk
