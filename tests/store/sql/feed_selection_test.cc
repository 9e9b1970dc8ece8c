// Feeds by what an operator asks for: filters, orders, sites, and rows by id.
#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <utility>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::FeedState;
using schemas::FetchOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FeedSelectionTest : public StoreTest {
 protected:
  FeedSelectionTest() { OpenWriter(); }

  // A feed at https://HOST/feed as its last fetch left it.
  schemas::Id Add(const std::string& host,
                  const std::function<void(schemas::FeedChange&)>& set = nullptr) {
    const auto feed_id = AddFeed("https://" + host + "/feed", host);
    if (!set) return feed_id;
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *OpenReader()->FindFeed(feed_id);
    crawl.feed.checked_at = kNow;
    crawl.feed.last_outcome = FetchOutcome::kOk;
    set(crawl.feed);
    Write(batch);
    return feed_id;
  }
  void Change(schemas::OperatorChange change) {
    schemas::WriteBatch batch;
    batch.changes.push_back(std::move(change));
    Write(batch);
  }
  // The hosts of those that fit, in their order.
  std::vector<std::string> Fitting(const FeedSelection& selection) {
    auto reader = OpenReader();
    std::vector<std::string> hosts;
    for (auto& feed : reader->FeedsByIds(reader->FittingFeeds(selection), Counting::kNo)) {
      hosts.push_back(std::move(feed.host));
    }
    return hosts;
  }
};

TEST_F(FeedSelectionTest, TakesAllWhereNothingIsAskedForInTheOrderTheyCame) {
  Add("b.example");
  Add("a.example");
  EXPECT_THAT(Fitting({}), ElementsAre("b.example", "a.example"));
  FeedSelection down;
  down.direction = Direction::kDown;
  EXPECT_THAT(Fitting(down), ElementsAre("a.example", "b.example"));
}

TEST_F(FeedSelectionTest, TellsByTheLastFetch) {
  Add("fails.example", [](auto& feed) {
    feed.error_count = 3;
    feed.last_outcome = FetchOutcome::kTimeout;
  });
  Add("fine.example", [](auto&) {});
  Add("new.example");
  FeedSelection failing;
  failing.is_failing = true;
  EXPECT_THAT(Fitting(failing), ElementsAre("fails.example"));
  FeedSelection outcomes;
  outcomes.outcomes.Add(FetchOutcome::kTimeout);
  EXPECT_THAT(Fitting(outcomes), ElementsAre("fails.example"));
  outcomes.outcomes.AddNeverFetched();
  EXPECT_THAT(Fitting(outcomes), ElementsAre("fails.example", "new.example"));
  outcomes.outcomes.Add(FetchOutcome::kOk);
  EXPECT_THAT(Fitting(outcomes), ElementsAre("fails.example", "fine.example", "new.example"));
  outcomes.is_failing = true;
  EXPECT_THAT(Fitting(outcomes), ElementsAre("fails.example")) << "both must hold";
}

TEST_F(FeedSelectionTest, TellsByStateAndCategory) {
  Add("paused.example");
  Add("active.example");
  Change(schemas::SetFeedState{"https://paused.example/feed", FeedState::kPaused});
  Change(schemas::EditFeed{.url = "https://active.example/feed", .title = {}, .category = "birds"});
  FeedSelection paused;
  paused.states.Add(FeedState::kPaused);
  EXPECT_THAT(Fitting(paused), ElementsAre("paused.example"));
  FeedSelection category;
  category.categories = {"birds"};
  EXPECT_THAT(Fitting(category), ElementsAre("active.example"));
  category.categories = {"bird"};
  EXPECT_THAT(Fitting(category), IsEmpty());
  category.categories = {"bird", ""};
  EXPECT_THAT(Fitting(category), ElementsAre("paused.example")) << "it has none";
}

TEST_F(FeedSelectionTest, TakesALanguageForItsRegionsButNotTheOtherWayRound) {
  Add("en.example", [](auto& feed) { feed.language = "en"; });
  Add("gb.example", [](auto& feed) { feed.language = "en-gb"; });
  Add("eng.example", [](auto& feed) { feed.language = "enm"; });
  Add("none.example");
  FeedSelection language;
  language.languages = {"en"};
  EXPECT_THAT(Fitting(language), ElementsAre("en.example", "gb.example"));
  language.languages = {"en-gb"};
  EXPECT_THAT(Fitting(language), ElementsAre("gb.example"));
  language.languages = {""};
  EXPECT_THAT(Fitting(language), ElementsAre("none.example"));
  EXPECT_THAT(OpenReader()->FeedLanguages(), ElementsAre("en", "en-gb", "enm"));
}

