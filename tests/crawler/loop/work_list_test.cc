#include "crawler/loop/work_list.h"

#include <gtest/gtest.h>

namespace saunter::crawler::loop {
namespace {

schemas::DueFeed Feed(schemas::Id id, const std::string& host) {
  schemas::DueFeed feed;
  feed.feed_id = id;
  feed.host = host;
  return feed;
}

TEST(WorkList, HandsOutAtMostTwoItemsOfAHost) {
  WorkList<schemas::DueFeed> list;
  for (int id = 1; id <= 4; ++id) EXPECT_TRUE(list.Add(Feed(id, "a")));
  list.Add(Feed(5, "b"));
  EXPECT_EQ(list.Next()->feed_id, 1);
  EXPECT_EQ(list.Next()->feed_id, 2);
  EXPECT_EQ(list.Next()->feed_id, 5);
  EXPECT_FALSE(list.Next());
  EXPECT_EQ(list.Waiting(), 2U);
  list.Answered("a");
  EXPECT_EQ(list.Next()->feed_id, 3);
  EXPECT_FALSE(list.Next());
  list.Answered("b");
  EXPECT_FALSE(list.Next());
  list.Answered("a");
  EXPECT_EQ(list.Next()->feed_id, 4);
}

TEST(WorkList, KnowsAnItemUntilItIsForgotten) {
  WorkList<schemas::DueFeed> list;
  EXPECT_TRUE(list.Add(Feed(1, "a")));
  EXPECT_FALSE(list.Add(Feed(1, "a")));
  EXPECT_TRUE(list.Next());
  list.Answered("a");
  EXPECT_FALSE(list.Add(Feed(1, "a")));
  list.Forget(1);
  EXPECT_EQ(list.Known(), 0U);
  EXPECT_TRUE(list.Add(Feed(1, "a")));
}

}  // namespace
}  // namespace saunter::crawler::loop
