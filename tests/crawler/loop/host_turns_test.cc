#include "crawler/loop/host_turns.h"

#include <gtest/gtest.h>

#include "store/shards/shards.h"

namespace saunter::crawler::loop {
namespace {

using Turns = HostTurns<schemas::DueFeed>;

schemas::DueFeed FeedOf(schemas::Id id, const std::string& host) {
  schemas::DueFeed feed;
  feed.feed_id = id;
  feed.host = host;
  feed.site_id = host.front();
  return feed;
}

TEST(HostTurns, HandsOutAtMostTwoItemsOfAHost) {
  Turns turns;
  for (int id = 1; id <= 4; ++id) EXPECT_EQ(turns.Add(FeedOf(id, "a")), Turns::Added::kTaken);
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
  Turns turns;
  EXPECT_EQ(turns.Add(FeedOf(1, "a")), Turns::Added::kTaken);
  EXPECT_EQ(turns.Add(FeedOf(1, "a")), Turns::Added::kKnown);
  EXPECT_TRUE(turns.Next());
  turns.Answered("a");
  EXPECT_EQ(turns.Add(FeedOf(1, "a")), Turns::Added::kKnown);
  turns.Forget(1);
  EXPECT_EQ(turns.Known(), 0U);
  EXPECT_EQ(turns.Add(FeedOf(1, "a")), Turns::Added::kTaken);
}

TEST(HostTurns, IgnoresAnItemThatWasCommittedWhileTheReadRan) {
  Turns turns;
  turns.Add(FeedOf(1, "a"));
  EXPECT_TRUE(turns.Next());
  turns.BeginRead();
  turns.Answered("a");
  turns.Forget(1);
  EXPECT_EQ(turns.Add(FeedOf(1, "a")), Turns::Added::kKnown)
      << "the read may be older than the commit";
  EXPECT_EQ(turns.Add(FeedOf(2, "a")), Turns::Added::kTaken);
  turns.EndRead();
  EXPECT_EQ(turns.Add(FeedOf(1, "a")), Turns::Added::kTaken) << "the next read is not";
}

TEST(HostTurns, DropWhatWasNotHandedOutOfSomeShards) {
  Turns turns;
  turns.TellShards();
  for (int id = 1; id <= 3; ++id) turns.Add(FeedOf(id, "a.example"));
  turns.Add(FeedOf(4, "b.example"));
  turns.NoteMore({.site_id = 'a', .host = "a.example"});
  store::ShardSet shards;
  shards.set(static_cast<std::size_t>(store::shards::ShardOf("a.example")));
  EXPECT_EQ(turns.Next()->feed_id, 1);
  turns.Drop(shards);
  EXPECT_EQ(turns.Known(), 2U) << "the one that is out, and the other host's";
  EXPECT_EQ(turns.Waiting(), 1U);
  EXPECT_EQ(turns.Crowded(), 0U);
  EXPECT_EQ((turns.KnownShards() & shards), shards);
  EXPECT_EQ(turns.Next()->feed_id, 4);
  EXPECT_FALSE(turns.Next());

  turns.Answered("a.example");
  turns.Forget(1);
  EXPECT_TRUE((turns.KnownShards() & shards).none());
  EXPECT_TRUE(turns.KnownShards().any());
  EXPECT_EQ(turns.Add(FeedOf(2, "a.example")), Turns::Added::kTaken);
  EXPECT_EQ(turns.Next()->feed_id, 2);
}

}  // namespace
}  // namespace saunter::crawler::loop
