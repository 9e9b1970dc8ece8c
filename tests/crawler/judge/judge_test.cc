#include "crawler/judge/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crawler/url/url.h"
#include "tests/support/moment.h"

namespace saunter::crawler::judge {
namespace {

using schemas::FetchOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using support::kNow;
constexpr std::string_view kFeed =
    "<rss version='2.0'><channel><title>Walks</title><link>https://a.example/</link>"
    "<item><title>One</title><link>https://a.example/1</link></item>"
    "<item><title>Two</title><link>https://b.example/2</link><category>birds</category></item>"
    "</channel></rss>";

class Judge : public ::testing::Test {
 protected:
  Judge() : blacklist_({}) {
    feed_.feed_id = 7;
    feed_.url = "https://a.example/feed";
    feed_.host = "a.example";
    feed_.registrable_domain = "a.example";
    response_.status = 200;
    response_.effective_url = feed_.url;
    response_.content_type = "application/rss+xml";
    response_.body = kFeed;
  }

  schemas::CrawlResult Run(const health::Blacklist& blacklist, bool outage) {
    return JudgeFeed(feed_, FeedRequest(feed_, 1, kNow), response_,
                     {.settings = settings_,
                      .blacklist = blacklist,
                      .now = kNow,
                      .random = 0.5,
                      .outage = outage});
  }
  schemas::CrawlResult Run() { return Run(blacklist_, false); }

