#include "crawler/health/verdict.h"

#include <gtest/gtest.h>

#include "crawler/url/url.h"
#include "tests/support/moment.h"

namespace saunter::crawler::health {
namespace {

using schemas::DueLink;
using schemas::FetchOutcome;
using schemas::HealthSettings;
using schemas::LinkState;
using schemas::ProbeResult;
using schemas::Verdict;

using support::kDay;
using support::kNow;

ProbeFacts Answer(FetchOutcome outcome, int status) {
  return {.outcome = outcome,
          .status = status,
          .asked_url = "https://example.com/post",
          .effective_url = "https://example.com/post",
          .challenge = false,
          .permanent_url = {},
          .page = {},
          .detours = {}};
}

ProbeFacts Redirect(std::string asked, std::string effective) {
  return {.outcome = FetchOutcome::kOk,
          .status = 200,
          .asked_url = std::move(asked),
          .effective_url = std::move(effective),
          .challenge = false,
          .permanent_url = {},
          .page = {},
          .detours = {}};
}

// --- JudgeProbe

TEST(JudgeProbe, CallsAnEndDead) {
  for (const auto& facts :
       {Answer(FetchOutcome::kNotFound, 404), Answer(FetchOutcome::kGone, 410),
        Answer(FetchOutcome::kDnsFailure, 0), Answer(FetchOutcome::kConnectFailure, 0),
        Answer(FetchOutcome::kTlsNameMismatch, 0)}) {
    const auto judgement = JudgeProbe(facts);
    EXPECT_EQ(judgement.verdict, Verdict::kDead) << schemas::ToString(facts.outcome);
    EXPECT_NE(judgement.reason, "");
  }
}

TEST(JudgeProbe, CallsARefusalOrATroubleUnknown) {
  for (const auto& facts :
       {Answer(FetchOutcome::kRefusedByServer, 401), Answer(FetchOutcome::kRefusedByServer, 403),
        Answer(FetchOutcome::kRefusedByServer, 407), Answer(FetchOutcome::kTooManyRequests, 429),
        Answer(FetchOutcome::kServerError, 500), Answer(FetchOutcome::kServerError, 503),
        Answer(FetchOutcome::kUnexpectedStatus, 400), Answer(FetchOutcome::kTimeout, 0),
        Answer(FetchOutcome::kTlsFailure, 0), Answer(FetchOutcome::kBlockedAddress, 0),
        Answer(FetchOutcome::kBodyTooLarge, 200), Answer(FetchOutcome::kHeadersTooLarge, 0),
        Answer(FetchOutcome::kBadRedirect, 302), Answer(FetchOutcome::kProtocolError, 0),
        Answer(FetchOutcome::kBlacklisted, 0), Answer(FetchOutcome::kDisallowedByRobots, 0)}) {
    const auto judgement = JudgeProbe(facts);
    EXPECT_EQ(judgement.verdict, Verdict::kUnknown) << schemas::ToString(facts.outcome);
    EXPECT_NE(judgement.reason, "");
  }
}

TEST(JudgeProbe, CallsAChallengeUnknownWhateverItsStatus) {
  for (auto facts : {Answer(FetchOutcome::kOk, 200), Answer(FetchOutcome::kNotFound, 404)}) {
    facts.challenge = true;
    EXPECT_EQ(JudgeProbe(facts).verdict, Verdict::kUnknown);
  }
}

TEST(JudgeProbe, CallsEveryOtherSuccessAlive) {
  for (const int status : {200, 203, 204, 206}) {
    EXPECT_EQ(JudgeProbe(Answer(FetchOutcome::kOk, status)).verdict, Verdict::kAlive) << status;
  }
}

TEST(JudgeProbe, CallsARedirectToAFrontPageDead) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://example.com/2019/post", "https://example.com/"},
      {"https://example.com/2019/post", "https://www.example.com/"},
      {"https://example.com/?p=12", "https://example.com/"},
      {"https://example.com/post", "https://parked.example.net/"},
      {"https://example.com/post", "https://example.com/index.html"},
      {"https://example.com/post", "https://example.com/#gone"}};
  for (const auto& [asked, effective] : cases) {
    EXPECT_EQ(JudgeProbe(Redirect(asked, effective)).verdict, Verdict::kDead)
        << asked << " to " << effective;
  }
}

