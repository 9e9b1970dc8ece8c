// The API's end of the inbox: one connection that never makes its caller wait.
//
// The crawler may be away, come and go. A connection that is lost takes with it what was sent and
// not answered; whether that was committed is not known.
//
// Thread safety: one thread at a time. Errors: values; problem() tells the operator more.
#pragma once

#include <optional>
#include <string>

#include "store/inbox/wire.h"

namespace saunter::store::inbox {

class Client {
 public:
  explicit Client(const std::string& database_path);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False: there is nobody to connect to.
  [[nodiscard]] bool Connect();
  void Disconnect();
  // To wait for: readable, there may be an answer; writable, a request fits. -1 while disconnected.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Why the last Connect failed, if not because no crawler runs; empty otherwise.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  enum class Sending { kSent, kNoRoomYet, kLost };
  // kLost: the request did not go out, and the client is disconnected.
  [[nodiscard]] Sending Send(const Request& request);

  enum class Receiving { kAnswer, kNothingYet, kLost };
  // kLost: the crawler has gone or does not speak as wire.h says, and the client is disconnected.
  [[nodiscard]] Receiving Receive(Answer& answer);

 private:
  const std::string path_;
  int descriptor_ = -1;
  std::string problem_;
};

}  // namespace saunter::store::inbox
