#include "crawler/fetch/fetcher.h"

#include <gmock/gmock.h>

#include <cstdlib>

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

TEST(Fetcher, GivesBodyHeadersAndSizes) {
  Origin origin;
  origin.SetAnswer("127.0.1.1", "/feed",
                   Body("<rss/>", {{"ETag", "W/\"a b\""},
                                   {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                   {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                   {"Content-Type", "application/rss+xml; charset=gbk"},
                                   {"Content-Language", "zh-CN"},
                                   {"Link", "</a>; rel=hub"},
                                   {"Link", "</b>; rel=self"},
                                   {"Cache-Control", "public, max-age=600"},
                                   {"Age", "100"}}));
  Request request = FeedOf(origin.Url("127.0.1.1", "/feed"));
  request.ticket = 42;
  const Response response = FetchOne(SettingsFor(origin), request);
  EXPECT_EQ(response.ticket, 42U);
  EXPECT_EQ(response.kind, RequestKind::kFeed);
  EXPECT_EQ(response.outcome, FetchOutcome::kOk);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "<rss/>");
  EXPECT_EQ(response.wire_bytes, 6);
  EXPECT_EQ(response.body_bytes, 6);
  EXPECT_EQ(response.etag, "W/\"a b\"");
  EXPECT_EQ(response.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(response.content_type, "application/rss+xml; charset=gbk");
  EXPECT_EQ(response.content_language, "zh-CN");
  EXPECT_EQ(response.link, "</a>; rel=hub, </b>; rel=self");
  EXPECT_EQ(response.fresh_for_s, 500);
  EXPECT_EQ(response.effective_url, request.url);
  EXPECT_EQ(response.permanent_url, "");
  EXPECT_THAT(response.hops, IsEmpty());
  EXPECT_EQ(response.detail, "HTTP 200");
  EXPECT_EQ(response.server_at, 784111777);
}

TEST(Fetcher, SaysWhoAsksAndSendsNothingThatIsNotNeeded) {
  Origin origin;
  (void)FetchOne(SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/feed?a=b")));
  const std::vector<OriginRequest> log = origin.Log();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].target, "/feed?a=b");
  std::vector<std::string> names;
  for (const auto& [name, value] : log[0].headers) names.push_back(name);
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("Host", "User-Agent", "Accept", "Accept-Encoding"));
  EXPECT_EQ(log[0].Header("User-Agent"),
            "Saunter/" SAUNTER_VERSION " (+https://saunter.example/about)");
  EXPECT_THAT(std::string(log[0].Header("Accept")), testing::HasSubstr("application/rss+xml"));
  EXPECT_EQ(log[0].Header("Accept-Encoding"), "gzip, br, zstd");
}

TEST(Fetcher, SendsValidatorsBackByteForByte) {
  Origin origin;
  OriginAnswer answer = Body("<rss/>", {{"ETag", "W/\"5f-\"x\", ,y"}, {"Last-Modified", "Thu, 1"}});
  answer.honours_validators = true;
  origin.SetAnswer("", "/feed", answer);
  Fetcher fetcher(SettingsFor(origin));
  Request request = FeedOf(origin.Url("127.0.1.1", "/feed"));
  const Response first = FetchOne(fetcher, request);
  request.etag = first.etag;
  request.last_modified = first.last_modified;
  const Response second = FetchOne(fetcher, request);
  EXPECT_EQ(second.outcome, FetchOutcome::kNotModified);
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(second.etag, first.etag);
  EXPECT_EQ(origin.Log()[1].Header("If-None-Match"), "W/\"5f-\"x\", ,y");
  EXPECT_EQ(origin.Log()[1].Header("If-Modified-Since"), "Thu, 1");
}

