#include "api/routes/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/walk/token.h"

namespace saunter::api::routes {
namespace {

using testing::ElementsAre;

struct Outcome {
  RandomParameters parameters;
  std::optional<std::string> problem;
};

Outcome Read(std::string_view query) {
  Outcome outcome;
  outcome.problem = ReadRandomParameters(query, 50, outcome.parameters);
  return outcome;
}

TEST(RandomParameters, TakesAllOfThem) {
  const auto token =
      walk::ToToken({.seed = 5, .round = 1, .position = 2, .order_bits = 3, .slot_bits = 3});
  const auto [parameters, problem] = Read(
      "count=7&category=food,%E7%BE%8E%E9%A3%9F&not_category=a+b&language=pt-BR&max_age_days="
      "30&site=WWW.Example.ORG&walk=" +
      token);
  ASSERT_FALSE(problem) << *problem;
  EXPECT_EQ(parameters.count, 7);
  EXPECT_THAT(parameters.selection.categories, ElementsAre("food", "美食"));
  EXPECT_THAT(parameters.selection.not_categories, ElementsAre("a b"));
  EXPECT_EQ(parameters.selection.language, "pt-BR");
  EXPECT_EQ(parameters.selection.max_age_days, 30);
  EXPECT_EQ(parameters.site, "example.org");
  EXPECT_EQ(parameters.walk->position, 2U);
}

TEST(RandomParameters, AsksForOneLinkOfAnyKindByDefault) {
  const auto [parameters, problem] = Read("");
  EXPECT_FALSE(problem);
  EXPECT_EQ(parameters.count, 1);
  EXPECT_TRUE(parameters.selection.TakesAll());
  EXPECT_FALSE(parameters.walk);
}

TEST(RandomParameters, AcceptsBoundsAndRefusesWhatLiesBeyond) {
  for (const auto* query :
       {"count=1", "count=50", "count=007", "max_age_days=1", "max_age_days=36500"}) {
    EXPECT_FALSE(Read(query).problem) << query;
  }
  for (const auto* query :
       {"count=0", "count=51", "count=-1", "count=+1", "count=1.0", "count=1e1", "count=", "count",
        "count=0x1", "count=%201", "count=1%00", "count=99999999999999999999", "max_age_days=0",
        "max_age_days=36501", "max_age_days=x"}) {
    const auto problem = Read(query).problem;
    ASSERT_TRUE(problem) << query;
  }
  EXPECT_EQ(*Read("count=51").problem, "count takes a whole number from 1 to 50.");
}

TEST(RandomParameters, TakesAHostAsSitesAreNamed) {
  EXPECT_EQ(AsSiteName("WWW.Blog.example"), "blog.example");
  EXPECT_EQ(AsSiteName("www.com"), "www.com");
  EXPECT_EQ(AsSiteName("www.Tilde.example/~Ann/"), "tilde.example/~Ann");
  EXPECT_EQ(AsSiteName("tilde.example/%7eann"), "tilde.example/~ann") << "decoded twice, leniently";
  EXPECT_EQ(AsSiteName("a.example/"), "a.example");
  EXPECT_EQ(AsSiteName("a.example/posts"), "a.example/posts") << "names nothing";
}

TEST(RandomParameters, RefusesUnknownAndRepeatedNames) {
  for (const auto* query : {"cuont=1", "Count=1", "x", "=1", "&", "count=1&&language=en",
                            "count=1&count=1", "url=https%3A%2F%2Fevil.example"}) {
    EXPECT_TRUE(Read(query).problem) << query;
  }
  EXPECT_THAT(*Read("cuont=1").problem, testing::HasSubstr("\"cuont\""));
  EXPECT_THAT(*Read("count=1&count=2").problem, testing::HasSubstr("twice"));
}

TEST(RandomParameters, RefusesBrokenEscapes) {
  for (const auto* query : {"site=%", "site=%1", "site=%zz", "site=%00", "site=a%0d%0ab",
                            "category=%ff", "category=%c0%af", "%=1"}) {
    EXPECT_TRUE(Read(query).problem) << query;
  }
}

TEST(RandomParameters, RefusesEmptyAndMalformedValues) {
  for (const auto* query :
       {"category=", "category=a,,b", "category=,", "not_category=", "language=", "language=-en",
        "language=en_GB", "language=%E4%B8%AD", "site=", "site=www.", "walk=", "walk=abc"}) {
    EXPECT_TRUE(Read(query).problem) << query;
  }
  std::string many = "category=a";
  for (int i = 0; i < 50; ++i) many += ",a";
  EXPECT_TRUE(Read(many).problem);
}

TEST(PercentDecode, ReadsPlusAsSpaceInQueriesOnly) {
  EXPECT_EQ(PercentDecode("a+b%2B", Plus::kIsSpace), "a b+");
  EXPECT_EQ(PercentDecode("a+b%2b", Plus::kIsPlus), "a+b+");
}

TEST(RefuseParameters, SaysSoOfAnyQuery) {
  EXPECT_FALSE(RefuseParameters(""));
  EXPECT_TRUE(RefuseParameters("a=1"));
}

}  // namespace
}  // namespace saunter::api::routes
