#include "crawler/loop/outage.h"

#include <cstdlib>

namespace saunter::crawler::loop {
namespace {

constexpr std::size_t kHostsInRow = 20;
constexpr std::size_t kTrialHosts = 3;
constexpr schemas::UnixSeconds kTrialIntervalS = 30;
constexpr int kAnswersMin = 2;
// Fewer hosts, while nobody answers; or one, for so long.
constexpr std::size_t kFewHostsInRow = 2;
constexpr schemas::UnixSeconds kRowBeginsS = 300;
constexpr std::size_t kFailedAloneMax = 20000;
// Where most hosts fail and some answer, it may be a list of dead feeds.
constexpr std::int64_t kMostFailLookS = 900;
// What an answer may have waited in a buffer while the network went down.
constexpr schemas::UnixSeconds kBufferedS = 1;

}  // namespace

void OutageWatch::Note(Asked asked, const std::string& host, bool failed,
                       schemas::UnixSeconds now) {
  if (asked == Asked::kFeed) feed_hosts_.Note(host, failed, now);
  if (asked == Asked::kFeed || !failed || down_) {
    const bool was_down = down_;
    NoteInRow(host, failed, now);
    // What failed while all was down says nothing of what comes.
    if (was_down && !down_) feed_hosts_ = {};
  }
  if (asked != Asked::kNewLink || !failed) all_hosts_.Note(host, failed, now);
  if (LinksFail(now)) links_doubted_at_ = now;
}

void OutageWatch::Tick(schemas::UnixSeconds now) {
  if (down_ || LinksFail(now)) links_doubted_at_ = now;
}

void OutageWatch::NoteInRow(const std::string& host, bool failed, schemas::UnixSeconds now) {
  if (trials_left_ > 0) --trials_left_;
  if (failed) {
    answers_ = 0;
    if (down_) return;
    if (failed_hosts_.empty()) row_at_ = now;
    failed_hosts_.insert(host);
    if (failed_hosts_.size() < kHostsInRow) return;
    down_ = true;
    failed_hosts_.clear();
    trials_left_ = 0;
    trial_at_ = now;
    return;
  }
  answered_at_ = now;
  if (failed_alone_.size() > kFailedAloneMax) failed_alone_.clear();
  failed_alone_.merge(failed_hosts_);
  failed_alone_.erase(host);
  failed_hosts_.clear();
  if (down_ && ++answers_ >= kAnswersMin) {
    down_ = false;
    answers_ = 0;
  }
}

bool OutageWatch::NobodyAnswers(const std::string& host, schemas::UnixSeconds now) const {
  if (down_) return true;
  if (failed_alone_.contains(host)) return false;
  // A row from the future is one from before the clock was set back.
  const bool begins = now < row_at_ || now - row_at_ < kRowBeginsS;
  return failed_hosts_.size() >= kFewHostsInRow || (!failed_hosts_.empty() && begins);
}

std::int64_t OutageWatch::FeedLookS() const {
  return down_ || !failed_hosts_.empty() ? kTrialIntervalS : kMostFailLookS;
}

bool OutageWatch::AnsweredSince(schemas::UnixSeconds failed_at) const {
  return answered_at_ > failed_at + kBufferedS;
}

std::size_t OutageWatch::TrialSize(schemas::UnixSeconds now) {
  // Either way: a clock that was set back must not put the next trial off.
  if (std::abs(now - trial_at_) >= kTrialIntervalS) {
    trial_at_ = now;
    trials_left_ = kTrialHosts;
  }
  return trials_left_;
}

}  // namespace saunter::crawler::loop