TEST(Fetcher, NeitherTakesNorSendsAPoisonedValidator) {
  Origin origin;
  origin.SetAnswer("", "/high", Body("x", {{"ETag", "\"caf\xc3\xa9\""}}));
  origin.SetAnswer("", "/long", Body("x", {{"Last-Modified", std::string(513, 'a')}}));
  Fetcher fetcher(SettingsFor(origin));
  EXPECT_EQ(FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/high"))).etag, "");
  EXPECT_EQ(FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/long"))).last_modified, "");
  Request request = FeedOf(origin.Url("127.0.1.1", "/high"));
  request.etag = "\"a\"\r\nX-Injected: yes";
  EXPECT_EQ(FetchOne(fetcher, request).outcome, FetchOutcome::kOk);
  EXPECT_EQ(origin.Log().back().Header("If-None-Match"), "");
  EXPECT_EQ(origin.Log().back().Header("X-Injected"), "");
}

TEST(Fetcher, TakesA304ToAnUnconditionalRequestForAnError) {
  Origin origin;
  origin.SetAnswer("", "/feed", Status(304));
  const Response response = FetchOne(SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/feed")));
  EXPECT_EQ(response.outcome, FetchOutcome::kUnexpectedStatus);
}

TEST(Fetcher, NamesTheOutcomeOfEachStatus) {
  const std::vector<std::pair<int, FetchOutcome>> expected = {
      {200, FetchOutcome::kOk},
      {204, FetchOutcome::kOk},
      {206, FetchOutcome::kUnexpectedStatus},
      {300, FetchOutcome::kUnexpectedStatus},
      {301, FetchOutcome::kUnexpectedStatus},  // without a Location
      {400, FetchOutcome::kUnexpectedStatus},
      {401, FetchOutcome::kRefusedByServer},
      {403, FetchOutcome::kRefusedByServer},
      {404, FetchOutcome::kNotFound},
      {407, FetchOutcome::kRefusedByServer},
      {410, FetchOutcome::kGone},
      {418, FetchOutcome::kUnexpectedStatus},
      {429, FetchOutcome::kTooManyRequests},
      {451, FetchOutcome::kRefusedByServer},
      {500, FetchOutcome::kServerError},
      {503, FetchOutcome::kServerError},
      {599, FetchOutcome::kServerError},
      {999, FetchOutcome::kUnexpectedStatus},
  };
  Origin origin;
  Fetcher fetcher(SettingsFor(origin));
  for (const auto& [status, outcome] : expected) {
    origin.SetAnswer("", "/feed", Status(status));
    const Response response = FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/feed")));
    EXPECT_EQ(response.outcome, outcome) << status;
    EXPECT_EQ(response.status, status);
  }
}

TEST(Fetcher, TakesABrowserTestForARefusalWhateverItsStatus) {
  Origin origin;
  origin.SetAnswer("", "/feed", Status(202, {{"x-amzn-waf-action", "challenge"}}));
  origin.SetAnswer("", "/busy", Status(503, {{"cf-mitigated", "challenge"}}));
  Fetcher fetcher(SettingsFor(origin));
  for (const char* target : {"/feed", "/busy"}) {
    const Response response = FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", target)));
    EXPECT_EQ(response.outcome, FetchOutcome::kRefusedByServer) << target;
    EXPECT_TRUE(response.challenge);
  }
}

TEST(Fetcher, CountsOnlyThePermanentPrefixOfARedirectChain) {
  Origin origin;
  origin.SetAnswer("", "/a", Redirect(301, "/b"));
  origin.SetAnswer("", "/b", Redirect(308, "//127.0.1.2:" + std::to_string(origin.port()) + "/c"));
  origin.SetAnswer("", "/c", Redirect(302, "d?e"));
  origin.SetAnswer("", "/d?e", Redirect(301, "/f"));
  origin.SetAnswer("", "/f", Body("<rss/>"));
  const Response response = FetchOne(SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/a")));
  EXPECT_EQ(response.outcome, FetchOutcome::kOk);
  EXPECT_EQ(response.effective_url, origin.Url("127.0.1.2", "/f"));
  EXPECT_EQ(response.permanent_url, origin.Url("127.0.1.2", "/c"));
  ASSERT_EQ(response.hops.size(), 4U);
  EXPECT_EQ(response.hops[0].status, 301);
  EXPECT_EQ(response.hops[0].url, origin.Url("127.0.1.1", "/a"));
  EXPECT_EQ(response.hops[3].url, origin.Url("127.0.1.2", "/d?e"));
  EXPECT_THAT(Asked(origin), ElementsAre("GET 127.0.1.1/a", "GET 127.0.1.1/b", "GET 127.0.1.2/c",
                                         "GET 127.0.1.2/d?e", "GET 127.0.1.2/f"));
}

TEST(Fetcher, NeverCountsATemporaryRedirectAsAMove) {
  for (const int status : {302, 303, 307}) {
    Origin origin;
    origin.SetAnswer("", "/a", Redirect(status, "/b"));
    origin.SetAnswer("", "/b", Body("<rss/>"));
    EXPECT_EQ(FetchOne(SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/a"))).permanent_url,
              "");
  }
}

TEST(Fetcher, EndsLoopsLongChainsAndOtherSchemes) {
  Origin origin;
  origin.SetAnswer("", "/self", Redirect(301, "/self"));
  origin.SetAnswer("", "/ping", Redirect(302, "/pong"));
  origin.SetAnswer("", "/pong", Redirect(302, "/ping"));
  for (int i = 0; i < 6; ++i) {
    origin.SetAnswer("", "/long" + std::to_string(i),
                     Redirect(301, "/long" + std::to_string(i + 1)));
  }
  origin.SetAnswer("", "/long6", Body("too far"));
  for (const char* location :
       {"ftp://127.0.1.1/", "file:///etc/passwd", "gopher://127.0.1.1/", "javascript:1", "dict://x",
        "http://", "http://user:word@127.0.1.1/", "http://127.0.1.1:99999/"}) {
    origin.SetAnswer("", "/to/" + std::string(location), Redirect(301, location));
    const Response response = FetchOne(
        SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/to/" + std::string(location))));
    EXPECT_EQ(response.outcome, FetchOutcome::kBadRedirect) << location;
    EXPECT_THAT(response.detail, testing::HasSubstr("only http and https are asked")) << location;
  }
  Fetcher fetcher(SettingsFor(origin));
  for (const char* target : {"/self", "/ping", "/long0"}) {
    const Response response = FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", target)));
    EXPECT_EQ(response.outcome, FetchOutcome::kBadRedirect) << target;
    const auto* problem = std::string_view(target) == "/long0" ? "redirects_max" : "in a circle";
    EXPECT_THAT(response.detail, testing::HasSubstr(problem)) << target;
  }
  const Response five = FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/long1")));
  EXPECT_EQ(five.outcome, FetchOutcome::kOk);
  EXPECT_EQ(five.hops.size(), 5U);
}

TEST(Fetcher, ProbesWithHeadAndStopsThereIfItIsWell) {
  Origin origin;
  origin.SetAnswer("", "/post", Body("page"));
  const Response response =
      FetchOne(SettingsFor(origin), ProbeOf(origin.Url("127.0.1.1", "/post")));
  EXPECT_EQ(response.outcome, FetchOutcome::kOk);
  EXPECT_EQ(response.kind, RequestKind::kProbe);
  EXPECT_THAT(Asked(origin), ElementsAre("GET 127.0.1.1/robots.txt", "HEAD 127.0.1.1/post"));
}

TEST(Fetcher, ProbesWithGetAloneWhereThePageItselfIsWanted) {
  Origin origin;
  origin.SetAnswer("", "/post", Body("page"));
  Request request = ProbeOf(origin.Url("127.0.1.1", "/post"));
  request.wants_body = true;
  const Response response = FetchOne(SettingsFor(origin), std::move(request));
  EXPECT_EQ(response.outcome, FetchOutcome::kOk);
  EXPECT_EQ(response.body, "page");
  EXPECT_THAT(Asked(origin), ElementsAre("GET 127.0.1.1/robots.txt", "GET 127.0.1.1/post"));
  EXPECT_EQ(origin.Log().back().Header("Range"), "bytes=0-262143");
}

TEST(Fetcher, ProbesAgainWithGetWhereHeadFails) {
  Origin origin({}, [](const OriginRequest& request) {
    if (request.target == "/robots.txt") return Status(404);
    if (request.method == "GET") return Body(std::string(300000, 'x'));
    if (request.target == "/close") {
      OriginAnswer answer;
      answer.manner = OriginManner::kClose;
      return answer;
    }
    if (request.target == "/loop") return Redirect(301, "/loop");
    return Status(request.target == "/404" ? 404 : 405);
  });
  Fetcher fetcher(SettingsFor(origin));
  for (const char* target : {"/404", "/405", "/close", "/loop"}) {
    origin.ClearLog();
    const Response response = FetchOne(fetcher, ProbeOf(origin.Url("127.0.1.1", target)));
    EXPECT_EQ(response.outcome, FetchOutcome::kOk) << target;
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.hops, IsEmpty());
    EXPECT_EQ(response.body.size(), 262144U) << "a probe wants no more";
    ASSERT_EQ(origin.Log().back().method, "GET");
    EXPECT_EQ(origin.Log().back().Header("Range"), "bytes=0-262143");
    EXPECT_EQ(origin.Log().back().Header("Accept-Encoding"), "");
  }
}

TEST(Fetcher, DoesNotProbeAgainAfterATimeOut) {
  Origin origin;
  OriginAnswer silent;
  silent.manner = OriginManner::kSilent;
  origin.SetAnswer("", "/post", silent);
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.probe_timeout_ms = 100;
  const Response response = FetchOne(settings, ProbeOf(origin.Url("127.0.1.1", "/post")));
  EXPECT_EQ(response.outcome, FetchOutcome::kTimeout);
  EXPECT_THAT(Asked(origin), ElementsAre("GET 127.0.1.1/robots.txt", "HEAD 127.0.1.1/post"));
}

TEST(Fetcher, AsksOneHostForOneThingAtATimeWithAGapBetween) {
  constexpr std::int64_t kGapMs = 40;
  Origin origin({}, [](const OriginRequest&) { return Body("<rss/>"); });
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.host_gap_min_ms = kGapMs;
  settings.host_gap_max_ms = 1000;
  Fetcher fetcher(settings);
  for (int i = 0; i < 4; ++i) {
    fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/" + std::to_string(i))));
    fetcher.Submit(ProbeOf(origin.Url("127.0.1.1", "/p" + std::to_string(i))));
  }
  EXPECT_EQ(Drain(fetcher).size(), 8U);
  const std::vector<OriginRequest> log = origin.Log();
  ASSERT_EQ(log.size(), 9U);
  for (std::size_t i = 1; i < log.size(); ++i) {
    EXPECT_GE(log[i].at_ms - log[i - 1].at_ms, kGapMs - 1) << log[i].target;
  }
  EXPECT_THAT(Asked(origin),
              ElementsAre("GET 127.0.1.1/0", "GET 127.0.1.1/1", "GET 127.0.1.1/2",
                          "GET 127.0.1.1/3", "GET 127.0.1.1/robots.txt", "HEAD 127.0.1.1/p0",
                          "HEAD 127.0.1.1/p1", "HEAD 127.0.1.1/p2", "HEAD 127.0.1.1/p3"));
}

TEST(Fetcher, WaitsForNoSlowHost) {
  Origin origin;
  OriginAnswer silent;
  silent.manner = OriginManner::kSilent;
  origin.SetAnswer("127.0.1.1", "/feed", silent);
  origin.SetAnswer("", "/feed", Body("<rss/>"));
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.transfers_max = 2;
  Fetcher fetcher(settings);
  for (int i = 0; i < 5; ++i) fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/feed")));
  for (int i = 2; i < 100; ++i) {
    fetcher.Submit(FeedOf(origin.Url("127.0.1." + std::to_string(i), "/feed")));
  }
  std::size_t good = 0;
  while (good < 98) {
    const std::vector<Response> responses = fetcher.Poll(kPatienceMs);
    ASSERT_FALSE(responses.empty() && fetcher.TakeBegun().empty()) << "nothing happens";
    for (const Response& response : responses) {
      ASSERT_EQ(response.outcome, FetchOutcome::kOk) << "the slow host must come last";
      ++good;
    }
  }
  EXPECT_EQ(fetcher.Pending(RequestKind::kFeed), 5U);
  EXPECT_EQ(fetcher.InFlight(), 1U);
  EXPECT_EQ(fetcher.Waiting(), 4U);
}

TEST(Fetcher, LeavesAHostAloneThatAskedForAPause) {
  Origin origin;
  origin.SetAnswer("", "/busy", Status(429, {{"Retry-After", "3600"}}));
  origin.SetAnswer("", "/feed", Body("<rss/>"));
  Fetcher fetcher(SettingsFor(origin));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/busy")));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/feed")));
  fetcher.Submit(ProbeOf(origin.Url("127.0.1.1", "/feed")));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.2", "/feed")));
  int held = 0;
  for (const Response& response : Drain(fetcher)) {
    if (response.outcome == FetchOutcome::kOk) continue;
    EXPECT_EQ(response.outcome, FetchOutcome::kTooManyRequests);
    EXPECT_EQ(response.retry_after_s, 3600);
    if (response.status == 0) ++held;
  }
  EXPECT_EQ(held, 2);
  const Response later = FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/feed")));
  EXPECT_EQ(later.outcome, FetchOutcome::kTooManyRequests);
  EXPECT_THAT(Asked(origin),
              testing::UnorderedElementsAre("GET 127.0.1.1/busy", "GET 127.0.1.2/feed"));
}

// Neither two feeds that lead to one address nor that address as a feed of its own.
TEST(Fetcher, AsksAnAddressOnceForAllFeedsThatLeadThere) {
  Origin origin;
  origin.SetAnswer("127.0.1.1", "/a", support::Redirect(301, "/c"));
  origin.SetAnswer("127.0.1.1", "/b", support::Redirect(302, "/c"));
  origin.SetAnswer("127.0.1.1", "/c", Body("<rss/>"));
  const auto ask = [&](Fetcher& fetcher, const char* target) {
    return FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", target)));
  };
  Fetcher fetcher(SettingsFor(origin), 3600);
  EXPECT_EQ(ask(fetcher, "/a").outcome, FetchOutcome::kOk);
  for (const char* target : {"/b", "/c"}) {
    const Response response = ask(fetcher, target);
    EXPECT_EQ(response.outcome, FetchOutcome::kTooManyRequests) << target;
    EXPECT_TRUE(response.asked_lately) << target;
    EXPECT_EQ(response.retry_after_s, 3600) << target;
  }
  EXPECT_EQ(origin.requests(), 3U);
  Fetcher other(SettingsFor(origin), 3600);
  EXPECT_EQ(ask(other, "/c").outcome, FetchOutcome::kOk);
  EXPECT_TRUE(ask(other, "/a").asked_lately);
  EXPECT_EQ(ask(other, "/c").outcome, FetchOutcome::kOk) << "its own pace is the schedule's";
}

// Each time the feed at its own address is due, the other one has just been there.
TEST(Fetcher, LetsAFeedAskItsOwnAddressBeforeThoseThatRedirectThere) {
  Origin origin;
  origin.SetAnswer("127.0.1.1", "/leech", Redirect(302, "/feed"));
  origin.SetAnswer("127.0.1.1", "/feed", Body("<rss/>"));
  TestClock clock;
  Fetcher fetcher(SettingsFor(origin), 3600, {}, clock.Get());
  const auto ask = [&](const char* target) {
    return FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", target)));
  };
  EXPECT_EQ(ask("/leech").outcome, FetchOutcome::kOk);
  clock.Pass(600);
  const Response held = ask("/feed");
  EXPECT_TRUE(held.asked_lately);
  EXPECT_EQ(held.retry_after_s, 3000) << "until the hour is over";
  clock.Pass(3000);
  EXPECT_TRUE(ask("/leech").asked_lately) << "the feed itself waits for its turn";
  EXPECT_EQ(ask("/feed").outcome, FetchOutcome::kOk);
  for (int hour = 0; hour < 24; ++hour) {
    clock.Pass(3600);
    EXPECT_TRUE(ask("/leech").asked_lately);
    EXPECT_EQ(ask("/feed").outcome, FetchOutcome::kOk);
  }
  // A feed that is asked less often leaves room for others in between.
  clock.Pass(2 * 3600);
  EXPECT_EQ(ask("/leech").outcome, FetchOutcome::kOk);
}

TEST(Fetcher, DoesNotFollowARedirectThatAsksForALongWait) {
  Origin origin;
  OriginAnswer answer = Redirect(307, "/b");
  answer.headers.emplace_back("Retry-After", "120");
  origin.SetAnswer("", "/a", answer);
  const Response response = FetchOne(SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/a")));
  EXPECT_EQ(response.outcome, FetchOutcome::kUnexpectedStatus);
  EXPECT_EQ(response.retry_after_s, 120);
  EXPECT_THAT(Asked(origin), ElementsAre("GET 127.0.1.1/a"));
}

TEST(Fetcher, NeverSendsACookieACredentialOrAReferrer) {
  Origin origin;
  origin.SetAnswer("", "/a", [] {
    OriginAnswer answer = Redirect(302, "/b");
    answer.headers.emplace_back("Set-Cookie", "id=1; Path=/");
    return answer;
  }());
  origin.SetAnswer("", "/b", Body("<rss/>", {{"Set-Cookie", "id=2"}}));
  Fetcher fetcher(SettingsFor(origin));
  for (int i = 0; i < 2; ++i) (void)FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/a")));
  ASSERT_EQ(origin.Log().size(), 4U);
  for (const OriginRequest& request : origin.Log()) {
    for (const char* name :
         {"Cookie", "Referer", "Authorization", "Pragma", "Cache-Control", "Connection"}) {
      EXPECT_EQ(request.Header(name), "") << name;
    }
  }
}

TEST(Fetcher, IgnoresTheProxyThatTheEnvironmentNames) {
  Origin origin;
  origin.SetAnswer("", "/feed", Body("<rss/>"));
  const std::string proxy = origin.Url("127.0.1.99", "");
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    ASSERT_EQ(setenv(name, proxy.c_str(), 1), 0);
  }
  const Response response = FetchOne(SettingsFor(origin), FeedOf(origin.Url("127.0.1.1", "/feed")));
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  EXPECT_EQ(response.outcome, FetchOutcome::kOk);
  EXPECT_EQ(origin.Connections("127.0.1.99"), 0U);
}

TEST(Fetcher, WakesUpFromAnotherThread) {
  Origin origin;
  Fetcher fetcher(SettingsFor(origin));
  std::jthread waker([&] { fetcher.Wake(); });
  EXPECT_THAT(fetcher.Poll(kPatienceMs), IsEmpty());
}

TEST(Fetcher, EndsWithTransfersStillInFlight) {
  Origin origin;
  OriginAnswer silent;
  silent.manner = OriginManner::kSilent;
  origin.SetAnswer("", "/feed", silent);
  Fetcher fetcher(SettingsFor(origin));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/feed")));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/feed")));
  while (origin.requests() == 0) EXPECT_THAT(fetcher.Poll(10), IsEmpty());
  EXPECT_EQ(fetcher.InFlight(), 1U);
}

