#include "crawler/fetch/host_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace saunter::crawler::fetch {

HostQueue::HostQueue(std::int64_t gap_ms_min, std::int64_t gap_ms_max)
    : gap_ms_min_(gap_ms_min), gap_ms_max_(std::max(gap_ms_min, gap_ms_max)) {}

HostQueue::Host& HostQueue::HostOf(const std::string& name) {
  Host& host = hosts_[name];
  if (host.name.empty()) host.name = name;
  return host;
}

std::int64_t HostQueue::GapMs(std::int64_t duration_ms) const {
  return std::clamp(5 * duration_ms, gap_ms_min_, gap_ms_max_);
}

void HostQueue::Push(std::unique_ptr<Job> job, Place place, std::int64_t now_ms) {
  Host& host = HostOf(job->host);
  const RequestKind kind = job->request.kind;
  const bool probe = kind == RequestKind::kProbe || kind == RequestKind::kRobots;
  auto& jobs = probe ? host.probes : host.feeds;
  jobs.insert(place == Place::kFront ? jobs.begin() : jobs.end(), std::move(job));
  ++waiting_;
  Stand(host, now_ms);
}

std::unique_ptr<Job> HostQueue::Pop(std::int64_t now_ms) {
  Come(cooling_, Standing::kCooling, now_ms);
  Come(turns_, Standing::kTurns, now_ms);
  std::unique_ptr<Job> job = PopLine(feed_line_, Standing::kFeedLine, now_ms);
  if (job == nullptr) job = PopLine(probe_line_, Standing::kProbeLine, now_ms);
  return job;
}

void HostQueue::Release(const std::string& host, std::int64_t duration_ms, std::int64_t now_ms) {
  const auto found = hosts_.find(host);
  assert(found != hosts_.end() && found->second.busy);
  found->second.busy = false;
  found->second.ready_at_ms = now_ms + GapMs(duration_ms);
  Stand(found->second, now_ms);
}

void HostQueue::Return(const std::string& host, std::int64_t now_ms) {
  const auto found = hosts_.find(host);
  assert(found != hosts_.end() && found->second.busy);
  found->second.busy = false;
  Stand(found->second, now_ms);
}

void HostQueue::Rest(const std::string& name, std::int64_t until_ms, std::int64_t now_ms) {
  Host& host = HostOf(name);
  host.ready_at_ms = std::max(host.ready_at_ms, until_ms);
  Stand(host, now_ms);
}

std::vector<std::unique_ptr<Job>> HostQueue::Hold(const std::string& host, std::int64_t until_ms,
                                                  std::int64_t now_ms) {
  Host& held = HostOf(host);
  held.held_until_ms = std::max(held.held_until_ms, until_ms);
  std::vector<std::unique_ptr<Job>> jobs = std::move(held.feeds);
  std::ranges::move(held.probes, std::back_inserter(jobs));
  held.feeds.clear();
  held.probes.clear();
  waiting_ -= jobs.size();
  Stand(held, now_ms);
  return jobs;
}

std::optional<std::int64_t> HostQueue::HeldUntil(const std::string& host,
                                                 std::int64_t now_ms) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || found->second.held_until_ms <= now_ms) return std::nullopt;
  return found->second.held_until_ms;
}

std::vector<std::unique_ptr<Job>> HostQueue::Withdraw(std::int64_t now_ms) {
  std::vector<std::unique_ptr<Job>> withdrawn;
  std::vector<Host*> changed;
  for (auto& [name, host] : hosts_) {
    const std::size_t before = withdrawn.size();
    for (auto* const jobs : {&host.feeds, &host.probes}) {
      const auto asked = std::stable_partition(jobs->begin(), jobs->end(),
                                               [](const auto& job) { return job->asked; });
      std::move(asked, jobs->end(), std::back_inserter(withdrawn));
      jobs->erase(asked, jobs->end());
    }
    if (withdrawn.size() > before) changed.push_back(&host);
  }
  waiting_ -= withdrawn.size();
  for (Host* const host : changed) Stand(*host, now_ms);
  return withdrawn;
}