TEST(JudgeProbe, CallsALegitimateMoveAlive) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://example.com/post", "https://www.example.com/post/"},
      {"https://example.com/?p=12", "https://example.com/2019/a-new-slug/"},
      {"https://example.com/post", "https://blog.example.net/post"},
      {"https://example.com/post", "https://example.com/?p=7"},
      {"http://example.com/", "https://example.com/"},
      {"http://example.com/index.html", "https://example.com/"},
      {"https://old.example.com/", "https://new.example.net/"}};
  for (const auto& [asked, effective] : cases) {
    EXPECT_EQ(JudgeProbe(Redirect(asked, effective)).verdict, Verdict::kAlive)
        << asked << " to " << effective;
  }
}

// --- LinkAfterProbe

DueLink LinkOf(const ProbeResult& row) {
  return {.link_id = row.link_id,
          .url = "https://example.com/post",
          .host = "example.com",
          .state = row.state,
          .strikes = row.strikes,
          .struck_at = row.struck_at,
          .check_interval_s = row.check_interval_s,
          .next_check_at = row.next_check_at,
          .target_key = {},
          .target_links = 0,
          .look = {},
          .on_parole = false};
}

// A link that is probed by hand; without jitter.
class ProbedLink {
 public:
  ProbeResult Probe(const ProbeFacts& facts, Verdict verdict, schemas::UnixSeconds now) {
    row_ = LinkAfterProbe(LinkOf(row_), facts, verdict, now, settings_, 0.5);
    return row_;
  }
  ProbeResult Dead(schemas::UnixSeconds now) {
    return Probe(Answer(FetchOutcome::kNotFound, 404), Verdict::kDead, now);
  }
  ProbeResult Gone(schemas::UnixSeconds now) {
    return Probe(Answer(FetchOutcome::kGone, 410), Verdict::kDead, now);
  }
  ProbeResult Alive(schemas::UnixSeconds now) {
    return Probe(Answer(FetchOutcome::kOk, 200), Verdict::kAlive, now);
  }
  ProbeResult Unknown(schemas::UnixSeconds now) {
    return Probe(Answer(FetchOutcome::kTimeout, 0), Verdict::kUnknown, now);
  }

 private:
  HealthSettings settings_;
  ProbeResult row_ = [] {
    ProbeResult row;
    row.link_id = 7;
    return row;
  }();
};

TEST(LinkAfterProbe, CarriesWhatTheProbeSaid) {
  ProbedLink link;
  const auto row = link.Gone(kNow);
  EXPECT_EQ(row.link_id, 7);
  EXPECT_EQ(row.verdict, Verdict::kDead);
  EXPECT_EQ(row.outcome, FetchOutcome::kGone);
  EXPECT_EQ(row.status, 410);
  EXPECT_EQ(row.checked_at, kNow);
}

TEST(LinkAfterProbe, NeedsThreeDeadVerdictsThreeDaysApart) {
  ProbedLink link;
  auto row = link.Dead(kNow);
  EXPECT_EQ(row.state, LinkState::kDoubtful);
  EXPECT_EQ(row.strikes, 1);
  EXPECT_GE(row.next_check_at, kNow + 3 * kDay);
  EXPECT_LE(row.next_check_at, kNow + 3 * kDay * 11 / 10);

  row = link.Dead(kNow + 3 * kDay - 1);
  EXPECT_EQ(row.strikes, 1) << "too soon to count";
  EXPECT_EQ(row.struck_at, kNow);
  EXPECT_GT(row.next_check_at, kNow + 3 * kDay - 1);

  row = link.Dead(kNow + 3 * kDay);
  EXPECT_EQ(row.strikes, 2);
  EXPECT_EQ(row.state, LinkState::kDoubtful);
  row = link.Dead(kNow + 6 * kDay);
  EXPECT_EQ(row.strikes, 3);
  EXPECT_EQ(row.state, LinkState::kDead);
  EXPECT_EQ(row.next_check_at, kNow + 6 * kDay + 90 * kDay);
}