TEST(Fetcher, RefusesSettingsThatItCannotWorkWith) {
  schemas::FetchSettings settings;
  settings.allow_networks = {"127.0.0.1/8"};
  EXPECT_THROW(Fetcher{settings}, std::runtime_error);
}

TEST(Fetcher, BeginsNothingWhileItIsHeld) {
  Origin origin({}, [](const auto&) { return Body("x"); });
  Fetcher fetcher(SettingsFor(origin));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/")));
  EXPECT_TRUE(fetcher.Poll(0, 0).empty());
  EXPECT_EQ(fetcher.InFlight(), 0U);
  EXPECT_EQ(fetcher.Waiting(), 1U);
  EXPECT_EQ(Drain(fetcher).size(), 1U);
}

TEST(Fetcher, SendsNothingOfWhatIsPutBackUntilItBeginsAnew) {
  Origin origin;
  origin.SetAnswer("", "/", Body("x"));
  Fetcher fetcher(SettingsFor(origin));
  for (std::uint64_t ticket = 1; ticket <= 2; ++ticket) {
    auto request = FeedOf(origin.Url("127.0.1." + std::to_string(ticket), "/"));
    request.ticket = ticket;
    fetcher.Submit(request);
  }
  EXPECT_TRUE(fetcher.Poll(0).empty());
  EXPECT_EQ(fetcher.TakeBegun().size(), 2U);
  fetcher.PutBack({2});
  EXPECT_EQ(fetcher.InFlight(), 1U);
  EXPECT_EQ(fetcher.Waiting(), 1U);
  while (fetcher.InFlight() > 0) (void)fetcher.Poll(kPatienceMs, 0);
  EXPECT_TRUE(origin.Log("127.0.1.2").empty());
  EXPECT_EQ(fetcher.Withdraw(), (std::vector<std::uint64_t>{2})) << "nothing of it was sent";
}

TEST(Fetcher, ForgetsWhatIsWithdrawnAndNothingThatWasAsked) {
  Origin origin;
  OriginAnswer silent;
  silent.manner = OriginManner::kSilent;
  origin.SetAnswer("127.0.1.1", "/", silent);
  origin.SetAnswer("127.0.1.2", "/", Body("x"));
  Fetcher fetcher(SettingsFor(origin));
  auto first = FeedOf(origin.Url("127.0.1.1", "/"));
  first.ticket = 1;
  fetcher.Submit(first);
  EXPECT_TRUE(fetcher.Poll(0).empty());
  auto second = FeedOf(origin.Url("127.0.1.2", "/"));
  second.ticket = 2;
  fetcher.Submit(second);
  EXPECT_EQ(fetcher.Withdraw(), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(fetcher.Pending(RequestKind::kFeed), 1U);
  EXPECT_EQ(fetcher.InFlight(), 1U);
  EXPECT_TRUE(origin.Log("127.0.1.2").empty());
}

}  // namespace
}  // namespace saunter::crawler::fetch
