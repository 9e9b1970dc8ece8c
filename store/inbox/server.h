// The inbox, at the end of who writes: how the API hands over what readers say.
//
// A SOCK_SEQPACKET socket beside the database (store/inbox/wire.h), mode 0660, since the API's user
// shares the group; it takes votes and reports and nothing else. What comes is
// handed to a desk and is answered after its commit. What is more than fits is answered with kFull
// at once, and a connection that sends anything else, or does not read its answers, is closed.
//
// Thread safety: a Server owns one thread. Errors: a server that cannot listen throws
// std::runtime_error when it is constructed; one that fails later says so in the log and leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/inbox/ticket.h"

namespace saunter::store::inbox {

class Server {
 public:
  // `desk` outlives it.
  Server(const std::string& database_path, Desk& desk);
  // Stops listening and ends the thread. What waits for its commit gets no answer.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::store::inbox
