// Finds out whether names that libcurl could not resolve exist. It says the same of a name that
// does not exist, which is evidence, and of a resolver that fails or is silent, which is none.
//
// Addresses of IPv4 and of IPv6 are asked for apart: asked for both at once, the C library takes
// one family's failure and the other's "none of these" together for "no address".
//
// A few threads of its own look names up, and whoever asks waits for none of them. What is not
// found out in time, or is more than may wait, is not known.
//
// Thread safety: one thread. Errors: the constructor throws std::system_error where there is no
// thread to be had.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace saunter::crawler::fetch {

enum class NameFinding {
  kAbsent,    // there is no such name, or it has no address
  kNotKnown,  // it has one now, the resolver failed, or it did not say in time
};

class NameChecks {
 public:
  // `wake` is called by its threads when there is something to take. A name has `wait_ms`, of
  // SteadyMs.
  NameChecks(std::int64_t wait_ms, std::function<void()> wake);
  ~NameChecks();
  NameChecks(const NameChecks&) = delete;
  NameChecks& operator=(const NameChecks&) = delete;

  // A host name without a dot at its end; one that is being looked up is looked up once. False: too
  // many are.
  [[nodiscard]] bool Ask(const std::string& host);
  struct Checked {
    std::string host;
    NameFinding finding = NameFinding::kNotKnown;
  };
  // Those asked for that are found out, or have waited long enough.
  [[nodiscard]] std::vector<Checked> Take();
  // When the first of them will have waited long enough, of SteadyMs.
  [[nodiscard]] std::optional<std::int64_t> NextDeadlineMs() const;

 private:
  void Run(const std::stop_token& stop);

  const std::int64_t wait_ms_;
  const std::function<void()> wake_;

  std::mutex mutex_;
  std::condition_variable_any work_;
  std::deque<std::string> queue_;  // guarded by mutex_
  std::vector<Checked> checked_;   // guarded by mutex_

  std::map<std::string, std::int64_t> deadlines_;  // of the thread that asks
  std::vector<std::jthread> threads_;
};

}  // namespace saunter::crawler::fetch
