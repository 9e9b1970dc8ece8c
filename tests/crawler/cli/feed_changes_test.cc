#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/many_feeds.h"
#include "tests/crawler/cli/standing_crawler.h"

namespace saunter::crawler::cli {
namespace {

using schemas::FetchOutcome;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOne = "https://a.example/feed";
const std::string kTwo = "https://a.example/notes";
const std::string kOther = "https://b.example/feed";

class FeedChanges : public ManyFeedsTest {
 protected:
  nlohmann::json Show(const std::string& url) { return RunJson({"feed", "show", url}); }
};

TEST_F(FeedChanges, ActOnAllFeedsOfASite) {
  Add({kOne, kTwo, kOther});
  const auto paused = Run({"feed", "pause", "a.example"});
  EXPECT_EQ(paused.exit_code, 0) << paused.errors;
  EXPECT_EQ(paused.output, "paused: " + kOne + "\npaused: " + kTwo + "\n");
  EXPECT_EQ(Urls({"--state", "paused"}), kOne + "\n" + kTwo + "\n");
  const auto again = RunJson({"feed", "pause", "a.example", kOther});
  EXPECT_EQ(again["paused"], nlohmann::json({kOther}));
  EXPECT_EQ(again["unchanged"], nlohmann::json({kOne, kTwo}));
  EXPECT_EQ(Run({"feed", "resume", "--state", "paused"}).exit_code, 0);
  EXPECT_EQ(Count({"--state", "active"}), "3\n");
}

TEST_F(FeedChanges, ActOnWhatFitsTheFilters) {
  Add({kOne, kTwo, kOther});
  Fetch(kOne, FetchOutcome::kNotFound);
  Fetch(kOther, FetchOutcome::kNotFound);
  const auto report = RunJson({"feed", "remove", "a.example", "--failing"});
  EXPECT_EQ(report["removed"], nlohmann::json({kOne})) << "named and fitting";
  EXPECT_EQ(RunJson({"feed", "remove", "--failing"})["removed"], nlohmann::json({kOther}));
  EXPECT_EQ(Urls({}), kTwo + "\n");
}

TEST_F(FeedChanges, NeverActOnAllByAccident) {
  Add({kOne, kOther});
  for (const auto* command : {"remove", "pause", "resume"}) {
    const auto completed = Run({"feed", command});
    EXPECT_EQ(completed.exit_code, 2) << command;
    EXPECT_THAT(completed.errors, HasSubstr("say which feeds to " + std::string(command)));
    EXPECT_THAT(completed.errors, HasSubstr("--all"));
  }
  EXPECT_EQ(Run({"feed", "edit", "--category", "x"}).exit_code, 2);
  EXPECT_EQ(Count({"--state", "active"}), "2\n");
  EXPECT_EQ(Run({"feed", "pause", "--all"}).exit_code, 0);
  EXPECT_EQ(Count({"--state", "paused"}), "2\n");
}

TEST_F(FeedChanges, ShowWhatTheyWouldDo) {
  Add({kOne, kOther});
  Fetch(kOne, FetchOutcome::kOk, 3);
  const auto dry = Run({"feed", "remove", "--all", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_EQ(dry.output, "would be removed: " + kOne + "\nwould be removed: " + kOther + "\n");
  EXPECT_THAT(dry.errors,
              HasSubstr("2 feeds would be removed, with 3 links that no other feed lists"));
  EXPECT_EQ(Count({}), "2\n");
  const auto edit = RunJson({"feed", "edit", kOne, "--category", "bread", "--dry-run"});
  EXPECT_EQ(edit["edited"], nlohmann::json({kOne}));
  EXPECT_EQ(edit["dry_run"], true);
  EXPECT_EQ(Show(kOne)["category"], nullptr);
  ASSERT_EQ(Run({"feed", "pause", kOne}).exit_code, 0);
  EXPECT_EQ(Run({"feed", "pause", "--all", "--dry-run"}).output,
            "unchanged: " + kOne + "\nwould be paused: " + kOther + "\n");
}

TEST_F(FeedChanges, SayWhatWentWithAFeedAndHowItComesBack) {
  Add({kOne});
  Fetch(kOne, FetchOutcome::kOk, 3);
  const auto removed = Run({"feed", "remove", kOne});
  EXPECT_EQ(removed.output, "removed: " + kOne + "\n") << "for pipes, and no more";
  EXPECT_THAT(removed.errors, HasSubstr("1 feed removed, with 3 links that no other feed lists"));
  EXPECT_THAT(removed.errors, HasSubstr("`saunter feed add " + kOne + "` brings it back"));
  ASSERT_EQ(Run({"feed", "add", kTwo, "--category", "bread"}).exit_code, 0);
  EXPECT_THAT(Run({"feed", "remove", kTwo}).errors, HasSubstr(kTwo + " --category \"bread\"`"));
}

TEST_F(FeedChanges, TakeAddressesFromAPipe) {
  Add({kOne, kTwo, kOther});
  const auto completed =
      Run({"feed", "remove", "-"}, "# gone\n" + kOne + "\n\nz.example\nb.example\n");
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("line 4: there is no feed z.example"));
  EXPECT_EQ(Urls({}), kTwo + "\n") << "the rest is done";
  EXPECT_EQ(Run({"feed", "remove", "-"}, "").exit_code, 0) << "a list of none";
}

TEST_F(FeedChanges, EditTheCategoryOfFeedsAndOfTheirLinks) {
  Add({kOne, kTwo});
  Fetch(kOne, FetchOutcome::kOk, 2);
  ASSERT_EQ(Run({"feed", "edit", "a.example", "--category", "bread"}).exit_code, 0);
  EXPECT_EQ(Show(kTwo)["category"], "bread");
  EXPECT_THAT(Run({"random", "--category", "bread"}).output, HasSubstr(kOne + "/"));
  const auto back = RunJson({"feed", "edit", "--in-category", "bread", "--category", ""});
  EXPECT_EQ(back["edited"].size(), 2U);
  EXPECT_EQ(Show(kOne)["category"], nullptr);
  EXPECT_NE(Run({"random", "--category", "bread"}).exit_code, 0);
}

TEST_F(FeedChanges, GiveOneFeedATitleThatStays) {
  Add({kOne, kTwo});
  ASSERT_EQ(Run({"feed", "edit", kOne, "--title", "Mine"}).exit_code, 0);
  Fetch(kOne, FetchOutcome::kOk);
  EXPECT_EQ(Show(kOne)["title"], "Mine");
  EXPECT_THAT(Run({"feed", "show", kOne}).output, HasSubstr("Mine (given by you)"));
  const auto several = Run({"feed", "edit", "a.example", "--title", "Both"});
  EXPECT_EQ(several.exit_code, 2);
  EXPECT_THAT(several.errors, HasSubstr("--title is for one feed, and these are 2"));
  EXPECT_EQ(RunJson({"feed", "edit", kOne, "--title", ""})["edited"], nlohmann::json({kOne}));
  EXPECT_EQ(Show(kOne)["given_title"], nullptr);
  EXPECT_EQ(Run({"feed", "edit", kOne}).exit_code, 2) << "nothing to edit";
}

TEST_F(FeedChanges, RideWithARunningCrawler) {
  Add({kOne, kTwo, kOther});
  Fetch(kOne, FetchOutcome::kOk, 2);
  StandingCrawler crawler(settings());
  EXPECT_EQ(Run({"feed", "edit", "a.example", "--category", "bread"}).exit_code, 0);
  EXPECT_EQ(Run({"feed", "edit", kOther, "--title", "Mine"}).exit_code, 0);
  EXPECT_EQ(Show(kTwo)["category"], "bread");
  EXPECT_EQ(Show(kOther)["title"], "Mine");
  EXPECT_EQ(RunJson({"feed", "pause", "--all"})["paused"].size(), 3U);
  EXPECT_EQ(RunJson({"feed", "remove", "--category", "bread"})["removed"].size(), 2U);
  EXPECT_EQ(Urls({}), kOther + "\n");
}

TEST_F(FeedChanges, SayHowFarTheyCameWhenTheCrawlerStops) {
  Add({kOne, kOther});
  StandingCrawler crawler(settings());
  crawler.thread.RefuseChanges();
  const auto completed = Run({"feed", "pause", "--all"});
  EXPECT_EQ(completed.exit_code, 3);
  EXPECT_EQ(completed.output, "");
  EXPECT_THAT(completed.errors, HasSubstr("0 of 2 feeds were paused before"));
  EXPECT_THAT(completed.errors, HasSubstr("the same command goes on with the rest"));
  EXPECT_THAT(completed.errors, Not(HasSubstr("paused: ")));
}

}  // namespace
}  // namespace saunter::crawler::cli
