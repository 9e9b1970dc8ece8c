// Whether most of the hosts that were asked lately failed.
//
// It knows the newest state of the hosts asked in the last five minutes, the newest 512 of them at
// most; fewer than ten hosts are no evidence. Hosts of one registrable domain, or of one platform
// (crawler/url/platforms.h), are one: they fail together, and anybody may name thousands of them.
//
// Thread safety: none. Errors: none.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "schemas/units.h"

namespace saunter::crawler::loop {

class FailingShare {
 public:
  FailingShare() = default;
  FailingShare(FailingShare&&) = default;
  FailingShare& operator=(FailingShare&&) = default;

  // `host` failed before any HTTP answer (DNS, connect, TLS, time-out), or not; in order of time.
  void Note(const std::string& host, bool failed, schemas::UnixSeconds now);
  // True while more than half of those hosts fail.
  [[nodiscard]] bool MostFail(schemas::UnixSeconds now) const;
  // True while all of them fail; here three are evidence.
  [[nodiscard]] bool AllFail(schemas::UnixSeconds now) const;

 private:
  struct Sample {
    schemas::UnixSeconds at = 0;
    schemas::Key host_key = 0;
    bool failed = false;
  };
  using Samples = std::list<Sample>;
  struct Counts {
    std::size_t hosts = 0;
    std::size_t failed = 0;
  };
  [[nodiscard]] Counts CountAt(schemas::UnixSeconds now) const;
  void Drop(Samples::const_iterator sample);

  Samples samples_;  // one a host, oldest first
  std::unordered_map<schemas::Key, Samples::const_iterator> by_host_;
  std::size_t failed_ = 0;  // of the samples
};

}  // namespace saunter::crawler::loop
