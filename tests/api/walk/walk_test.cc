#include "api/walk/walk.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "api/index/index_builder.h"
#include "api/walk/permutation.h"
#include "api/walk/token.h"
#include "tests/api/next_link.h"

namespace saunter::api::walk {
namespace {

constexpr schemas::UnixSeconds kNow = 1'800'000'000;

// Sites with the given ids and numbers of links; every third link is in category 1.
class Pool {
 public:
  Pool() { builder_.LearnCategories({{1, "third"}}); }
  void Add(schemas::Id site_id, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) AddLink(site_id);
  }
  // On the source's own site, unless another is named.
  schemas::Id AddLink(schemas::Id source_id, schemas::Id site_id = 0) {
    const auto link_id = ++newest_;
    site_of_[link_id] = source_id;
    std::vector<schemas::Id> categories;
    if (link_id % 3 == 0) categories.push_back(1);
    builder_.Put(link_id, schemas::PoolRow{.link_id = link_id,
                                           .site_id = site_id == 0 ? source_id : site_id,
                                           .source_id = source_id,
                                           .published_at = kNow,
                                           .language = "en",
                                           .categories = categories});
    return link_id;
  }
  void Drop(schemas::Id link_id) {
    site_of_.erase(link_id);
    builder_.Put(link_id, std::nullopt);
  }
  std::shared_ptr<const index::LinkIndex> Build() { return builder_.Build(); }
  [[nodiscard]] schemas::Id SiteOf(schemas::Id link_id) const { return site_of_.at(link_id); }
  [[nodiscard]] bool Has(schemas::Id link_id) const { return site_of_.contains(link_id); }
  [[nodiscard]] std::size_t size() const { return site_of_.size(); }

 private:
  index::IndexBuilder builder_;
  std::map<schemas::Id, schemas::Id> site_of_;
  schemas::Id newest_ = 0;
};

std::vector<schemas::Id> WholeWalk(const index::Choice& choice, std::uint64_t seed) {
  auto walk = StartWalk(seed, choice.index());
  WalkScratch scratch;
  std::vector<schemas::Id> links;
  while (true) {
    // Each step goes over the wire, as a client's does.
    walk = FromToken(ToToken(walk)).walk;
    const auto pick = NextLink(choice, walk, scratch);
    if (!pick) return links;
    links.push_back(pick->link_id);
  }
}

// Every site with a link for the round comes once in the round; no link comes twice; all come.
void ExpectFairWalk(const Pool& pool, const std::vector<schemas::Id>& links) {
  EXPECT_EQ(std::set<schemas::Id>(links.begin(), links.end()).size(), links.size());
  std::map<schemas::Id, std::size_t> visits;
  std::size_t round = 1;
  for (const auto link_id : links) {
    const auto visit = ++visits[pool.SiteOf(link_id)];
    ASSERT_GE(visit, round) << "a site came again before the round was through";
    round = visit;
  }
}

TEST(Walk, MeetsEverySiteOnceBeforeAnyTwiceAndEveryLinkOnce) {
  Pool pool;
  std::size_t total = 0;
  for (schemas::Id site_id = 1; site_id <= 300; ++site_id) {
    const auto count = static_cast<std::size_t>(1 + 600 / site_id);
    pool.Add(site_id * 7, count);  // ids with gaps
    total += count;
  }
  const auto index = pool.Build();
  const index::Choice all(index, {}, kNow);
  const auto links = WholeWalk(all, 42);
  EXPECT_EQ(links.size(), total);
  ExpectFairWalk(pool, links);
}

TEST(Walk, DoesSoUnderAFilterAndInASmallDatabase) {
  for (const std::size_t sites : {1, 2, 5, 40}) {
    Pool pool;
    for (std::size_t site = 1; site <= sites; ++site) {
      pool.Add(static_cast<schemas::Id>(site), site * 3);
    }
    const auto index = pool.Build();
    const index::Choice thirds(index, {.categories = {"third"}}, kNow);
    const auto links = WholeWalk(thirds, sites);
    EXPECT_EQ(links.size(), pool.size() / 3);
    ExpectFairWalk(pool, links);
    for (const auto link_id : links) EXPECT_EQ(link_id % 3, 0);
  }
}

TEST(Walk, StaysWithinOneSiteIfAskedTo) {
  Pool pool;
  pool.Add(1, 10);
  pool.Add(2, 5);
  const auto index = pool.Build();
  const index::Choice one(index, {.site_id = 2}, kNow);
  const auto links = WholeWalk(one, 9);
  EXPECT_EQ(links.size(), 5U);
  for (const auto link_id : links) EXPECT_EQ(pool.SiteOf(link_id), 2);
  for (const schemas::Id nowhere : {0, 3, 1000000}) {
    EXPECT_TRUE(WholeWalk(index::Choice(index, {.site_id = nowhere}, kNow), 9).empty());
  }
}

TEST(Walk, EndsAtOnceInAnEmptyDatabase) {
  const auto index = index::IndexBuilder().Build();
  EXPECT_TRUE(WholeWalk(index::Choice(index, {}, kNow), 1).empty());
}

TEST(Walk, TakesTheSameWayForFewSitesInAWideDomainAsPlaceByPlace) {
  // 3 sites among 4,096 ids: the shortcut must agree with a walk under a filter that takes all.
  Pool pool;
  for (const schemas::Id site_id : {17, 2000, 4090}) pool.Add(site_id, 4);
  const auto index = pool.Build();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(WholeWalk(index::Choice(index, {}, kNow), seed),
              WholeWalk(index::Choice(index, {.language = "en"}, kNow), seed));
  }
}

