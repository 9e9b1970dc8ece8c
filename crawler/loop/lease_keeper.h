// Keeps this crawler's lease on its part of all hosts, where several crawlers share a database
// (store/leases.h): a thread of its own says again and again that it lives, so that no query and no
// slow host keeps it from that.
//
// A lease that could not be renewed in time is over for good, also where nobody else has noticed:
// what was asked under it is dropped, and the crawler joins anew under another id. The time is that
// of a clock that goes on while the process or the machine sleeps.
//
// A crawler whose clock is wrong would call feeds due that are not, and undo what the others noted
// for hosts: it holds nothing until the clock is right.
//
// Thread safety: all functions. Ownership: it owns its connection. Errors: the constructor throws
// StoreError; later ones are logged, and it is tried again until the lease is renewed or over.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "schemas/batch.h"
#include "schemas/settings.h"
#include "store/leases.h"

namespace saunter::crawler::loop {

// What the crawler holds, as far as is known.
struct LeaseView {
  schemas::Lease lease;     // owner 0: where others share the database, nothing for the moment
  store::ShardSet leaving;  // nothing of these is to be begun
  std::int64_t shards = store::ShardSet().size();
  std::int64_t crawlers = 1;         // that live, this one included
  std::int64_t silent_until_ms = 0;  // of SleepingMs(): some of it is not to be asked before
};

struct LeaseSums {
  bool is_shared = false;
  std::int64_t shards = 0;
  std::int64_t crawlers = 0;
  std::int64_t lost = 0;  // leases
};

class LeaseKeeper {
 public:
  using Open = std::function<store::OpenedLeases()>;
  // Milliseconds that go on while the process or the machine sleeps.
  [[nodiscard]] static std::int64_t SleepingMs();

  // Of a database that nobody shares: it holds everything for ever, and costs nothing.
  LeaseKeeper() = default;
  // Joins before it returns. `leases` may be nullptr: nobody shares the database. `open` makes
  // another one when its connection is lost.
  LeaseKeeper(std::unique_ptr<store::Leases> leases, Open open, std::string name,
              const schemas::StoreSettings& settings);
  ~LeaseKeeper() { Stop(); }
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  [[nodiscard]] bool is_shared() const { return is_shared_; }
  [[nodiscard]] LeaseView View() const;
  [[nodiscard]] LeaseSums Sums() const;
  // Nothing may be asked any more under the lease that View() has.
  [[nodiscard]] bool IsOver() const { return is_shared_ && SleepingMs() >= good_until_ms_; }

  // Of these shards, which are to leave, nothing is out any more.
  void NoteClear(const store::ShardSet& shards);
  // Gives back all; nothing may be out. It has no lease from now on.
  void Leave(store::Departure departure);

 private:
  void Run();
  // Renews, or joins. Errors: StoreError.
  void Step();
  void Join();
  // Errors: StoreError, where this machine's clock and the database's differ.
  void CheckClock();
  void Lose();
  void Publish(const store::HeldShards& held, std::int64_t asked_at_ms);
  void NoteTrouble(const std::string& problem);
  void Stop();

  // Constant after construction.
  Open open_;
  std::string name_;
  std::int64_t lease_ms_ = 0;
  std::int64_t renewal_ms_ = 0;
  bool is_shared_ = false;

  std::atomic<std::int64_t> good_until_ms_ = 0;

  // Guarded by the mutex.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  LeaseView view_;
  LeaseSums sums_;
  store::ShardSet clear_;
  bool stopping_ = false;

  // Confined to the thread, once it runs.
  std::unique_ptr<store::Leases> leases_;
  schemas::Id owner_ = 0;
  bool has_trouble_ = false;

  std::thread thread_;
};

}  // namespace saunter::crawler::loop
