// Keeps the copy, on a thread of its own, for as long as it lives.
//
// A database that is away, and a disk that is full, are waited for, longer and longer up to a
// minute; the copy stays as it is meanwhile, and readable. The log tells of either once, and of its
// end. A copy that fails again and again while the database answers is filled anew.
//
// Thread safety: all functions. Ownership: what it is given outlives it. Errors: none; what the
// thread cannot get over ends it, see HasFailed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/replica/copier.h"
#include "store/replica/progress.h"
#include "store/sql/copy_file.h"

namespace saunter::store::replica {

// How long to wait after the n-th failure in a row, from 1.
[[nodiscard]] std::chrono::milliseconds PauseAfter(std::int64_t failures);

class Keeper {
 public:
  using Connect = std::function<sql::OpenedSource()>;
  using Now = std::function<schemas::UnixSeconds()>;

  Keeper(sql::CopyFile& file, const schemas::Settings& settings, Connect connect, Now now,
         Progress& progress);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  void Start();
  [[nodiscard]] bool HasFailed() const { return has_failed_; }

  // What the thread does again and again, for tests: one step, and how long to wait then.
  [[nodiscard]] std::chrono::milliseconds Turn();

 private:
  void Run(const std::stop_token& stop);
  [[nodiscard]] bool IsConnected();
  void Note(const StepReport& report);
  // `kind` is one of a few texts; the log tells of each that is another than the one before.
  void NoteTrouble(std::string_view kind, const std::string& trouble);
  // Fills anew where the copy cannot be gone on with.
  void GetOver(const StoreError& error);
  [[nodiscard]] bool SourceAnswers();
  void EndTrouble();

  sql::CopyFile& file_;
  const schemas::Settings settings_;
  const Connect connect_;
  const Now now_;
  Progress& progress_;
  std::atomic<bool> has_failed_ = false;

  // Confined to the thread.
  Copier copier_;
  std::int64_t failures_ = 0;
  std::string trouble_kind_;  // empty: there is none
  std::string trouble_;
  std::int64_t alike_ = 0;  // failures in a row with the same trouble
  int refills_ = 0;         // that were begun since the copy was last current
  schemas::UnixSeconds filling_since_ = 0;
  std::int64_t rows_filled_ = 0;
  bool is_behind_ = false;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::unique_ptr<sql::Database> source_;  // guarded by mutex_ but for the thread's own use

  std::jthread thread_;
};

}  // namespace saunter::store::replica