TEST(LinkAfterProbe, IsContentWithTwoWhenTheServerSaysGone) {
  ProbedLink link;
  EXPECT_EQ(link.Gone(kNow).state, LinkState::kDoubtful);
  EXPECT_EQ(link.Gone(kNow + kDay).state, LinkState::kDoubtful);
  EXPECT_EQ(link.Gone(kNow + 3 * kDay).state, LinkState::kDead);
}

TEST(LinkAfterProbe, TakesAStrikeOfTheFutureForOneOfToday) {
  ProbedLink link;
  link.Dead(kNow + 1000 * kDay);  // by a clock that was wrong
  auto row = link.Dead(kNow);
  EXPECT_EQ(row.strikes, 1);
  EXPECT_EQ(row.struck_at, kNow);
  EXPECT_LE(row.next_check_at, kNow + 4 * kDay);
  row = link.Dead(kNow + 3 * kDay);
  EXPECT_EQ(row.strikes, 2);
}

TEST(LinkAfterProbe, ForgetsStrikesAtOneAliveVerdict) {
  ProbedLink link;
  link.Dead(kNow);
  link.Dead(kNow + 3 * kDay);
  auto row = link.Alive(kNow + 6 * kDay);
  EXPECT_EQ(row.state, LinkState::kAlive);
  EXPECT_EQ(row.strikes, 0);
  EXPECT_FALSE(row.struck_at);
  EXPECT_EQ(row.check_interval_s, 7 * kDay);
  row = link.Dead(kNow + 13 * kDay);
  EXPECT_EQ(row.strikes, 1);
  EXPECT_EQ(row.state, LinkState::kDoubtful);
}

TEST(LinkAfterProbe, RevivesADeadLinkAtOneAliveVerdict) {
  ProbedLink link;
  link.Gone(kNow);
  ASSERT_EQ(link.Gone(kNow + 3 * kDay).state, LinkState::kDead);
  ASSERT_EQ(link.Dead(kNow + 93 * kDay).state, LinkState::kDead);
  EXPECT_EQ(link.Alive(kNow + 183 * kDay).state, LinkState::kAlive);
}

TEST(LinkAfterProbe, LetsTheAliveIntervalGrowFromSevenDaysToNinety) {
  ProbedLink link;
  schemas::UnixSeconds now = kNow;
  for (const std::int64_t days : {7, 14, 28, 56, 90, 90}) {
    const auto row = link.Alive(now);
    EXPECT_EQ(row.check_interval_s, days * kDay);
    EXPECT_EQ(row.next_check_at, now + days * kDay);
    now = row.next_check_at;
  }
}

TEST(LinkAfterProbe, TakesNothingBackAtAnUnknownVerdict) {
  ProbedLink link;
  auto row = link.Unknown(kNow);
  EXPECT_EQ(row.state, LinkState::kUnknown);
  EXPECT_EQ(row.next_check_at, kNow + 7 * kDay);

  link.Alive(kNow);
  link.Alive(kNow);
  row = link.Unknown(kNow);
  EXPECT_EQ(row.state, LinkState::kAlive);
  EXPECT_EQ(row.check_interval_s, 14 * kDay);

  link.Dead(kNow);
  row = link.Unknown(kNow + 3 * kDay);
  EXPECT_EQ(row.state, LinkState::kDoubtful);
  EXPECT_EQ(row.strikes, 1);
  EXPECT_EQ(row.struck_at, kNow);
  EXPECT_GE(row.next_check_at, kNow + 6 * kDay);

  link.Gone(kNow + 3 * kDay);
  row = link.Unknown(kNow + 93 * kDay);
  EXPECT_EQ(row.state, LinkState::kDead);
  EXPECT_EQ(row.next_check_at, kNow + 183 * kDay);
}

