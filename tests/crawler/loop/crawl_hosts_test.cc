// What hosts asked for outlives the crawler: several lives of the loop over one database.

#include <gmock/gmock.h>

#include "crawler/loop/crawl_loop.h"
#include "tests/crawler/fetch/fixture.h"
#include "tests/store/fixture.h"

namespace saunter::crawler::loop {
namespace {

using testing::ElementsAre;

class CrawlHostsTest : public store::StoreTest {
 protected:
  CrawlHostsTest() {
    all_.store = settings_;
    all_.fetch = fetch::SettingsFor(origin_);
    all_.health.probe_spacing_s = 0;
    all_.write.batch_age_ms_max = 1;
    all_.schedule.start_spread_s = 0;
    origin_.SetAnswer("", "/feed", fetch::Body("<rss version='2.0'><channel/></rss>"));
    origin_.SetAnswer("", "/busy", fetch::Status(429, {{"Retry-After", "3600"}}));
  }

  // One life of the crawler. It ends without a word unless Finish() is called.
  struct Life {
    Life(const schemas::Settings& settings, const fetch::TestClock& clock_in,
         fetch::Clock loop_clock)
        : clock(clock_in),
          writer(store::OpenWriter(settings.store, "test").writer, settings,
                 [&clock_in] { return clock_in.UnixNow(); }),
          loop(settings,
               {store::OpenReader(settings.store).reader, store::OpenReader(settings.store).reader},
               writer, clock_in.UnixNow(), std::move(loop_clock)) {}

    void Turn() { EXPECT_TRUE(loop.Turn(clock.UnixNow(), 5)); }
    void Turns(int count) {
      for (int i = 0; i < count; ++i) Turn();
    }
    void TurnUntilIdle() {
      do Turn();
      while (!loop.Idle());
    }

    const fetch::TestClock& clock;
    write::WriterThread writer;
    CrawlLoop loop;
  };

  std::unique_ptr<Life> Begin() {
    writer_.reset();
    return std::make_unique<Life>(all_, clock_, clock_.Get());
  }
  void Add(const std::string& address, const std::string& target) {
    OpenWriter();
    (void)AddFeed(origin_.Url(address, target), address);
    writer_.reset();
  }
  schemas::DueFeed FeedAt(const std::string& address, const std::string& target) {
    const auto reader = OpenReader();
    const auto feed = reader->FindFeed(origin_.Url(address, target));
    EXPECT_TRUE(feed);
    return feed ? reader->FindFeed(feed->feed_id).value() : schemas::DueFeed();
  }

