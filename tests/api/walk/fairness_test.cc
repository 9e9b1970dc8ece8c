// A million picks on a lopsided pool, and walks through all of it. Seeds are fixed, so each run
// sees the same picks; the bounds are those that a fair choice exceeds once in a thousand times.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <vector>

#include "api/index/index_builder.h"
#include "api/walk/permutation.h"
#include "tests/api/next_link.h"

namespace saunter::api::walk {
namespace {

constexpr schemas::UnixSeconds kNow = 1'800'000'000;
constexpr schemas::Id kSites = 120;
constexpr double kLargestSite = 100000;
// Upper 0.1 % quantiles of chi-square, with so many degrees of freedom.
constexpr double kBoundOf119 = 172.4177;
constexpr double kBoundOf99 = 148.2304;
constexpr double kBoundOf41 = 74.745;

// Sites of 1 to 100,000 links, each size a tenth larger than the one before; the links of all sites
// come mixed, as in a database. Each link is of one of five kinds.
class LopsidedPool {
 public:
  LopsidedPool() {
    builder_.LearnCategories({{1, "food"}, {2, "linux"}, {3, "travel"}, {4, "xyzzy"}});
    std::vector<schemas::Id> sites;
    for (schemas::Id site_id = 1; site_id <= kSites; ++site_id) {
      const auto share = static_cast<double>(site_id - 1) / static_cast<double>(kSites - 1);
      const auto size = static_cast<std::size_t>(std::lround(std::pow(kLargestSite, share)));
      sites.insert(sites.end(), size, site_id);
    }
    std::shuffle(sites.begin(), sites.end(), std::mt19937_64(1));
    site_of_.push_back(0);
    kind_of_.push_back(0);
    std::vector<std::size_t> of_site(kSites + 1);
    for (const auto site_id : sites) {
      const auto link_id = static_cast<schemas::Id>(site_of_.size());
      site_of_.push_back(site_id);
      // The first of a site is of kind 0, so that each filter below fits every site.
      const auto kind = of_site[static_cast<std::size_t>(site_id)]++ % 5;
      kind_of_.push_back(kind);
      std::vector<schemas::Id> categories;
      if (kind < 4) categories.push_back(1);
      if (kind == 1) categories.push_back(2);
      if (kind == 2) categories.push_back(4);
      const auto age_days = static_cast<std::int64_t>(kind) * 100;
      builder_.Put(link_id, schemas::PoolRow{.link_id = link_id,
                                             .site_id = site_id,
                                             .published_at = kNow - age_days * 86400,
                                             .language = kind == 3 ? "de" : "en",
                                             .categories = categories});
    }
    index_ = builder_.Build();
  }

  [[nodiscard]] const std::shared_ptr<const index::LinkIndex>& index() const { return index_; }
  [[nodiscard]] std::size_t links() const { return site_of_.size() - 1; }
  [[nodiscard]] std::size_t SiteOf(schemas::Id link_id) const {
    return static_cast<std::size_t>(site_of_[static_cast<std::size_t>(link_id)]);
  }
  // By link_id; no link has the id 0.
  [[nodiscard]] const std::vector<std::size_t>& kinds() const { return kind_of_; }

