// A worker's reader, which under load keeps one read transaction for several requests.
//
// A transaction begins and ends under locks that all workers of the process share. Under load they
// cost more than the rows. So a worker whose last request was a moment ago keeps its snapshot for
// up to store::kSnapshotAgeMax. The next request after that begins a new one; if no request comes,
// a sweeper thread ends it, up to about a tenth of a second later. A quiet service keeps no
// snapshot.
//
// Thread safety: the worker uses it while it holds it; Sweep() from any thread. Errors: StoreError.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/reader.h"

namespace saunter::api::routes {

class SnapshotReader {
 public:
  using Clock = std::chrono::steady_clock;

  // Held for the time of a request.
  [[nodiscard]] std::unique_lock<std::mutex> Hold() { return std::unique_lock(mutex_); }

  // While held, with the time at which the request began.
  void RenewSnapshot(Clock::time_point now);
  void DropSnapshot();
  void Set(std::unique_ptr<store::Reader> reader) { reader_ = std::move(reader); }
  explicit operator bool() const { return reader_ != nullptr; }
  store::Reader* operator->() const { return reader_.get(); }

  // Ends a snapshot that has been kept for too long, unless the worker is using it.
  void Sweep(Clock::time_point now);

 private:
  [[nodiscard]] bool IsTooOld(Clock::time_point now) const;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::unique_ptr<store::Reader> reader_;
  Clock::time_point asked_at_;  // the last request
  Clock::time_point kept_at_;   // the beginning of the snapshot
};

// The readers of all workers, and the thread that sweeps them.
class SnapshotReaders {
 public:
  SnapshotReaders();
  ~SnapshotReaders() = default;
  SnapshotReaders(const SnapshotReaders&) = delete;
  SnapshotReaders& operator=(const SnapshotReaders&) = delete;

  [[nodiscard]] std::shared_ptr<SnapshotReader> Add();

 private:
  void SweepAll();

  std::mutex mutex_;
  std::vector<std::weak_ptr<SnapshotReader>> readers_;  // guarded by mutex_
  std::jthread thread_;                                 // last: it uses all of the above
};

}  // namespace saunter::api::routes
