// Requests that wait for their host: one at a time each, with a gap, feeds before probes.
//
// Hosts whose turn has come stand in one of two lines, the others in a heap by the time at which
// it comes; a step costs O(log n) in the number of hosts, and a host that nothing waits for is
// forgotten as soon as its gap (or the pause it asked for) has passed.
//
// Thread safety: none, one thread. Ownership: Push takes a job, Pop gives it back. Times are
// milliseconds of one steady clock, given by the caller.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawler/fetch/fetcher.h"

namespace saunter::crawler::fetch {

// What a probe asks with at the moment; feeds and pages always get.
enum class Method { kGet, kHead };

// A request on its way through its hops.
struct Job {
  Request request;
  Response response;  // filled as the hops go by
  std::string url;    // asked next
  std::string host;   // of `url`, the one that is paced
  Method method = Method::kGet;
  bool only_permanent_hops = true;  // so far
  bool asked = false;               // something was sent
  bool block_promised = false;      // comes at the time that its address block was promised for
  std::string robots_origin;        // of a kRobots job: whose
};

class HostQueue {
 public:
  HostQueue(std::int64_t gap_ms_min, std::int64_t gap_ms_max);

  enum class Place { kFront, kBack };  // among the jobs of the same host and kind
  void Push(std::unique_ptr<Job> job, Place place, std::int64_t now_ms);
  // A job whose host may be asked now, or nullptr. The host is busy until Release.
  [[nodiscard]] std::unique_ptr<Job> Pop(std::int64_t now_ms);
  // The request to this host took that long; the gap begins now.
  void Release(const std::string& host, std::int64_t duration_ms, std::int64_t now_ms);
  // The host asked for a pause: gives back what waits for it. HeldUntil() tells later callers.
  [[nodiscard]] std::vector<std::unique_ptr<Job>> Hold(const std::string& host,
                                                       std::int64_t until_ms, std::int64_t now_ms);
  [[nodiscard]] std::optional<std::int64_t> HeldUntil(const std::string& host,
                                                      std::int64_t now_ms) const;
  // Gives back all that waits but next hops and second tries: those were asked already.
  [[nodiscard]] std::vector<std::unique_ptr<Job>> Withdraw(std::int64_t now_ms);

  // The host Pop gave was not asked after all.
  void Return(const std::string& host, std::int64_t now_ms);
  // The host of that name is not asked before that time; what waits for it waits on.
  void Rest(const std::string& name, std::int64_t until_ms, std::int64_t now_ms);

  struct Pause {
    std::string host;
    schemas::PauseReason reason = schemas::PauseReason::kGap;
    std::int64_t until_ms = 0;
  };
  // Gaps and pauses in force; the gap of a busy host as if its request ended now.
  [[nodiscard]] std::vector<Pause> InForce(std::int64_t now_ms) const;

  // When Pop may next have something that it has not now; nullopt if nothing waits for a time.
  [[nodiscard]] std::optional<std::int64_t> NextTurnMs() const;
  [[nodiscard]] bool HasWaiting(const std::string& host) const;
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }

 private:
  enum class Standing { kNowhere, kBusy, kFeedLine, kProbeLine, kTurns, kCooling };
  struct Host {
    std::string name;
    std::vector<std::unique_ptr<Job>> feeds;  // and pages
    std::vector<std::unique_ptr<Job>> probes;
    std::int64_t ready_at_ms = 0;
    std::int64_t busy_since_ms = 0;
    std::int64_t held_until_ms = 0;
    Standing standing = Standing::kNowhere;
    std::int64_t turn_ms = 0;  // in the heap where it stands
    int mentions = 0;          // in lines and heaps, outdated ones included
    bool busy = false;
  };
  // A place in a heap; outdated once the host stands elsewhere or its time has changed.
  struct Turn {
    std::int64_t at_ms = 0;
    Host* host = nullptr;
    bool operator>(const Turn& other) const { return at_ms > other.at_ms; }
  };
  using Turns = std::priority_queue<Turn, std::vector<Turn>, std::greater<>>;

  [[nodiscard]] static std::int64_t TurnMs(const Host& host);
  void Stand(Host& host, std::int64_t now_ms);
  void Come(Turns& turns, Standing standing, std::int64_t now_ms);
  std::unique_ptr<Job> PopLine(std::deque<Host*>& line, Standing standing, std::int64_t now_ms);
  Host& HostOf(const std::string& name);
  [[nodiscard]] std::int64_t GapMs(std::int64_t duration_ms) const;
  void Forget(Host& host);

  const std::int64_t gap_ms_min_;
  const std::int64_t gap_ms_max_;
  std::unordered_map<std::string, Host> hosts_;
  std::deque<Host*> feed_line_;
  std::deque<Host*> probe_line_;
  Turns turns_;    // hosts that something waits for
  Turns cooling_;  // hosts that nothing waits for
  std::size_t waiting_ = 0;
};

}  // namespace saunter::crawler::fetch