TEST_F(FeedSelectionTest, CallsSilentWhatHasNoNewPost) {
  Add("posts.example", [](auto& feed) { feed.newest_published_at = kNow - 10; });
  Add("old.example", [](auto& feed) {
    feed.newest_published_at = kNow - 1000;
    feed.changed_at = kNow;  // its bytes change with every answer
  });
  Add("undated.example", [](auto& feed) { feed.changed_at = kNow - 1000; });
  Add("new.example");
  FeedSelection silent;
  silent.silent_since = kNow - 100;
  EXPECT_THAT(Fitting(silent), ElementsAre("old.example", "undated.example"));
  silent.silent_since = kNow + 1;
  EXPECT_THAT(Fitting(silent),
              ElementsAre("posts.example", "old.example", "undated.example", "new.example"));
  FeedSelection fresh;
  fresh.new_since = kNow;
  EXPECT_EQ(Fitting(fresh).size(), 4U);
  fresh.new_since = kNow + 1;
  EXPECT_THAT(Fitting(fresh), IsEmpty());
}

TEST_F(FeedSelectionTest, FindsFeedsBySite) {
  Add("a.example");
  Add("blog.a.example");
  Add("a.example/~ann");
  Add("nota.example");
  const auto on = [&](const std::string& host) {
    FeedSelection selection;
    selection.site_ids.emplace();
    for (const auto& site : OpenReader()->SitesUnder(host)) {
      selection.site_ids->push_back(site.site_id);
    }
    return Fitting(selection);
  };
  EXPECT_THAT(on("a.example"), ElementsAre("a.example", "a.example/~ann"));
  EXPECT_THAT(on("a.example/~ann"), ElementsAre("a.example/~ann"));
  EXPECT_THAT(on("*.a.example"), ElementsAre("a.example", "blog.a.example", "a.example/~ann"));
  EXPECT_THAT(on("other.example"), IsEmpty());
}

TEST_F(FeedSelectionTest, OrdersWithWhatHasNoValueLast) {
  Add("b.example", [](auto& feed) {
    feed.error_count = 2;
    feed.title = "beta";
    feed.newest_published_at = 5;
  });
  Crawl(Add("a.example"), {Entry("a.example", 1), Entry("a.example", 2)});
  Add("c.example", [](auto& feed) {
    feed.error_count = 1;
    feed.title = "Alpha";
    feed.newest_published_at = 9;
  });
  const auto in = [&](FeedOrder order, Direction direction) {
    FeedSelection selection;
    selection.order = order;
    selection.direction = direction;
    return Fitting(selection);
  };
  EXPECT_THAT(in(FeedOrder::kHost, Direction::kUp),
              ElementsAre("a.example", "b.example", "c.example"));
  EXPECT_THAT(in(FeedOrder::kErrors, Direction::kDown),
              ElementsAre("b.example", "c.example", "a.example"));
  EXPECT_THAT(in(FeedOrder::kTitle, Direction::kUp),
              ElementsAre("c.example", "b.example", "a.example"));
  EXPECT_THAT(in(FeedOrder::kTitle, Direction::kDown),
              ElementsAre("b.example", "c.example", "a.example"));
  EXPECT_THAT(in(FeedOrder::kNewest, Direction::kDown),
              ElementsAre("c.example", "b.example", "a.example"));
  EXPECT_THAT(in(FeedOrder::kLinks, Direction::kDown),
              ElementsAre("a.example", "c.example", "b.example"));
  for (const auto order : {FeedOrder::kAdded, FeedOrder::kChecked, FeedOrder::kNext}) {
    EXPECT_EQ(in(order, Direction::kUp).size(), 3U);
  }
}

TEST_F(FeedSelectionTest, ReadsRowsByTheirIdsWithoutThoseThatWent) {
  const auto first = Add("a.example");
  const auto second = Add("b.example");
  Crawl(first, {Entry("a.example", 1), Entry("a.example", 2)});
  auto feeds = OpenReader()->FeedsByIds({second, 99, first}, Counting::kYes);
  ASSERT_EQ(feeds.size(), 2U);
  EXPECT_EQ(feeds[0].host, "b.example");
  EXPECT_EQ(feeds[1].links, 2);
  feeds = OpenReader()->FeedsByIds({first}, Counting::kNo);
  EXPECT_EQ(feeds.at(0).links, 0);
  EXPECT_EQ(OpenReader()->FindFeedId("https://b.example/feed"), second);
  Remove("https://b.example/feed");
  EXPECT_EQ(OpenReader()->FindFeedId("https://b.example/feed"), std::nullopt);
  EXPECT_THAT(Fitting({}), ElementsAre("a.example"));
}

TEST_F(FeedSelectionTest, CountsTheLinksThatWouldGoWithAFeed) {
  const auto blog = Add("a.example");
  const auto planet = Add("planet.example");
  Crawl(blog, {Entry("a.example", 1), Entry("a.example", 2), Entry("a.example", 3)});
  Crawl(planet, {Entry("a.example", 3), Entry("b.example", 4)});
  EXPECT_EQ(OpenReader()->CountLinksOfFeedAlone(blog), 2);
  EXPECT_EQ(OpenReader()->CountLinksOfFeedAlone(planet), 1);
  const auto before = OpenReader()->ReadStats().links;
  Remove("https://a.example/feed");
  EXPECT_EQ(before - OpenReader()->ReadStats().links, 2);
}

}  // namespace
}  // namespace saunter::store::sql
