// The inbox: how the API hands over what readers say.
//
// A SOCK_SEQPACKET socket beside the database (store/inbox/wire.h), mode 0660, since the API's user
// shares the group; it takes votes and reports and nothing else. What comes rides in the writer's
// next batch and is answered after its commit. What is more than fits is answered with kFull at
// once, and a connection that sends anything else, or does not read its answers, is closed.
//
// Thread safety: InboxServer owns one thread. Errors: a server that cannot listen throws
// std::runtime_error when it is constructed; one that fails later says so in the log and leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "crawler/write/writer_thread.h"

namespace saunter::crawler::write {

class InboxServer {
 public:
  InboxServer(const std::string& database_path, WriterThread& writer);
  // Stops listening and ends the thread. What waits for its commit gets no answer.
  ~InboxServer();
  InboxServer(const InboxServer&) = delete;
  InboxServer& operator=(const InboxServer&) = delete;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace saunter::crawler::write
