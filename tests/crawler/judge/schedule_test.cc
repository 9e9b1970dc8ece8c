#include <gmock/gmock.h>

#include <set>

#include "tests/crawler/judge/known_feed.h"

namespace saunter::crawler::judge {
namespace {

using schemas::DueFeed;
using schemas::FeedState;
using schemas::FetchOutcome;
using schemas::ScheduleSettings;
using schemas::UnixSeconds;

using support::kDay;
using support::kHour;
using support::kNow;

// --- Validators (rule 1) -------------------------------------------------------------------------

TEST(Schedule, ReplacesValidatorsByWhatTheNewestAnswerSays) {
  FetchFacts fetch = Good();
  fetch.etag = "W/\"v2 \"";
  const DueFeed feed = After(KnownFeed(), fetch, Posts(kHour));
  EXPECT_EQ(feed.etag, "W/\"v2 \"");
  EXPECT_EQ(feed.last_modified, "") << "the header is gone, so is what it said";
}

TEST(Schedule, ReplacesValidatorsAlsoWhereTheBodyIsTheSame) {
  FeedFacts same;
  same.changed = false;
  const DueFeed feed = After(KnownFeed(), Good(), same);
  EXPECT_EQ(feed.etag, "\"v2\"");
  EXPECT_EQ(feed.changed_at, kNow - kDay);
  EXPECT_EQ(feed.entry_gap_s, 8 * kHour);
  EXPECT_EQ(feed.ok_at, kNow);
}

// RFC 9111, 4.3.4
TEST(Schedule, TakesFromA304TheValidatorsThatItNames) {
  FetchFacts fetch = NotModified();
  fetch.etag = "\"v3\"";
  const DueFeed feed = After(KnownFeed(), fetch);
  EXPECT_EQ(feed.etag, "\"v3\"");
  EXPECT_EQ(feed.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Schedule, KeepsValidatorsThroughErrors) {
  for (const auto outcome : {FetchOutcome::kServerError, FetchOutcome::kNotAFeed,
                             FetchOutcome::kParseLimit, FetchOutcome::kTimeout}) {
    FetchFacts fetch = Answer(outcome, 200);
    fetch.etag = "\"of an error page\"";
    EXPECT_EQ(After(KnownFeed(), fetch).etag, "\"v1\"");
  }
}

// --- Unconditional requests (rule 2) -------------------------------------------------------------

TEST(Schedule, NotesEachUnconditionalRequest) {
  FetchFacts fetch = Good();
  EXPECT_EQ(After(KnownFeed(), fetch, Posts(kHour)).unconditional_at, std::nullopt);
  fetch.was_conditional = false;
  EXPECT_EQ(After(KnownFeed(), fetch, Posts(kHour)).unconditional_at, kNow);
  fetch = Answer(FetchOutcome::kDnsFailure, 0);
  fetch.was_conditional = false;
  EXPECT_EQ(After(KnownFeed(), fetch).unconditional_at, std::nullopt) << "nobody was asked";
}

// --- Retry-After (rule 3) ------------------------------------------------------------------------

TEST(Schedule, WaitsAsLongAsRetryAfterAsks) {
  for (const int status : {429, 503, 302}) {
    FetchFacts fetch = Answer(status == 429   ? FetchOutcome::kTooManyRequests
                              : status == 503 ? FetchOutcome::kServerError
                                              : FetchOutcome::kUnexpectedStatus,
                              status);
    fetch.retry_after_s = 2 * kDay;
    for (const double random : {0.0, 0.5, 0.999}) {
      const DueFeed feed = After(KnownFeed(), fetch, std::nullopt, random);
      EXPECT_GE(Wait(feed), 2 * kDay) << status;
      EXPECT_LE(Wait(feed), 2 * kDay * 11 / 10) << status;
      EXPECT_EQ(feed.retry_after_at, kNow + 2 * kDay);
      EXPECT_EQ(feed.next_check_reason, "Retry-After");
    }
  }
}

TEST(Schedule, CapsRetryAfterAtSevenDays) {
  FetchFacts fetch = Answer(FetchOutcome::kServerError, 503);
  fetch.retry_after_s = 3650 * kDay;
  for (const double random : {0.0, 0.999}) {
    const auto wait_s = Wait(After(KnownFeed(), fetch, std::nullopt, random));
    EXPECT_GE(wait_s, 7 * kDay);
    EXPECT_LE(wait_s, 7 * kDay + kHour) << "behind the other feeds of its host";
  }
}

TEST(Schedule, TakesAPauseOfTheHostForNoErrorOfTheFeed) {
  FetchFacts fetch = Answer(FetchOutcome::kTooManyRequests, 0);
  fetch.retry_after_s = 600;
  DueFeed before = KnownFeed();
  before.checked_at = kNow - kDay;
  before.last_outcome = FetchOutcome::kOk;
  const DueFeed feed = After(before, fetch, std::nullopt, 0.0);
  EXPECT_GE(Wait(feed), 600);
  EXPECT_LE(Wait(feed), 660);
  EXPECT_EQ(feed.error_count, 0);
  EXPECT_EQ(feed.checked_at, kNow - kDay);
  EXPECT_EQ(feed.last_outcome, FetchOutcome::kOk);
}

// A host that answers each feed with the longest pause there is: one feed is asked a week.
class HeldHost {
 public:
  explicit HeldHost(std::int64_t retry_after_s) : retry_after_s_(retry_after_s) {}

  void Add(schemas::Id feed_id, UnixSeconds due_at) {
    auto feed = KnownFeed();
    feed.feed_id = feed_id;
    feed.next_check_at = due_at;
    feeds_.push_back(feed);
  }
  // The next feed that is asked; those that come before it are held.
  schemas::Id Ask(double random) {
    while (true) {
      auto& feed = *std::ranges::min_element(
          feeds_, {}, [](const DueFeed& due) { return std::pair(due.next_check_at, due.feed_id); });
      auto fetch = Answer(FetchOutcome::kTooManyRequests, 0);
      fetch.fetched_at = feed.next_check_at;
      const bool held = fetch.fetched_at < held_until_;
      fetch.status = held ? 0 : 429;
      fetch.retry_after_s = held ? held_until_ - fetch.fetched_at : retry_after_s_;
      if (!held) held_until_ = fetch.fetched_at + std::min(retry_after_s_, 7 * kDay);
      feed = After(feed, fetch, std::nullopt, random);
      if (!held) return feed.feed_id;
    }
  }

 private:
  const std::int64_t retry_after_s_;
  UnixSeconds held_until_ = 0;
  std::vector<DueFeed> feeds_;
};

TEST(Schedule, AsksTheLongestUnaskedFeedOfAHostThatAsksForPauses) {
  constexpr schemas::Id kFeeds = 20;
  for (const auto retry_after_s : {3650 * kDay, 7 * kDay, kDay, kHour}) {
    HeldHost host(retry_after_s);
    for (schemas::Id id = 1; id <= kFeeds; ++id) host.Add(id, kNow + id * 977 % kHour);
    std::vector<schemas::Id> order;
    // No jitter for some, the most for others.
    for (schemas::Id i = 0; i < kFeeds; ++i) order.push_back(host.Ask(i % 3 == 0 ? 0.999 : 0.0));
    EXPECT_EQ(std::set(order.begin(), order.end()).size(), std::size_t{kFeeds}) << retry_after_s;
    // The same order again, since each is the longest unasked in its turn.
    if (retry_after_s < kDay) continue;  // the errors of an hour's pauses weigh more than these
    for (const auto id : order) EXPECT_EQ(host.Ask(0.0), id) << retry_after_s;
  }
}

// What redirected to the host that wants to be left alone was asked all the same.
TEST(Schedule, LeavesWhatLedToAPauseAloneForAnHour) {
  FetchFacts fetch = Answer(FetchOutcome::kTooManyRequests, 301);
  fetch.retry_after_s = 10;
  EXPECT_GE(Wait(After(KnownFeed(), fetch, std::nullopt, 0.0)), kHour);
  fetch.status = 0;
  EXPECT_EQ(Wait(After(KnownFeed(), fetch, std::nullopt, 0.0)), 10);
}

TEST(Schedule, ForgetsRetryAfterWithTheNextAnswer) {
  DueFeed before = KnownFeed();
  before.retry_after_at = kNow - 5;
  EXPECT_EQ(After(before, NotModified()).retry_after_at, std::nullopt);
}

// --- The publisher's hints (rule 4) --------------------------------------------------------------

struct HintCase {
  const char* reason;
  std::int64_t DueFeed::* column;
};

TEST(Schedule, TakesTheLongestOfAllHints) {
  for (const HintCase& hint :
       {HintCase{"ttl", &DueFeed::ttl_s}, HintCase{"sy:updatePeriod", &DueFeed::update_period_s}}) {
    DueFeed before = KnownFeed();
    before.*hint.column = 2 * kDay;
    for (const FetchFacts& fetch : {NotModified(), Answer(FetchOutcome::kServerError, 500),
                                    Answer(FetchOutcome::kTimeout, 0)}) {
      const DueFeed feed = After(before, fetch, std::nullopt, 0.0);
      EXPECT_EQ(Wait(feed), 2 * kDay) << hint.reason;
      EXPECT_EQ(feed.next_check_reason, hint.reason);
    }
  }
  FetchFacts fetch = NotModified();
  fetch.fresh_for_s = 3 * kDay;
  DueFeed before = KnownFeed();
  before.ttl_s = 2 * kDay;
  EXPECT_EQ(Wait(After(before, fetch, std::nullopt, 0.0)), 3 * kDay);
  EXPECT_EQ(After(before, fetch).next_check_reason, "max-age or Expires");
}

TEST(Schedule, TakesTheHintsOfTheFeedAsItIsNow) {
  DueFeed before = KnownFeed();
  before.ttl_s = 5 * kDay;
  FeedFacts facts = Posts(8 * kHour);
  facts.update_period_s = 2 * kDay;
  const DueFeed feed = After(before, Good(), facts, 0.0);
  EXPECT_EQ(feed.ttl_s, 0);
  EXPECT_EQ(feed.update_period_s, 2 * kDay);
  EXPECT_EQ(Wait(feed), 2 * kDay);
}

TEST(Schedule, CapsEveryHintAtSevenDays) {
  DueFeed before = KnownFeed();
  before.ttl_s = INT64_MAX;
  EXPECT_EQ(Wait(After(before, NotModified(), std::nullopt, 0.999)), 7 * kDay);
  before.ttl_s = INT64_MIN;
  EXPECT_EQ(Wait(After(before, NotModified())), 4 * kHour);
}

TEST(Schedule, KeepsOutOfSkippedHoursAndDays) {
  DueFeed before = KnownFeed();       // next look 4 hours after Monday, 14:13
  before.skip_hours = 0b111U << 17U;  // 17, 18 and 19 o'clock
  for (const double random : {0.5, 0.999}) {
    const DueFeed feed = After(before, NotModified(), std::nullopt, random);
    EXPECT_EQ(feed.next_check_at / kHour % 24, 20) << random;
    EXPECT_EQ(feed.next_check_at / kDay, kNow / kDay);
    EXPECT_EQ(feed.next_check_reason, "skipHours");
  }
  before.skip_hours = 0;
  before.skip_days = 0b110;  // Monday and Tuesday
  const DueFeed feed = After(before, NotModified());
  EXPECT_EQ(feed.next_check_at / kDay, kNow / kDay + 2);
  EXPECT_EQ(feed.next_check_at / kHour % 24, 0);
  EXPECT_EQ(feed.next_check_reason, "skipDays");
}

TEST(Schedule, IgnoresSkipsThatLeaveNoTimeAtAll) {
  DueFeed before = KnownFeed();
  before.skip_hours = 0xffffffff;
  EXPECT_EQ(Wait(After(before, NotModified())), 4 * kHour);
  before.skip_hours = 0;
  before.skip_days = 0x7f;
  EXPECT_EQ(Wait(After(before, NotModified())), 4 * kHour);
}

// --- Least intervals (rule 5) --------------------------------------------------------------------

TEST(Schedule, NeverLooksTwiceWithinAnHour) {
  for (const FetchFacts& fetch : {Good(), NotModified(), Answer(FetchOutcome::kTimeout, 0),
                                  Answer(FetchOutcome::kConnectFailure, 0)}) {
    for (const double random : {0.0, 0.5, 0.999}) {
      EXPECT_GE(Wait(After(KnownFeed(), fetch, Posts(60), random)), kHour);
    }
  }
}

TEST(Schedule, LooksOnceADayWhereTheServerGivesNoValidators) {
  FetchFacts fetch = Good();
  fetch.etag.clear();
  const DueFeed feed = After(KnownFeed(), fetch, Posts(kHour), 0.0);
  EXPECT_EQ(Wait(feed), kDay);
  EXPECT_EQ(feed.next_check_reason, "no validators: once a day");
  fetch.last_modified = "yesterday";
  EXPECT_LT(Wait(After(KnownFeed(), fetch, Posts(kHour))), kDay);
}

// --- The adaptive interval (rule 6) --------------------------------------------------------------

TEST(Schedule, LooksTwiceInTheUsualTimeBetweenTwoPosts) {
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(10 * kHour))), 5 * kHour);
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(kHour), 0.0)), kHour);
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(20 * kDay))), kDay);
}