std::vector<HostQueue::Pause> HostQueue::InForce(std::int64_t now_ms) const {
  std::vector<Pause> all;
  for (const auto& [name, host] : hosts_) {
    if (host.held_until_ms > now_ms) {
      all.push_back({name, schemas::PauseReason::kRetryAfter, host.held_until_ms});
    }
    const std::int64_t ready_at_ms =
        host.busy ? now_ms + GapMs(now_ms - host.busy_since_ms) : host.ready_at_ms;
    if (ready_at_ms > now_ms) all.push_back({name, schemas::PauseReason::kGap, ready_at_ms});
  }
  return all;
}

std::optional<std::int64_t> HostQueue::NextTurnMs() const {
  if (turns_.empty()) return std::nullopt;
  return turns_.top().at_ms;
}

bool HostQueue::HasWaiting(const std::string& host) const {
  const auto found = hosts_.find(host);
  return found != hosts_.end() && !(found->second.feeds.empty() && found->second.probes.empty());
}

std::int64_t HostQueue::TurnMs(const Host& host) {
  return std::max(host.ready_at_ms, host.held_until_ms);
}

// Puts the host where it belongs now.
void HostQueue::Stand(Host& host, std::int64_t now_ms) {
  const Standing before = std::exchange(host.standing, Standing::kNowhere);
  if (host.busy) {
    host.standing = Standing::kBusy;
    return;
  }
  const bool wanted = !host.feeds.empty() || !host.probes.empty();
  if (TurnMs(host) > now_ms) {
    host.standing = wanted ? Standing::kTurns : Standing::kCooling;
    const std::int64_t turn_ms_before = std::exchange(host.turn_ms, TurnMs(host));
    if (host.standing == before && host.turn_ms == turn_ms_before) return;
    (wanted ? turns_ : cooling_).push({host.turn_ms, &host});
  } else if (wanted) {
    host.standing = host.feeds.empty() ? Standing::kProbeLine : Standing::kFeedLine;
    if (host.standing == before) return;  // keeps its place in the line
    (host.feeds.empty() ? probe_line_ : feed_line_).push_back(&host);
  } else {
    Forget(host);
    return;
  }
  ++host.mentions;
}

// Moves every host of the heap whose time has come to where it belongs.
void HostQueue::Come(Turns& turns, Standing standing, std::int64_t now_ms) {
  while (!turns.empty() && turns.top().at_ms <= now_ms) {
    const Turn turn = turns.top();
    turns.pop();
    --turn.host->mentions;
    if (turn.host->standing == standing && TurnMs(*turn.host) == turn.at_ms) {
      Stand(*turn.host, now_ms);
    } else {
      Forget(*turn.host);
    }
  }
}

std::unique_ptr<Job> HostQueue::PopLine(std::deque<Host*>& line, Standing standing,
                                        std::int64_t now_ms) {
  while (!line.empty()) {
    Host& host = *line.front();
    line.pop_front();
    --host.mentions;
    if (host.standing != standing) {
      Forget(host);
      continue;
    }
    auto& jobs = standing == Standing::kFeedLine ? host.feeds : host.probes;
    std::unique_ptr<Job> job = std::move(jobs.front());
    jobs.erase(jobs.begin());
    --waiting_;
    host.busy = true;
    host.busy_since_ms = now_ms;
    host.standing = Standing::kBusy;
    return job;
  }
  return nullptr;
}

// Erases the host if it stands nowhere and nothing points to it any more.
void HostQueue::Forget(Host& host) {
  if (host.standing != Standing::kNowhere || host.mentions > 0) return;
  hosts_.erase(hosts_.find(host.name));
}

}  // namespace saunter::crawler::fetch
