#include "crawler/loop/host_turns.h"

#include <gtest/gtest.h>

namespace saunter::crawler::loop {
namespace {

schemas::DueFeed FeedOf(schemas::Id id, const std::string& host) {
  schemas::DueFeed feed;
  feed.feed_id = id;
  feed.host = host;
  return feed;
}

TEST(HostTurns, HandsOutAtMostTwoItemsOfAHost) {
  HostTurns<schemas::DueFeed> turns;
  for (int id = 1; id <= 4; ++id) EXPECT_TRUE(turns.Add(FeedOf(id, "a")));
  turns.Add(FeedOf(5, "b"));
  EXPECT_EQ(turns.Next()->feed_id, 1);
  EXPECT_EQ(turns.Next()->feed_id, 2);
  EXPECT_EQ(turns.Next()->feed_id, 5);
  EXPECT_FALSE(turns.Next());
  EXPECT_EQ(turns.Waiting(), 2U);
  turns.Answered("a");
  EXPECT_EQ(turns.Next()->feed_id, 3);
  EXPECT_FALSE(turns.Next());
  turns.Answered("b");
  EXPECT_FALSE(turns.Next());
  turns.Answered("a");
  EXPECT_EQ(turns.Next()->feed_id, 4);
}

TEST(HostTurns, KnowsAnItemUntilItIsForgotten) {
  HostTurns<schemas::DueFeed> turns;
  EXPECT_TRUE(turns.Add(FeedOf(1, "a")));
  EXPECT_FALSE(turns.Add(FeedOf(1, "a")));
  EXPECT_TRUE(turns.Next());
  turns.Answered("a");
  EXPECT_FALSE(turns.Add(FeedOf(1, "a")));
  turns.Forget(1);
  EXPECT_EQ(turns.Known(), 0U);
  EXPECT_TRUE(turns.Add(FeedOf(1, "a")));
}

TEST(HostTurns, IgnoresAnItemThatWasCommittedWhileTheReadRan) {
  HostTurns<schemas::DueFeed> turns;
  turns.Add(FeedOf(1, "a"));
  EXPECT_TRUE(turns.Next());
  turns.BeginRead();
  turns.Answered("a");
  turns.Forget(1);
  EXPECT_FALSE(turns.Add(FeedOf(1, "a"))) << "the read may be older than the commit";
  EXPECT_TRUE(turns.Add(FeedOf(2, "a")));
  turns.EndRead();
  EXPECT_TRUE(turns.Add(FeedOf(1, "a"))) << "the next read is not";
}

}  // namespace
}  // namespace saunter::crawler::loop