  schemas::Settings settings_;
  health::Blacklist blacklist_;
  schemas::DueFeed feed_;
  fetch::Response response_;
};

TEST_F(Judge, GivesEachTenantASiteOfItsOwn) {
  feed_.url = "http://tilde.example/~ann/feed";
  response_.effective_url = response_.permanent_url = "https://tilde.example/~ann/feed";
  response_.body =
      "<rss version='2.0'><channel><title>T</title>"
      "<item><link>http://www.tilde.example/~ann/1</link></item>"
      "<item><link>http://tilde.example/%7Ebob/2</link></item>"
      "<item><link>http://tilde.example/3</link></item></channel></rss>";
  const auto result = Run();
  EXPECT_EQ(result.feed.host, "tilde.example/~ann") << result.feed.url;
  ASSERT_THAT(result.entries, SizeIs(3));
  EXPECT_EQ(result.entries[0].host, "tilde.example/~ann");
  EXPECT_EQ(result.entries[1].host, "tilde.example/~bob");
  EXPECT_EQ(result.entries[2].host, "tilde.example");
  for (const auto& entry : result.entries) EXPECT_EQ(entry.registrable_domain, "tilde.example");
}

// What follows would be stored, and no database has to hold it.
TEST_F(Judge, DoesNotFollowAMoveToAnAddressThatIsTooLong) {
  const auto bytes = static_cast<std::size_t>(settings_.feed.url_bytes_max);
  response_.permanent_url = "https://a.example/" + std::string(bytes, 'x');
  response_.effective_url = response_.permanent_url;
  EXPECT_EQ(Run().feed.redirect_url, "");
  response_.permanent_url.resize(bytes);
  EXPECT_EQ(Run().feed.redirect_url, response_.permanent_url);
}

TEST_F(Judge, SaysForWhichSiteAFeedSpeaksBesidesItsOwn) {
  EXPECT_EQ(Run().speaks_for, "");
  feed_.host = "feeds.a.example";
  EXPECT_EQ(Run().speaks_for, "a.example");
  feed_.host = "feeds.tumblr.com";
  EXPECT_EQ(Run().speaks_for, "") << "whose tenant anybody may be";
}

TEST_F(Judge, MakesOneCompleteResultOfAFeed) {
  response_.etag = "\"x\"";
  const auto result = Run();
  EXPECT_EQ(result.feed.feed_id, 7);
  EXPECT_EQ(result.feed.title, "Walks");
  EXPECT_EQ(result.feed.etag, "\"x\"");
  EXPECT_EQ(result.feed.body_key, url::TextKey(kFeed));
  EXPECT_GT(result.feed.next_check_at, kNow);
  EXPECT_EQ(result.fetch.outcome, FetchOutcome::kOk);
  EXPECT_EQ(result.fetch.entries, 2);
  EXPECT_EQ(result.fetch.next_check_at, result.feed.next_check_at);
  ASSERT_THAT(result.entries, SizeIs(2));
  EXPECT_EQ(result.entries[1].host, "b.example");
  EXPECT_EQ(result.entries[1].url_key, schemas::ShortKey(url::UrlKey("https://b.example/2")));
  EXPECT_THAT(result.entries[1].categories, ElementsAre("birds"));
  EXPECT_NE(result.entries[0].content_key, result.entries[1].content_key);
}

TEST_F(Judge, SpacesTheFirstProbesOfNewLinks) {
  settings_.health.probe_spacing_s = 10;
  const auto result = Run();
  EXPECT_EQ(result.entries.at(0).next_check_at, kNow);
  EXPECT_EQ(result.entries.at(1).next_check_at, kNow + 10);
}

TEST_F(Judge, PutsTheOperatorsCategoryFirst) {
  feed_.category = "nature";
  EXPECT_THAT(Run().entries.at(1).categories, ElementsAre("nature", "birds"));
}

TEST_F(Judge, TakesNoEntriesFromTheSameBytes) {
  feed_.body_key = url::TextKey(kFeed);
  feed_.ttl_s = 7200;
  const auto result = Run();
  EXPECT_THAT(result.entries, IsEmpty());
  EXPECT_EQ(result.fetch.outcome, FetchOutcome::kOk);
  EXPECT_EQ(result.feed.error_count, 0);
  EXPECT_EQ(result.feed.ttl_s, 7200);
}

TEST_F(Judge, NamesWhatIsNotAFeedAndKeepsWhatWasKnown) {
  feed_.title = "Walks";
  response_.content_type = "text/html";
  response_.body = "<!doctype html><html><head><title>Hi</title></head><body>Hi</body></html>";
  const auto result = Run();
  EXPECT_EQ(result.fetch.outcome, FetchOutcome::kNotAFeed);
  EXPECT_THAT(result.fetch.reason, HasSubstr("HTML"));
  EXPECT_EQ(result.feed.title, "Walks");
  EXPECT_EQ(result.feed.error_count, 1);
}

TEST_F(Judge, TakesTheEntriesWithinTheLimitsAndNamesTheLimit) {
  settings_.feed.entries_max = 1;
  const auto result = Run();
  EXPECT_THAT(result.entries, SizeIs(1));
  EXPECT_EQ(result.fetch.outcome, FetchOutcome::kOk);
  EXPECT_EQ(result.fetch.reason, "rss 2.0, 1 entries, more entries than feed.entries_max");
}

TEST_F(Judge, DropsBlacklistedEntries) {
  const health::Blacklist blacklist({{.pattern = "b.example",
                                      .source = schemas::BlacklistSource::kOperator,
                                      .reason = {},
                                      .added_at = kNow,
                                      .until_at = {}}});
  const auto result = Run(blacklist, false);
  ASSERT_THAT(result.entries, SizeIs(1));
  EXPECT_EQ(result.entries[0].host, "a.example");
}

TEST_F(Judge, TakesInNoLinkThatItWouldNotAsk) {
  response_.body = "<rss version=\"2.0\"><channel><title>Walks</title>";
  for (const auto* url : {"http://192.168.1.20/y", "http://localhost:4000/", "http://nas/",
                          "http://[fd00::5]/", "https://a.example:9999/", "https://a.example/1"}) {
    response_.body += std::string("<item><title>One</title><link>") + url + "</link></item>";
  }
  response_.body += "</channel></rss>";
  const auto result = Run();
  EXPECT_EQ(result.fetch.entries, 6);
  ASSERT_THAT(result.entries, SizeIs(1));
  EXPECT_EQ(result.entries[0].url, "https://a.example/1");
  EXPECT_EQ(result.entries[0].next_check_at, kNow) << "those left out take no turn";
}

TEST_F(Judge, TakesALinkOutOfThePoolWhoseNameLeadsWhereItWouldNotAsk) {
  schemas::DueLink link;
  link.link_id = 3;
  link.url = "https://a.example/1";
  link.state = schemas::LinkState::kAlive;
  fetch::Response response;
  response.kind = fetch::RequestKind::kProbe;
  response.outcome = FetchOutcome::kBlockedAddress;
  response.effective_url = link.url;
  const auto answer = ReadProbe(link, response, blacklist_, kNow);
  const auto result = JudgeLink(link, answer,
                                {.settings = settings_,
                                 .blacklist = blacklist_,
                                 .now = kNow,
                                 .random = 0.5,
                                 .outage = false});
  EXPECT_FALSE(schemas::IsServable(result.state));
  EXPECT_EQ(result.strikes, 0) << "that is no dead verdict";
  EXPECT_EQ(result.outcome, FetchOutcome::kBlockedAddress);
}

TEST_F(Judge, DropsAnAnswerThatABlacklistedSiteGave) {
  response_.hops = {{302, feed_.url}};
  response_.effective_url = "https://b.example/feed";
  const health::Blacklist blacklist({{.pattern = "b.example",
                                      .source = schemas::BlacklistSource::kOperator,
                                      .reason = {},
                                      .added_at = kNow,
                                      .until_at = {}}});
  const auto result = Run(blacklist, false);
  EXPECT_EQ(result.fetch.outcome, FetchOutcome::kBlacklisted);
  EXPECT_THAT(result.entries, IsEmpty());
}

TEST_F(Judge, HoldsNothingAgainstAFeedWhileOurOwnNetworkIsDown) {
  feed_.error_count = 2;
  response_ = {};
  response_.outcome = FetchOutcome::kDnsFailure;
  const auto result = Run(blacklist_, true);
  EXPECT_EQ(result.feed.error_count, 2);
  EXPECT_EQ(result.feed.next_check_at, kNow + 900);
  EXPECT_EQ(Run(blacklist_, false).feed.error_count, 3);
}

TEST_F(Judge, AsksWithoutValidatorsAfterThirtyDaysOfNothingBut304) {
  feed_.etag = "\"x\"";
  feed_.unconditional_at = kNow - 29 * 86400;
  EXPECT_EQ(FeedRequest(feed_, 1, kNow).etag, "\"x\"");
  feed_.unconditional_at = kNow - 30 * 86400;
  EXPECT_EQ(FeedRequest(feed_, 1, kNow).etag, "");
}

TEST_F(Judge, CountsNoDeadVerdictOfALinkWhileOurOwnNetworkIsDown) {
  schemas::DueLink link;
  link.link_id = 3;
  link.url = "https://a.example/1";
  link.host = "a.example";
  link.state = schemas::LinkState::kAlive;
  response_ = {};
  response_.kind = fetch::RequestKind::kProbe;
  response_.outcome = FetchOutcome::kDnsFailure;
  for (const bool outage : {true, false}) {
    const auto result = JudgeLink(link, ReadProbe(link, response_, blacklist_, kNow),
                                  {.settings = settings_,
                                   .blacklist = blacklist_,
                                   .now = kNow,
                                   .random = 0.5,
                                   .outage = outage});
    EXPECT_EQ(result.state, outage ? schemas::LinkState::kAlive : schemas::LinkState::kDoubtful);
    EXPECT_EQ(result.strikes, outage ? 0 : 1);
  }
}

// One unconditional request in a feed's life, also where a crash took the answer.
TEST_F(Judge, WaitsADayAfterALostAnswerWithoutValidators) {
  const JudgeInputs inputs{.settings = settings_, .blacklist = blacklist_, .now = kNow};
  const auto result = JudgeLostAnswer(feed_, kNow - 60, inputs);
  EXPECT_EQ(result.fetch.outcome, FetchOutcome::kLost);
  EXPECT_EQ(result.feed.next_check_at, kNow - 60 + 86400);
  EXPECT_EQ(result.feed.unconditional_at, kNow - 60);
  EXPECT_EQ(result.feed.error_count, 0);
  EXPECT_THAT(result.feed.next_check_reason, HasSubstr("lost"));
  EXPECT_EQ(result.fetch.next_check_at, result.feed.next_check_at);
}

TEST_F(Judge, WaitsAnHourAfterALostAnswerToAConditionalRequest) {
  feed_.etag = "\"x\"";
  feed_.unconditional_at = kNow - 86400;
  feed_.error_count = 2;
  const JudgeInputs inputs{
      .settings = settings_, .blacklist = blacklist_, .now = kNow, .random = 0.5};
  const auto result = JudgeLostAnswer(feed_, kNow - 60, inputs);
  EXPECT_EQ(result.feed.next_check_at, kNow - 60 + 3600 + 180) << "jitter comes on top";
  EXPECT_EQ(result.feed.unconditional_at, kNow - 86400);
  EXPECT_EQ(result.feed.error_count, 2);
  EXPECT_EQ(result.feed.etag, "\"x\"");
}

TEST_F(Judge, LearnsNothingOfALinkWhoseHostIsNotAskedYet) {
  schemas::DueLink link;
  link.link_id = 3;
  link.url = "https://a.example/1";
  link.host = "a.example";
  link.state = schemas::LinkState::kDoubtful;
  link.strikes = 2;
  link.struck_at = kNow - 5;
  response_ = {};
  response_.kind = fetch::RequestKind::kProbe;
  response_.outcome = FetchOutcome::kTooManyRequests;
  response_.retry_after_s = 600;
  const JudgeInputs inputs{
      .settings = settings_, .blacklist = blacklist_, .now = kNow, .random = 0.5};
  auto result = JudgeLink(link, ReadProbe(link, response_, blacklist_, kNow), inputs);
  EXPECT_EQ(result.state, schemas::LinkState::kDoubtful);
  EXPECT_EQ(result.strikes, 2);
  EXPECT_EQ(result.struck_at, kNow - 5);
  EXPECT_EQ(result.next_check_at, kNow + 600) << "when its host may be asked";
  response_.status = 429;
  result = JudgeLink(link, ReadProbe(link, response_, blacklist_, kNow), inputs);
  EXPECT_GT(result.next_check_at, kNow + 86400) << "asked, and answered with no";
}

TEST_F(Judge, CausesNoMoreThanFiftyProbesBetweenTwoPolls) {
  std::string body = "<rss version=\"2.0\"><channel>";
  for (int i = 0; i < 120; ++i) {
    const std::string number = std::to_string(i);
    body +=
        "<item><title>" + number + "</title><link>https://v.example/" + number + "</link></item>";
  }
  response_.body = body + "</channel></rss>";
  const auto result = Run();
  ASSERT_EQ(result.entries.size(), 120U);
  for (std::size_t poll = 0; poll < 3; ++poll) {
    const auto begin = kNow + static_cast<schemas::UnixSeconds>(poll) * 3600;
    const auto probes = std::ranges::count_if(result.entries, [&](const auto& entry) {
      return entry.next_check_at >= begin && entry.next_check_at < begin + 3600;
    });
    EXPECT_EQ(probes, poll < 2 ? 50 : 20);
  }
}

}  // namespace
}  // namespace saunter::crawler::judge
