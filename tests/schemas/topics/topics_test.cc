#include "schemas/topics/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "schemas/topics/topics_file.h"
#include "tests/support/files.h"

namespace saunter::schemas::topics {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

std::vector<std::string> Names(TopicMask mask, const Topics& topics = *Topics::BuiltIn()) {
  std::vector<std::string> names;
  for (std::size_t bit = 0; bit < topics.list().size(); ++bit) {
    if ((mask >> bit & 1U) != 0) names.push_back(topics.list()[bit].name);
  }
  return names;
}

std::vector<std::string> Of(std::string_view word) { return Names(Topics::BuiltIn()->Of(word)); }

TEST(FoldWord, LeavesOutWhatSpellingsDifferIn) {
  EXPECT_EQ(FoldWord("#Food-and_Drink!"), "food and drink");
  EXPECT_EQ(FoldWord("  Ça  Été "), "ca ete");
  EXPECT_EQ(FoldWord("ŁÓDŹ"), "lodz");
  EXPECT_EQ(FoldWord("Еда"), "еда");
  EXPECT_EQ(FoldWord("Ёлка"), "елка");
  EXPECT_EQ(FoldWord("ΤΕΧΝΟΛΟΓΊΑ"), FoldWord("τεχνολογία"));
  EXPECT_EQ(FoldWord("Ｆｏｏｄ"), "food");
  EXPECT_EQ(FoldWord("Women’s"), "womens");
  EXPECT_EQ(FoldWord("C++"), "c++");
  EXPECT_EQ(FoldWord("C#"), "c#");
  EXPECT_EQ(FoldWord("e\xcc\x81t\xc3\xa9"), "ete");  // combining and composed
  EXPECT_EQ(FoldWord("🍞"), "");
  EXPECT_EQ(FoldWord("\xff"), "");
}

TEST(Topics, KnowTheirWordsInManyLanguages) {
  for (const auto* word :
       {"food", "Foods",      "Essen",   "Cuisine",  "Recetas", "Receitas", "Ricette",
        "Eten", "Matlagning", "Ruoka",   "Przepisy", "Рецепты", "美食",     "料理",
        "요리", "طبخ",        "מתכונים", "Συνταγές", "Nấu ăn",  "Resep",    "RECIPE"}) {
    EXPECT_THAT(Of(word), IsSupersetOf({"food"})) << word;
  }
  for (const auto* word : {"Programming", "programmieren", "Programación", "Программирование",
                           "编程", "プログラミング", "C++", "c#", "Node.js development",
                           "Open-Source", "OpenSource", "open source"}) {
    EXPECT_THAT(Of(word), IsSupersetOf({"programming"})) << word;
  }
  EXPECT_THAT(Of("旅行"), UnorderedElementsAre("travel"));
  EXPECT_THAT(Of("読書"), UnorderedElementsAre("books"));
  EXPECT_THAT(Of("Fotografía"), UnorderedElementsAre("photography"));
}

TEST(Topics, LookUpTheirPartsWhereAWordIsNotKnown) {
  EXPECT_THAT(Of("Vegan recipes for spring"), UnorderedElementsAre("food"));
  EXPECT_THAT(Of("Garden / Birds"), UnorderedElementsAre("diy", "nature"));
  EXPECT_THAT(Of("读书笔记本"), IsSupersetOf({"books"}));
  EXPECT_THAT(Of("it is a word among many more in here"), testing::IsEmpty());
  EXPECT_THAT(Of("xyzzy"), testing::IsEmpty());
  EXPECT_THAT(Of(""), testing::IsEmpty());
}

TEST(Topics, MeanAGroupWithAllThatIsInIt) {
  const auto topics = Topics::BuiltIn();
  const auto group = topics->Named("technology").value();
  EXPECT_THAT(Names(group), UnorderedElementsAre("technology", "programming", "web", "systems",
                                                 "security", "ai", "gadgets", "crypto"));
  EXPECT_EQ(topics->Named("food").value() & group, 0U);
  EXPECT_FALSE(topics->Named("no-such-topic"));
  EXPECT_LE(topics->list().size(), kTopicsMax);
}

TEST(Topics, SayWhatIsWrongWithAListAndWhere) {
  const auto problem = [](std::string_view text) { return Topics::Parse(text, "list").problem; };
  EXPECT_EQ(problem("# a comment\n\n[a] A\nx, y,\nz\n"), "");
  EXPECT_EQ(problem("x\n[a]"), "list:1: words before the first [topic]");
  EXPECT_EQ(problem("[a\n"), "list:1: a topic's name ends in \"]\"");
  EXPECT_THAT(problem("[a]\n[A b]\n"), HasSubstr("list:2: \"A b\": a topic's name is made of"));
  EXPECT_EQ(problem("[a]\n[a]\n"), "list:2: the topic \"a\" stands twice");
  EXPECT_THAT(problem("[a in b]\n[b]"), HasSubstr("list:1: \"b\" is not a topic above"));
  EXPECT_THAT(problem("[a]\n[b in a]\n[c in b]"), HasSubstr("list:3"));
  EXPECT_EQ(problem("[a]\nx, !!\n"), "list:2: \"!!\" holds no letter or digit");
  EXPECT_EQ(problem(""), "list names no topic");
  EXPECT_EQ(problem("[a]\n\xff"), "list is not UTF-8");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "[t" + std::to_string(i) + "]\n";
  EXPECT_EQ(problem(many), "list:33: there are more than 32 topics");
  EXPECT_THAT(problem("[a]\n" + std::string(1100000, 'x')), HasSubstr("larger than a megabyte"));
}

TEST(TopicsFile, IsReadWhenItAppearsChangesAndGoes) {
  const support::TemporaryDirectory folder;
  const auto path = folder.File("topics.txt");
  TopicsFile file(path);
  EXPECT_FALSE(file.Changed());  // the built-in list holds already
  std::ofstream(path) << "[cheese] Cheese\ngouda\n";
  auto look = file.Changed();
  ASSERT_TRUE(look && look->topics);
  EXPECT_THAT(Names(look->topics->Of("Gouda"), *look->topics), UnorderedElementsAre("cheese"));
  EXPECT_FALSE(file.Changed());
  std::ofstream(path) << "[cheese\n";
  look = file.Changed();
  ASSERT_TRUE(look);
  EXPECT_FALSE(look->topics);
  EXPECT_THAT(look->problem, HasSubstr("topics.txt:1"));
  std::filesystem::remove(path);
  look = file.Changed();
  ASSERT_TRUE(look && look->topics);
  EXPECT_EQ(look->topics, Topics::BuiltIn());
}

// Not a bar but a figure to keep an eye on; the floor is well below it.
TEST(Topics, KnowMostOfTheWordsThatRealFeedsUse) {
  std::ifstream expected(support::Corpus("real/open/expected.jsonl"));
  if (!expected) GTEST_SKIP() << "no corpus beside the tree";
  std::map<std::string, std::int64_t> uses;
  const auto collect = [&](const auto& self, const nlohmann::json& value) -> void {
    if (value.is_string()) {
      ++uses[value.get<std::string>()];
    } else if (value.is_array()) {
      for (const auto& item : value) self(self, item);
    } else if (value.is_object() && value.contains("term")) {
      self(self, value["term"]);
    }
  };
  for (std::string line; std::getline(expected, line);) {
    collect(collect, nlohmann::json::parse(line)["categories"]);
  }
  std::int64_t words_known = 0;
  std::int64_t uses_known = 0;
  std::int64_t uses_all = 0;
  for (const auto& [word, count] : uses) {
    uses_all += count;
    if (Topics::BuiltIn()->Of(word) == 0) continue;
    ++words_known;
    uses_known += count;
  }
  std::printf(
      "topics: %zd of %zu words (%.0f %%), %zd of %zd uses (%.0f %%)\n", words_known, uses.size(),
      100.0 * static_cast<double>(words_known) / static_cast<double>(uses.size()), uses_known,
      uses_all, 100.0 * static_cast<double>(uses_known) / static_cast<double>(uses_all));
  EXPECT_GT(uses_known * 100, uses_all * 50);
}

}  // namespace
}  // namespace saunter::schemas::topics
