// Answers votes and reports when the crawler has committed them, so that workers never wait for it.
//
// One thread, named "feedback", holds the connection to the crawler's inbox. It owns a descriptor
// of its own for each reader that waits, answers there, and the connection ends with the answer. If
// the crawler goes away, is full, or takes too long, readers are told to try again; what was
// committed all the same is then answered "used", so nothing is counted twice.
//
// Thread safety: all functions. Ownership: the descriptor is duplicated. Errors: a reader that
// leaves is none; `false` means that there is no room for another one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/http/answer.h"
#include "api/index/error_log.h"
#include "api/routes/feedback_routes.h"
#include "api/routes/metrics.h"
#include "api/server/wake.h"
#include "schemas/feedback.h"
#include "store/inbox/client.h"

namespace saunter::api::server {

class FeedbackSender {
 public:
  struct Limits {
    std::size_t waiting_max = 256;
    std::chrono::seconds wait_max{5};
    std::int64_t retry_after_s = 5;
  };
  // `metrics` are written by the sender's thread alone; `errors` must outlive it.
  FeedbackSender(Limits limits, const std::string& database_path,
                 std::shared_ptr<routes::WorkerMetrics> metrics, index::ErrorLog& errors);
  // Answers all who wait.
  ~FeedbackSender();
  FeedbackSender(const FeedbackSender&) = delete;
  FeedbackSender& operator=(const FeedbackSender&) = delete;

  [[nodiscard]] bool Send(int descriptor, schemas::Feedback feedback);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    int descriptor = -1;
    schemas::Feedback feedback;
    Clock::time_point began_at;
  };

  void Run(const std::stop_token& stop);
  // Waits for whatever comes first: a reader, an answer, or the end of somebody's patience.
  void Wait();
  void TakeArrived();
  void Receive();
  void SendUnsent();
  void GiveUpOld();
  // The connection is lost, and what was sent with it.
  void Lose();
  void EndUnsent(routes::FeedbackEnd end);
  void End(const Waiting& waiting, routes::FeedbackEnd end);

  const Limits limits_;
  const Wake wake_;
  std::mutex mutex_;
  std::vector<Waiting> arrived_;  // guarded by mutex_
  std::size_t waiting_ = 0;       // of all that were not answered yet; guarded by mutex_
  // Confined to the thread.
  const std::shared_ptr<routes::WorkerMetrics> metrics_;
  index::ErrorLog& errors_;
  store::inbox::Client client_;
  std::deque<Waiting> unsent_;
  std::map<std::uint64_t, Waiting> sent_;  // by sequence, and so by age
  std::uint64_t sequence_ = 0;
  http::Answer answer_;
  std::string output_;
  std::jthread thread_;
};

}  // namespace saunter::api::server
