// What readers said, on its way to whoever writes it.
//
// Errors: a ticket that is given up breaks its promise; nothing of it was written then.
#pragma once

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "schemas/feedback.h"
#include "store/inbox/unix_socket.h"

namespace saunter::store::inbox {

// What readers say, and who waits for what becomes of it.
//
// Thread safety: Outcomes() is called once, before anything else; then it is the writer's.
class FeedbackTicket {
 public:
  // `wake` is called when it was answered or given up.
  FeedbackTicket(std::vector<schemas::Feedback> said, std::shared_ptr<const Wake> wake)
      : feedback(std::move(said)), wake_(std::move(wake)) {}
  ~FeedbackTicket();
  FeedbackTicket(const FeedbackTicket&) = delete;
  FeedbackTicket& operator=(const FeedbackTicket&) = delete;

  // One for each; std::future_error if it was given up, and nothing of it was written.
  [[nodiscard]] std::future<std::vector<schemas::FeedbackOutcome>> Outcomes() {
    return outcomes_->get_future();
  }
  void Answer(std::vector<schemas::FeedbackOutcome> outcomes) {
    outcomes_->set_value(std::move(outcomes));
  }

  const std::vector<schemas::Feedback> feedback;

 private:
  using Promise = std::promise<std::vector<schemas::FeedbackOutcome>>;
  std::unique_ptr<Promise> outcomes_ = std::make_unique<Promise>();
  const std::shared_ptr<const Wake> wake_;
};

// Who writes what readers say.
//
// Thread safety: all functions.
class Desk {
 public:
  Desk() = default;
  virtual ~Desk() = default;
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // False: not now; there is too much already, or the database takes no writes.
  [[nodiscard]] virtual bool Take(std::shared_ptr<FeedbackTicket> ticket) = 0;
};

}  // namespace saunter::store::inbox
