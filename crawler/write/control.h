// The control socket: how the CLI hands an operator's changes to a running crawler.
//
// It is a Unix stream socket beside the database (PATH + ".control"), open to the crawler's own
// user and root alone (mode 0600), since the API's user shares the group and readers may change
// nothing. A connection carries one request, a length-prefixed JSON document {"changes":[…]}, and
// one answer of the same form: {"batch_id":N,"outcomes":[…]} after the commit, or {"problem":"…"}.
//
// Thread safety: ControlServer owns one thread; any thread may call SubmitChanges. Errors: values;
// a server that cannot listen throws std::runtime_error when it is constructed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crawler/write/writer_thread.h"
#include "schemas/batch.h"

namespace saunter::crawler::write {

[[nodiscard]] std::string ControlPath(const std::string& database_path);

class ControlServer {
 public:
  ControlServer(const std::string& database_path, WriterThread& writer);
  // Stops listening, answers all who wait, and ends the thread. A change that waits for its commit
  // holds it up: WriterThread::RefuseChanges comes first.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  class State;
  std::unique_ptr<State> state_;
};

enum class SubmitStatus { kDone, kNoCrawler, kFailed };
struct SubmitResult {
  SubmitStatus status = SubmitStatus::kDone;
  ChangeReceipt receipt;
};
// Hands the changes to the crawler of this database and waits for its commit.
[[nodiscard]] SubmitResult SubmitChanges(const std::string& database_path,
                                         const std::vector<schemas::OperatorChange>& changes);

}  // namespace saunter::crawler::write
