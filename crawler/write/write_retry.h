// Inside crawler/write: what to do after a failed write.
//
// A lock held by another program, a full disk, a file that may not be written at the moment and a
// server that is gone are temporary: the same batch is tried again. More writing could make any
// other error worse, also that of a read-only file system, which SQLite reports as an I/O error.
//
// Thread safety: one thread. Errors: none; the first failure of each kind is logged.
#pragma once

#include <chrono>
#include <optional>

#include "store/status.h"

namespace saunter::crawler::write {

class WriteRetry {
 public:
  enum class Run { kRunning, kStopping };
  enum class Step {
    kRetrySoon,
    kRetryLater,
    kGiveUp,
  };

  // Whether this kind of failure goes away by itself.
  [[nodiscard]] static bool Passes(store::StoreErrorKind kind);
  // The step after one more failure of the same batch.
  [[nodiscard]] Step After(store::StoreErrorKind kind, Run run);
  [[nodiscard]] static std::chrono::milliseconds Delay(Step step);
  [[nodiscard]] int attempts() const { return attempts_; }

 private:
  int attempts_ = 0;
  int attempts_stopping_ = 0;
  std::optional<store::StoreErrorKind> logged_;
};

}  // namespace saunter::crawler::write