TEST(Schedule, TakesTheMedianGapOfTheNewestTenDatedPosts) {
  FeedFacts facts;
  // Nine gaps of 2, 4, … 18 hours; older posts stand further apart and do not count.
  UnixSeconds at = kNow;
  for (int i = 0; i < 20; ++i) {
    facts.published_at.insert(facts.published_at.begin(), at);
    at -= i < 9 ? (i + 1) * 2 * kHour : 90 * kDay;
  }
  const DueFeed feed = After(KnownFeed(), Good(), facts);
  EXPECT_EQ(feed.entry_gap_s, 10 * kHour);
  EXPECT_EQ(feed.newest_published_at, kNow);
}

TEST(Schedule, TakesPostsFromTheFutureForPostsOfNow) {
  FeedFacts facts;
  facts.published_at = {kNow + 900 * kDay, kNow - 4 * kHour};
  const DueFeed feed = After(KnownFeed(), Good(), facts);
  EXPECT_EQ(feed.newest_published_at, kNow);
  EXPECT_EQ(feed.entry_gap_s, 4 * kHour);
}

TEST(Schedule, LooksRarelyAtAFeedThatHasFallenSilent) {
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(kHour, 29 * kDay), 0.0)), kHour);
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(kHour, 30 * kDay))), kDay);
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(kHour, 180 * kDay))), 3 * kDay);
  EXPECT_EQ(Wait(After(KnownFeed(), Good(), Posts(kHour, 365 * kDay))), 7 * kDay);
}

