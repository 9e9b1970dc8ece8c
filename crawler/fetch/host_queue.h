// Requests that wait for their host: each host has one at a time, with a gap, feeds before probes.
//
// Hosts whose turn has come stand in one of two lines, the others in a heap by the time of their
// turn; a step costs O(log n) in the number of hosts. A host that nothing waits for is forgotten as
// soon as its gap, or the pause it asked for, has passed.
//
// Thread safety: one thread. Ownership: Push takes a job, Pop gives it back. Errors: none. Times
// are milliseconds of one steady clock, given by the caller.
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

// The method of a probe's next request; feeds and pages are always GET.
enum class Method { kGet, kHead };

// A request on its way through its hops.
struct Job {
  Request request;
  Response response;  // filled as the hops go by
  std::string url;    // to ask next
  std::string host;   // of `url`: the one that is paced
  Method method = Method::kGet;
  bool only_permanent_hops = true;  // so far
  bool asked = false;               // something was sent
  bool block_promised = false;      // comes at the time that its address block promised
  std::string guest_name;           // where it is counted, see crawler/fetch/guests.h
  std::string robots_origin;        // of a kRobots job: the origin whose file it fetches
};

class HostQueue {
 public:
  HostQueue(std::int64_t gap_ms_min, std::int64_t gap_ms_max);

  enum class Place { kFront, kBack };  // among the jobs of the same host and kind
  void Push(std::unique_ptr<Job> job, Place place, std::int64_t now_ms);
  // A job whose host may be asked now, or nullptr. The host is busy until Release.
  [[nodiscard]] std::unique_ptr<Job> Pop(std::int64_t now_ms);
  // The request to this host has ended and took `duration_ms`; the gap begins now.
  void Release(const std::string& host, std::int64_t duration_ms, std::int64_t now_ms);
  // The host asked for a pause: gives back what waits for it. HeldUntil() has the pause from now
  // on.
  [[nodiscard]] std::vector<std::unique_ptr<Job>> Hold(const std::string& host,
                                                       std::int64_t until_ms, std::int64_t now_ms);
  [[nodiscard]] std::optional<std::int64_t> HeldUntil(const std::string& host,
                                                      std::int64_t now_ms) const;
  // Gives back all that waits, except next hops and second tries, whose first request was sent.
  [[nodiscard]] std::vector<std::unique_ptr<Job>> Withdraw(std::int64_t now_ms);

  // The host that Pop made busy was not asked after all.
  void Return(const std::string& host, std::int64_t now_ms);
  // The host is not asked before that time; what waits for it goes on waiting.
  void Rest(const std::string& name, std::int64_t until_ms, std::int64_t now_ms);

  struct Pause {
    std::string host;
    schemas::PauseReason reason = schemas::PauseReason::kGap;
    std::int64_t until_ms = 0;
  };
  // Gaps and pauses in force. A busy host's gap is given as if its request ended now.
  [[nodiscard]] std::vector<Pause> InForce(std::int64_t now_ms) const;

  // When Pop may next give something that it cannot give now; nullopt if nothing waits for a time.
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