TEST(Walk, GoesOnWithoutRepeatsWhileLinksComeAndGo) {
  std::mt19937 random(3);
  Pool pool;
  for (schemas::Id site_id = 1; site_id <= 60; ++site_id) {
    pool.Add(site_id, 5 + random() % 60);
  }
  auto index = pool.Build();
  auto walk = StartWalk(77, *index);
  WalkScratch scratch;
  std::set<schemas::Id> seen;
  for (int step = 0; step < 1000; ++step) {
    // The crawler finds posts, some on new sites, and drops others.
    for (int i = 0; i < 3; ++i) pool.AddLink(static_cast<schemas::Id>(1 + random() % 90));
    const auto dropped = static_cast<schemas::Id>(1 + random() % pool.size());
    if (pool.Has(dropped)) pool.Drop(dropped);
    index = pool.Build();
    const auto pick = NextLink(index::Choice(index, {}, kNow), walk, scratch);
    ASSERT_TRUE(pick);
    EXPECT_TRUE(pool.Has(pick->link_id));
    EXPECT_TRUE(seen.insert(pick->link_id).second) << "repeat at step " << step;
  }
}

TEST(Walk, MeetsEverySourceOnceInARoundWhileTheSlotsDouble) {
  Pool pool;
  for (schemas::Id id = 1; id <= 40; ++id) pool.Add(id, 2);
  auto index = pool.Build();
  const auto bits = index->sources.bits();
  auto walk = StartWalk(3, *index);
  WalkScratch scratch;
  std::map<schemas::Id, int> visits;
  for (int step = 0; step < 10; ++step) {
    ++visits[pool.SiteOf(NextLink(index::Choice(index, {}, kNow), walk, scratch)->link_id)];
  }
  for (schemas::Id id = 41; id <= 700; ++id) pool.Add(id, 2);
  index = pool.Build();
  ASSERT_GE(index->sources.bits(), bits + 3);
  while (walk.round == 0) {
    const auto pick = NextLink(index::Choice(index, {}, kNow), walk, scratch);
    if (walk.round == 0) ++visits[pool.SiteOf(pick->link_id)];
  }
  for (schemas::Id id = 1; id <= 40; ++id) EXPECT_EQ(visits[id], 1) << id;
  for (const auto& [id, count] : visits) EXPECT_EQ(count, 1) << id;
}

TEST(Walk, GoesOnInADatabaseWithFewerSources) {
  Pool large;
  for (schemas::Id id = 1; id <= 700; ++id) large.Add(id, 2);
  const auto large_index = large.Build();
  auto walk = StartWalk(3, *large_index);
  WalkScratch scratch;
  NextLink(index::Choice(large_index, {}, kNow), walk, scratch);
  Pool small;
  small.Add(1, 5);
  const auto index = small.Build();
  int steps = 0;
  while (NextLink(index::Choice(index, {}, kNow), walk, scratch)) ++steps;
  EXPECT_EQ(steps, 4);  // what is left after the first round
}