TEST(LinkAfterProbe, JittersByATenthAndNeverCutsTheGapShort) {
  const HealthSettings settings;
  const DueLink link;
  for (const double random : {0.0, 0.25, 0.999}) {
    const auto alive = LinkAfterProbe(link, Answer(FetchOutcome::kOk, 200), Verdict::kAlive, kNow,
                                      settings, random);
    EXPECT_GE(alive.next_check_at, kNow + 7 * kDay * 9 / 10);
    EXPECT_LE(alive.next_check_at, kNow + 7 * kDay * 11 / 10);
    const auto dead = LinkAfterProbe(link, Answer(FetchOutcome::kNotFound, 404), Verdict::kDead,
                                     kNow, settings, random);
    EXPECT_GE(dead.next_check_at, kNow + 3 * kDay);
    EXPECT_LE(dead.next_check_at, kNow + 3 * kDay * 11 / 10);
  }
}

TEST(LinkAfterProbe, LooksAgainLaterEvenWithoutAGap) {
  HealthSettings settings;
  settings.dead_gap_s = 0;
  const auto row = LinkAfterProbe(DueLink(), Answer(FetchOutcome::kNotFound, 404), Verdict::kDead,
                                  kNow, settings, 0.0);
  EXPECT_EQ(row.state, LinkState::kDoubtful);
  EXPECT_GT(row.next_check_at, kNow);
}

// --- JudgeOnSite

schemas::SiteLook LookThatSays(schemas::SiteAnswer answer) {
  schemas::SiteLook look;
  look.site_id = 3;
  look.looked_at = kNow;
  look.answer = answer;
  return look;
}

// A site that gives a page that cannot exist, at its own address.
schemas::SiteLook SoftLook(std::string_view html) {
  auto look = LookThatSays(schemas::SiteAnswer::kSoft);
  const auto sketch = SketchPage(html, "https://example.com/abcdefghijklmnopqrstuvwxy");
  look.title_key = sketch.title_key;
  look.words = PrintWords(sketch.words);
  return look;
}

DueLink LinkWith(std::optional<schemas::SiteLook> look) {
  DueLink link;
  link.url = "https://example.com/post";
  link.host = "example.com";
  link.look = std::move(look);
  return link;
}

ProbeFacts Page(std::string_view html) {
  auto facts = Answer(FetchOutcome::kOk, 200);
  facts.page = SketchPage(html, facts.asked_url);
  return facts;
}

constexpr std::string_view kNoSuchPage =
    "<title>Oops</title><p>There is nothing at this address, try our search.";

TEST(JudgeOnSite, CallsAPageThatReadsLikeNoPageDead) {
  const auto link = LinkWith(SoftLook(kNoSuchPage));
  const HealthSettings settings;
  EXPECT_EQ(JudgeOnSite(Page(kNoSuchPage), link, settings).verdict, Verdict::kDead);
  EXPECT_EQ(JudgeOnSite(Page("<title>On walking</title><p>A long walk."), link, settings).verdict,
            Verdict::kAlive);
  auto front = Page(kNoSuchPage);
  front.asked_url = front.effective_url = "https://example.com/";
  EXPECT_EQ(JudgeOnSite(front, link, settings).verdict, Verdict::kAlive)
      << "a front page is never soft";
}

