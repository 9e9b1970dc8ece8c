#include "crawler/fetch/robots_gate.h"

#include <gmock/gmock.h>

#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;
using support::OriginAnswer;
using support::OriginManner;
using support::OriginRequest;
using support::Redirect;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kForbidPrivate[] = "user-agent: *\ndisallow: /private\n";

class RobotsGateTest : public testing::Test {
 protected:
  RobotsGateTest() : settings_(SettingsFor(origin_)) {
    origin_.SetAnswer("", "/post", Body("page"));
    origin_.SetAnswer("", "/private", Body("page"));
  }

  void SetRobots(const OriginAnswer& answer, std::string_view address = "") {
    origin_.SetAnswer(address, "/robots.txt", answer);
  }
  std::string Url(std::string_view target) { return origin_.Url("127.0.1.1", target); }
  FetchOutcome Probe(Fetcher& fetcher, std::string_view target) {
    return FetchOne(fetcher, ProbeOf(Url(target))).outcome;
  }
  Fetcher NewFetcher(const schemas::HostState& hosts = {}) {
    return Fetcher(settings_, 0, hosts, clock_.Get());
  }
  std::int64_t RobotsAsked() {
    return std::ranges::count(origin_.Log(), "/robots.txt", &OriginRequest::target);
  }

  Origin origin_;
  schemas::FetchSettings settings_;
  TestClock clock_;
};

TEST_F(RobotsGateTest, AsksForNoPageThatIsDisallowed) {  // RFC 9309, 2.2.2
  SetRobots(Body(kForbidPrivate));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/private"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(FetchOne(fetcher, PageOf(Url("/private"))).outcome, FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_EQ(FetchOne(fetcher, PageOf(Url("/post"))).outcome, FetchOutcome::kOk);
  EXPECT_THAT(Asked(origin_),
              ElementsAre("GET 127.0.1.1/robots.txt", "HEAD 127.0.1.1/post", "GET 127.0.1.1/post"));
}

TEST_F(RobotsGateTest, LeavesFeedsExempt) {
  SetRobots(Body("user-agent: *\ndisallow: /\n"));
  auto fetcher = NewFetcher();
  EXPECT_EQ(FetchOne(fetcher, FeedOf(Url("/post"))).outcome, FetchOutcome::kOk);
  EXPECT_EQ(RobotsAsked(), 0);
}

TEST_F(RobotsGateTest, AsksOnceForAllThatWait) {
  SetRobots(Body(kForbidPrivate));
  auto fetcher = NewFetcher();
  for (int i = 0; i < 10; ++i) {
    fetcher.Submit(ProbeOf(Url(i % 2 == 0 ? "/post" : "/private")));
  }
  EXPECT_EQ(fetcher.Pending(RequestKind::kProbe), 10U);
  EXPECT_EQ(Drain(fetcher).size(), 10U);
  EXPECT_EQ(RobotsAsked(), 1);
  EXPECT_EQ(origin_.requests(), 6U);
  EXPECT_EQ(fetcher.Waiting(), 0U);
}

TEST_F(RobotsGateTest, AsksEachOrigin) {  // RFC 9309, 2.3: scheme, host and port
  SetRobots(Body("user-agent: *\ndisallow: /\n"), "127.0.1.2");
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_EQ(FetchOne(fetcher, ProbeOf(origin_.Url("127.0.1.2", "/post"))).outcome,
            FetchOutcome::kDisallowedByRobots);
  EXPECT_THAT(origin_.Log("127.0.1.2"), SizeIs(1));
}

TEST_F(RobotsGateTest, KeepsTheHostsPace) {
  SetRobots(Body(kForbidPrivate));
  settings_.host_gap_min_ms = settings_.host_gap_max_ms = 1000;
  auto fetcher = NewFetcher();
  fetcher.Submit(ProbeOf(Url("/post")));
  ASSERT_TRUE([&] {
    while (origin_.requests() == 0 || fetcher.InFlight() > 0) (void)fetcher.Poll(10);
    return true;
  }());
  EXPECT_THAT(fetcher.Poll(0), IsEmpty());
  EXPECT_EQ(fetcher.Waiting(), 1U) << "the gap after robots.txt is not over";
  clock_.Pass(1);
  EXPECT_THAT(Drain(fetcher), SizeIs(1));
  EXPECT_THAT(Asked(origin_), ElementsAre("GET 127.0.1.1/robots.txt", "HEAD 127.0.1.1/post"));
}

TEST_F(RobotsGateTest, SaysWhoAsks) {
  auto fetcher = NewFetcher();
  (void)Probe(fetcher, "/post");
  ASSERT_FALSE(origin_.Log().empty());
  const OriginRequest request = origin_.Log().front();
  EXPECT_EQ(request.target, "/robots.txt");
  EXPECT_TRUE(request.Header("User-Agent").starts_with("Saunter/"));
  EXPECT_EQ(request.Header("Accept"), "text/plain, */*;q=0.5");
  EXPECT_EQ(request.Header("Cookie"), "");
  EXPECT_EQ(request.Header("Referer"), "");
}