TEST(Schedule, GoesByTheLastChangeWhereNothingIsDated) {
  DueFeed before = KnownFeed();
  before.newest_published_at.reset();
  before.entry_gap_s = 0;
  EXPECT_EQ(Wait(After(before, NotModified())), kDay);
  before.changed_at = kNow - 200 * kDay;
  EXPECT_EQ(Wait(After(before, NotModified())), 3 * kDay);
}

// It may be our own network, or a name that is not there yet.
TEST(Schedule, AsksAFeedThatWasNeverReadAgainInMinutesAndThenAsAnyOther) {
  DueFeed feed;
  feed.url = "https://example.org/feed.xml";
  feed.added_at = kNow;
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 10; ++i) {
    FetchFacts fetch = Answer(FetchOutcome::kDnsFailure, 0);
    fetch.was_conditional = false;
    feed = After(feed, fetch);
    waits.push_back(Wait(feed) / 60);
  }
  EXPECT_THAT(waits, testing::ElementsAre(5, 120, 240, 480, 960, 1920, 3840, 7680, 7 * 24 * 60,
                                          7 * 24 * 60));
}

TEST(Schedule, AsksAServerThatAnsweredNoSoonerThanInAnHour) {
  DueFeed feed;
  feed.url = "https://example.org/feed.xml";
  feed.added_at = kNow;
  feed = After(feed, Answer(FetchOutcome::kServerError, 500));
  EXPECT_GE(Wait(feed), kHour);
  EXPECT_LT(Wait(feed), 2 * kHour) << "not a day";
  feed = After(feed, Answer(FetchOutcome::kTimeout, 0));
  EXPECT_EQ(Wait(feed), 2 * kHour) << "it may have seen the request";
}