TEST(JudgeOnSite, AsksForThePageOnlyWhereASiteGivesOneInPlace) {
  const auto answer = Answer(FetchOutcome::kOk, 200);
  auto redirecting = LookThatSays(schemas::SiteAnswer::kSoft);
  redirecting.target_key = 5;
  EXPECT_TRUE(NeedsPage(answer, SoftLook(kNoSuchPage)));
  EXPECT_FALSE(NeedsPage(Page(kNoSuchPage), SoftLook(kNoSuchPage)));
  EXPECT_FALSE(NeedsPage(answer, redirecting));
  EXPECT_FALSE(NeedsPage(answer, LookThatSays(schemas::SiteAnswer::kHonest)));
  EXPECT_FALSE(NeedsPage(Answer(FetchOutcome::kNotFound, 404), SoftLook(kNoSuchPage)));
}

TEST(JudgeOnSite, CallsTheTargetOfNoPageDead) {
  auto look = LookThatSays(schemas::SiteAnswer::kSoft);
  look.target_key = TargetKey("https://example.com/abcdefghijklmnopqrstuvwxy",
                              "https://example.com/404?from=/abcdefghijklmnopqrstuvwxy");
  const auto link = LinkWith(look);
  const HealthSettings settings;
  const auto judge = [&](const char* effective) {
    return JudgeOnSite(Redirect(link.url, effective), link, settings).verdict;
  };
  EXPECT_EQ(judge("https://example.com/404?from=/post"), Verdict::kDead);
  EXPECT_EQ(judge("https://example.com/404"), Verdict::kDead);
  EXPECT_EQ(judge("https://example.com/2020/post"), Verdict::kAlive);
  EXPECT_EQ(judge("https://example.com/post"), Verdict::kAlive);
}

TEST(JudgeOnSite, CallsATargetThatThreePostsShareDead) {
  auto link = LinkWith(LookThatSays(schemas::SiteAnswer::kHonest));
  const HealthSettings settings;
  const auto facts = Redirect(link.url, "https://example.com/archive");
  link.target_key = TargetKey(facts.asked_url, facts.effective_url);
  link.target_links = 2;
  EXPECT_EQ(JudgeOnSite(facts, link, settings).verdict, Verdict::kAlive);
  link.target_links = 3;
  EXPECT_EQ(JudgeOnSite(facts, link, settings).verdict, Verdict::kDead);
  EXPECT_EQ(JudgeOnSite(Redirect(link.url, "https://example.com/new-slug"), link, settings).verdict,
            Verdict::kAlive)
      << "it leads elsewhere now";
}

TEST(JudgeOnSite, LearnsNothingOfThePostsOfAParkedSite) {
  const auto link = LinkWith(LookThatSays(schemas::SiteAnswer::kParked));
  const HealthSettings settings;
  EXPECT_EQ(JudgeOnSite(Answer(FetchOutcome::kOk, 200), link, settings).verdict, Verdict::kUnknown);
  EXPECT_EQ(JudgeOnSite(Answer(FetchOutcome::kNotFound, 404), link, settings).verdict,
            Verdict::kDead);
}

// A site whose front page is what it gives for a page that cannot exist.
constexpr std::string_view kFrontPage = "<title>A blog</title><p>All my posts, and a word on me.";
constexpr std::string_view kBuiltFrontPage =
    "<title>A blog</title><script src=/app.js></script><p>All my posts, and a word on me.";
constexpr std::string_view kPost = "<title>On walking</title><p>A long walk in the rain.";

schemas::SiteLook LookLikeFrontPage(schemas::SiteAnswer answer) {
  auto look = SoftLook(kFrontPage);
  look.answer = answer;
  return look;
}

TEST(JudgeOnSite, CallsAPostThatReadsLikeTheFrontPageUnknown) {
  const HealthSettings settings;
  for (const auto answer : {schemas::SiteAnswer::kUnproven, schemas::SiteAnswer::kFallback}) {
    const auto link = LinkWith(LookLikeFrontPage(answer));
    EXPECT_TRUE(NeedsPage(Answer(FetchOutcome::kOk, 200), *link.look));
    EXPECT_EQ(JudgeOnSite(Page(kFrontPage), link, settings).verdict, Verdict::kUnknown);
    EXPECT_EQ(JudgeOnSite(Page(kPost), link, settings).verdict, Verdict::kAlive);
  }
}

