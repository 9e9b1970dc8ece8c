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
          .challenge = false};
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

TEST(JudgeAbsentPage, CallsOnePageForEverythingParked) {
  const std::string page = "<title>example.com</title>Related searches: shoes, cars";
  EXPECT_EQ(Look(PageOf(kAbsent, kAbsent, page), PageOf(kFront, kFront, page)).answer,
            SiteAnswer::kParked);
}

TEST(JudgeAbsentPage, CallsAParkingServicesPagesParkedHoweverTheyDiffer) {
  EXPECT_EQ(Look(PageOf(kAbsent, kAbsent, "Buy this domain! Offer 12345678"),
                 PageOf(kFront, kFront, "<title>x</title>this domain is for sale, call us"))
                .answer,
            SiteAnswer::kParked);
}

TEST(JudgeAbsentPage, LearnsNothingFromAnApplicationOfTheBrowser) {
  const std::string shell =
      "<title>My blog</title><div id=root></div>You need to enable JavaScript to run this app."
      "<script src='/main.js'></script>";
  EXPECT_EQ(Look(PageOf(kAbsent, kAbsent, shell), PageOf(kFront, kFront, shell)).answer,
            SiteAnswer::kUnclear);
}

TEST(JudgeAbsentPage, CallsASiteThatLeadsToAnotherDomainParked) {
  EXPECT_EQ(Look(PageOf(kAbsent, "https://casino.example.net/"),
                 PageOf(kFront, "https://casino.example.net/"))
                .answer,
            SiteAnswer::kParked);
}

TEST(JudgeAbsentPage, LetsASiteMoveToAnotherDomain) {
  EXPECT_EQ(Look(PageOf(kAbsent, "https://example.net/2026/abcdefghijklmnopqrstuvwxy"),
                 PageOf(kFront, "https://example.net/"))
                .answer,
            SiteAnswer::kSoft);
}

TEST(JudgeAbsentPage, CountsParkedLooksThatAreDaysApart) {
  const std::string page = "Related searches: shoes, cars";
  const HealthSettings settings;
  const auto look = [&](const std::optional<SiteLook>& before, schemas::UnixSeconds now) {
    return JudgeAbsentPage(3, before, PageOf(kAbsent, kAbsent, page), PageOf(kFront, kFront, page),
                           now, settings);
  };
  const auto first = look({}, kNow);
  EXPECT_EQ(first.parked_count, 1);
  EXPECT_EQ(look(first, kNow + settings.dead_gap_s - 1).parked_count, 1);
  const auto second = look(first, kNow + settings.dead_gap_s);
  EXPECT_EQ(second.parked_count, 2);
  EXPECT_EQ(
      JudgeAbsentPage(3, second, Refusal(FetchOutcome::kNotFound, 404), {}, kNow + 999999, settings)
          .parked_count,
      0);
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
  fresh_for(SiteAnswer::kUnclear, settings.unknown_interval_s);
  fresh_for(SiteAnswer::kParked, settings.dead_gap_s);
}

}  // namespace
}  // namespace saunter::crawler::health
