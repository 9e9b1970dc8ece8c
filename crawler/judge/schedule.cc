#include "crawler/judge/schedule.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include "crawler/url/url.h"

namespace saunter::crawler::judge {
namespace {

using schemas::DueFeed;
using schemas::FeedChange;
using schemas::FeedState;
using schemas::FetchOutcome;
using schemas::ScheduleSettings;
using schemas::UnixSeconds;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
constexpr std::size_t kDatedEntriesMax = 10;
constexpr std::int64_t kGoneIntervalS = 30 * kDay;
constexpr std::int64_t kFirstTryS = 300;  // a feed never yet read, after its first failure
constexpr int kMovesMin = 3;  // fetches in a row that a permanent redirect led to one place
constexpr std::int64_t kMoveS = 2 * kDay;
constexpr std::uint32_t kAllHours = (1U << 24) - 1;
constexpr std::uint32_t kAllDays = (1U << 7) - 1;

// How long after the last entry a feed is looked at how often. What is asked every third day or
// less is what we call dormant: at most ten requests in thirty days.
struct Silence {
  std::int64_t silent_s;
  std::int64_t interval_s;
  const char* reason;
};
constexpr Silence kSilences[] = {
    {365 * kDay, 7 * kDay, "no post for a year: every 7 days"},
    {180 * kDay, 3 * kDay, "no post for 180 days: every 3 days"},
    {30 * kDay, kDay, "no post for 30 days: once a day"},
};

// One voice in the choice of the next look; the longest interval decides.
struct Voice {
  std::int64_t interval_s = 0;
  std::string reason;
  // Ours may come a little early, a publisher's never.
  enum class Kind { kOurs, kPublishers } kind = Kind::kOurs;
};

bool Succeeded(const FetchFacts& fetch, const std::optional<FeedFacts>& feed) {
  return fetch.outcome == FetchOutcome::kNotModified ||
         (fetch.outcome == FetchOutcome::kOk && feed.has_value());
}

// The host had asked for a pause before, so this feed was not asked at all.
bool WasHeldBack(const FetchFacts& fetch) {
  return fetch.outcome == FetchOutcome::kTooManyRequests && fetch.status != 429;
}

// Whether the server saw our request, as far as one can tell.
bool WasAsked(const FetchFacts& fetch) {
  return fetch.status != 0 || schemas::TraitsOf(fetch.outcome).was_asked;
}

std::int64_t Capped(std::int64_t seconds, const ScheduleSettings& settings) {
  return std::clamp<std::int64_t>(seconds, 0, settings.hint_max_s);
}

// --- What the answer says about the feed ---------------------------------------------------------

void TakeDates(std::vector<UnixSeconds> published_at, UnixSeconds now, FeedChange& feed) {
  for (UnixSeconds& at : published_at) at = std::min(at, now);
  std::ranges::sort(published_at, std::greater<>());
  if (published_at.size() > kDatedEntriesMax) published_at.resize(kDatedEntriesMax);
  feed.newest_published_at.reset();
  feed.entry_gap_s = 0;
  if (published_at.empty()) return;
  feed.newest_published_at = published_at.front();
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < published_at.size(); ++i) {
    gaps.push_back(published_at[i - 1] - published_at[i]);
  }
  if (gaps.empty()) return;
  std::ranges::sort(gaps);
  const std::size_t middle = gaps.size() / 2;
  const std::int64_t median =
      gaps.size() % 2 == 1 ? gaps[middle] : (gaps[middle - 1] + gaps[middle]) / 2;
  feed.entry_gap_s = std::max<std::int64_t>(median, 1);  // 0 means unknown
}

void TakeFeed(const FeedFacts& facts, UnixSeconds now, FeedChange& feed) {
  feed.body_key = facts.body_key;
  if (!facts.changed) return;
  feed.changed_at = now;
  feed.ttl_s = facts.ttl_s;
  feed.update_period_s = facts.update_period_s;
  feed.skip_hours = facts.skip_hours;
  feed.skip_days = facts.skip_days;
  TakeDates(facts.published_at, now, feed);
}

void TakeValidators(const FetchFacts& fetch, FeedChange& feed) {
  if (fetch.outcome == FetchOutcome::kOk) {
    feed.etag = fetch.etag;
    feed.last_modified = fetch.last_modified;
    return;
  }
  // RFC 9111, 4.3.4: what a 304 names is replaced, the rest stays as it was.
  if (!fetch.etag.empty()) feed.etag = fetch.etag;
  if (!fetch.last_modified.empty()) feed.last_modified = fetch.last_modified;
}

// The same place but for the scheme: nobody can have been led astray.
bool IsHttpsOf(const url::Url& before, const url::Url& after) {
  return before.scheme == "http" && after.scheme == "https" && before.host == after.host &&
         before.path == after.path && before.query == after.query &&
         (before.port == after.port || (before.port == 80 && after.port == 443));
}

// The row as it stands at this time. A clock that was ahead wrote times that have not come yet, and
// what counts from them would wait until they do: they count as now.
FeedChange WithoutFuture(const FeedChange& before, UnixSeconds now) {
  FeedChange feed = before;
  for (auto* at : {&feed.checked_at, &feed.ok_at, &feed.changed_at, &feed.unconditional_at,
                   &feed.newest_published_at, &feed.redirect_since_at, &feed.gone_at}) {
    if (*at) *at = std::min(**at, now);
  }
  return feed;
}

void ForgetMove(FeedChange& feed) {
  feed.redirect_url.clear();
  feed.redirect_count = 0;
  feed.redirect_since_at.reset();
}

// Counts a permanent redirect and, when it has been the same for long enough, moves the feed.
void TakeMove(const std::string& permanent_url, UnixSeconds now, FeedChange& feed) {
  if (permanent_url.empty()) return ForgetMove(feed);
  const std::optional<std::string> target = url::NormaliseFeedUrl(permanent_url);
  const std::optional<url::Url> before = url::ParseUrl(feed.url);
  if (!target || !before || *target == feed.url) return ForgetMove(feed);
  if (feed.redirect_url != *target) {
    feed.redirect_url = *target;
    feed.redirect_count = 0;
    feed.redirect_since_at = now;
  }
  ++feed.redirect_count;
  const bool lasted =
      feed.redirect_count >= kMovesMin && now - feed.redirect_since_at.value_or(now) >= kMoveS;
  const std::optional<url::Url> after = url::ParseUrl(*target);
  if (lasted || (after && IsHttpsOf(*before, *after))) {
    feed.url = *target;
    ForgetMove(feed);
  }
}

void TakeSuccess(const FetchFacts& fetch, const std::optional<FeedFacts>& feed, FeedChange& after) {
  after.ok_at = fetch.fetched_at;
  after.error_count = 0;
  after.gone_at.reset();
  if (after.state == FeedState::kGone) after.state = FeedState::kActive;
  TakeValidators(fetch, after);
  if (feed) TakeFeed(*feed, fetch.fetched_at, after);
  TakeMove(fetch.permanent_url, fetch.fetched_at, after);
}

void TakeFailure(const FetchFacts& fetch, FeedChange& after) {
  ++after.error_count;
  if (fetch.outcome != FetchOutcome::kGone) {
    if (fetch.status != 0) after.gone_at.reset();
    return;
  }
  if (!after.gone_at) after.gone_at = fetch.fetched_at;
  if (fetch.fetched_at - *after.gone_at >= kDay && after.state == FeedState::kActive) {
    after.state = FeedState::kGone;
  }
}

// --- When to look again --------------------------------------------------------------------------

// The feeds that wait out a host's pause come one after the other within this time after its end.
std::int64_t TurnsAfterPause(std::int64_t pause_s, const ScheduleSettings& settings) {
  return std::min(pause_s / 100 * settings.jitter_percent, settings.interval_min_s);
}

// A feed's place among them: the longest unasked comes first. The host may answer the first one
// with the next pause, so that only this order gives each its turn.
std::int64_t TurnAfterPause(const DueFeed& feed, UnixSeconds pause_ends_at, std::int64_t turns_s) {
  const std::int64_t unasked_s =
      std::max<std::int64_t>(pause_ends_at - feed.checked_at.value_or(feed.added_at), 0);
  return static_cast<std::int64_t>(static_cast<double>(turns_s) * kDay /
                                   static_cast<double>(kDay + unasked_s));
}

Voice Adaptive(const FeedChange& feed, UnixSeconds added_at, UnixSeconds now,
               const ScheduleSettings& settings) {
  // Undated feeds are as old as their last change.
  const UnixSeconds last_sign_at =
      feed.newest_published_at.value_or(feed.changed_at.value_or(added_at));
  for (const Silence& silence : kSilences) {
    if (last_sign_at > 0 && now - last_sign_at >= silence.silent_s) {
      return {silence.interval_s, silence.reason};
    }
  }
  if (feed.entry_gap_s == 0) return {settings.interval_max_s, "no dates to go by"};
  return {std::clamp(feed.entry_gap_s / 2, settings.interval_min_s, settings.interval_max_s),
          "half the usual time between two posts"};
}

std::int64_t Backoff(int error_count, const ScheduleSettings& settings) {
  const int doublings = std::clamp(error_count - 1, 0, 30);
  return Capped(settings.interval_min_s << doublings, settings);
}

bool WasEverRead(const FeedChange& feed) { return feed.ok_at || feed.changed_at; }

// Nobody answered, so nobody was bothered: a feed that was never read may be asked again soon,
// once.
bool IsFirstTry(const FetchFacts& fetch, const FeedChange& after) {
  return after.error_count == 1 && !WasEverRead(after) && !WasAsked(fetch) &&
         fetch.outcome != FetchOutcome::kBlockedAddress;
}

// What failing says: after the first 410 a second look a day later, then one a month.
std::vector<Voice> FailureVoices(const FetchFacts& fetch, const FeedChange& after,
                                 const ScheduleSettings& settings) {
  const std::string errors = std::to_string(after.error_count);
  std::vector<Voice> voices = {
      {IsFirstTry(fetch, after) ? std::min(kFirstTryS, settings.interval_min_s)
                                : Backoff(after.error_count, settings),
       after.error_count == 1 ? "the first error in a row" : errors + " errors in a row"}};
  if (fetch.outcome == FetchOutcome::kBlockedAddress) {
    voices.push_back({kDay, "the address may not be asked", Voice::Kind::kPublishers});
  }
  if (fetch.outcome == FetchOutcome::kGone && after.state != FeedState::kGone) {
    voices.push_back({kDay, "410: a second look decides", Voice::Kind::kPublishers});
  }
  return voices;
}

std::vector<Voice> HintVoices(const FetchFacts& fetch, const FeedChange& after,
                              const ScheduleSettings& settings) {
  const auto hint = [&](std::int64_t seconds, const char* reason) {
    return Voice{Capped(seconds, settings), reason, Voice::Kind::kPublishers};
  };
  std::vector<Voice> voices = {
      hint(IsFirstTry(fetch, after) ? 0 : settings.interval_min_s,
           "the least time between two looks"),
      hint(after.ttl_s, "ttl"),
      hint(after.update_period_s, "sy:updatePeriod"),
      hint(fetch.fresh_for_s.value_or(0), "max-age or Expires"),
  };
  if (fetch.outcome == FetchOutcome::kOk && fetch.etag.empty() && fetch.last_modified.empty()) {
    voices.push_back(hint(settings.unconditional_interval_min_s, "no validators: once a day"));
  }
  if (after.retry_after_at) {
    voices.push_back(hint(*after.retry_after_at - fetch.fetched_at, "Retry-After"));
  }
  return voices;
}

// The interval with its jitter: ± for our own reasons, + for a publisher's.
std::int64_t Jittered(const Voice& voice, const ScheduleSettings& settings, double random) {
  const double share = static_cast<double>(settings.jitter_percent) / 100;
  const double swing = voice.kind == Voice::Kind::kOurs ? 2 * random - 1 : random;
  return static_cast<std::int64_t>(static_cast<double>(voice.interval_s) * (1 + share * swing));
}

// Moves a look out of the hours and days that the feed asks to be left alone, into any moment of
// the first hour that is free, so that not all come at its stroke.
void HonourSkips(FeedChange& feed, UnixSeconds latest_at, double random) {
  const std::uint32_t hours = feed.skip_hours & kAllHours;
  const std::uint32_t days = feed.skip_days & kAllDays;
  if (hours == kAllHours || days == kAllDays) return;  // never is no answer
  const auto skipped = [&](UnixSeconds at) {
    const auto hour = static_cast<unsigned>(at / kHour % 24);
    const auto day = static_cast<unsigned>((at / kDay + 4) % 7);  // 1970-01-01 was a Thursday
    if ((days >> day & 1U) != 0) return "skipDays";
    return (hours >> hour & 1U) != 0 ? "skipHours" : static_cast<const char*>(nullptr);
  };
  UnixSeconds at = feed.next_check_at;
  const char* const reason = skipped(at);
  if (reason == nullptr) return;
  while (skipped(at) != nullptr) at = at - at % kHour + kHour;
  at += static_cast<std::int64_t>(random * static_cast<double>(kHour - 1));
  if (at > latest_at) return;
  feed.next_check_at = at;
  feed.next_check_reason = reason;
}

void Decide(const FetchFacts& fetch, bool succeeded, const ScheduleSettings& settings,
            double random, const DueFeed& before, FeedChange& after) {
  const UnixSeconds now = fetch.fetched_at;
  if (after.state == FeedState::kGone) {
    after.next_check_at = now + kGoneIntervalS;
    after.next_check_reason = "410 twice: once in 30 days";
    return;
  }
  std::vector<Voice> voices;
  // Of a feed that was never read nobody knows how often it is worth a look; but an answer that was
  // lost may have said so.
  if (succeeded || WasEverRead(after) || before.last_outcome == FetchOutcome::kLost) {
    voices.push_back(Adaptive(after, before.added_at, now, settings));
  }
  if (!succeeded) {
    for (Voice& voice : FailureVoices(fetch, after, settings)) voices.push_back(std::move(voice));
  }
  // Nothing of ours, jitter included, comes before what a publisher asked for.
  for (Voice& voice : HintVoices(fetch, after, settings)) voices.push_back(std::move(voice));
  std::int64_t least_s = 0;
  for (const Voice& voice : voices) {
    if (voice.kind == Voice::Kind::kPublishers) least_s = std::max(least_s, voice.interval_s);
  }
  if (after.retry_after_at) {  // behind those that were not asked
    const std::int64_t pause_s = *after.retry_after_at - now;
    least_s = std::max(least_s, pause_s + TurnsAfterPause(pause_s, settings));
  }
  // Of equal ones the publisher's decides.
  const Voice& loudest = *std::ranges::max_element(voices, [](const Voice& a, const Voice& b) {
    return std::pair(a.interval_s, a.kind) < std::pair(b.interval_s, b.kind);
  });
  const std::int64_t interval_s = std::max(Jittered(loudest, settings, random), least_s);
  const std::int64_t longest_s = std::max(settings.hint_max_s, least_s);
  after.next_check_at = now + std::min(interval_s, longest_s);
  after.next_check_reason = loudest.reason;
  HonourSkips(after, now + longest_s, random);
}

// Nothing was asked, or nothing but redirects on the way: the feed's turn comes when the pause is
// over, and what led there is left alone as long as any feed.
FeedChange AfterHoldingBack(const DueFeed& before, const FetchFacts& fetch,
                            const ScheduleSettings& settings, double random) {
  FeedChange after = WithoutFuture(before, fetch.fetched_at);
  const std::int64_t asked_for_s = Capped(fetch.retry_after_s.value_or(0), settings);
  const bool asked = fetch.status != 0 || !fetch.retry_after_s;
  const Voice pause{
      std::max(asked_for_s, asked ? settings.interval_min_s : 0),
      fetch.asked_lately ? "asked lately for another feed" : "Retry-After of its host",
      Voice::Kind::kPublishers};
  after.retry_after_at = fetch.fetched_at + pause.interval_s;
  if (fetch.asked_lately || asked) {
    after.next_check_at = fetch.fetched_at + Jittered(pause, settings, random);
  } else {
    const auto turns_s = TurnsAfterPause(pause.interval_s, settings);
    after.next_check_at =
        after.retry_after_at.value() + TurnAfterPause(before, *after.retry_after_at, turns_s);
  }
  after.next_check_reason = pause.reason;
  return after;
}

// Nobody knows what came: asked again no sooner than if it had been an answer, and nothing is held
// against the feed.
FeedChange AfterLostAnswer(const DueFeed& before, const FetchFacts& fetch,
                           const ScheduleSettings& settings, double random) {
  FeedChange after = WithoutFuture(before, fetch.fetched_at);
  after.last_outcome = fetch.outcome;
  after.last_status = 0;
  Voice wait{settings.interval_min_s, "the last answer was lost: not within the hour",
             Voice::Kind::kPublishers};
  if (!fetch.was_conditional) {
    after.unconditional_at = fetch.fetched_at;
    wait = {settings.unconditional_interval_min_s, "the last answer was lost: not within the day",
            Voice::Kind::kPublishers};
  }
  after.next_check_at = fetch.fetched_at + Jittered(wait, settings, random);
  after.next_check_reason = wait.reason;
  return after;
}

}  // namespace