// It may have asked to be left alone for long, and nobody has read it.
TEST(Schedule, WaitsADayAfterAnErrorBehindAnAnswerThatWasLost) {
  DueFeed feed;
  feed.url = "https://example.org/feed.xml";
  feed.added_at = kNow;
  feed = After(feed, Answer(FetchOutcome::kLost, 0));
  feed = After(feed, Answer(FetchOutcome::kServerError, 500));
  EXPECT_EQ(Wait(feed), 24 * kHour);
}

TEST(Schedule, DoublesTheWaitWithEachErrorUpToSevenDays) {
  DueFeed feed = KnownFeed();
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 40; ++i) {
    FetchFacts fetch = Answer(FetchOutcome::kNotFound, 404);
    feed = After(feed, fetch);
    waits.push_back(Wait(feed));
    EXPECT_EQ(feed.state, FeedState::kActive) << "no feed is dropped in silence";
  }
  EXPECT_THAT(std::vector(waits.begin(), waits.begin() + 9),
              testing::ElementsAre(4 * kHour, 4 * kHour, 4 * kHour, 8 * kHour, 16 * kHour,
                                   32 * kHour, 64 * kHour, 128 * kHour, 7 * kDay));
  EXPECT_EQ(waits.back(), 7 * kDay);
  EXPECT_EQ(feed.error_count, 40);
  EXPECT_EQ(feed.next_check_reason, "40 errors in a row");
  feed = After(feed, NotModified());
  EXPECT_EQ(feed.error_count, 0);
  EXPECT_EQ(Wait(feed), 4 * kHour);
}

