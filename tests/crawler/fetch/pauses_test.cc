#include <gmock/gmock.h>

#include "crawler/fetch/domain_pauses.h"
#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using schemas::PauseReason;
using support::Origin;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// --- The domain's part ---------------------------------------------------------------------------

TEST(DomainPauses, HoldADomainOnceTwoOfItsHostsAskedForIt) {
  DomainPauses domains;
  EXPECT_FALSE(domains.Note("a.example.co.uk", 1000, 0));
  EXPECT_FALSE(domains.Note("a.example.co.uk", 2000, 0)) << "the same host twice is one";
  EXPECT_FALSE(domains.HeldUntil("b.example.co.uk", 0));
  const auto pause = domains.Note("b.example.co.uk", 1500, 0);
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->domain, "example.co.uk");
  EXPECT_EQ(pause->until_ms, 2000);
  EXPECT_EQ(domains.HeldUntil("c.example.co.uk", 1999), 2000);
  EXPECT_EQ(domains.HeldUntil("example.co.uk", 1999), 2000);
  EXPECT_FALSE(domains.HeldUntil("c.example.co.uk", 2000));
  EXPECT_FALSE(domains.HeldUntil("other.co.uk", 0));
}

TEST(DomainPauses, DoNotJoinThePausesOfStrangers) {
  DomainPauses domains;
  EXPECT_FALSE(domains.Note("127.0.1.1", 1000, 0));
  EXPECT_FALSE(domains.Note("127.0.1.2", 1000, 0));
  EXPECT_FALSE(domains.Note("a.example", 1000, 0));
  EXPECT_FALSE(domains.Note("b.example", 1000, 0)) << "two domains";
}

// Its tenants are strangers on the same machines.
TEST(DomainPauses, HoldAPlatformForAnHourAtMost) {
  constexpr std::int64_t kHourMs = 3600000;
  for (const std::string platform : {"github.io", "bearblog.dev", "tumblr.com", "user.fm"}) {
    DomainPauses domains;
    EXPECT_FALSE(domains.Note("a." + platform, 50 * kHourMs, 0));
    EXPECT_FALSE(domains.HeldUntil("c." + platform, 0));
    const auto pause = domains.Note("b." + platform, 90 * kHourMs, 1000);
    ASSERT_TRUE(pause) << platform;
    EXPECT_EQ(pause->domain, platform);
    EXPECT_EQ(pause->until_ms, 1000 + kHourMs);
    EXPECT_EQ(domains.HeldUntil("c." + platform, 1000), 1000 + kHourMs);
    EXPECT_FALSE(domains.HeldUntil("c." + platform, 1000 + kHourMs)) << "each for its own time";
    EXPECT_FALSE(domains.Note("c." + platform, 60 * kHourMs, 2 * kHourMs)) << "one of late";
    EXPECT_TRUE(domains.Note("a." + platform, 60 * kHourMs, 2 * kHourMs)) << "asked for again";
  }
  DomainPauses domains;
  EXPECT_FALSE(domains.Note("a.bearblog.dev", kHourMs / 2, 0));
  EXPECT_EQ(domains.Note("b.bearblog.dev", kHourMs / 4, 0)->until_ms, kHourMs / 2);
}

TEST(DomainPauses, CountNoPauseThatIsOver) {
  DomainPauses domains;
  EXPECT_FALSE(domains.Note("a.example.com", 1000, 0));
  EXPECT_FALSE(domains.Note("b.example.com", 2000, 1000));
  EXPECT_TRUE(domains.Note("a.example.com", 1500, 1200));
}

TEST(DomainPauses, ForgetWhatIsOver) {
  DomainPauses domains;
  for (int i = 0; i < 100000; ++i) {
    const std::string domain = std::to_string(i) + ".com";
    (void)domains.Note("a." + domain, i + 10, i);
    (void)domains.Note("b." + domain, i + 10, i);
  }
  EXPECT_LT(domains.size(), 5000U);
}

