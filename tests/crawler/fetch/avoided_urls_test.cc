#include "crawler/fetch/avoided_urls.h"

#include <gmock/gmock.h>

#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;
using support::Redirect;
using testing::ElementsAre;

constexpr char kAvoided[] = "127.0.1.9";

// All of one host, for a second look from some time on.
class AvoidedHost : public AvoidedUrls {
 public:
  AvoidedHost(std::string host, schemas::UnixSeconds until_at)
      : host_(std::move(host)), until_at_(until_at) {}

  [[nodiscard]] bool Has(std::string_view url, Errand errand,
                         schemas::UnixSeconds now) const override {
    if (errand == Errand::kSecondLook && now >= until_at_) return false;
    return url.starts_with("http://" + host_ + ":");
  }

 private:
  const std::string host_;
  const schemas::UnixSeconds until_at_;
};

class AvoidedUrlsTest : public testing::Test {
 protected:
  AvoidedUrlsTest() {
    origin_.SetAnswer("", "/post", Body("a post"));
    for (const char* target : {"/", "/robots.txt", "/away", "/feed"}) {
      origin_.SetAnswer(kAvoided, target, Body("Disallow:"));
    }
    origin_.SetAnswer("127.0.1.1", "/away", Redirect(301, Url(kAvoided, "/post")));
    origin_.SetAnswer("127.0.1.1", "/far", Redirect(302, Url("127.0.1.2", "/away")));
    origin_.SetAnswer("127.0.1.2", "/away", Redirect(307, Url(kAvoided, "/post")));
    origin_.SetAnswer("127.0.1.3", "/robots.txt", Redirect(302, Url(kAvoided, "/robots.txt")));
    fetcher_.Avoid(std::make_shared<AvoidedHost>(kAvoided, clock_.UnixNow() + 100));
  }

  [[nodiscard]] std::string Url(const std::string& host, const std::string& target) const {
    return origin_.Url(host, target);
  }
  [[nodiscard]] std::vector<std::string> AskedOf(const std::string& host) const {
    std::vector<std::string> targets;
    for (const auto& request : origin_.Log()) {
      if (request.address == host) targets.push_back(request.target);
    }
    return targets;
  }

  Origin origin_;
  TestClock clock_;
  Fetcher fetcher_{SettingsFor(origin_), 0, {}, clock_.Get()};
};

TEST_F(AvoidedUrlsTest, AreNotAskedWhereFeedsPagesAndProbesAreRedirected) {
  for (const auto kind : {RequestKind::kFeed, RequestKind::kPage, RequestKind::kProbe}) {
    for (const char* target : {"/away", "/far"}) {
      Request request;
      request.kind = kind;
      request.url = Url("127.0.1.1", target);
      const auto response = FetchOne(fetcher_, request);
      EXPECT_EQ(response.outcome, FetchOutcome::kBlacklisted) << target;
      EXPECT_EQ(response.effective_url, Url(kAvoided, "/post"));
      EXPECT_FALSE(response.hops.empty());
    }
  }
  EXPECT_THAT(AskedOf(kAvoided), ElementsAre());
}

TEST_F(AvoidedUrlsTest, AreNotAskedForARobotsFileOrForTheirOwn) {
  const auto response = FetchOne(fetcher_, ProbeOf(Url("127.0.1.3", "/post")));
  EXPECT_EQ(response.outcome, FetchOutcome::kDisallowedByRobots) << "its rules are not known";
  EXPECT_EQ(FetchOne(fetcher_, ProbeOf(Url(kAvoided, "/post"))).outcome,
            FetchOutcome::kBlacklisted);
  EXPECT_EQ(FetchOne(fetcher_, FeedOf(Url(kAvoided, "/feed"))).outcome, FetchOutcome::kBlacklisted);
  EXPECT_THAT(AskedOf(kAvoided), ElementsAre());
}

TEST_F(AvoidedUrlsTest, AreThoseOfTheNewestListAlsoForWhatWaits) {
  origin_.SetAnswer("127.0.1.1", "/later",
                    Status(302, {{"Location", Url("127.0.1.2", "/post")}, {"Retry-After", "7"}}));
  auto settings = SettingsFor(origin_);
  settings.host_gap_max_ms = 30000;
  Fetcher fetcher(settings, 0, {}, clock_.Get());
  fetcher.Submit(FeedOf(Url("127.0.1.1", "/later")));
  while (fetcher.InFlight() > 0 || origin_.requests() == 0) (void)fetcher.Poll(1);
  fetcher.Submit(FeedOf(Url("127.0.1.4", "/post")));  // waits in its host's queue
  fetcher.Avoid(std::make_shared<AvoidedHost>("127.0.1.2", 0));
  clock_.Pass(7);
  for (const auto& response : Drain(fetcher)) {
    const bool avoided = response.effective_url == Url("127.0.1.2", "/post");
    EXPECT_EQ(response.outcome, avoided ? FetchOutcome::kBlacklisted : FetchOutcome::kOk);
  }
  fetcher.Submit(FeedOf(Url("127.0.1.4", "/post")));
  fetcher.Avoid(std::make_shared<AvoidedHost>("127.0.1.4", 0));
  clock_.Pass(30);  // the longest gap behind the request before
  EXPECT_EQ(Drain(fetcher).front().outcome, FetchOutcome::kBlacklisted) << "queued before";
  EXPECT_THAT(AskedOf("127.0.1.2"), ElementsAre());
  EXPECT_THAT(AskedOf("127.0.1.4"), ElementsAre("/post"));
}

TEST_F(AvoidedUrlsTest, AreLookedAtAgainOnceTheirTimeIsOver) {
  auto again = ProbeOf(Url(kAvoided, "/post"));
  again.errand = Errand::kSecondLook;
  EXPECT_EQ(FetchOne(fetcher_, again).outcome, FetchOutcome::kBlacklisted);
  clock_.Pass(100);
  EXPECT_EQ(FetchOne(fetcher_, ProbeOf(again.url)).outcome, FetchOutcome::kBlacklisted);
  EXPECT_EQ(FetchOne(fetcher_, again).outcome, FetchOutcome::kOk);
  EXPECT_THAT(AskedOf(kAvoided), ElementsAre("/robots.txt", "/post"));
}

}  // namespace
}  // namespace saunter::crawler::fetch
