// Limits how many names are looked up at once. libcurl's resolver takes a thread for each, and a
// lookup that was given up goes on in its thread until the resolver itself gives up.
//
// Thread safety: one thread. Errors: none; where the kernel does not say how many threads there
// are, lookups that were given up do not count.
#pragma once

#include <cstddef>
#include <cstdint>

#include "schemas/outcome.h"

namespace saunter::crawler::fetch {

class LookupLimit {
 public:
  explicit LookupLimit(std::int64_t lookups_max);

  // How many transfers may begin besides those `in_flight`, of which `begun` have no thread yet.
  [[nodiscard]] std::size_t Room(std::size_t in_flight, std::size_t begun);
  // A transfer ended with this outcome; if no answer came, its lookup may still go on.
  void NoteEnd(schemas::FetchOutcome outcome, int status);

 private:
  const std::size_t lookups_max_;
  const std::size_t threads_before_;  // of the process
  std::size_t given_up_ = 0;          // no more than these go on
};

}  // namespace saunter::crawler::fetch
