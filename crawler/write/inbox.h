// The inbox of a crawler: what readers say rides in the writer's next batch, see
// store/inbox/server.h.
//
// Thread safety: InboxServer owns one thread. Errors: one that cannot listen throws
// std::runtime_error when it is constructed; one that fails later says so in the log and leaves.
#pragma once

#include <memory>
#include <string>

#include "crawler/write/writer_thread.h"
#include "store/inbox/server.h"
#include "store/inbox/ticket.h"

namespace saunter::crawler::write {

// What readers say goes into the writer's queue, unless that is full or the database takes no
// writes.
class WritersDesk final : public store::inbox::Desk {
 public:
  explicit WritersDesk(WriterThread& writer) : writer_(writer) {}

  bool Take(std::shared_ptr<FeedbackTicket> ticket) override {
    Result result = std::move(ticket);
    return !writer_.Trouble() && writer_.TryPut(result) == PutStatus::kTaken;
  }

 private:
  WriterThread& writer_;
};

class InboxServer {
 public:
  InboxServer(const std::string& database_path, WriterThread& writer)
      : desk_(writer), server_(database_path, desk_) {}

 private:
  WritersDesk desk_;
  store::inbox::Server server_;
};

}  // namespace saunter::crawler::write
