// The requests whose host's name libcurl could not resolve, kept until it is known whether that is
// the name's fault.
//
// What NameChecks says of the name becomes their outcome: kDnsFailure if there is no such name,
// else kResolverFailure.
//
// Thread safety: one thread. Ownership: Await takes a job, Take gives it back. Errors: the
// constructor throws std::system_error where there is no thread to be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crawler/fetch/name_checks.h"
#include "crawler/fetch/transfers.h"

namespace saunter::crawler::fetch {

class NameGate {
 public:
  // `wait_ms` and `wake` as in NameChecks.
  NameGate(std::int64_t wait_ms, std::function<void()> wake) : checks_(wait_ms, std::move(wake)) {}

  // Keeps it until its name is known. Gives it back at once, as not known, where too many names are
  // looked up.
  [[nodiscard]] std::optional<EndedTransfer> Await(EndedTransfer ended);
  // Those that wait no more, each with its outcome.
  [[nodiscard]] std::vector<EndedTransfer> Take();
  // When there is something to take at the latest, of SteadyMs.
  [[nodiscard]] std::optional<std::int64_t> NextDeadlineMs() const {
    return checks_.NextDeadlineMs();
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  NameChecks checks_;
  std::multimap<std::string, EndedTransfer> waiting_;  // by the name that did not resolve
};

}  // namespace saunter::crawler::fetch
