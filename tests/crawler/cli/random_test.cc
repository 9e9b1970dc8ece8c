#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/crawler/cli/filled_database.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RandomCommand : public FilledDatabase {
 protected:
  // A link on bread of an operator's feed, one that says what it is about, and one that says
  // nothing, in English, British English and German.
  void Fill() {
    auto bread = Post("bread.example", 1);
    bread.language = "en";
    AddFeed("bread.example", {bread}, "Sourdough, rye");
    auto kernel = Post("linux.example", 2);
    kernel.language = "en-GB";
    kernel.categories = {"linux kernel", "kernels"};
    AddFeed("linux.example", {kernel});
    auto plain = Post("plain.example", 3);
    plain.language = "de";
    AddFeed("plain.example", {plain});
  }

  std::set<std::string> Urls(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"random", "--count=50"});
    const auto completed = Run(std::move(arguments));
    EXPECT_EQ(completed.exit_code, 0) << completed.errors;
    std::set<std::string> urls;
    std::string line;
    for (const char c : completed.output) {
      if (c != '\n') {
        line.push_back(c);
      } else {
        urls.insert(std::exchange(line, {}));
      }
    }
    return urls;
  }
};

const std::string kBread = "https://bread.example/1";
const std::string kLinux = "https://linux.example/2";
const std::string kPlain = "https://plain.example/3";
using Set = std::set<std::string>;

TEST_F(RandomCommand, PrintsAUrlOnALineAndNothingElse) {
  AddFeed("bread.example", {Post("bread.example", 1)});
  const auto completed = Run({"random"});
  EXPECT_EQ(completed.output, kBread + "\n");
  EXPECT_EQ(completed.errors, "");
  EXPECT_EQ(completed.exit_code, 0);
}

TEST_F(RandomCommand, PrintsNothingThatXargsTakesForAQuote) {
  auto entry = Post("a.example", 1);
  entry.url = "https://a.example/it's-\"so\"\\";
  auto odd = Post("a.example", 2);
  odd.url = "https://a.example/two\nlines";
  AddFeed("a.example", {entry, odd});
  EXPECT_EQ(Run({"random", "--count=2"}).output, "https://a.example/it%27s-%22so%22%5C\n");
}

TEST_F(RandomCommand, TakesAllOfTheFiltersOfTheApi) {
  Fill();
  EXPECT_EQ(Urls({}), (Set{kBread, kLinux, kPlain}));
  EXPECT_EQ(Urls({"--language=en"}), (Set{kBread, kLinux}));
  EXPECT_EQ(Urls({"--language=en-gb"}), (Set{kLinux}));
  EXPECT_EQ(Urls({"--language=de-AT"}), (Set{kPlain}));
  EXPECT_EQ(Urls({"--site=https://www.plain.example/any"}), (Set{kPlain}));
  EXPECT_EQ(Urls({"--not-site=plain.example,linux.example"}), (Set{kBread}));
  EXPECT_EQ(Urls({"--not-site=plain.example", "--not-site=nobody.example"}), (Set{kBread, kLinux}));
  EXPECT_EQ(Urls({"--fair=strict"}), (Set{kBread, kLinux, kPlain}));
}

TEST_F(RandomCommand, KnowsTopicsGroupsAndWords) {
  Fill();
  EXPECT_EQ(Urls({"--category=systems"}), (Set{kLinux}));
  EXPECT_EQ(Urls({"--category=technology"}), (Set{kLinux}));
  EXPECT_EQ(Urls({"--not-category=technology"}), (Set{kBread, kPlain}));
  EXPECT_EQ(Urls({"--category=kernels"}), (Set{kLinux}));
  EXPECT_EQ(Urls({"--category=Sourdough, rye"}), (Set{kBread}));
  EXPECT_EQ(Urls({"--category=kernels", "--category=Sourdough, rye"}), (Set{kBread, kLinux}));
}

TEST_F(RandomCommand, NamesCategoriesThatAreNearToAnUnknownOne) {
  Fill();
  auto completed = Run({"random", "--category=kernel"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_EQ(completed.output, "");
  EXPECT_THAT(completed.errors,
              HasSubstr("there is no category \"kernel\"; did you mean \"kernels\""));
  completed = Run({"random", "--category=kernel,systems"});
  EXPECT_EQ(completed.exit_code, 0) << "one of them is known";
  EXPECT_EQ(completed.output, kLinux + "\n");
  EXPECT_THAT(completed.errors, HasSubstr("there is no category \"kernel\""));
}

TEST_F(RandomCommand, SaysWhichConditionToLoosen) {
  Fill();
  auto completed = Run({"random", "--category=systems", "--language=de"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, AllOf(HasSubstr("1 does without --category"),
                                      HasSubstr("1 does without --language")));
  completed = Run({"random", "--category=systems", "--language=fr", "--max-age-days=3"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("leave out several"));
  EXPECT_THAT(Run({"random", "--site=nobody.example"}).errors,
              HasSubstr("there is no site nobody.example"));
}

TEST_F(RandomCommand, TellsMoreOnRequest) {
  Fill();
  const auto completed = Run({"random", "--site=linux.example", "--long"});
  for (const auto* part :
       {"Post 2\n", kLinux.c_str(), "linux kernel, kernels", "topics", "en-GB"}) {
    EXPECT_THAT(completed.output, HasSubstr(part));
  }
  const auto links = RunJson({"random", "--count=3"})["links"];
  ASSERT_EQ(links.size(), 3U);
  const auto link = RunJson({"random", "--site=linux.example"})["links"][0];
  EXPECT_EQ(link["url"], kLinux);
  EXPECT_EQ(link["feed_url"], "https://linux.example/feed");
  EXPECT_EQ(link["topics"], nlohmann::json::array({"systems"}));
}

TEST_F(RandomCommand, SaysThatFewerFitThanWereAskedFor) {
  Fill();
  const auto completed = Run({"random", "--count=9", "--language=en"});
  EXPECT_EQ(completed.exit_code, 0);
  EXPECT_THAT(completed.errors, HasSubstr("only 2 living links fit"));
}

TEST_F(RandomCommand, RefusesWhatIsNoFilter) {
  for (const auto* argument : {"--count=0", "--language=en_GB", "--max-age-days=x", "--fair=no"}) {
    EXPECT_EQ(Run({"random", argument}).exit_code, 2) << argument;
  }
}

TEST_F(RandomCommand, KnowsTheOperatorsListOfTopics) {
  Fill();
  const auto topics = directory_.Write("topics.txt", "[rye] Rye\nSourdough, rye\n");
  EXPECT_EQ(Run({"random", "--category=rye", "--api.topics_path=" + topics}).output, kBread + "\n");
}

}  // namespace
}  // namespace saunter::crawler::cli
