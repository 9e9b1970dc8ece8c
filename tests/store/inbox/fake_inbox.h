// The crawler's end of the inbox as tests want it: it keeps what it is sent and answers what it is
// told to.
//
// Thread safety: Requests from any thread. Errors: what the system refuses throws
// std::system_error.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/inbox/wire.h"

namespace saunter::store::inbox {

class FakeInbox {
 public:
  // The frame that goes back, on its thread; an empty one is none.
  using Answering = std::function<std::string(const Request& request)>;

  FakeInbox(const std::string& database_path, Answering answering);
  // Ends as a crawler that is killed does: its connections close, its socket stays there.
  ~FakeInbox();
  FakeInbox(const FakeInbox&) = delete;
  FakeInbox& operator=(const FakeInbox&) = delete;

  [[nodiscard]] std::vector<Request> Requests() const;

 private:
  void Run(const std::stop_token& stop);
  // False: the connection has ended.
  bool Serve(int connection);

  const Answering answering_;
  int listener_ = -1;
  int wake_ = -1;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;  // guarded by mutex_
  std::jthread thread_;
};

// Says that everything was committed.
[[nodiscard]] FakeInbox::Answering Always(AnswerOutcome outcome);

}  // namespace saunter::store::inbox
