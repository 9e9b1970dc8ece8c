// A feed that Saunter knows, and what its server answers: what the tests of the schedule begin
// with.
#ifndef SAUNTER_TESTS_CRAWLER_JUDGE_KNOWN_FEED_H_
#define SAUNTER_TESTS_CRAWLER_JUDGE_KNOWN_FEED_H_

#include <cstdint>
#include <optional>

#include "crawler/judge/schedule.h"
#include "tests/support/moment.h"

namespace saunter::crawler::judge {

inline constexpr double kMiddle = 0.5;  // no jitter for reasons of our own

inline schemas::DueFeed KnownFeed() {
  schemas::DueFeed feed;
  feed.feed_id = 7;
  feed.url = "https://example.org/feed.xml";
  feed.added_at = support::kNow - 100 * support::kDay;
  feed.changed_at = support::kNow - support::kDay;
  feed.newest_published_at = support::kNow - support::kDay;
  feed.entry_gap_s = 8 * support::kHour;
  feed.etag = "\"v1\"";
  feed.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
  return feed;
}

inline FetchFacts Answer(schemas::FetchOutcome outcome, int status) {
  FetchFacts fetch;
  fetch.outcome = outcome;
  fetch.status = status;
  fetch.fetched_at = support::kNow;
  fetch.was_conditional = true;
  if (outcome == schemas::FetchOutcome::kOk) fetch.etag = "\"v2\"";
  return fetch;
}

inline FetchFacts Good() { return Answer(schemas::FetchOutcome::kOk, 200); }
inline FetchFacts NotModified() { return Answer(schemas::FetchOutcome::kNotModified, 304); }

// Posts that far apart, the newest `silent_s` before now.
inline FeedFacts Posts(std::int64_t gap_s, std::int64_t silent_s = 0, int count = 12) {
  FeedFacts facts;
  for (int i = 0; i < count; ++i)
    facts.published_at.push_back(support::kNow - silent_s - i * gap_s);
  facts.body_key = 99;
  return facts;
}

inline schemas::DueFeed After(const schemas::DueFeed& before, const FetchFacts& fetch,
                              const std::optional<FeedFacts>& feed = std::nullopt,
                              double random = kMiddle) {
  schemas::DueFeed after = before;
  static_cast<schemas::FeedChange&>(after) =
      FeedAfterFetch(before, fetch, feed, schemas::ScheduleSettings(), random);
  return after;
}

inline std::int64_t Wait(const schemas::DueFeed& feed) {
  return feed.next_check_at - support::kNow;
}

}  // namespace saunter::crawler::judge

#endif  // SAUNTER_TESTS_CRAWLER_JUDGE_KNOWN_FEED_H_
