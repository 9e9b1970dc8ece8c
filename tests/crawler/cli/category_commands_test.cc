#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/filled_database.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CategoryCommands : public FilledDatabase {
 protected:
  // Two feeds of "bread", one of "rolls", and one that says itself what it is about.
  void Fill() {
    AddFeed("a.example", {Post("a.example", 1), Post("a.example", 2)}, "bread");
    AddFeed("b.example", {Post("b.example", 3)}, "bread");
    AddFeed("c.example", {Post("c.example", 4)}, "rolls");
    auto own = Post("d.example", 5);
    own.categories = {"linux kernel", "odds"};
    AddFeed("d.example", {own});
  }

  nlohmann::json Row(const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"category", "list"});
    const auto list = RunJson(std::move(more));
    for (const auto& row : list["categories"]) {
      if (row["name"] == name) return row;
    }
    return nullptr;
  }
  std::string CategoryOf(const std::string& host) {
    const auto category = RunJson({"feed", "show", "https://" + host + "/feed"})["category"];
    return category.is_string() ? category.get<std::string>() : std::string();
  }
  std::vector<std::string> WordsOf(schemas::Id link_id) {
    return Reader()->FindLink(link_id).value().categories;
  }
};

TEST_F(CategoryCommands, ListWhoseTheyAreWithFeedsAndLivingLinks) {
  Fill();
  EXPECT_EQ(Row("bread"), nlohmann::json::parse(R"({"name": "bread", "feeds": 2, "links": 3,
                                                   "operator": true, "topic": false})"));
  EXPECT_EQ(Row("systems"), nlohmann::json::parse(R"({"name": "systems", "feeds": 0, "links": 1,
                                                   "operator": false, "topic": true})"));
  EXPECT_EQ(Row("technology")["links"], 1) << "a group has what is in it";
  EXPECT_EQ(Row("odds"), nullptr) << "a feed's own word";
  EXPECT_EQ(Row("odds", {"--words"})["links"], 1);
  EXPECT_THAT(Run({"category", "list"}).output,
              HasSubstr("      2         3  operator         bread\n"));
}

TEST_F(CategoryCommands, RenameOneWithTheWordOfItsLinks) {
  Fill();
  const auto completed = Run({"category", "rename", "bread", "Brot"});
  EXPECT_EQ(completed.exit_code, 0) << completed.errors;
  EXPECT_EQ(completed.output, "2 feeds were moved from bread to Brot\n");
  EXPECT_EQ(CategoryOf("a.example"), "Brot");
  EXPECT_EQ(CategoryOf("b.example"), "Brot");
  EXPECT_EQ(CategoryOf("c.example"), "rolls");
  EXPECT_THAT(WordsOf(1), ElementsAre("Brot"));
  EXPECT_EQ(Row("bread"), nullptr);
  EXPECT_EQ(Row("Brot")["links"], 3);
  EXPECT_EQ(Run({"random", "--category=bread"}).exit_code, 1);
}

TEST_F(CategoryCommands, MergeSeveralIntoOne) {
  Fill();
  ASSERT_EQ(Run({"feed", "add", "https://e.example/feed", "--category", "buns"}).exit_code, 0);
  const auto merged = RunJson({"category", "merge", "bread", "buns", "rolls"});
  EXPECT_EQ(merged, nlohmann::json::parse(R"({"from": ["bread", "buns"], "to": "rolls", "feeds": 3,
                                             "dry_run": false})"));
  for (const auto* host : {"a.example", "b.example", "c.example", "e.example"}) {
    EXPECT_EQ(CategoryOf(host), "rolls") << host;
  }
  EXPECT_EQ(Row("rolls")["links"], 4);
}

TEST_F(CategoryCommands, MergeIntoATopic) {
  Fill();
  ASSERT_EQ(Run({"category", "merge", "rolls", "systems"}).exit_code, 0);
  const auto row = Row("systems");
  EXPECT_EQ(row["feeds"], 1);
  EXPECT_EQ(row["links"], 2);
  EXPECT_EQ(row["operator"], true);
}

TEST_F(CategoryCommands, ChangeNothingInADryRun) {
  Fill();
  EXPECT_EQ(Run({"category", "rename", "bread", "Brot", "--dry-run"}).output,
            "2 feeds would be moved from bread to Brot\n");
  EXPECT_EQ(CategoryOf("a.example"), "bread");
}

TEST_F(CategoryCommands, SayToMergeWhereTheNewNameExists) {
  Fill();
  for (const auto* name : {"rolls", "systems"}) {
    const auto completed = Run({"category", "rename", "bread", name});
    EXPECT_EQ(completed.exit_code, 1);
    EXPECT_THAT(completed.errors,
                HasSubstr(std::string("`saunter category merge bread ") + name + "`"));
  }
  EXPECT_EQ(CategoryOf("a.example"), "bread");
}

TEST_F(CategoryCommands, NameThoseThatAreNearToAnUnknownOne) {
  Fill();
  auto completed = Run({"category", "rename", "bred", "Brot"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors,
              HasSubstr("there is no category \"bred\"; did you mean \"bread\"?"));
  completed = Run({"category", "merge", "bread", "roll"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors,
              AllOf(HasSubstr("did you mean \"rolls\"?"), HasSubstr("`saunter category rename`")));
  completed = Run({"category", "rename", "systems", "mine"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("systems is a topic that Saunter finds by itself"));
  EXPECT_EQ(CategoryOf("a.example"), "bread");
}

TEST_F(CategoryCommands, TakeMoreFeedsThanABatchHolds) {
  std::string list;
  for (int i = 0; i < 5003; ++i) list += "https://s" + std::to_string(i) + ".example/\n";
  ASSERT_EQ(Run({"import", "-", "--category", "many"}, list).exit_code, 0);
  EXPECT_EQ(RunJson({"category", "rename", "many", "lots"})["feeds"], 5003);
  EXPECT_EQ(Row("lots")["feeds"], 5003);
}

TEST_F(CategoryCommands, RefuseToRenameToNothingOrToItself) {
  Fill();
  EXPECT_EQ(Run({"category", "rename", "bread"}).exit_code, 2);
  EXPECT_EQ(Run({"category", "rename", "bread", " "}).exit_code, 1);
  EXPECT_THAT(Run({"category", "rename", "bread", "bread"}).errors, HasSubstr("already"));
  EXPECT_EQ(Run({"category", "merge", "bread"}).exit_code, 2);
}

}  // namespace
}  // namespace saunter::crawler::cli
