// When a feed moves, ends or comes back.
#include <gtest/gtest.h>

#include "tests/crawler/judge/known_feed.h"

namespace saunter::crawler::judge {
namespace {

using schemas::DueFeed;
using schemas::FeedState;
using schemas::FetchOutcome;
using schemas::UnixSeconds;

using support::kDay;
using support::kHour;
using support::kNow;

// --- Permanent redirects (rule 7) ----------------------------------------------------------------

DueFeed MovedAt(const DueFeed& feed, const std::string& to, UnixSeconds at) {
  FetchFacts fetch = NotModified();
  fetch.permanent_url = to;
  fetch.fetched_at = at;
  return After(feed, fetch);
}

TEST(Schedule, MovesAFeedAfterThreeEqualRedirectsOverTwoDays) {
  const std::string target = "https://example.org/new.xml";
  DueFeed feed = MovedAt(KnownFeed(), target, kNow);
  feed = MovedAt(feed, target, kNow + kDay);
  feed = MovedAt(feed, target, kNow + 2 * kDay - 1);
  EXPECT_EQ(feed.url, KnownFeed().url);
  EXPECT_EQ(feed.redirect_url, target);
  EXPECT_EQ(feed.redirect_count, 3);
  feed = MovedAt(feed, target, kNow + 2 * kDay);
  EXPECT_EQ(feed.url, target);
  EXPECT_EQ(feed.redirect_url, "");
  EXPECT_EQ(feed.redirect_count, 0);
}

TEST(Schedule, DoesNotMoveAFeedOnTwoRedirectsHoweverFarApart) {
  const std::string target = "https://example.org/new.xml";
  DueFeed feed = MovedAt(KnownFeed(), target, kNow);
  feed = MovedAt(feed, target, kNow + 9 * kDay);
  EXPECT_EQ(feed.url, KnownFeed().url);
}

TEST(Schedule, StartsCountingAgainWhenTheTargetChangesOrTheRedirectEnds) {
  DueFeed feed = MovedAt(KnownFeed(), "https://example.org/new.xml", kNow);
  feed = MovedAt(feed, "https://example.org/new.xml", kNow + kDay);
  feed = MovedAt(feed, "https://example.org/other.xml", kNow + 3 * kDay);
  EXPECT_EQ(feed.redirect_count, 1);
  EXPECT_EQ(feed.redirect_since_at, kNow + 3 * kDay);
  feed = MovedAt(feed, "", kNow + 4 * kDay);
  EXPECT_EQ(feed.redirect_count, 0);
  EXPECT_EQ(feed.redirect_since_at, std::nullopt);
}

TEST(Schedule, MovesToHttpsOfTheSamePathAtOnce) {
  DueFeed before = KnownFeed();
  before.url = "http://example.org/feed.xml?a=b";
  EXPECT_EQ(MovedAt(before, "https://example.org/feed.xml?a=b", kNow).url,
            "https://example.org/feed.xml?a=b");
  for (const char* other : {"https://example.org/feed.xml", "https://www.example.org/feed.xml?a=b",
                            "https://example.org:444/feed.xml?a=b"}) {
    EXPECT_EQ(MovedAt(before, other, kNow).url, before.url) << other;
  }
  before.url = "https://example.org/feed.xml";
  EXPECT_EQ(MovedAt(before, "http://example.org/feed.xml", kNow).url, before.url);
}

TEST(Schedule, CountsNoRedirectThatDoesNotLeadToAFeed) {
  FetchFacts fetch = Answer(FetchOutcome::kNotAFeed, 200);
  fetch.permanent_url = "https://parked.example/";
  EXPECT_EQ(After(KnownFeed(), fetch).redirect_count, 0);
}

// --- 410 (rule 8) --------------------------------------------------------------------------------

TEST(Schedule, TakesAFeedForGoneAfterASecond410ADayLater) {
  DueFeed feed = After(KnownFeed(), Answer(FetchOutcome::kGone, 410), {}, 0.0);
  EXPECT_EQ(feed.state, FeedState::kActive);
  EXPECT_EQ(feed.gone_at, kNow);
  EXPECT_EQ(Wait(feed), kDay);
  FetchFacts second = Answer(FetchOutcome::kGone, 410);
  second.fetched_at = kNow + kDay - 1;
  EXPECT_EQ(After(feed, second).state, FeedState::kActive);
  second.fetched_at = kNow + kDay;
  feed = After(feed, second);
  EXPECT_EQ(feed.state, FeedState::kGone);
  EXPECT_EQ(feed.next_check_at, second.fetched_at + 30 * kDay);
  FetchFacts third = Answer(FetchOutcome::kNotFound, 404);
  third.fetched_at = feed.next_check_at;
  EXPECT_EQ(After(feed, third).next_check_at, third.fetched_at + 30 * kDay);
}

TEST(Schedule, TakesAGoneFeedBackWhenItReturns) {
  DueFeed before = KnownFeed();
  before.state = FeedState::kGone;
  before.gone_at = kNow - 90 * kDay;
  const DueFeed feed = After(before, Good(), Posts(8 * kHour));
  EXPECT_EQ(feed.state, FeedState::kActive);
  EXPECT_EQ(feed.gone_at, std::nullopt);
  EXPECT_EQ(Wait(feed), 4 * kHour);
}

TEST(Schedule, CountsOnly410sInARow) {
  DueFeed before = KnownFeed();
  before.gone_at = kNow - 5 * kDay;
  EXPECT_EQ(After(before, Answer(FetchOutcome::kServerError, 500)).gone_at, std::nullopt);
  EXPECT_EQ(After(before, Answer(FetchOutcome::kTimeout, 0)).gone_at, kNow - 5 * kDay);
}

TEST(Schedule, TakesNoOtherAnswerForTheEndOfAFeed) {
  for (const auto& [outcome, status] :
       std::vector<std::pair<FetchOutcome, int>>{{FetchOutcome::kNotFound, 404},
                                                 {FetchOutcome::kRefusedByServer, 403},
                                                 {FetchOutcome::kTooManyRequests, 429},
                                                 {FetchOutcome::kServerError, 503},
                                                 {FetchOutcome::kNotAFeed, 200},
                                                 {FetchOutcome::kDnsFailure, 0}}) {
    DueFeed feed = KnownFeed();
    for (int i = 0; i < 100; ++i) {
      FetchFacts fetch = Answer(outcome, status);
      fetch.fetched_at = kNow + i * 7 * kDay;
      feed = After(feed, fetch);
    }
    EXPECT_EQ(feed.state, FeedState::kActive) << status;
    EXPECT_EQ(feed.url, KnownFeed().url);
  }
}

// --- Times that have not come (a clock that was ahead) -------------------------------------------

constexpr UnixSeconds kYearsAhead = kNow + 3000 * kDay;

TEST(Schedule, MovesAFeedWhoseRedirectsBeganInTheFuture) {
  const std::string target = "https://example.org/new.xml";
  DueFeed feed = KnownFeed();
  feed.redirect_url = target;
  feed.redirect_count = 2;
  feed.redirect_since_at = kYearsAhead;
  feed = MovedAt(feed, target, kNow);
  EXPECT_EQ(feed.redirect_since_at, kNow);
  EXPECT_EQ(feed.url, KnownFeed().url);
  EXPECT_EQ(MovedAt(feed, target, kNow + 2 * kDay).url, target);
}

TEST(Schedule, TakesAFeedForGoneWhoseFirst410IsOfTheFuture) {
  DueFeed feed = KnownFeed();
  feed.gone_at = kYearsAhead;
  FetchFacts fetch = Answer(FetchOutcome::kGone, 410);
  feed = After(feed, fetch);
  EXPECT_EQ(feed.gone_at, kNow);
  fetch.fetched_at = kNow + kDay;
  EXPECT_EQ(After(feed, fetch).state, FeedState::kGone);
}

TEST(Schedule, CountsWhatAFeedDidInTheFutureAsDoneNow) {
  DueFeed before = KnownFeed();
  for (auto* at : {&before.checked_at, &before.ok_at, &before.changed_at, &before.unconditional_at,
                   &before.newest_published_at}) {
    *at = kYearsAhead;
  }
  FetchFacts held_back = Answer(FetchOutcome::kTooManyRequests, 0);
  held_back.retry_after_s = kHour;
  for (const FetchFacts& fetch : {NotModified(), Answer(FetchOutcome::kTimeout, 0),
                                  Answer(FetchOutcome::kLost, 0), held_back}) {
    const DueFeed feed = After(before, fetch);
    EXPECT_EQ(feed.checked_at, kNow);
    EXPECT_EQ(feed.ok_at, kNow);
    EXPECT_EQ(feed.changed_at, kNow);
    EXPECT_EQ(feed.unconditional_at, kNow);
    EXPECT_EQ(feed.newest_published_at, kNow);
  }
}

TEST(Schedule, LeavesAPausedFeedPaused) {
  DueFeed before = KnownFeed();
  before.state = FeedState::kPaused;
  before.gone_at = kNow - 5 * kDay;
  EXPECT_EQ(After(before, Answer(FetchOutcome::kGone, 410)).state, FeedState::kPaused);
  EXPECT_EQ(After(before, Good(), Posts(kHour)).state, FeedState::kPaused);
}

}  // namespace
}  // namespace saunter::crawler::judge