TEST(Walk, GivesTheLinksOfASiteWhateverTheirSource) {
  Pool pool;
  pool.Add(1, 3);
  pool.Add(2, 3);
  std::set<schemas::Id> expected;
  for (const schemas::Id source_id : {1, 2, 3}) expected.insert(pool.AddLink(source_id, 9));
  const auto index = pool.Build();
  const auto links = WholeWalk(index::Choice(index, {.site_id = 9}, kNow), 4);
  EXPECT_EQ(std::set<schemas::Id>(links.begin(), links.end()), expected);
  EXPECT_EQ(links.size(), 3U);
}

// Upper bound of chi-square that a fair choice passes but once in about 100,000 times, by the
// approximation of Wilson and Hilferty.
double ChiSquareBound(double degrees) {
  const double z = 4.3;
  const double t = 1 - 2 / (9 * degrees) + z * std::sqrt(2 / (9 * degrees));
  return degrees * t * t * t;
}

double ChiSquare(const std::map<schemas::Id, std::int64_t>& counts, std::size_t cells,
                 std::int64_t picks) {
  const double expected = static_cast<double>(picks) / static_cast<double>(cells);
  double sum = expected * static_cast<double>(cells - counts.size());
  for (const auto& [id, count] : counts) {
    const auto difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

struct Layout {
  std::vector<schemas::Id> site_ids;
  const char* name;
};

class Fairness : public testing::TestWithParam<Layout> {};

TEST_P(Fairness, GivesEverySiteTheSameChanceWithAndWithoutAFilter) {
  Pool pool;
  const auto& site_ids = GetParam().site_ids;
  std::size_t count = 3;
  for (const auto site_id : site_ids) {
    pool.Add(site_id, count);  // at least one third of each
    count = count * 2 % 61 + 3;
  }
  const auto index = pool.Build();
  const index::Choice all(index, {}, kNow);
  const index::Choice thirds(index, {.categories = {"third"}}, kNow);
  for (const auto* choice : {&all, &thirds}) {
    std::map<schemas::Id, std::int64_t> counts;
    std::map<schemas::Id, std::int64_t> seconds;
    const auto picks = static_cast<std::int64_t>(site_ids.size()) * 200;
    WalkScratch scratch;
    std::uint64_t seed = 1;
    for (std::int64_t i = 0; i < picks; ++i) {
      auto walk = StartWalk(Mix(seed += 0x9e3779b97f4a7c15), *index);
      ++counts[pool.SiteOf(NextLink(*choice, walk, scratch).value().link_id)];
      ++seconds[pool.SiteOf(NextLink(*choice, walk, scratch).value().link_id)];
    }
    const auto bound = ChiSquareBound(static_cast<double>(site_ids.size() - 1));
    EXPECT_LT(ChiSquare(counts, site_ids.size(), picks), bound);
    EXPECT_LT(ChiSquare(seconds, site_ids.size(), picks), bound);
  }
}

std::vector<schemas::Id> Ids(schemas::Id count, schemas::Id step) {
  std::vector<schemas::Id> ids;
  for (schemas::Id i = 1; i <= count; ++i) ids.push_back(i * step);
  return ids;
}

INSTANTIATE_TEST_SUITE_P(Layouts, Fairness,
                         testing::Values(Layout{Ids(5, 1), "shuffled"},
                                         Layout{Ids(200, 1), "shuffled_full"},
                                         Layout{Ids(6, 60), "few_in_a_wide_domain"},
                                         Layout{Ids(300, 1), "feistel"},
                                         Layout{Ids(300, 3), "feistel_with_gaps"}),
                         [](const auto& layout) { return layout.param.name; });

TEST(Walk, GivesEveryLinkOfASiteTheSameChance) {
  Pool pool;
  pool.Add(1, 100);
  pool.Add(2, 1);
  const auto index = pool.Build();
  const index::Choice one(index, {.site_id = 1}, kNow);
  for (const int steps : {1, 2, 9}) {
    std::map<schemas::Id, std::int64_t> counts;
    WalkScratch scratch;
    std::uint64_t seed = 5;
    for (int i = 0; i < 5000; ++i) {
      auto walk = StartWalk(Mix(seed += 0x9e3779b97f4a7c15), *index);
      std::optional<Pick> pick;
      for (int step = 0; step < steps; ++step) pick = NextLink(one, walk, scratch);
      ++counts[pick.value().link_id];
    }
    EXPECT_LT(ChiSquare(counts, 100, 5000), ChiSquareBound(99)) << steps;
  }
}

}  // namespace
}  // namespace saunter::api::walk