// --- The fetcher's part --------------------------------------------------------------------------

class PausesTest : public testing::Test {
 protected:
  PausesTest() : settings_(SettingsFor(origin_)) {
    origin_.SetAnswer("", "/feed", Body("<rss/>"));
    origin_.SetAnswer("", "/busy", Status(429, {{"Retry-After", "3600"}}));
    origin_.SetAnswer("", "/soon", Status(503, {{"Retry-After", "60"}}));
  }

  std::string Url(const std::string& host, const std::string& target) {
    return "http://" + host + ":" + std::to_string(origin_.port()) + target;
  }
  static FetchOutcome Ask(Fetcher& fetcher, const std::string& url) {
    return FetchOne(fetcher, FeedOf(url)).outcome;
  }
  // The URLs of the next responses.
  static std::vector<std::string> Next(Fetcher& fetcher) {
    std::vector<std::string> urls;
    while (urls.empty() && fetcher.InFlight() + fetcher.Waiting() > 0) {
      for (const auto& response : fetcher.Poll(kPatienceMs)) urls.push_back(response.effective_url);
      (void)fetcher.TakeBegun();
    }
    return urls;
  }
  // Asks an address that leads to 127.0.1.2 and wants seven seconds in between, until it said so.
  void AskWhatMoved(Fetcher& fetcher) {
    origin_.SetAnswer("", "/moved",
                      Status(302, {{"Location", Url("127.0.1.2", "/feed")}, {"Retry-After", "7"}}));
    fetcher.Submit(FeedOf(Url("127.0.1.1", "/moved")));
    while (fetcher.InFlight() > 0 || origin_.requests() == 0) {
      EXPECT_THAT(fetcher.Poll(1), IsEmpty());
    }
  }
  Fetcher NewFetcher(const schemas::HostState& hosts = {}) {
    return Fetcher(settings_, 0, hosts, clock_.Get());
  }

  Origin origin_;
  schemas::FetchSettings settings_;
  TestClock clock_;
};

std::vector<std::string> Lines(const schemas::HostState& hosts, schemas::UnixSeconds now) {
  std::vector<std::string> lines;
  for (const auto& pause : hosts.pauses) {
    lines.push_back(pause.host + (pause.reason == PauseReason::kGap ? " gap " : " pause ") +
                    std::to_string(pause.until_at - now));
  }
  return lines;
}

TEST_F(PausesTest, OfAHostAreRememberedByTheNextRun) {
  schemas::HostState hosts;
  {
    auto fetcher = NewFetcher();
    EXPECT_EQ(Ask(fetcher, Url("127.0.1.1", "/busy")), FetchOutcome::kTooManyRequests);
    hosts = fetcher.TakeNews();
    EXPECT_THAT(Lines(hosts, clock_.UnixNow()), ElementsAre("127.0.1.1 pause 3600"));
  }
  clock_.Pass(600);
  auto fetcher = NewFetcher(hosts);
  const Response held = FetchOne(fetcher, FeedOf(Url("127.0.1.1", "/feed")));
  EXPECT_EQ(held.outcome, FetchOutcome::kTooManyRequests);
  EXPECT_EQ(held.status, 0) << "not asked";
  EXPECT_EQ(held.retry_after_s, 3000);
  EXPECT_EQ(origin_.requests(), 1U);
  EXPECT_EQ(Ask(fetcher, Url("127.0.1.2", "/feed")), FetchOutcome::kOk);
  clock_.Pass(3000);
  EXPECT_EQ(Ask(fetcher, Url("127.0.1.1", "/feed")), FetchOutcome::kOk);
}