FeedChange FeedAfterFetch(const DueFeed& before, const FetchFacts& fetch,
                          const std::optional<FeedFacts>& feed, const ScheduleSettings& settings,
                          double random) {
  if (WasHeldBack(fetch)) return AfterHoldingBack(before, fetch, settings, random);
  if (fetch.outcome == FetchOutcome::kLost) {
    return AfterLostAnswer(before, fetch, settings, random);
  }
  FeedChange after = WithoutFuture(before, fetch.fetched_at);
  after.checked_at = fetch.fetched_at;
  after.last_outcome = fetch.outcome;
  after.last_status = fetch.status;
  after.retry_after_at.reset();
  const bool may_ask_for_time =
      fetch.status == 429 || fetch.status == 503 || (fetch.status >= 300 && fetch.status < 400);
  if (may_ask_for_time && fetch.retry_after_s) {
    after.retry_after_at = fetch.fetched_at + Capped(*fetch.retry_after_s, settings);
  }
  if (!fetch.was_conditional && WasAsked(fetch)) after.unconditional_at = fetch.fetched_at;
  const bool succeeded = Succeeded(fetch, feed);
  if (succeeded) {
    TakeSuccess(fetch, feed, after);
  } else {
    TakeFailure(fetch, after);
  }
  Decide(fetch, succeeded, settings, random, before, after);
  return after;
}

UnixSeconds FirstCheckAt(std::string_view url, UnixSeconds now, const ScheduleSettings& settings) {
  if (settings.start_spread_s <= 0) return now;
  const auto hash = std::bit_cast<std::uint64_t>(url::TextKey(url));
  return now +
         static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(settings.start_spread_s));
}

}  // namespace saunter::crawler::judge