TEST_F(RobotsGateTest, TakesA4xxForLeave) {  // RFC 9309, 2.3.1.3
  for (const int status : {400, 401, 403, 404, 410, 451}) {
    SetRobots(Status(status));
    auto fetcher = NewFetcher();
    EXPECT_EQ(Probe(fetcher, "/private"), FetchOutcome::kOk) << status;
  }
}

TEST_F(RobotsGateTest, TakesA5xxForANo) {  // RFC 9309, 2.3.1.4
  for (const int status : {500, 502, 503, 599}) {
    SetRobots(Status(status));
    origin_.ClearLog();
    auto fetcher = NewFetcher();
    EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kDisallowedByRobots) << status;
    EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kDisallowedByRobots) << status;
    EXPECT_THAT(Asked(origin_), ElementsAre("GET 127.0.1.1/robots.txt"));
    clock_.Pass(settings_.robots_retry_s);
    SetRobots(Body(kForbidPrivate));
    EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk) << "asked for again";
  }
}

TEST_F(RobotsGateTest, TakesTooManyRequestsForANo) {
  SetRobots(Status(429));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(origin_.requests(), 1U);
}

TEST_F(RobotsGateTest, KeepsTheOldRulesWhileNewOnesCannotBeHad) {  // RFC 9309, 2.3.1.4 and 2.4
  SetRobots(Body(kForbidPrivate));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  SetRobots(Status(500));
  clock_.Pass(86400);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_EQ(Probe(fetcher, "/private"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(RobotsAsked(), 2);
  clock_.Pass(30 * 86400);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kDisallowedByRobots) << "30 days are enough";
}

// Nothing came from the host, so nothing would come for the page: what is known of it is told.
TEST_F(RobotsGateTest, SharesTheOutcomeOfAHostThatDoesNotAnswer) {
  OriginAnswer closes;
  closes.manner = OriginManner::kClose;
  SetRobots(closes);
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kConnectFailure);
  EXPECT_EQ(FetchOne(fetcher, ProbeOf("http://nowhere.invalid:" + std::to_string(origin_.port())))
                .outcome,
            FetchOutcome::kDnsFailure);
  EXPECT_TRUE(fetcher.TakeNews().Empty()) << "nothing was learnt";
  SetRobots(Status(404));
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk) << "asked for again at once";
}

TEST_F(RobotsGateTest, FollowsFiveRedirects) {  // RFC 9309, 2.3.1.2
  SetRobots(Redirect(301, origin_.Url("127.0.1.2", "/r1")), "127.0.1.1");
  for (int i = 1; i < 6; ++i) {
    origin_.SetAnswer("", "/r" + std::to_string(i), Redirect(302, "/r" + std::to_string(i + 1)));
  }
  origin_.SetAnswer("", "/r5", Body(kForbidPrivate));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/private"), FetchOutcome::kDisallowedByRobots);
  origin_.SetAnswer("", "/r5", Redirect(302, "/r6"));
  origin_.SetAnswer("", "/r6", Body(kForbidPrivate));
  auto other = NewFetcher();
  EXPECT_EQ(Probe(other, "/private"), FetchOutcome::kOk) << "more are no file";
  EXPECT_EQ(std::ranges::count(origin_.Log(), "/r6", &OriginRequest::target), 0);
}

TEST_F(RobotsGateTest, AsksTheOriginThatAProbeIsSentTo) {
  SetRobots(Body(kForbidPrivate), "127.0.1.2");
  origin_.SetAnswer("127.0.1.1", "/moved", Redirect(301, origin_.Url("127.0.1.2", "/private")));
  origin_.SetAnswer("127.0.1.1", "/well", Redirect(301, origin_.Url("127.0.1.2", "/post")));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/moved"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(Probe(fetcher, "/well"), FetchOutcome::kOk);
  EXPECT_THAT(Asked(origin_), ElementsAre("GET 127.0.1.1/robots.txt", "HEAD 127.0.1.1/moved",
                                          "GET 127.0.1.2/robots.txt", "HEAD 127.0.1.1/well",
                                          "HEAD 127.0.1.2/post"));
}

TEST_F(RobotsGateTest, AsksAgainAfterADay) {  // RFC 9309, 2.4
  SetRobots(Body(kForbidPrivate));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  SetRobots(Body("user-agent: *\ndisallow: /post\n"));
  clock_.Pass(86399);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  clock_.Pass(1);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(RobotsAsked(), 2);
}

TEST_F(RobotsGateTest, IsNotReadBeyondItsLimit) {  // RFC 9309, 2.5
  OriginAnswer endless = Body(std::string(kForbidPrivate) + std::string(4000, '#') + "\n");
  endless.manner = OriginManner::kEndless;
  SetRobots(endless);
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/private"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_LT(origin_.sent_bytes(), 20U * 512000);
}

