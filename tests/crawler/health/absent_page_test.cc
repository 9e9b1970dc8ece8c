#include "crawler/health/absent_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/moment.h"

namespace saunter::crawler::health {
namespace {

using schemas::FetchOutcome;
using schemas::HealthSettings;
using schemas::SiteAnswer;
using schemas::SiteLook;

using support::kNow;
constexpr const char* kAbsent = "https://example.com/2026/abcdefghijklmnopqrstuvwxy";
constexpr const char* kFront = "https://example.com/";

PageAnswer PageOf(const char* asked, const char* effective, std::string body = {}) {
  return {.outcome = FetchOutcome::kOk,
          .status = 200,
          .asked_url = asked,
          .effective_url = effective,
          .body = std::move(body),
          .challenge = false,
          .detours = {}};
}

PageAnswer Refusal(FetchOutcome outcome, int status) {
  auto answer = PageOf(kAbsent, kAbsent);
  answer.outcome = outcome;
  answer.status = status;
  return answer;
}

SiteLook Look(const PageAnswer& absent, const std::optional<PageAnswer>& front = {}) {
  EXPECT_EQ(NeedsFrontPage(absent), front.has_value());
  return JudgeAbsentPage(3, std::nullopt, absent, front, kNow, HealthSettings());
}

TEST(AbsentPageUrl, PutsLettersInPlaceOfTheLastSegment) {
  const auto url = AbsentPageUrl("https://example.com/2026/post/?page=2#top", 1);
  EXPECT_THAT(url, ::testing::MatchesRegex("https://example.com/2026/[a-z]{25}"));
  EXPECT_NE(url, AbsentPageUrl("https://example.com/2026/post", 2));
  EXPECT_THAT(AbsentPageUrl("https://example.com", 1),
              ::testing::MatchesRegex("https://example.com/[a-z]{25}"));
  EXPECT_EQ(FrontPageUrl("http://example.com:8080/a/b?c"), "http://example.com:8080/");
  for (const auto* of_tenant : {"http://tilde.example/~ann/post", "http://tilde.example/~ann/",
                                "http://tilde.example/~ann"}) {
    EXPECT_THAT(AbsentPageUrl(of_tenant, 1), testing::StartsWith("http://tilde.example/~ann/"));
    EXPECT_EQ(FrontPageUrl(of_tenant), "http://tilde.example/~ann/");
  }
}

TEST(AbsentPageUrl, ChangesTheValueInAQueryThatNamesThePost) {
  using ::testing::MatchesRegex;
  const std::pair<const char*, const char*> cases[] = {
      {"https://example.com/?p=123", "https://example.com/[?]p=9[0-9]{8}"},
      {"https://example.com/watch?v=dQw4", "https://example.com/watch[?]v=[a-z]{25}"},
      {"https://example.com/watch?list=a&v=b&t=1",
       "https://example.com/watch[?]list=a&v=[a-z]{25}&t=1"},
      {"https://example.com/index.php?lang=en&story=12",
       "https://example.com/index.php[?]lang=en&story=9[0-9]{8}"},
      {"https://example.com/?on-walking=yes", "https://example.com/[?]on-walking=[a-z]{25}"},
      {"https://example.com/post?lang=en", "https://example.com/[a-z]{25}"},
      {"https://example.com/?on-walking", "https://example.com/[a-z]{25}"}};
  for (const auto& [url, absent] : cases) EXPECT_THAT(AbsentPageUrl(url, 1), MatchesRegex(absent));
}

TEST(JudgeAbsentPage, CallsANoHonest) {
  EXPECT_EQ(Look(Refusal(FetchOutcome::kNotFound, 404)).answer, SiteAnswer::kHonest);
  EXPECT_EQ(Look(Refusal(FetchOutcome::kGone, 410)).answer, SiteAnswer::kHonest);
  EXPECT_EQ(Look(Refusal(FetchOutcome::kUnexpectedStatus, 400)).answer, SiteAnswer::kHonest);
}

TEST(JudgeAbsentPage, LearnsNothingFromARefusalOrATrouble) {
  for (const auto& absent :
       {Refusal(FetchOutcome::kRefusedByServer, 403), Refusal(FetchOutcome::kServerError, 500),
        Refusal(FetchOutcome::kTimeout, 0), Refusal(FetchOutcome::kDnsFailure, 0)}) {
    EXPECT_EQ(Look(absent).answer, SiteAnswer::kUnclear);
  }
}

TEST(JudgeAbsentPage, KeepsWhatWasKnownWhenNothingIsLearnt) {
  SiteLook before;
  before.site_id = 3;
  before.looked_at = kNow - 1000000;
  before.answer = SiteAnswer::kHonest;
  const auto look = JudgeAbsentPage(3, before, Refusal(FetchOutcome::kTimeout, 0), std::nullopt,
                                    kNow, HealthSettings());
  EXPECT_EQ(look.answer, SiteAnswer::kHonest);
  EXPECT_EQ(look.looked_at, kNow);
}

TEST(JudgeAbsentPage, TakesThePageThatCannotExistForComparison) {
  const auto look = Look(PageOf(kAbsent, kAbsent, "<title>Oops</title>No such page"),
                         PageOf(kFront, kFront, "<title>A blog</title>All my posts"));
  EXPECT_EQ(look.answer, SiteAnswer::kSoft);
  EXPECT_TRUE(look.title_key);
  EXPECT_FALSE(look.words.empty());
  EXPECT_FALSE(look.target_key);
}

TEST(JudgeAbsentPage, TakesTheTargetOfARedirectForComparison) {
  const auto look = Look(PageOf(kAbsent, "https://example.com/404.html", "Oops"));
  EXPECT_EQ(look.answer, SiteAnswer::kSoft);
  EXPECT_TRUE(look.target_key);
  EXPECT_TRUE(look.words.empty());
}

TEST(JudgeAbsentPage, LeavesOnePageForEverythingToThePosts) {
  const std::string page = "<title>example.com</title>Related searches: shoes, cars";
  const auto look = Look(PageOf(kAbsent, kAbsent, page), PageOf(kFront, kFront, page));
  EXPECT_EQ(look.answer, SiteAnswer::kUnproven);
  EXPECT_FALSE(look.words.empty());
}

TEST(JudgeAbsentPage, LeavesAFrontPageThatABrowserMayChangeForWhatItIs) {
  std::string page = "<title>A blog</title><script src=/app.js></script>";
  for (int i = 0; i < 100; ++i) page += " word" + std::to_string(i);
  EXPECT_EQ(Look(PageOf(kAbsent, kAbsent, page), PageOf(kFront, kFront, page)).answer,
            SiteAnswer::kFallback);
  constexpr const char* kQuery = "https://example.com/?p=912345678";
  EXPECT_EQ(Look(PageOf(kQuery, kQuery, page), PageOf(kFront, kFront, page)).answer,
            SiteAnswer::kUnproven)
      << "a query is read on the server";
}

TEST(JudgeAbsentPage, LeavesAParkingServicesPagesToThePostsHoweverTheyDiffer) {
  EXPECT_EQ(Look(PageOf(kAbsent, kAbsent, "Buy this domain! Offer 12345678"),
                 PageOf(kFront, kFront, "<title>x</title>this domain is for sale, call us"))
                .answer,
            SiteAnswer::kUnproven);
}

TEST(JudgeAbsentPage, LearnsNothingFromAnApplicationOfTheBrowser) {
  const std::string shell =
      "<title>My blog</title><div id=root></div>You need to enable JavaScript to run this app."
      "<script src='/main.js'></script>";
  EXPECT_EQ(Look(PageOf(kAbsent, kAbsent, shell), PageOf(kFront, kFront, shell)).answer,
            SiteAnswer::kUnclear);
}

TEST(JudgeAbsentPage, LeavesASiteThatLeadsToAnotherDomainToThePosts) {
  const auto look = Look(PageOf(kAbsent, "https://casino.example.net/"),
                         PageOf(kFront, "https://casino.example.net/"));
  EXPECT_EQ(look.answer, SiteAnswer::kUnproven);
  EXPECT_TRUE(look.target_key);
}

PageAnswer Detoured(const char* asked, const std::string& effective) {
  auto answer = PageOf(asked, effective.c_str(), "<title>Sign in</title>");
  answer.detours = {{asked, effective}};
  return answer;
}

TEST(JudgeAbsentPage, LearnsNothingFromAWall) {
  const auto absent = std::string("https://example.com/login?next=") + kAbsent;
  EXPECT_EQ(Look(Detoured(kAbsent, absent)).answer, SiteAnswer::kUnclear);
  // Its name does not tell, but the front page is behind it as well.
  const std::string wall = "https://wall.example.net/?continue=";
  EXPECT_EQ(Look(Detoured(kAbsent, wall + kAbsent), Detoured(kFront, wall + kFront)).answer,
            SiteAnswer::kUnclear);
  EXPECT_EQ(Look(Detoured(kAbsent, wall + kAbsent), PageOf(kFront, kFront, "All my posts")).answer,
            SiteAnswer::kUnproven);
  EXPECT_EQ(Look(Detoured(kAbsent, std::string("https://example.com/404?from=") + kAbsent)).answer,
            SiteAnswer::kSoft)
      << "it says so itself";
}

TEST(JudgeAbsentPage, SeesThatAHeadIsToldLies) {
  auto absent = Refusal(FetchOutcome::kNotFound, 404);
  absent.head_succeeds = true;
  EXPECT_EQ(Look(absent).answer, SiteAnswer::kHeadLies);
}

TEST(JudgeAbsentPage, LetsASiteMoveToAnotherDomain) {
  EXPECT_EQ(Look(PageOf(kAbsent, "https://example.net/2026/abcdefghijklmnopqrstuvwxy"),
                 PageOf(kFront, "https://example.net/"))
                .answer,
            SiteAnswer::kSoft);
}

ProbeFacts PostThatReads(std::string_view html, schemas::Id link_id) {
  ProbeFacts facts;
  facts.status = 200;
  facts.asked_url = facts.effective_url = "https://example.com/2026/" + std::to_string(link_id);
  facts.page = SketchPage(html, facts.asked_url);
  return facts;
}

class Posts {
 public:
  static constexpr std::string_view kPage = "Related searches: shoes, cars";

