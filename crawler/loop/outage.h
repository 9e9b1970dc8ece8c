// Tells our own network's outage from hosts that are down: then every host fails, and none answers.
//
// Twenty hosts in a row that fail before any answer are an outage. While it lasts a few requests at
// a time are let out as a trial; the first two answers in a row end it. A failure that no host has
// answered since may be an outage's beginning, so it is not yet held against anyone.
//
// Thread safety: none. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>

#include "schemas/units.h"

namespace saunter::crawler::loop {

class OutageWatch {
 public:
  // `host` failed before any HTTP answer (DNS, connect, TLS, time-out), or not.
  void Note(const std::string& host, bool failed, schemas::UnixSeconds now);
  [[nodiscard]] bool Outage() const { return outage_; }
  // Whether some host has answered since a failure of that time: it was the host's own.
  [[nodiscard]] bool AnsweredSince(schemas::UnixSeconds failed_at) const;
  // During an outage: how many requests may be in flight now. 0 between two trials.
  [[nodiscard]] std::size_t TrialSize(schemas::UnixSeconds now);

 private:
  std::unordered_set<std::string> failed_hosts_;  // since the last answer
  schemas::UnixSeconds answered_at_ = 0;
  bool outage_ = false;
  int answers_ = 0;              // in a row, during the outage
  std::size_t trials_left_ = 0;  // of the trial that runs
  schemas::UnixSeconds trial_at_ = 0;
};

}  // namespace saunter::crawler::loop