TEST(ComparePost, TellsAParkedSiteFromOneWithPosts) {
  const auto look = LookLikeFrontPage(schemas::SiteAnswer::kUnproven);
  EXPECT_EQ(ComparePost(Page(kFrontPage), look), PostSays::kAlike);
  EXPECT_EQ(ComparePost(Page(kPost), look), PostSays::kOther);
  EXPECT_EQ(ComparePost(Page(kBuiltFrontPage), look), PostSays::kNothing) << "built in a browser";
  EXPECT_EQ(ComparePost(Answer(FetchOutcome::kNotFound, 404), look), PostSays::kNothing);
  EXPECT_EQ(ComparePost(Answer(FetchOutcome::kOk, 200), look), PostSays::kNothing) << "no page";
  EXPECT_EQ(ComparePost(Page("<title>x</title>This domain is for sale! Call 1234"), look),
            PostSays::kAlike);
  std::string essay = "<title>y</title>My essay on buy this domain pages.";
  for (int i = 0; i < 300; ++i) essay += " word" + std::to_string(i);
  EXPECT_EQ(ComparePost(Page(essay), look), PostSays::kOther);
}

// --- Walls

ProbeFacts ProbeDetoured(std::string asked, std::string effective) {
  auto facts = Redirect(std::move(asked), std::move(effective));
  facts.detours = {{facts.asked_url, facts.effective_url}};
  return facts;
}

TEST(JudgeOnSite, KnowsNothingOfWhatIsBehindAWall) {
  const HealthSettings settings;
  auto link = LinkWith(std::nullopt);
  for (const char* effective :
       {"https://example.com/login?next=/post", "https://example.com/?next=%2Fpost",
        "https://consent.example.net/?continue=https%3A%2F%2Fexample.com%2Fpost",
        "https://example.net/#back=https://example.com/post"}) {
    const auto facts = ProbeDetoured(link.url, effective);
    link.target_key = TargetKey(facts.asked_url, facts.effective_url);
    link.target_links = 50;
    EXPECT_EQ(JudgeOnSite(facts, link, settings).verdict, Verdict::kUnknown) << effective;
    auto gone = facts;
    gone.outcome = FetchOutcome::kNotFound;
    EXPECT_EQ(JudgeOnSite(gone, link, settings).verdict, Verdict::kDead) << effective;
  }
}

TEST(JudgeOnSite, TellsAWallFromASoft404ByTheSitesOtherPages) {
  const HealthSettings settings;
  auto look = LookThatSays(schemas::SiteAnswer::kSoft);
  const auto facts = ProbeDetoured("https://example.com/post", "https://example.com/x?from=/post");
  look.target_key = TargetKey(facts.asked_url, facts.effective_url);
  EXPECT_TRUE(NeedsAbsentPage(facts));
  EXPECT_EQ(JudgeOnSite(facts, LinkWith(look), settings).verdict, Verdict::kDead);
  look.answer = schemas::SiteAnswer::kUnproven;
  EXPECT_EQ(JudgeOnSite(facts, LinkWith(look), settings).verdict, Verdict::kUnknown);
  EXPECT_EQ(ComparePost(facts, look), PostSays::kNothing);
  EXPECT_EQ(ComparePost(Answer(FetchOutcome::kOk, 200), look), PostSays::kOther);
  EXPECT_EQ(
      JudgeOnSite(facts, LinkWith(LookThatSays(schemas::SiteAnswer::kHonest)), settings).verdict,
      Verdict::kUnknown);
}

TEST(JudgeOnSite, DoesNotTakeAnAddressWithItsPostsNameForOnePage) {
  auto link = LinkWith(LookThatSays(schemas::SiteAnswer::kHonest));
  const HealthSettings settings;
  link.target_links = 50;
  const auto judge = [&](const char* effective) {
    const auto facts = Redirect(link.url, effective);
    link.target_key = TargetKey(facts.asked_url, facts.effective_url);
    return JudgeOnSite(facts, link, settings).verdict;
  };
  EXPECT_EQ(judge("https://example.com/index.php?page=post"), Verdict::kAlive);
  EXPECT_EQ(judge("https://example.net/?path=/post"), Verdict::kAlive);
  EXPECT_EQ(judge("https://example.com/notfound.html?was=/post"), Verdict::kDead);
}

