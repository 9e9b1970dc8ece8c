#include "crawler/loop/feed_stream.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "crawler/judge/judge.h"

namespace saunter::crawler::loop {
namespace {

constexpr std::size_t kFeedsKnownMax = 20000;
constexpr std::size_t kOutMax = 2048;
constexpr std::int64_t kFeedsPerRead = 4000;
constexpr std::size_t kFeedsWaitingMin = 2000;  // fewer are waiting: more are read
constexpr std::int64_t kFarLookIntervalS = 3600;

}  // namespace

Pace::Clock FeedStream::Tick(schemas::UnixSeconds now, const schemas::ScheduleSettings& settings) {
  const auto clock = pace_.Tick(now, settings);
  if (clock == Pace::Clock::kLeapt) far_look_s_ = 0;
  return clock;
}

std::optional<DueFeedsQuery> FeedStream::Want(schemas::UnixSeconds now,
                                              const schemas::ScheduleSettings& settings) {
  // With --once what was due at its beginning is read once, and again to see that nothing is left.
  const bool all_read = due_limit_ && read_all_at_ > 0 && feeds_.Known() > 0;
  const bool wanted = feeds_.Waiting() < kFeedsWaitingMin && feeds_.Known() < kFeedsKnownMax &&
                      read_all_at_ != now && !all_read;
  if (!wanted && sums_at_ == now) return std::nullopt;
  sums_at_ = now;
  DueFeedsQuery query{
      .due_at = std::min(now, due_limit_.value_or(now)), .asked_at = now, .feeds = {}};
  if (!wanted) return query;
  feeds_.BeginRead();
  if (due_limit_) {
    query.feeds = AllFeeds{.from = read_to_, .count_max = kFeedsPerRead};
    return query;
  }
  PacedFeeds paced{.pace = pace_,
                   .schedule = settings,
                   .known = static_cast<std::int64_t>(feeds_.Known()),
                   .count_max = kFeedsPerRead,
                   .far_at = {}};
  if (pace_.elapsed_s() >= far_look_s_) paced.far_at = FarAhead(now, settings);
  query.feeds = paced;
  return query;
}

void FeedStream::TakeDue(DueFeeds due, const schemas::ScheduleSettings& settings) {
  if (!feeds_.IsReading()) return;  // the sums alone
  if (!due_limit_) {
    AddAtPace(std::move(due), settings);
  } else {
    // All are read: from the beginning again, but not before a second has passed.
    if (due.read_to_end) {
      read_to_ = {};
      read_all_at_ = due.asked_at;
    } else {
      read_to_ = {due.feeds.back().next_check_at, due.feeds.back().feed_id};
    }
    Add(std::move(due.feeds), kFeedsPerRead);
  }
  feeds_.EndRead();
}

void FeedStream::AddAtPace(DueFeeds due, const schemas::ScheduleSettings& settings) {
  const auto allowed = [&](std::int64_t waiting) {
    return pace_.Allowance(waiting, due.feeds_all, settings);
  };
  const auto added = Add(std::move(due.feeds), allowed(due.waiting.value_or(0)));
  pace_.Take(added);
  if (due.waiting) held_back_ = *due.waiting - added;
  std::int64_t far_added = 0;
  if (due.far) {
    if (due.far->empty()) far_look_s_ = pace_.elapsed_s() + kFarLookIntervalS;
    const auto found = std::ssize(*due.far);
    far_added = Add(*std::move(due.far), allowed(found));
    pace_.Take(far_added);
  }
  const bool is_paced = settings.start_spread_s > 0;
  if (is_paced || added + far_added == 0) read_all_at_ = due.asked_at;
}

std::int64_t FeedStream::Add(std::vector<schemas::DueFeed> feeds, std::int64_t count_max) {
  std::int64_t count = 0;
  for (auto& feed : feeds) {
    if (count == count_max) break;
    if (feeds_.Add(std::move(feed))) ++count;
  }
  return count;
}

std::optional<fetch::Request> FeedStream::Next(const health::Blacklist& blacklist,
                                               schemas::UnixSeconds now,
                                               std::vector<schemas::CrawlResult>& skipped) {
  while (out_.size() < kOutMax) {
    auto feed = feeds_.Next();
    if (!feed) return std::nullopt;
    if (const auto match = blacklist.MatchUrl(feed->url)) {
      feeds_.Answered(feed->host);
      skipped.push_back(judge::SkipFeed(*feed, *match, now));
      continue;
    }
    auto request = judge::FeedRequest(*feed, ++last_ticket_, now);
    out_.emplace(last_ticket_, Asked{std::move(*feed), request});
    return request;
  }
  return std::nullopt;
}

std::vector<schemas::Id> FeedStream::FeedsOf(const std::vector<std::uint64_t>& tickets) const {
  std::vector<schemas::Id> ids;
  for (const auto ticket : tickets) {
    const auto asked = out_.find(ticket);
    if (asked != out_.end()) ids.push_back(asked->second.feed.feed_id);
  }
  return ids;
}

void FeedStream::Take(fetch::Response response, OutageWatch& watch, schemas::UnixSeconds now) {
  auto node = out_.extract(response.ticket);
  if (node.empty()) return;
  auto& asked = node.mapped();
  feeds_.Answered(asked.feed.host);
  const bool failed = judge::FailedBeforeAnswer(response);
  watch.Note(OutageWatch::Asked::kFeed, asked.feed.host, failed, now);
  if (failed && !watch.Down()) {
    suspects_.push_back({std::move(asked), std::move(response), now});
  } else {
    HandOver(std::move(asked), std::move(response), now, watch);
  }
}

void FeedStream::Settle(Left left, const OutageWatch& watch) {
  const auto clear = std::partition(suspects_.begin(), suspects_.end(), [&](const auto& suspect) {
    return left == Left::kSomebody && !watch.Down() && !watch.AnsweredSince(suspect.at);
  });
  for (auto suspect = clear; suspect != suspects_.end(); ++suspect) {
    HandOver(std::move(suspect->asked), std::move(suspect->response), suspect->at, watch);
  }
  suspects_.erase(clear, suspects_.end());
}

void FeedStream::HandOver(Asked asked, fetch::Response response, schemas::UnixSeconds at,
                          const OutageWatch& watch) {
  answered_.push_back({.feed = std::move(asked.feed),
                       .request = std::move(asked.request),
                       .response = std::move(response),
                       .blacklist = nullptr,
                       .now = at,
                       .random = std::uniform_real_distribution<double>(0, 1)(random_),
                       .outage = watch.FeedsDoubted(at)});
}

std::vector<judge::AnsweredFeed> FeedStream::TakeAnswered(
    const std::shared_ptr<const health::Blacklist>& blacklist) {
  for (auto& answered : answered_) answered.blacklist = blacklist;
  return std::exchange(answered_, {});
}

}  // namespace saunter::crawler::loop
