// Logs errors, each kind at most once a minute.
//
// Thread safety: all functions.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace saunter::api::index {

class ErrorLog {
 public:
  // `kind` is one of a few fixed texts; `what` may name the case.
  void Report(const std::string& kind, const std::string& what);

 private:
  std::mutex mutex_;
  std::map<std::string, std::int64_t> reported_at_;  // monotonic seconds, guarded by mutex_
};

}  // namespace saunter::api::index
