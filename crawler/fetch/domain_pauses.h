// Retry-After beyond one host: when a host asks for a pause while that of another host of the same
// registrable domain is in force, all hosts of the domain rest until the later end of the two.
//
// The tenants of a platform (crawler/url/platforms.h) share its machines and nothing else: the
// pauses of two hold the whole platform for an hour at most, and each host for its own time.
//
// Pauses that are over are forgotten.
//
// Thread safety: one thread. Errors: none. Times are milliseconds of one steady clock, given by the
// caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace saunter::crawler::fetch {

class DomainPauses {
 public:
  struct Pause {
    std::string domain;  // or platform
    std::int64_t until_ms = 0;
  };

  // A host asked for a pause. Returns the pause of its whole domain if this begins or extends one.
  std::optional<Pause> Note(const std::string& host, std::int64_t until_ms, std::int64_t now_ms);
  // Takes up a domain's pause from an earlier run.
  void Hold(const Pause& pause);
  [[nodiscard]] std::optional<std::int64_t> HeldUntil(const std::string& host,
                                                      std::int64_t now_ms) const;
  [[nodiscard]] std::vector<Pause> InForce(std::int64_t now_ms) const;
  [[nodiscard]] std::size_t size() const { return asked_.size() + held_.size(); }

 private:
  struct Asked {
    std::string host;  // the one with the longest pause
    std::int64_t until_ms = 0;
  };

  void ForgetWhatIsOver(std::int64_t now_ms);

  std::unordered_map<std::string, Asked> asked_;        // by domain
  std::unordered_map<std::string, std::int64_t> held_;  // domains, until when
  std::size_t size_after_forgetting_ = 0;
};

}  // namespace saunter::crawler::fetch