TEST_F(RobotsGateTest, LeadsToNoCanary) {
  SetRobots(Redirect(302, origin_.Url("127.0.0.1", "/robots.txt")));
  auto fetcher = NewFetcher();
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kDisallowedByRobots);
  for (const char* canary : {"127.0.0.1", "::1", "127.0.2.1"}) {
    EXPECT_EQ(FetchOne(fetcher, ProbeOf(origin_.Url(canary, "/"))).outcome,
              FetchOutcome::kBlockedAddress);
    EXPECT_EQ(origin_.Connections(canary), 0U);
  }
  EXPECT_EQ(origin_.connections(), origin_.Connections("127.0.1.1"));
}

TEST_F(RobotsGateTest, SharesThePauseThatTheHostAsksFor) {
  SetRobots(Status(503, {{"Retry-After", "600"}}));
  auto fetcher = NewFetcher();
  const Response response = FetchOne(fetcher, ProbeOf(Url("/post")));
  EXPECT_EQ(response.outcome, FetchOutcome::kTooManyRequests);
  EXPECT_EQ(response.retry_after_s, 600);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kTooManyRequests);
  EXPECT_EQ(origin_.requests(), 1U);
}

TEST_F(RobotsGateTest, IsRememberedByTheNextRun) {
  SetRobots(Body(kForbidPrivate));
  SetRobots(Status(500), "127.0.1.2");
  const std::string broken = origin_.Url("127.0.1.2", "/post");
  schemas::HostState hosts;
  {
    auto fetcher = NewFetcher();
    EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
    (void)FetchOne(fetcher, ProbeOf(broken));
    hosts = fetcher.TakeNews();
    EXPECT_EQ(fetcher.InForce().robots.size(), 2U);
    EXPECT_TRUE(fetcher.TakeNews().Empty()) << "told once";
  }
  ASSERT_THAT(hosts.robots, SizeIs(2));
  EXPECT_EQ(hosts.robots[0].origin + "/", Url("/"));
  EXPECT_EQ(hosts.robots[0].rules, "user-agent: *\ndisallow: /private\n");
  EXPECT_EQ(hosts.robots[0].until_at, clock_.UnixNow() + 86400);
  auto fetcher = NewFetcher(hosts);
  EXPECT_EQ(Probe(fetcher, "/private"), FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_EQ(FetchOne(fetcher, ProbeOf(broken)).outcome, FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(RobotsAsked(), 2);
  clock_.Pass(86400);
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_EQ(RobotsAsked(), 3);
}

TEST_F(RobotsGateTest, BelievesNoRowFromTheFuture) {
  schemas::Robots robots{.origin = Url(""),
                         .outcome = FetchOutcome::kDisallowedByRobots,
                         .fetched_at = clock_.UnixNow() + 10 * 365 * 86400,
                         .until_at = clock_.UnixNow() + 10 * 365 * 86400 + 86400,
                         .rules = {}};
  auto fetcher = NewFetcher({.pauses = {}, .robots = {robots}});
  EXPECT_EQ(Probe(fetcher, "/post"), FetchOutcome::kOk);
  EXPECT_EQ(RobotsAsked(), 1);
}

TEST_F(RobotsGateTest, ForgetsTheLeastUsedBeyondItsLimits) {
  settings_.robots_origins_max = 2;
  auto fetcher = NewFetcher();
  const auto probe = [&](int host) {
    const auto url = origin_.Url("127.0.1." + std::to_string(host), "/post");
    EXPECT_EQ(FetchOne(fetcher, ProbeOf(url)).outcome, FetchOutcome::kOk);
  };
  probe(1);
  probe(2);
  probe(1);
  probe(3);  // forgets 2
  EXPECT_EQ(RobotsAsked(), 3);
  probe(1);
  EXPECT_EQ(RobotsAsked(), 3);
  probe(2);
  EXPECT_EQ(RobotsAsked(), 4);

  std::string large = "user-agent: *\n";
  for (int i = 0; large.size() < 400000; ++i) large += "disallow: /" + std::to_string(i) + "\n";
  SetRobots(Body(large));
  settings_.robots_origins_max = 1000;
  settings_.robots_memory_bytes_max = 1;
  auto small = NewFetcher();
  EXPECT_EQ(FetchOne(small, ProbeOf(Url("/1"))).outcome, FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(small.InForce().robots.size(), 1U) << "the newest stays";
  EXPECT_EQ(FetchOne(small, ProbeOf(origin_.Url("127.0.1.9", "/1"))).outcome,
            FetchOutcome::kDisallowedByRobots);
  EXPECT_EQ(small.InForce().robots.size(), 1U);
  // Too large to be written: the row that may stand is ended.
  const auto news = small.TakeNews();
  ASSERT_THAT(news.robots, SizeIs(2));
  EXPECT_EQ(news.robots[0].rules, "");
  EXPECT_EQ(news.robots[0].until_at, clock_.UnixNow());
}

}  // namespace
}  // namespace saunter::crawler::fetch