TEST_F(PausesTest, OfTwoHostsHoldTheDomainAndWhatWaitsForIt) {
  settings_.transfers_max = 1;
  schemas::HostState hosts;
  {
    auto fetcher = NewFetcher();
    for (const char* url : {"/busy", "/soon"}) {
      fetcher.Submit(FeedOf(Url(url[1] == 'b' ? "a.pause.test" : "b.pause.test", url)));
    }
    // Waits for its turn while the second host speaks.
    fetcher.Submit(FeedOf(Url("c.pause.test", "/feed")));
    for (const auto& response : Drain(fetcher)) {
      EXPECT_NE(response.outcome, FetchOutcome::kOk) << response.effective_url;
    }
    EXPECT_EQ(origin_.requests(), 2U);
    EXPECT_EQ(fetcher.InFlight() + fetcher.Waiting(), 0U);
    hosts = fetcher.TakeNews();
  }
  EXPECT_THAT(
      Lines(hosts, clock_.UnixNow()),
      ElementsAre("a.pause.test pause 3600", "b.pause.test pause 60", "*.pause.test pause 3600"));
  clock_.Pass(60);
  auto fetcher = NewFetcher(hosts);
  EXPECT_EQ(FetchOne(fetcher, FeedOf(Url("d.pause.test", "/feed"))).retry_after_s, 3540);
  EXPECT_EQ(FetchOne(fetcher, ProbeOf(Url("b.pause.test", "/feed"))).retry_after_s, 3540);
  EXPECT_THAT(Lines(fetcher.InForce(), clock_.UnixNow()),
              UnorderedElementsAre("a.pause.test pause 3540", "*.pause.test pause 3540"));
  clock_.Pass(3540);
  EXPECT_EQ(Ask(fetcher, Url("d.pause.test", "/feed")), FetchOutcome::kOk);
}

TEST_F(PausesTest, OfOneHostCountForTheNextRunsSecond) {
  const schemas::HostState hosts = {
      .pauses = {{"a.pause.test", PauseReason::kRetryAfter, clock_.UnixNow() + 100}}, .robots = {}};
  auto fetcher = NewFetcher(hosts);
  EXPECT_EQ(Ask(fetcher, Url("b.pause.test", "/soon")), FetchOutcome::kServerError);
  EXPECT_EQ(FetchOne(fetcher, FeedOf(Url("c.pause.test", "/feed"))).retry_after_s, 100);
  EXPECT_EQ(origin_.requests(), 1U);
}

TEST_F(PausesTest, AreCappedAtAWeekAlsoInTheDatabase) {
  constexpr schemas::UnixSeconds kWeek = 7 * 86400;
  const schemas::HostState hosts = {
      .pauses = {{"127.0.1.1", PauseReason::kRetryAfter, clock_.UnixNow() + 100 * kWeek},
                 {"127.0.1.2", PauseReason::kRetryAfter, clock_.UnixNow() - 1}},
      .robots = {}};
  auto fetcher = NewFetcher(hosts);
  EXPECT_EQ(FetchOne(fetcher, FeedOf(Url("127.0.1.1", "/feed"))).retry_after_s, kWeek);
  EXPECT_EQ(Ask(fetcher, Url("127.0.1.2", "/feed")), FetchOutcome::kOk);
}

TEST_F(PausesTest, AreWaitedOutBeforeARedirectIsFollowed) {  // RFC 9110, 10.2.3
  settings_.host_gap_max_ms = 30000;
  auto fetcher = NewFetcher();
  AskWhatMoved(fetcher);
  EXPECT_EQ(fetcher.Waiting(), 1U);
  clock_.now_ms += 6999;
  EXPECT_THAT(fetcher.Poll(0), IsEmpty());
  EXPECT_EQ(fetcher.InFlight(), 0U);
  clock_.now_ms += 1;
  EXPECT_THAT(Next(fetcher), ElementsAre(Url("127.0.1.2", "/feed")));
}

