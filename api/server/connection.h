// One client's connection as its worker sees it, and what the workers share.
//
// Thread safety: a Connection is its worker's; Shared is shared as its members say. Ownership:
// Pistache keeps the Connection with its peer, and the Connection keeps Shared alive.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/routes/routes.h"
#include "api/server/feedback_sender.h"
#include "api/server/large_answer_sender.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::server {

struct Shared {
  Shared(const schemas::Settings& settings_in, const index::Follower& follower_in,
         index::ErrorLog& errors_in)
      : settings(settings_in),
        follower(follower_in),
        errors(errors_in),
        answers(std::make_shared<routes::SharedAnswers>(settings_in.api)),
        large_answers({.stall = std::chrono::seconds(settings_in.api.keepalive_timeout_s)}),
        feedback(MakeFeedbackSender()) {}

  const schemas::Settings& settings;
  const index::Follower& follower;
  index::ErrorLog& errors;
  const std::shared_ptr<routes::SharedAnswers> answers;
  LargeAnswerSender large_answers;
  const std::unique_ptr<FeedbackSender> feedback;  // null if feedback is turned off
  std::int64_t connections_max = 0;                // set before the first worker starts
  std::atomic<bool> is_stopping = false;

  std::mutex mutex;
  std::multiset<int> descriptors;  // of open connections, guarded by mutex

 private:
  [[nodiscard]] std::unique_ptr<FeedbackSender> MakeFeedbackSender() const {
    if (!settings.api.feedback) return nullptr;
    const FeedbackSender::Limits limits{
        .waiting_max = schemas::Limit(settings.api.feedback_waiting_max),
        .wait_max = std::chrono::seconds(settings.api.feedback_timeout_s),
        .retry_after_s = settings.api.retry_after_s};
    return std::make_unique<FeedbackSender>(limits, settings.store.path,
                                            answers->metrics.AddWorker(), errors);
  }
};

// tests/support/tsan.supp names it.
struct Connection {
  Connection(std::shared_ptr<Shared> shared_in, int descriptor_in)
      : shared(std::move(shared_in)), descriptor(descriptor_in) {
    const std::lock_guard lock(shared->mutex);
    shared->descriptors.insert(descriptor);
    is_one_too_many =
        static_cast<std::int64_t>(shared->descriptors.size()) > shared->connections_max;
  }
  ~Connection() {
    const std::lock_guard lock(shared->mutex);
    shared->descriptors.erase(shared->descriptors.find(descriptor));
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::shared_ptr<Shared> shared;
  const int descriptor;
  bool is_one_too_many = false;
  std::string pending;             // the beginning of a request
  bool is_body_pending = false;    // its header is whole
  std::int64_t pending_since = 0;  // monotonic seconds
  std::int64_t active_at = 0;      // when Pistache's idle timer was last reset
  std::size_t discarded_bytes = 0;
  bool is_closing = false;      // no further request is answered
  bool is_handed_over = false;  // a sender of answers sends the rest
};

}  // namespace saunter::api::server