TEST(Schedule, DoesNotComeBackToABlockedAddressWithinADay) {
  EXPECT_GE(Wait(After(KnownFeed(), Answer(FetchOutcome::kBlockedAddress, 0), {}, 0.0)), kDay);
}

TEST(Schedule, JittersByTenPercent) {
  std::set<std::int64_t> waits;
  for (int i = 0; i < 100; ++i) {
    waits.insert(Wait(After(KnownFeed(), NotModified(), std::nullopt, i / 100.0)));
  }
  EXPECT_GT(waits.size(), 90U);
  EXPECT_EQ(*waits.begin(), 4 * kHour * 9 / 10);
  EXPECT_LT(*waits.rbegin(), 4 * kHour * 11 / 10);
  EXPECT_GT(*waits.rbegin(), 4 * kHour * 109 / 100);
}

TEST(Schedule, SpreadsFirstFetchesEvenly) {
  std::vector<int> per_minute(60);
  for (int i = 0; i < 60000; ++i) {
    const std::string url = "https://site" + std::to_string(i) + ".example/feed";
    const UnixSeconds at = FirstCheckAt(url, kNow, ScheduleSettings());
    ASSERT_GE(at, kNow);
    ASSERT_LT(at, kNow + kHour);
    ++per_minute[static_cast<std::size_t>((at - kNow) / 60)];
    EXPECT_EQ(FirstCheckAt(url, kNow, ScheduleSettings()), at);
  }
  EXPECT_LT(*std::ranges::max_element(per_minute), 1200);
  ScheduleSettings at_once;
  at_once.start_spread_s = 0;
  EXPECT_EQ(FirstCheckAt("https://example.org/", kNow, at_once), kNow);
}

}  // namespace
}  // namespace saunter::crawler::judge