TEST_F(PausesTest, OfRedirectsAreNoReasonToAskTheFirstAddressAgain) {
  settings_.host_gap_max_ms = 30000;
  auto fetcher = NewFetcher();
  AskWhatMoved(fetcher);
  EXPECT_THAT(fetcher.Withdraw(), IsEmpty()) << "it was asked";
  EXPECT_EQ(fetcher.Pending(RequestKind::kFeed), 1U);
  clock_.now_ms += 7000;
  EXPECT_THAT(Next(fetcher), ElementsAre(Url("127.0.1.2", "/feed")));
}

TEST_F(PausesTest, GiveTheGapsOfHostsToTheNextRun) {
  settings_.host_gap_min_ms = 5000;
  settings_.host_gap_max_ms = 30000;
  schemas::HostState hosts;
  {
    auto fetcher = NewFetcher();
    EXPECT_EQ(Ask(fetcher, Url("127.0.1.1", "/feed")), FetchOutcome::kOk);
    EXPECT_TRUE(fetcher.TakeNews().Empty()) << "not a row for each request";
    fetcher.Submit(FeedOf(Url("127.0.1.2", "/feed")));
    (void)fetcher.Poll(0);  // in flight, and asked perhaps
    hosts = fetcher.InForce();
  }
  EXPECT_THAT(Lines(hosts, clock_.UnixNow()),
              UnorderedElementsAre("127.0.1.1 gap 5", "127.0.1.2 gap 5"));
  origin_.ClearLog();
  auto fetcher = NewFetcher(hosts);
  fetcher.Submit(FeedOf(Url("127.0.1.1", "/feed")));
  fetcher.Submit(FeedOf(Url("127.0.1.3", "/feed")));
  EXPECT_THAT(Next(fetcher), ElementsAre(Url("127.0.1.3", "/feed")));
  clock_.now_ms += 4999;
  EXPECT_THAT(fetcher.Poll(0), IsEmpty());
  EXPECT_EQ(fetcher.InFlight(), 0U);
  clock_.now_ms += 1;
  EXPECT_THAT(Next(fetcher), ElementsAre(Url("127.0.1.1", "/feed")));
}

TEST_F(PausesTest, OfAnotherCrawlerAreTakenUpByOneThatRuns) {
  auto fetcher = NewFetcher();
  fetcher.Submit(FeedOf(Url("127.0.1.1", "/feed")));
  fetcher.TakeUp({.pauses = {{"127.0.1.1", PauseReason::kRetryAfter, clock_.UnixNow() + 60},
                             {"127.0.1.2", PauseReason::kRetryAfter, clock_.UnixNow() + 90}},
                  .robots = {}});
  const auto waited = fetcher.Poll(0);
  ASSERT_EQ(waited.size(), 1U) << "what waited for the host is answered";
  EXPECT_EQ(waited[0].outcome, FetchOutcome::kTooManyRequests);
  EXPECT_EQ(waited[0].retry_after_s, 60);
  EXPECT_EQ(FetchOne(fetcher, FeedOf(Url("127.0.1.2", "/feed"))).retry_after_s, 90);
  EXPECT_EQ(origin_.requests(), 0U);
}

TEST_F(PausesTest, OfAllHostsHoldEverythingBack) {
  settings_.host_gap_max_ms = 30000;
  const schemas::HostState hosts = {.pauses = {{"*", PauseReason::kGap, clock_.UnixNow() + 20}},
                                    .robots = {}};
  auto fetcher = NewFetcher(hosts);
  fetcher.Submit(FeedOf(Url("127.0.1.1", "/feed")));
  EXPECT_THAT(fetcher.Poll(0), IsEmpty());
  EXPECT_EQ(fetcher.InFlight(), 0U);
  EXPECT_EQ(fetcher.Waiting(), 1U);
  EXPECT_THAT(Lines(fetcher.InForce(), clock_.UnixNow()), ElementsAre("* gap 20"));
  clock_.Pass(20);
  EXPECT_THAT(Next(fetcher), ElementsAre(Url("127.0.1.1", "/feed")));
}

}  // namespace
}  // namespace saunter::crawler::fetch
