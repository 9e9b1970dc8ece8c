#include "crawler/fetch/robots_gate.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using schemas::Robots;
using schemas::UnixSeconds;

// RFC 9309, 2.3.1.4: how long rules stay in force that cannot be fetched again.
constexpr UnixSeconds kOldRulesS = 30 * 86400;
// Larger files are not stored: they are fetched again after a restart.
constexpr std::size_t kWrittenBytesMax = 16384;

std::string OriginOf(const url::Url& url) {
  url::Url origin = url;
  origin.path = origin.query = origin.fragment = {};
  return origin.ToString();
}

}  // namespace

bool RobotsGate::Binds(RequestKind kind) {
  switch (kind) {
    case RequestKind::kProbe:
    case RequestKind::kPage:
      return true;
    case RequestKind::kFeed:
    case RequestKind::kRobots:
      return false;
  }
  return false;
}

// Nothing is fresh for longer than robots_fresh_s from now, even if the clock was set back.
bool RobotsGate::IsFresh(const Known& known, UnixSeconds now) const {
  return known.robots.until_at > now && known.robots.until_at <= now + settings_.robots_fresh_s;
}

std::optional<FetchOutcome> RobotsGate::Judge(const url::Url& url, UnixSeconds now) {
  const auto found = known_.find(OriginOf(url));
  if (found == known_.end() || !IsFresh(*found->second, now)) return std::nullopt;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  const Known& known = *found->second;
  if (known.robots.outcome != FetchOutcome::kOk) return known.robots.outcome;
  return known.rules.Allows(url.path + url.query) ? FetchOutcome::kOk
                                                  : FetchOutcome::kDisallowedByRobots;
}

std::unique_ptr<Job> RobotsGate::Await(const url::Url& url, std::unique_ptr<Job> waiting) {
  std::string origin = OriginOf(url);
  const auto errand = waiting->request.errand;
  auto& jobs = waiting_[origin];
  jobs.push_back(std::move(waiting));
  ++waiting_count_;
  if (jobs.size() > 1) return nullptr;
  auto job = std::make_unique<Job>();
  job->request.kind = job->response.kind = RequestKind::kRobots;
  job->request.url = job->url = origin + "/robots.txt";
  job->request.errand = errand;
  job->robots_origin = std::move(origin);
  return job;
}

RobotsGate::Ended RobotsGate::End(const Job& job, UnixSeconds now) {
  Ended ended;
  if (auto node = waiting_.extract(job.robots_origin)) ended.jobs = std::move(node.mapped());
  waiting_count_ -= ended.jobs.size();
  auto known = Settle(job, now);
  if (!known) return ended;
  ended.news = known->robots;
  ended.news->rules = known->rules.ToText();
  Remember(std::move(*known));
  if (ended.news->rules.size() > kWrittenBytesMax) {
    // The stored row is no longer true, so it ends here.
    ended.news->rules.clear();
    ended.news->until_at = now;
  }
  return ended;
}

// RFC 9309, 2.3.1. nullopt: there was no answer, or the host asked for a pause.
std::optional<RobotsGate::Known> RobotsGate::Settle(const Job& job, UnixSeconds now) const {
  const Response& response = job.response;
  Known known;
  known.robots.origin = job.robots_origin;
  known.robots.fetched_at = now;
  known.robots.until_at = now + settings_.robots_fresh_s;
  if (response.outcome == FetchOutcome::kOk) {  // 2.3.1.1
    known.rules = ParseRobots(response.body, kProductToken,
                              static_cast<std::size_t>(settings_.robots_body_bytes_max));
    return known;
  }
  const bool unavailable = response.outcome != FetchOutcome::kTooManyRequests &&
                           response.status >= 400 && response.status < 500;
  // 2.3.1.2, 2.3.1.3: no file, no rules. A server that is asked too much has said nothing yet.
  if (unavailable || response.outcome == FetchOutcome::kBadRedirect) return known;
  const bool held = response.outcome == FetchOutcome::kTooManyRequests && response.status != 429;
  if (held || response.status == 0) return std::nullopt;
  // 2.3.1.4: as before, if that is known; else as if everything were forbidden.
  const auto before = known_.find(job.robots_origin);
  if (before != known_.end() && before->second->robots.outcome == FetchOutcome::kOk &&
      before->second->robots.fetched_at + kOldRulesS > now) {
    known = *before->second;
  } else {
    known.robots.outcome = FetchOutcome::kDisallowedByRobots;
  }
  known.robots.until_at = now + std::min(settings_.robots_retry_s, settings_.robots_fresh_s);
  return known;
}

void RobotsGate::Remember(Known known) {
  if (const auto before = known_.find(known.robots.origin); before != known_.end()) {
    bytes_ -= before->second->rules.Bytes();
    by_use_.erase(before->second);
    known_.erase(before);
  }
  bytes_ += known.rules.Bytes();
  by_use_.push_front(std::move(known));
  known_.emplace(by_use_.front().robots.origin, by_use_.begin());
  // The newest stays whatever its size: something waits for it.
  while (by_use_.size() > 1 &&
         (std::ssize(by_use_) > settings_.robots_origins_max ||
          static_cast<std::int64_t>(bytes_) > settings_.robots_memory_bytes_max)) {
    bytes_ -= by_use_.back().rules.Bytes();
    known_.erase(by_use_.back().robots.origin);
    by_use_.pop_back();
  }
}

std::vector<std::unique_ptr<Job>> RobotsGate::Withdraw() {
  std::vector<std::unique_ptr<Job>> jobs;
  for (auto& [origin, waiting] : std::exchange(waiting_, {})) {
    std::ranges::move(waiting, std::back_inserter(jobs));
  }
  waiting_count_ = 0;
  return jobs;
}

void RobotsGate::Take(const Robots& robots) {
  Known known;
  known.rules = ParseRobots(robots.rules, kProductToken, robots.rules.size() + 1);
  known.robots = robots;
  known.robots.rules = {};
  Remember(std::move(known));
}

std::vector<Robots> RobotsGate::InForce(UnixSeconds now) const {
  std::vector<Robots> all;
  for (const Known& known : by_use_) {
    if (!IsFresh(known, now)) continue;
    all.push_back(known.robots);
    all.back().rules = known.rules.ToText();
  }
  return all;
}

}  // namespace saunter::crawler::fetch