  SiteLook LookAgain(const std::optional<SiteLook>& before, schemas::UnixSeconds now) {
    const std::string page(kPage);
    return JudgeAbsentPage(3, before, PageOf(kAbsent, kAbsent, page), PageOf(kFront, kFront, page),
                           now, settings_);
  }
  std::optional<SiteLook> Note(const SiteLook& look, schemas::Id link_id, std::string_view page,
                               schemas::UnixSeconds now = kNow) {
    return posts_.Note(look, link_id, PostThatReads(page, link_id), now, settings_);
  }
  // The look after as many posts as it takes.
  SiteLook Park(const SiteLook& look, schemas::UnixSeconds now) {
    std::optional<SiteLook> parked;
    for (schemas::Id id = 1; !parked && id < 10; ++id) parked = Note(look, id, kPage, now);
    return parked.value_or(SiteLook());
  }
  [[nodiscard]] std::int64_t gap_s() const { return settings_.dead_gap_s; }

 private:
  const HealthSettings settings_;
  PostsCompared posts_;
};

TEST(PostsCompared, ProveASiteParkedOnceSeveralAreItsFrontPage) {
  Posts posts;
  const auto look = posts.LookAgain({}, kNow);
  EXPECT_FALSE(posts.Note(look, 1, Posts::kPage));
  EXPECT_FALSE(posts.Note(look, 2, Posts::kPage));
  EXPECT_FALSE(posts.Note(look, 2, Posts::kPage)) << "the same post again";
  const auto parked = posts.Note(look, 3, Posts::kPage);
  ASSERT_TRUE(parked);
  EXPECT_EQ(parked->answer, SiteAnswer::kParked);
  EXPECT_EQ(parked->parked_count, 1);
  EXPECT_FALSE(posts.Note(*parked, 4, Posts::kPage)) << "it is known";
}

TEST(PostsCompared, ProveThatASiteLivesByOneThatIsNot) {
  Posts posts;
  const auto look = posts.LookAgain({}, kNow);
  EXPECT_FALSE(posts.Note(look, 1, Posts::kPage));
  EXPECT_FALSE(posts.Note(look, 2, Posts::kPage));
  const auto soft = posts.Note(look, 3, "<title>On rain</title>It rained, and I walked.");
  ASSERT_TRUE(soft);
  EXPECT_EQ(soft->answer, SiteAnswer::kSoft);
  EXPECT_FALSE(posts.Note(*soft, 4, Posts::kPage));
}

TEST(PostsCompared, CountParkedLooksThatAreDaysApart) {
  Posts posts;
  const auto first = posts.Park(posts.LookAgain({}, kNow), kNow);
  EXPECT_EQ(first.parked_count, 1);
  const auto early = kNow + posts.gap_s() - 1;
  EXPECT_EQ(posts.Park(posts.LookAgain(first, early), early).parked_count, 1);
  const auto later = kNow + posts.gap_s();
  const auto pending = posts.LookAgain(first, later);
  EXPECT_EQ(pending.answer, SiteAnswer::kUnproven);
  EXPECT_EQ(posts.Park(pending, later).parked_count, 2);
  EXPECT_EQ(JudgeAbsentPage(3, pending, Refusal(FetchOutcome::kNotFound, 404), {}, kNow + 999999,
                            HealthSettings())
                .parked_count,
            0);
}

TEST(PostsCompared, CountAParkedLookOfTheFutureAsOneOfNow) {
  Posts posts;
  auto first = posts.Park(posts.LookAgain({}, kNow), kNow);
  first.parked_at = kNow + 1000 * posts.gap_s();
  const auto again = posts.Park(posts.LookAgain(first, kNow), kNow);
  EXPECT_EQ(again.parked_count, 1);
  EXPECT_EQ(again.parked_at, kNow);
  const auto later = kNow + posts.gap_s();
  EXPECT_EQ(posts.Park(posts.LookAgain(again, later), later).parked_count, 2);
}

TEST(IsFresh, HoldsForWeeksButForDaysWhereASiteSeemsParked) {
  const HealthSettings settings;
  SiteLook look;
  look.looked_at = kNow;
  EXPECT_FALSE(IsFresh(std::nullopt, kNow, settings));
  const auto fresh_for = [&](SiteAnswer answer, std::int64_t interval_s) {
    look.answer = answer;
    EXPECT_TRUE(IsFresh(look, kNow + interval_s - 1, settings));
    EXPECT_FALSE(IsFresh(look, kNow + interval_s, settings));
    EXPECT_FALSE(IsFresh(look, kNow - 1, settings)) << "the clock was set back";
  };
  fresh_for(SiteAnswer::kHonest, settings.look_interval_s);
  fresh_for(SiteAnswer::kSoft, settings.look_interval_s);
  fresh_for(SiteAnswer::kUnproven, settings.look_interval_s);
  fresh_for(SiteAnswer::kUnclear, settings.unknown_interval_s);
  fresh_for(SiteAnswer::kParked, settings.dead_gap_s);
}

}  // namespace
}  // namespace saunter::crawler::health
