// Reads due work on a thread of its own, so that no query, however slow, holds up an answer, a
// signal or what is in flight.
//
// One query is out at a time, and one answer waits at most: that bounds the hand-over. A query that
// another program holds up, or that takes too long, is tried again after a pause that grows from
// one second to a minute.
//
// Thread safety: one thread asks and takes. Ownership: the reader owns its connection. Errors: a
// failure that passes is an answer without items; any other StoreError is thrown by Take.
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "crawler/loop/due_queries.h"
#include "schemas/units.h"
#include "store/due_work.h"

namespace saunter::crawler::loop {

class DueReader {
 public:
  // `name` is the thread's, of at most 15 bytes.
  DueReader(std::unique_ptr<store::DueWork> work, std::string name);
  ~DueReader();  // interrupts the query that runs
  DueReader(const DueReader&) = delete;
  DueReader& operator=(const DueReader&) = delete;

  // False: a query is out, its answer was not taken, or the last one failed a moment ago.
  [[nodiscard]] bool IsReady(schemas::UnixSeconds now) const;
  [[nodiscard]] bool IsBusy() const { return is_busy_; }  // asked, and not yet taken
  // Only while IsReady().
  void Ask(const DueQuery& query);

  struct Answer {
    std::optional<DueItems> items;  // absent: the query failed and is to be asked again
  };
  // The answer, once it is there. `now` is the time from which a failure pauses.
  [[nodiscard]] std::optional<Answer> Take(schemas::UnixSeconds now);
  // Interrupts the statement that runs, if any; a query that is between two statements goes on.
  // IsReady() is false from now on.
  void Interrupt();

 private:
  void Run(const std::stop_token& stop);
  // Throws what does not pass.
  void NoteFailure(const std::exception_ptr& failure, schemas::UnixSeconds now);

  const std::string name_;
  const std::unique_ptr<store::DueWork> work_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_.
  std::optional<DueQuery> query_;
  std::optional<DueItems> items_;
  std::exception_ptr failure_;
  bool has_ended_ = false;

  // Confined to who asks.
  bool is_busy_ = false;
  bool is_interrupted_ = false;
  std::int64_t pause_s_ = 0;
  schemas::UnixSeconds failed_at_ = 0;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace saunter::crawler::loop