// --- TargetKey and JudgeMove

TEST(TargetKey, IsAbsentForTheSamePage) {
  const std::pair<const char*, const char*> same[] = {
      {"http://example.com/post", "https://example.com/post"},
      {"https://example.com/post", "https://www.example.com/post"},
      {"https://example.com/post", "https://example.com/post/"},
      {"https://example.com/post", "https://example.com/post#top"},
      {"https://example.com/post?utm_source=x", "https://example.com/post"},
      {"http://example.com/?p=12", "https://example.com/?p=12"},
      {"https://example.com/post", "https://example.com/post?from=/post"}};
  for (const auto& [asked, effective] : same) {
    EXPECT_FALSE(TargetKey(asked, effective)) << asked << " to " << effective;
  }
  EXPECT_TRUE(TargetKey("https://example.com/post", "https://example.com/other"));
  EXPECT_TRUE(TargetKey("https://example.com/?p=1", "https://example.com/?p=2"));
}

ProbeFacts Moved(std::string asked, std::string permanent) {
  auto facts = Redirect(std::move(asked), permanent);
  facts.permanent_url = std::move(permanent);
  return facts;
}

TEST(JudgeMove, TakesTheSamePageAtOnce) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://example.com/post", "https://example.com/post"},
      {"https://example.com/post", "https://www.example.com/post"},
      {"https://example.com/post", "https://example.com/post/"}};
  for (const auto& [asked, permanent] : cases) {
    auto link = LinkWith({});
    link.url = asked;
    const auto move = JudgeMove(Moved(asked, permanent), link);
    ASSERT_TRUE(move) << permanent;
    EXPECT_EQ(move->url, permanent);
    EXPECT_EQ(move->host, "example.com");
    EXPECT_EQ(move->url_key, schemas::ShortKey(url::UrlKey(permanent)));
  }
}

TEST(JudgeMove, TakesANewAddressTheSecondTimeUnlessItIsShared) {
  auto link = LinkWith({});
  const auto facts = Moved(link.url, "https://new.example.net/a-new-slug?utm_source=old");
  EXPECT_FALSE(JudgeMove(facts, link));
  link.target_key = TargetKey(facts.asked_url, facts.effective_url);
  link.target_links = 1;
  const auto move = JudgeMove(facts, link);
  ASSERT_TRUE(move);
  EXPECT_EQ(move->url, "https://new.example.net/a-new-slug");
  EXPECT_EQ(move->host, "new.example.net");
  EXPECT_EQ(move->registrable_domain, "example.net");
  link.target_links = 2;
  EXPECT_FALSE(JudgeMove(facts, link)) << "another post leads there, too";
}

TEST(JudgeMove, TakesNothingThatIsNotForGood) {
  auto link = LinkWith({});
  auto facts = Redirect(link.url, "https://example.com/elsewhere");
  link.target_key = TargetKey(facts.asked_url, facts.effective_url);
  link.target_links = 1;
  EXPECT_FALSE(JudgeMove(facts, link)) << "302, 303 and 307 promise nothing";
}

TEST(LinkThatLeadsAway, LeavesThePoolWithoutAStrike) {
  DueLink link;
  link.state = LinkState::kAlive;
  const auto row = LinkThatLeadsAway(link, FetchOutcome::kBlacklisted, kNow, HealthSettings());
  EXPECT_FALSE(schemas::IsServable(row.state));
  EXPECT_EQ(row.strikes, 0);
  EXPECT_EQ(row.outcome, FetchOutcome::kBlacklisted);
}

}  // namespace
}  // namespace saunter::crawler::health
