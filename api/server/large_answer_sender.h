// Sends answers that are larger than a socket's buffer, so that workers never wait for a reader.
//
// One thread, named "large-answers", owns a descriptor of its own for each such connection and
// closes it after the last byte; the connection ends with the answer. A reader that takes nothing
// for the stall limit, or takes longer than the total limit, is dropped.
//
// Thread safety: all functions. Ownership: the body is shared, the descriptor is duplicated.
// Errors: a peer that leaves is none; `false` means that there is no room for another transfer.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/server/wake.h"

namespace saunter::api::server {

class LargeAnswerSender {
 public:
  struct Limits {
    std::size_t transfers_max = 16;
    std::chrono::seconds stall{5};
    std::chrono::seconds total{120};
  };
  explicit LargeAnswerSender(Limits limits);
  ~LargeAnswerSender();
  LargeAnswerSender(const LargeAnswerSender&) = delete;
  LargeAnswerSender& operator=(const LargeAnswerSender&) = delete;

  [[nodiscard]] bool Send(int descriptor, std::string head,
                          std::shared_ptr<const std::string> body);

 private:
  using Clock = std::chrono::steady_clock;
  struct Transfer {
    int descriptor = -1;
    std::string head;
    std::shared_ptr<const std::string> body;
    std::size_t sent = 0;  // of head and body together
    Clock::time_point began_at;
    Clock::time_point moved_at;
  };

  void Run(const std::stop_token& stop);
  // False: the transfer has ended, complete or not.
  [[nodiscard]] bool Move(Transfer& transfer, Clock::time_point now) const;

  const Limits limits_;
  const Wake wake_;
  std::mutex mutex_;
  std::vector<Transfer> arrived_;  // guarded by mutex_
  std::size_t running_ = 0;        // guarded by mutex_
  std::jthread thread_;
};

}  // namespace saunter::api::server