 private:
  index::IndexBuilder builder_;
  std::vector<schemas::Id> site_of_;  // by link_id
  std::vector<std::size_t> kind_of_;
  std::shared_ptr<const index::LinkIndex> index_;
};

const LopsidedPool& Lopsided() {
  static const LopsidedPool kPool;
  return kPool;
}

double ChiSquare(const std::vector<std::int64_t>& counts, std::int64_t picks) {
  const double expected = static_cast<double>(picks) / static_cast<double>(counts.size());
  double sum = 0;
  for (const auto count : counts) {
    const auto difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

struct FairnessCase {
  const char* name;
  index::Selection selection;
  std::int64_t picks;
  std::set<std::size_t> kinds;  // of links that fit
};

class Fairness : public testing::TestWithParam<FairnessCase> {};

// Sites first: each with the same chance whatever its size. `steps` into the walk.
double ChiSquareOfSites(const index::Choice& choice, std::int64_t picks, int steps) {
  std::vector<std::int64_t> counts(kSites);
  WalkScratch scratch;
  std::uint64_t seed = 17;
  for (std::int64_t i = 0; i < picks; ++i) {
    auto walk = StartWalk(Mix(seed += 0x9e3779b97f4a7c15), choice.index());
    std::optional<Pick> pick;
    for (int step = 0; step < steps; ++step) pick = NextLink(choice, walk, scratch);
    ++counts[Lopsided().SiteOf(pick.value().link_id) - 1];
  }
  return ChiSquare(counts, picks);
}

TEST_P(Fairness, GivesEverySiteTheSameChance) {
  const index::Choice choice(Lopsided().index(), GetParam().selection, kNow);
  ASSERT_EQ(choice.counts().sources(), static_cast<std::size_t>(kSites));
  EXPECT_LT(ChiSquareOfSites(choice, GetParam().picks, 1), kBoundOf119);
  EXPECT_LT(ChiSquareOfSites(choice, GetParam().picks / 10, 3), kBoundOf119);
}

TEST_P(Fairness, MeetsEveryFittingLinkOnceInAWholeWalk) {
  const index::Choice choice(Lopsided().index(), GetParam().selection, kNow);
  auto walk = StartWalk(5, choice.index());
  WalkScratch scratch;
  const auto& kinds = Lopsided().kinds();
  const auto fitting = std::count_if(kinds.begin() + 1, kinds.end(), [](std::size_t kind) {
    return GetParam().kinds.contains(kind);
  });
  std::vector<bool> seen(Lopsided().links() + 1);
  std::vector<std::uint32_t> visits(kSites + 1);
  std::int64_t steps = 0;
  std::uint32_t round = 1;
  while (const auto pick = NextLink(choice, walk, scratch)) {
    ASSERT_FALSE(seen[static_cast<std::size_t>(pick->link_id)]) << "a repeat at step " << steps;
    seen[static_cast<std::size_t>(pick->link_id)] = true;
    ASSERT_TRUE(GetParam().kinds.contains(kinds[static_cast<std::size_t>(pick->link_id)]));
    const auto visit = ++visits[Lopsided().SiteOf(pick->link_id)];
    ASSERT_GE(visit, round) << "a site came again before the round was through";
    round = visit;
    ++steps;
  }
  EXPECT_EQ(steps, fitting);
}

INSTANTIATE_TEST_SUITE_P(
    Selections, Fairness,
    testing::Values(
        FairnessCase{"all", {}, 1'000'000, {0, 1, 2, 3, 4}},
        FairnessCase{"topic", {.categories = {"food"}}, 250'000, {0, 1, 2, 3}},
        FairnessCase{"less_technology", {.not_categories = {"technology"}}, 250'000, {0, 2, 3, 4}},
        FairnessCase{
            "language", {.not_categories = {"xyzzy"}, .language = "en"}, 250'000, {0, 1, 4}},
        FairnessCase{"young", {.max_age_days = 150}, 250'000, {0, 1}}),
    [](const auto& tested) { return tested.param.name; });

TEST(FairnessTest, GivesEveryLinkOfALargeSiteTheSameChance) {
  const auto& pool = Lopsided();
  const index::Choice choice(pool.index(), {.site_id = kSites}, kNow);
  std::vector<schemas::Id> sorted;
  const auto slot = pool.index()->sites.SourcesOf(kSites)[0].slot;
  const auto& source = *pool.index()->sources.At(slot);
  for (std::size_t i = 0; i < source.size(); ++i) sorted.push_back(source.LinkId(i));
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> counts(100);
  WalkScratch scratch;
  std::uint64_t seed = 3;
  constexpr std::int64_t kPicks = 200000;
  for (std::int64_t i = 0; i < kPicks; ++i) {
    auto walk = StartWalk(Mix(seed += 0x9e3779b97f4a7c15), *pool.index());
    const auto pick = NextLink(choice, walk, scratch).value();
    const auto place =
        std::lower_bound(sorted.begin(), sorted.end(), pick.link_id) - sorted.begin();
    ++counts[static_cast<std::size_t>(place) * counts.size() / sorted.size()];
  }
  EXPECT_LT(ChiSquare(counts, kPicks), kBoundOf99);
}

// A farm of sub-hosts in one feed, an aggregator of strangers' posts, and blogs.
TEST(FairnessTest, GivesAFarmAndAnAggregatorWhatOneBlogHas) {
  constexpr schemas::Id kFarm = 1;
  constexpr schemas::Id kAggregator = 2;
  constexpr schemas::Id kBlogs = 40;
  index::IndexBuilder builder;
  schemas::Id link_id = 0;
  schemas::Id site_id = 100;
  std::vector<schemas::Id> source_of = {0};
  const auto add = [&](schemas::Id source_id, schemas::Id stands_on) {
    builder.Put(++link_id, schemas::PoolRow{.link_id = link_id,
                                            .site_id = stands_on,
                                            .source_id = source_id,
                                            .published_at = kNow,
                                            .language = "en",
                                            .categories = {}});
    source_of.push_back(source_id);
  };
  for (int host = 0; host < 3000; ++host) add(kFarm, ++site_id);
  for (int target = 0; target < 500; ++target) add(kAggregator, ++site_id);
  for (schemas::Id blog = 3; blog < 3 + kBlogs; ++blog) {
    for (int post = 0; post < 10; ++post) add(blog, blog);
  }
  const auto index = builder.Build();
  const index::Choice choice(index, {}, kNow);
  std::vector<std::int64_t> firsts(2 + kBlogs);
  std::vector<std::int64_t> seconds(2 + kBlogs);
  WalkScratch scratch;
  std::uint64_t seed = 29;
  constexpr std::int64_t kPicks = 84000;
  const auto pick = [&](Walk& walk) {
    const auto picked = NextLink(choice, walk, scratch).value().link_id;
    return static_cast<std::size_t>(source_of[static_cast<std::size_t>(picked)] - 1);
  };
  for (std::int64_t i = 0; i < kPicks; ++i) {
    auto walk = StartWalk(Mix(seed += 0x9e3779b97f4a7c15), *index);
    ++firsts[pick(walk)];
    ++seconds[pick(walk)];
  }
  EXPECT_LT(ChiSquare(firsts, kPicks), kBoundOf41);
  EXPECT_LT(ChiSquare(seconds, kPicks), kBoundOf41);
  EXPECT_NEAR(static_cast<double>(firsts[kFarm - 1]), kPicks / 42.0, 200);
  EXPECT_NEAR(static_cast<double>(firsts[kAggregator - 1]), kPicks / 42.0, 200);
}

TEST(FairnessTest, FindsAChoiceThatIsNotFair) {
  // What a choice among links instead of sites would give.
  std::vector<std::int64_t> counts(kSites);
  std::mt19937_64 random(2);
  constexpr std::int64_t kPicks = 100000;
  for (std::int64_t i = 0; i < kPicks; ++i) {
    const auto link_id = static_cast<schemas::Id>(1 + random() % Lopsided().links());
    ++counts[Lopsided().SiteOf(link_id) - 1];
  }
  EXPECT_GT(ChiSquare(counts, kPicks), kBoundOf119);
}

// The crawler at full speed beside a reader: links come and go at every step, on small sites and
// large ones alike.
TEST(FairnessTest, RepeatsLessThanOneInAHundredWhileLinksComeAndGo) {
  std::mt19937_64 random(11);
  index::IndexBuilder builder;
  std::vector<std::pair<schemas::Id, schemas::Id>> links;  // link, site
  schemas::Id newest = 0;
  const auto add = [&](schemas::Id site_id) {
    builder.Put(++newest, schemas::PoolRow{
                              .link_id = newest,
                              .site_id = site_id,
                              .published_at = kNow - static_cast<std::int64_t>(random() % 1000000),
                              .language = "en",
                              .categories = {}});
    links.emplace_back(newest, site_id);
  };
  for (schemas::Id site_id = 1; site_id <= 200; ++site_id) {
    for (std::size_t i = 0; i <= 3000 / static_cast<std::size_t>(site_id); ++i) add(site_id);
  }
  auto index = builder.Build();
  auto walk = StartWalk(23, *index);
  WalkScratch scratch;
  std::vector<schemas::Id> met;
  constexpr int kSteps = 1000;
  for (int step = 0; step < kSteps; ++step) {
    for (int i = 0; i < 5; ++i) add(static_cast<schemas::Id>(1 + random() % 220));
    for (int i = 0; i < 5; ++i) {
      const auto place = random() % links.size();
      builder.Put(links[place].first, std::nullopt);
      links[place] = links.back();
      links.pop_back();
    }
    index = builder.Build();
    const auto pick = NextLink(index::Choice(index, {}, kNow), walk, scratch);
    ASSERT_TRUE(pick);
    met.push_back(pick->link_id);
  }
  std::sort(met.begin(), met.end());
  const auto different = std::unique(met.begin(), met.end()) - met.begin();
  EXPECT_LT(kSteps - different, kSteps / 100);
}

}  // namespace
}  // namespace saunter::api::walk
