// Writes what readers of this machine's API say into the database, where crawlers act on it.
//
// Votes and reports gather while a transaction runs and go together with the next one, and where
// that fails by themselves. While the
// database is away nothing is taken: readers are told to keep what they said and come back.
//
// Thread safety: all functions; it owns one thread. Errors: none; the log tells of trouble once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/inbox/ticket.h"
#include "store/replica/progress.h"
#include "store/writer.h"

namespace saunter::store::replica {

class FeedbackDesk final : public inbox::Desk {
 public:
  using Open = std::function<OpenedWriter(const schemas::StoreSettings&)>;
  using Now = std::function<schemas::UnixSeconds()>;

  // `open` opens the database that `settings` name, without changing its tables.
  FeedbackDesk(schemas::StoreSettings settings, Open open, Now now, Progress& progress);
  ~FeedbackDesk() override;

  bool Take(std::shared_ptr<inbox::FeedbackTicket> ticket) override;

 private:
  using Tickets = std::vector<std::shared_ptr<inbox::FeedbackTicket>>;

  void Run(const std::stop_token& stop);
  void Write(const Tickets& tickets);
  void WriteTogether(const Tickets& tickets);  // in one transaction
  void WriteSingly(const Tickets& tickets);
  void NoteTrouble(const std::string& trouble);

  const schemas::StoreSettings settings_;
  const Open open_;
  const Now now_;
  Progress& progress_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  Tickets tickets_;                                // guarded by mutex_
  std::size_t waiting_ = 0;                        // of what was said in them; guarded by mutex_
  std::chrono::steady_clock::time_point open_at_;  // nothing is taken before; guarded by mutex_

  // Confined to the thread.
  std::unique_ptr<Writer> writer_;
  bool is_in_trouble_ = false;

  std::jthread thread_;
};

}  // namespace saunter::store::replica
