#include "store/sql/history.h"

#include <algorithm>
#include <string>

#include "store/sql/catalogue.h"
#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

struct SpanSize {
  std::int64_t seconds = 0;
  std::int64_t offset = 0;  // of the first one that begins after 1970-01-01
};

SpanSize SizeOf(Span span) {
  switch (span) {
    case Span::kHour:
      return {3600, 0};
    case Span::kDay:
      return {86400, 0};
    case Span::kWeek:
      return {7 * 86400, 4 * 86400};  // 1970-01-05 was a Monday
  }
  return {3600, 0};
}

// ?1 seconds and ?2 offset of a span.
const std::string kActivity =
    "SELECT " +
    Columns<ActivitySum>({{"begins_at", "hour_at - (hour_at - ?2) % ?1"},
                          {"batches", "CAST(sum(batches) AS BIGINT)"},
                          {"crawls", "CAST(sum(crawls) AS BIGINT)"},
                          {"probes", "CAST(sum(probes) AS BIGINT)"},
                          {"links_new", "CAST(sum(links_new) AS BIGINT)"}}) +
    " FROM hour WHERE hour_at BETWEEN ?3 AND ?4 GROUP BY 1 ORDER BY 1";
constexpr char kFirstHour[] = "SELECT hour_at FROM hour ORDER BY hour_at LIMIT 1";
const std::string kOutages =
    "SELECT " + Columns<Outage>() + " FROM outage WHERE ended_at > ? ORDER BY began_at";
const std::string kFeedCounts =
    "SELECT " +
    Columns<FeedCount>({{"is_failing", FlagOf("error_count > 0")}, {"feeds", "count(*)"}}) +
    " FROM feed GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS FIRST, 3";
// The terms of the index feed_failing, letter for letter, so that SQLite takes it.
constexpr char kIsFailing[] = "state = 0 AND error_count > 0";
constexpr char kSince[] = "coalesce(ok_at, added_at)";
const std::string kLongestFailing =
    "SELECT " + Columns<FailingFeed>({{"title", kTitleOfFeed}, {"since_at", kSince}}) +
    " FROM feed f JOIN site USING (site_id) WHERE " + kIsFailing +
    " AND last_outcome = ? ORDER BY " + kSince + " LIMIT ?";

}  // namespace

std::vector<ActivitySum> History::Activity(Span span, schemas::UnixSeconds since,
                                           schemas::UnixSeconds until) {
  const auto size = SizeOf(span);
  Use list(database_, kActivity);
  list.Int(size.seconds).Int(size.offset);
  list.Int(since - (since - size.offset) % size.seconds).Int(until);
  return GetRecords<ActivitySum>(list);
}

std::optional<schemas::UnixSeconds> History::ActivityBeginsAt() {
  Use find(database_, kFirstHour);
  if (!find.Step()) return std::nullopt;
  return find.GetInt(0);
}

std::vector<Outage> History::Outages(schemas::UnixSeconds since) {
  Use list(database_, kOutages);
  return GetRecords<Outage>(list.Int(since));
}

std::vector<FeedCount> History::CountFeeds() {
  Use list(database_, kFeedCounts);
  return GetRecords<FeedCount>(list);
}

std::vector<FailingCause> History::FailingCauses(const std::vector<FeedCount>& counts,
                                                 std::int64_t feeds_max) {
  std::vector<FailingCause> causes;
  for (const auto& count : counts) {
    if (count.state != schemas::FeedState::kActive || !count.is_failing || !count.last_outcome)
      continue;
    Use list(database_, kLongestFailing);
    list.Int(static_cast<std::int64_t>(*count.last_outcome)).Int(feeds_max);
    causes.push_back({.outcome = *count.last_outcome,
                      .feeds = count.feeds,
                      .longest = GetRecords<FailingFeed>(list)});
  }
  std::stable_sort(causes.begin(), causes.end(),
                   [](const FailingCause& a, const FailingCause& b) { return a.feeds > b.feeds; });
  return causes;
}

}  // namespace saunter::store::sql
