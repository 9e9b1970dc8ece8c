// Requests that wait for a host because redirects of others led there: of each kind a few at most.
//
// Whoever may say where a request goes on could else let all places of a crawl wait in the line of
// one slow host. What is turned away comes again later.
//
// Thread safety: none, one thread. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "crawler/fetch/host_queue.h"

namespace saunter::crawler::fetch {

class Guests {
 public:
  static constexpr std::size_t kOfAKindMax = 16;

  // A redirect leads the job to this host. False: enough of its kind are there.
  [[nodiscard]] bool Enter(const std::string& host, Job& job) {
    auto name = host + ' ' + std::to_string(static_cast<int>(job.request.kind));
    auto& count = counts_[name];
    if (count >= kOfAKindMax) return false;
    ++count;
    job.guest_name = std::move(name);
    return true;
  }
  // The job goes on to another host, or ends. Nothing if it is no guest.
  void Leave(Job& job) {
    const auto found = counts_.find(job.guest_name);
    job.guest_name.clear();
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  std::unordered_map<std::string, std::size_t> counts_;  // never 0
};

}  // namespace saunter::crawler::fetch
