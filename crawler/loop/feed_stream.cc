#include "crawler/loop/feed_stream.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "crawler/judge/judge.h"

namespace saunter::crawler::loop {
namespace {

constexpr std::size_t kFeedsKnownMax = 20000;
constexpr std::size_t kOutMax = 4096;
constexpr std::int64_t kFeedsPerRead = 4000;
constexpr std::size_t kReadyHostsMin = 2000;  // fewer are ready: more is read
constexpr std::size_t kSitesPerRead = 64;
// So often the list of what is due is walked from its beginning.
constexpr schemas::UnixSeconds kLapS = 300;
constexpr std::int64_t kFarLookIntervalS = 3600;

}  // namespace

Pace::Clock FeedStream::Tick(schemas::UnixSeconds now, const schemas::ScheduleSettings& settings) {
  const auto clock = pace_.Tick(now, settings);
  if (clock == Pace::Clock::kLeapt) {
    far_look_s_ = 0;
    StartOver();
  }
  return clock;
}

bool FeedStream::WantsWalk(schemas::UnixSeconds now) const {
  // With --once what was due at its beginning is read once, and again to see that nothing is left.
  const bool all_read = due_limit_ && read_all_at_ > 0 && feeds_.Known() > 0;
  return feeds_.ReadyHosts() < kReadyHostsMin && feeds_.Known() < kFeedsKnownMax &&
         read_all_at_ != now && !all_read;
}

std::optional<DueFeedsQuery> FeedStream::Want(schemas::UnixSeconds now,
                                              const schemas::ScheduleSettings& settings) {
  const bool walks = WantsWalk(now);
  // What is paced is read with the walk, once a second.
  const bool is_paced = !due_limit_ && settings.start_spread_s > 0;
  const bool refills =
      feeds_.HasHungry() && feeds_.Known() < kFeedsKnownMax && (walks || !is_paced);
  if (!walks && !refills && sums_at_ == now) return std::nullopt;
  sums_at_ = now;
  DueFeedsQuery query{
      .due_at = std::min(now, due_limit_.value_or(now)), .asked_at = now, .feeds = {}, .sites = {}};
  if (!walks && !refills) return query;
  feeds_.BeginRead();
  if (refills) query.sites = feeds_.TakeHungry(kSitesPerRead);
  walking_ = walks;
  if (!walks) return query;
  if (due_limit_) {
    query.feeds = AllFeeds{.from = read_to_, .count_max = kFeedsPerRead};
    return query;
  }
  const bool lap_is_over = walked_to_end_ && now - lap_at_ >= kLapS;
  if (lap_is_over || now < lap_at_) StartOver();
  if (read_to_.at == store::DueFrom().at) lap_at_ = now;
  PacedFeeds paced{.from = read_to_,
                   .pace = pace_,
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
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  if (!walking_) {
    AddSites(due, kAll);
  } else if (!due_limit_) {
    AddAtPace(due, settings);
  } else {
    AddSites(due, kAll);
    AddWalked(due, kAll);
    // All are read: from the beginning again, but not before a second has passed.
    if (due.read_to_end) {
      StartOver();
      read_all_at_ = due.asked_at;
    }
  }
  for (const auto& site : due.crowded_sites) feeds_.NoteMore(site);
  walking_ = false;
  feeds_.EndRead();
}

void FeedStream::DueFailed() {
  walking_ = false;
  feeds_.EndRead();
}

void FeedStream::AddAtPace(DueFeeds& due, const schemas::ScheduleSettings& settings) {
  const auto waiting = due.waiting.value_or(0);
  const bool is_paced = settings.start_spread_s > 0;
  const auto allowed = pace_.Allowance(waiting, due.feeds_all, settings);
  // A walk must go on beside hosts that have much to do, and they beside it.
  const auto of_sites = AddSites(due, is_paced ? (allowed + 1) / 2 : allowed);
  const auto before = read_to_;
  const auto added = of_sites + AddWalked(due, std::max<std::int64_t>(allowed - of_sites, 0));
  pace_.Take(added);
  if (due.waiting) held_back_ = *due.waiting - added;
  std::int64_t far_added = 0;
  if (due.far) {
    if (due.far->empty()) far_look_s_ = pace_.elapsed_s() + kFarLookIntervalS;
    far_added = AddFar(due, pace_.Allowance(std::ssize(*due.far), due.feeds_all, settings));
    pace_.Take(far_added);
  }
  const bool went_on = read_to_.at != before.at || read_to_.id != before.id;
  if (is_paced || due.read_to_end || (!went_on && far_added == 0)) read_all_at_ = due.asked_at;
}

std::int64_t FeedStream::AddWalked(DueFeeds& due, std::int64_t count_max) {
  std::int64_t count = 0;
  walked_to_end_ = due.read_to_end;
  for (auto& feed : due.feeds) {
    const store::DueFrom just_before{feed.next_check_at, feed.feed_id - 1};
    if (count == count_max) {
      read_to_ = just_before;
      walked_to_end_ = due.read_to_end = false;
      return count;
    }
    if (feeds_.Add(std::move(feed)) == Turns::Added::kTaken) ++count;
  }
  read_to_ = due.walked_to;
  return count;
}

std::int64_t FeedStream::AddSites(DueFeeds& due, std::int64_t count_max) {
  std::int64_t count = 0;
  for (auto& site : due.sites) count += feeds_.AddOfSite(std::move(site), count_max - count);
  return count;
}

std::int64_t FeedStream::AddFar(DueFeeds& due, std::int64_t count_max) {
  std::int64_t count = 0;
  if (!due.far) return count;
  for (auto& feed : *due.far) {
    if (count == count_max) break;
    if (feeds_.Add(std::move(feed)) == Turns::Added::kTaken) ++count;
  }
  return count;
}

std::optional<fetch::Request> FeedStream::Next(const health::Blacklist& blacklist,
                                               schemas::UnixSeconds now,
                                               std::vector<schemas::CrawlResult>& skipped) {
  if (!again_.empty()) {
    auto request = std::move(again_.front());
    again_.pop_front();
    return request;
  }
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

void FeedStream::AskLater(std::uint64_t ticket) {
  const auto asked = out_.find(ticket);
  if (asked != out_.end()) again_.push_back(asked->second.request);
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
    HandOver(std::move(asked), std::move(response), now, Left::kSomebody, watch);
  }
}

void FeedStream::Settle(Left left, const OutageWatch& watch) {
  const auto clear = std::partition(suspects_.begin(), suspects_.end(), [&](const auto& suspect) {
    return left == Left::kSomebody && !watch.Down() && !watch.AnsweredSince(suspect.at);
  });
  for (auto suspect = clear; suspect != suspects_.end(); ++suspect) {
    HandOver(std::move(suspect->asked), std::move(suspect->response), suspect->at, left, watch);
  }
  suspects_.erase(clear, suspects_.end());
}

void FeedStream::HandOver(Asked asked, fetch::Response response, schemas::UnixSeconds at, Left left,
                          const OutageWatch& watch) {
  const bool is_doubted =
      watch.FeedsDoubted(at) || (left == Left::kNobody && !watch.AnsweredSince(at) &&
                                 watch.NobodyAnswers(asked.feed.host, at));
  answered_.push_back({.feed = std::move(asked.feed),
                       .request = std::move(asked.request),
                       .response = std::move(response),
                       .blacklist = nullptr,
                       .now = at,
                       .random = std::uniform_real_distribution<double>(0, 1)(random_),
                       .outage = is_doubted,
                       .outage_look_s = watch.FeedLookS()});
}

std::vector<judge::AnsweredFeed> FeedStream::TakeAnswered(
    const std::shared_ptr<const health::Blacklist>& blacklist) {
  for (auto& answered : answered_) answered.blacklist = blacklist;
  return std::exchange(answered_, {});
}

}  // namespace saunter::crawler::loop
