// The robots.txt of each origin, remembered, and the requests that wait for one of them.
//
// An origin's robots.txt is fetched once for all requests that wait for it and is good for
// robots_fresh_s. A file that cannot be had is dealt with by RFC 9309, 2.3.1. If no answer came at
// all, nothing is remembered, and the waiting requests share that outcome, since the page would
// have met the same. Beyond robots_origins_max or robots_memory_bytes_max the least recently used
// are forgotten.
//
// Thread safety: one thread. Ownership: Await takes a job, End gives it back. Errors: none.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawler/fetch/host_queue.h"
#include "crawler/fetch/robots.h"
#include "crawler/url/url.h"
#include "schemas/host.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::fetch {

class RobotsGate {
 public:
  explicit RobotsGate(const schemas::FetchSettings& settings) : settings_(settings) {}

  // Whether robots.txt binds such a request. Feeds are exempt: who publishes one wants it read.
  [[nodiscard]] static bool Binds(RequestKind kind);

  // kOk: the URL may be asked. nullopt: its robots.txt is not known yet; call Await.
  [[nodiscard]] std::optional<schemas::FetchOutcome> Judge(const url::Url& url,
                                                           schemas::UnixSeconds now);
  // Keeps the job until the robots.txt is there. Returns the job that fetches it, or nullptr where
  // that is under way already.
  [[nodiscard]] std::unique_ptr<Job> Await(const url::Url& url, std::unique_ptr<Job> waiting);

  struct Ended {
    std::vector<std::unique_ptr<Job>> jobs;  // that waited
    std::optional<schemas::Robots> news;     // absent: no answer came; the jobs share that outcome
  };
  // To be called when the job that Await returned has its response.
  [[nodiscard]] Ended End(const Job& job, schemas::UnixSeconds now);

  // Gives back all jobs that wait.
  [[nodiscard]] std::vector<std::unique_ptr<Job>> Withdraw();

  // Takes up what an earlier run knew.
  void Take(const schemas::Robots& robots);
  // What is known and still fresh, the latest used first.
  [[nodiscard]] std::vector<schemas::Robots> InForce(schemas::UnixSeconds now) const;
  [[nodiscard]] std::size_t waiting() const { return waiting_count_; }

 private:
  struct Known {
    schemas::Robots robots;  // without its rules' text
    RobotsRules rules;
  };

  [[nodiscard]] bool IsFresh(const Known& known, schemas::UnixSeconds now) const;
  [[nodiscard]] std::optional<Known> Settle(const Job& job, schemas::UnixSeconds now) const;
  void Remember(Known known);

  const schemas::FetchSettings& settings_;
  std::list<Known> by_use_;  // the latest first
  std::unordered_map<std::string, std::list<Known>::iterator> known_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Job>>> waiting_;
  std::size_t waiting_count_ = 0;
};

}  // namespace saunter::crawler::fetch