  support::Origin origin_;
  schemas::Settings all_;
  fetch::TestClock clock_;
};

TEST_F(CrawlHostsTest, ARestartKeepsAPauseThatAHostAskedFor) {
  Add("127.0.1.1", "/busy");
  Begin()->TurnUntilIdle();
  EXPECT_EQ(origin_.requests(), 1U);
  Add("127.0.1.1", "/feed");
  Begin()->TurnUntilIdle();
  EXPECT_EQ(origin_.requests(), 1U) << "the host said: in an hour";
  EXPECT_GE(FeedAt("127.0.1.1", "/feed").next_check_at, clock_.UnixNow() + 3600);
}

TEST_F(CrawlHostsTest, ARunThatEndedWithoutAWordIsFollowedByTheLongestGap) {
  all_.fetch.host_gap_min_ms = 1000;
  all_.fetch.host_gap_max_ms = 30000;
  Add("127.0.1.1", "/feed");
  Begin()->TurnUntilIdle();
  EXPECT_EQ(origin_.requests(), 1U);
  Add("127.0.1.2", "/feed");
  clock_.Pass(5);
  const auto life = Begin();
  clock_.Pass(20);
  life->Turns(5);
  EXPECT_EQ(origin_.requests(), 1U);
  clock_.Pass(10);
  life->TurnUntilIdle();
  EXPECT_EQ(origin_.requests(), 2U);
}

TEST_F(CrawlHostsTest, ARunThatEndedWellTellsTheGapsThatAreLeft) {
  all_.fetch.host_gap_min_ms = 10000;
  all_.fetch.host_gap_max_ms = 30000;
  Add("127.0.1.1", "/feed");
  {
    const auto life = Begin();
    life->TurnUntilIdle();
    life->loop.Finish(clock_.UnixNow());
  }
  Add("127.0.1.1", "/other");
  Add("127.0.1.2", "/feed");
  const auto life = Begin();
  while (origin_.requests() < 2) life->Turn();
  life->Turns(5);
  EXPECT_THAT(fetch::Asked(origin_), ElementsAre("GET 127.0.1.1/feed", "GET 127.0.1.2/feed"));
  clock_.Pass(10);
  life->TurnUntilIdle();
  EXPECT_EQ(fetch::Asked(origin_).back(), "GET 127.0.1.1/other");
}

TEST_F(CrawlHostsTest, ARestartAsksForNoRobotsTxtAgain) {  // RFC 9309, 2.4
  const auto feed_of = [&](const std::string& target) {
    return fetch::Body("<rss version='2.0'><channel><item><title>t</title><link>" +
                       origin_.Url("127.0.1.1", target) + "</link></item></channel></rss>");
  };
  origin_.SetAnswer("", "/feed", feed_of("/private/1"));
  origin_.SetAnswer("", "/other", feed_of("/private/2"));
  origin_.SetAnswer("", "/robots.txt", fetch::Body("user-agent: saunter\ndisallow: /private\n"));
  const auto crawl = [&] {
    const auto life = Begin();
    life->TurnUntilIdle();
    clock_.Pass(1);  // the entry's link is due
    life->TurnUntilIdle();
  };
  Add("127.0.1.1", "/feed");
  crawl();
  EXPECT_THAT(fetch::Asked(origin_), ElementsAre("GET 127.0.1.1/feed", "GET 127.0.1.1/robots.txt"));
  EXPECT_EQ(OpenReader()->ReadStats().links_unknown, 1);
  origin_.ClearLog();
  Add("127.0.1.1", "/other");
  crawl();
  EXPECT_THAT(fetch::Asked(origin_), ElementsAre("GET 127.0.1.1/other"));
  EXPECT_EQ(OpenReader()->ReadStats().links_unknown, 2);
}

TEST_F(CrawlHostsTest, ANewSettingDoesNotWaitForWhatWaitsForItsHost) {
  all_.fetch.host_gap_min_ms = 20000;
  all_.fetch.host_gap_max_ms = 30000;
  Add("127.0.1.1", "/feed");
  Add("127.0.1.1", "/other");
  const auto life = Begin();
  while (life->loop.sums().feeds_fetched < 1) life->Turn();
  all_.fetch.contact_url = "https://renewed.example/about";
  life->loop.Reload(all_);
  while (life->loop.Gauges().in_flight == 0) life->Turn();
  clock_.Pass(30);
  life->TurnUntilIdle();
  EXPECT_EQ(fetch::Asked(origin_).back(), "GET 127.0.1.1/other");
  EXPECT_THAT(origin_.Log().back().Header("User-Agent"), testing::HasSubstr("renewed.example"));
}

TEST_F(CrawlHostsTest, ANewSettingForgetsNothing) {
  Add("127.0.1.1", "/busy");
  const auto life = Begin();
  life->TurnUntilIdle();
  life->loop.Reload(all_);
  life->Turn();
  const auto receipt =
      life->writer.Change({schemas::AddFeed{.url = origin_.Url("127.0.1.1", "/feed"),
                                            .host = "127.0.1.1",
                                            .registrable_domain = "127.0.1.1",
                                            .title = {},
                                            .site_url = {},
                                            .category = {},
                                            .added_at = store::kNow,
                                            .next_check_at = store::kNow}});
  ASSERT_TRUE(receipt.committed);
  clock_.Pass(1);
  life->TurnUntilIdle();
  EXPECT_GE(FeedAt("127.0.1.1", "/feed").next_check_at, clock_.UnixNow() + 3599);
  EXPECT_EQ(origin_.requests(), 1U);
}

}  // namespace
}  // namespace saunter::crawler::loop
