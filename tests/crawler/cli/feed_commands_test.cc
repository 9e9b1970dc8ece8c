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

TEST_F(FeedCommands, ShowTheSitesOfFeeds) {
  ASSERT_EQ(Run({"feed", "add", "http://www.a.example/1", "http://a.example/2"}).exit_code, 0);
  const auto sites = RunJson({"site", "list"})["sites"];
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0]["host"], "a.example");
  EXPECT_EQ(sites[0]["feeds"], 2);
  for (const auto* name : {"a.example", "www.a.example", "https://a.example/x"}) {
    EXPECT_EQ(RunJson({"site", "show", name})["host"], "a.example") << name;
  }
  EXPECT_EQ(Run({"site", "show", "z.example"}).exit_code, 1);
  EXPECT_EQ(Run({"site", "show", "no host"}).exit_code, 2);
}

}  // namespace
}  // namespace saunter::crawler::cli
