#include "crawler/cli/feed_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

TEST(MarkedKeys, KeepTheFirstMarkOfManyKeys) {
  MarkedKeys keys;
  for (int i = 0; i < 100000; ++i) {
    const auto key = url::TextKey(std::to_string(i));
    const auto mark = i % 3 == 0 ? MarkedKeys::Mark::kKnown : MarkedKeys::Mark::kSeen;
    EXPECT_FALSE(keys.Insert(key, mark)) << i;
  }
  EXPECT_EQ(keys.size(), 100000U);
  for (int i = 0; i < 100000; ++i) {
    const auto mark = keys.Insert(url::TextKey(std::to_string(i)), MarkedKeys::Mark::kSeen);
    EXPECT_EQ(mark, i % 3 == 0 ? MarkedKeys::Mark::kKnown : MarkedKeys::Mark::kSeen) << i;
  }
}

TEST(MarkedKeys, TakeAKeyOfZeroBits) {
  MarkedKeys keys;
  EXPECT_FALSE(keys.Insert(0, MarkedKeys::Mark::kKnown));
  EXPECT_EQ(keys.Insert(0, MarkedKeys::Mark::kSeen), MarkedKeys::Mark::kKnown);
  keys.SetMark(0, MarkedKeys::Mark::kSeen);
  EXPECT_EQ(keys.Insert(0, MarkedKeys::Mark::kKnown), MarkedKeys::Mark::kSeen);
}

FeedIntake::Judgement JudgeUrl(FeedIntake& intake, const std::string& url) {
  lists::Outline outline;
  outline.url = url;
  return intake.Judge(outline);
}

TEST(FeedIntake, FillsInAllThatTheStoreWants) {
  FeedIntake intake(schemas::Settings{}, nullptr, 1000000, {});
  lists::Outline outline;
  outline.url = " HTTPS://WWW.Blog.Example.co.uk/feed#x";
  outline.title = "T";
  outline.site_url = "https://blog.example.co.uk";
  outline.category = "folder";
  auto judgement = intake.Judge(outline);
  ASSERT_TRUE(judgement.feed);
  EXPECT_EQ(judgement.kind, FeedIntake::Kind::kAdd);
  EXPECT_EQ(judgement.feed->url, "https://www.blog.example.co.uk/feed");
  EXPECT_EQ(judgement.feed->host, "blog.example.co.uk");
  EXPECT_EQ(judgement.feed->registrable_domain, "example.co.uk");
  EXPECT_EQ(judgement.feed->site_url, "https://blog.example.co.uk/");
  EXPECT_EQ(judgement.feed->category, "folder");
  EXPECT_EQ(judgement.feed->added_at, 1000000);
  EXPECT_GE(judgement.feed->next_check_at, 1000000);
  outline.url = "http://other.example/";
  outline.site_url = "javascript:alert(1)";
  judgement = intake.Judge(outline);
  ASSERT_TRUE(judgement.feed);
  EXPECT_EQ(judgement.feed->site_url, "");
}

TEST(FeedIntake, PutsAllIntoTheCategoryThatIsGiven) {
  FeedIntake intake(schemas::Settings{}, nullptr, 0, "mine");
  lists::Outline outline;
  outline.url = "http://a.example/";
  outline.category = "folder";
  const auto judgement = intake.Judge(outline);
  ASSERT_TRUE(judgement.feed);
  EXPECT_EQ(judgement.feed->category, "mine");
  EXPECT_FALSE(judgement.is_moved) << "it is new";
}

TEST(FeedIntake, TakesFeedSchemesLeniently) {
  FeedIntake intake(schemas::Settings{}, nullptr, 0, {});
  const auto one = JudgeUrl(intake, "feed://a.example/rss");
  ASSERT_TRUE(one.feed);
  EXPECT_EQ(one.feed->url, "http://a.example/rss");
  const auto two = JudgeUrl(intake, "feed:https://b.example/rss");
  ASSERT_TRUE(two.feed);
  EXPECT_EQ(two.feed->url, "https://b.example/rss");
}

TEST(RefusalOf, SaysWhatIsWrong) {
  EXPECT_THAT(RefusalOf("example.com/feed"), HasSubstr("begins with https://"));
  EXPECT_THAT(RefusalOf("|~/fetch.py"), HasSubstr("begins with https://"));
  EXPECT_THAT(RefusalOf("gopher://a/"), HasSubstr("only http"));
  EXPECT_THAT(RefusalOf("mailto:a@b.example"), HasSubstr("only http"));
  EXPECT_THAT(RefusalOf("http://u:p@a.example/"), HasSubstr("user name"));
  EXPECT_THAT(RefusalOf("http://a..b/"), HasSubstr("malformed"));
  EXPECT_THAT(RefusalOf("http://a/" + std::string(9000, 'x')), HasSubstr("8192"));
}

}  // namespace
}  // namespace saunter::crawler::cli
