#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FeedCommands : public SaunterTest {};

TEST_F(FeedCommands, AddAFeedThatIsDueAtOnce) {
  const auto report =
      RunJson({"feed", "add", "http://a.example/feed", "--title", "A <1>", "--category", "birds"});
  EXPECT_EQ(report["added"], 1);
  const auto feed = RunJson({"feed", "show", "http://a.example/feed"});
  EXPECT_EQ(feed["url"], "http://a.example/feed");
  EXPECT_EQ(feed["host"], "a.example");
  EXPECT_EQ(feed["state"], "active");
  EXPECT_EQ(feed["title"], "A <1>");
  EXPECT_EQ(feed["category"], "birds");
  EXPECT_EQ(feed["checked_at"], nullptr);
  EXPECT_EQ(feed["next_check_at"], feed["added_at"]);
  EXPECT_TRUE(feed["fetches"].empty());
}

TEST_F(FeedCommands, RefuseWhatIsNoUrl) {
  const auto completed = Run({"feed", "add", "not a url"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("this is no URL"));
}

TEST_F(FeedCommands, PauseResumeAndRemove) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/feed", "http://b.example/feed"}).exit_code, 0);
  ASSERT_EQ(Run({"feed", "pause", "http://a.example/feed"}).exit_code, 0);
  EXPECT_EQ(RunJson({"feed", "show", "http://a.example/feed"})["state"], "paused");
  EXPECT_EQ(RunJson({"stats"})["feeds_paused"], 1);
  ASSERT_EQ(Run({"feed", "resume", "http://a.example/feed"}).exit_code, 0);
  EXPECT_EQ(RunJson({"feed", "show", "http://a.example/feed"})["state"], "active");
  ASSERT_EQ(Run({"feed", "remove", "http://a.example/feed"}).exit_code, 0);
  EXPECT_EQ(Run({"feed", "show", "http://a.example/feed"}).exit_code, 1);
  EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
}

TEST_F(FeedCommands, FindAFeedByItsTwin) {
  ASSERT_EQ(Run({"feed", "add", "https://www.a.example/feed"}).exit_code, 0);
  EXPECT_EQ(RunJson({"feed", "show", "http://a.example/feed"})["url"],
            "https://www.a.example/feed");
  ASSERT_EQ(Run({"feed", "remove", "http://a.example/feed#x"}).exit_code, 0);
  EXPECT_EQ(RunJson({"stats"})["feeds"], 0);
}

TEST_F(FeedCommands, SayWhichFeedsThereAreNot) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/feed"}).exit_code, 0);
  const auto completed = Run({"feed", "remove", "http://a.example/feed", "http://z.example/"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.output, HasSubstr("removed: http://a.example/feed"));
  EXPECT_THAT(completed.errors, HasSubstr("there is no feed http://z.example/"));
}

TEST_F(FeedCommands, ListAllOrThoseOfACategory) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/", "--category", "x"}).exit_code, 0);
  ASSERT_EQ(Run({"feed", "add", "http://b.example/"}).exit_code, 0);
  EXPECT_EQ(RunJson({"feed", "list"})["feeds"].size(), 2U);
  const auto completed = Run({"feed", "list", "--category", "x"});
  EXPECT_THAT(completed.output, HasSubstr("http://a.example/"));
  EXPECT_THAT(completed.output, Not(HasSubstr("http://b.example/")));
}

TEST_F(FeedCommands, SetACategoryOfAKnownFeed) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/", "--category", "x"}).exit_code, 0);
  ASSERT_EQ(Run({"feed", "add", "http://b.example/", "--category", "y"}).exit_code, 0);
  const auto completed =
      Run({"feed", "add", "http://a.example/", "http://b.example/", "--category", "y"});
  EXPECT_EQ(completed.exit_code, 0);
  EXPECT_THAT(completed.output, HasSubstr("2 already known (1 of them moved to category y)"));
  EXPECT_EQ(RunJson({"feed", "show", "http://a.example/"})["category"], "y");
  const auto again = RunJson({"feed", "add", "http://a.example/", "--category", "y"});
  EXPECT_EQ(again["already_known"], 1);
  EXPECT_EQ(again["moved"], 0);
}

TEST_F(FeedCommands, SetATitleOfAKnownFeed) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/"}).exit_code, 0);
  EXPECT_THAT(Run({"feed", "add", "http://a.example/", "--title", "Mine"}).output,
              HasSubstr("1 already known (1 of them with a new title)"));
  EXPECT_EQ(RunJson({"feed", "show", "http://a.example/"})["title"], "Mine");
  EXPECT_EQ(RunJson({"feed", "add", "http://a.example/", "--title", "Mine"})["titled"], 0);
}

TEST_F(FeedCommands, LeaveAKnownFeedAsItIsUnlessTold) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/", "--category", "x", "--title", "A"}).exit_code,
            0);
  EXPECT_THAT(Run({"feed", "add", "http://a.example/"}).output, Not(HasSubstr("of them")));
  const auto feed = RunJson({"feed", "show", "http://a.example/"});
  EXPECT_EQ(feed["category"], "x");
  EXPECT_EQ(feed["title"], "A");
}

TEST_F(FeedCommands, SayHowToAllowWhatIsBlacklisted) {
  ASSERT_EQ(Run({"blacklist", "add", "*.spam.example", "--reason", "sells links"}).exit_code, 0);
  const auto completed = Run({"feed", "add", "http://a.example/", "http://x.spam.example/feed"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.output, HasSubstr("1 added"));
  EXPECT_THAT(completed.errors, HasSubstr("the blacklist has *.spam.example: sells links"));
  EXPECT_THAT(completed.errors, HasSubstr("`saunter blacklist remove '*.spam.example'`"));
  ASSERT_EQ(Run({"blacklist", "remove", "*.spam.example"}).exit_code, 0);
  EXPECT_EQ(Run({"feed", "add", "http://x.spam.example/feed"}).exit_code, 0);
}

}  // namespace
}  // namespace saunter::crawler::cli
