// How the copy stands, as others of the program tell it.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "schemas/units.h"

namespace saunter::store::replica {

struct ProgressFacts {
  std::optional<schemas::UnixSeconds> current_at;  // of the copy in use; nullopt: there is none
  std::int64_t changes_behind = 0;                 // about
  std::int64_t rows_copied = 0;                    // since the start
  std::int64_t fillings = 0;                       // that were begun since the start
  std::optional<schemas::UnixSeconds> pulled_at;   // the last step that was done
  bool is_filling = false;
  std::string trouble = {};  // why nothing can be copied; empty: it can
  std::int64_t feedback_taken = 0;
  std::int64_t feedback_used = 0;
};

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] ProgressFacts Facts() const {
    const std::scoped_lock lock(mutex_);
    return facts_;
  }
  // For the copier; `change` is given the facts.
  template <typename Change>
  void Note(Change change) {
    const std::scoped_lock lock(mutex_);
    change(facts_);
    noted_at_ = Clock::now();
  }
  // Of what others than the copier do: it is no sign that the copier goes on.
  template <typename Change>
  void NoteBeside(Change change) {
    const std::scoped_lock lock(mutex_);
    change(facts_);
  }
  // When the copier noted anything last.
  [[nodiscard]] Clock::time_point noted_at() const {
    const std::scoped_lock lock(mutex_);
    return noted_at_;
  }

 private:
  mutable std::mutex mutex_;
  ProgressFacts facts_;                        // guarded by mutex_
  Clock::time_point noted_at_ = Clock::now();  // guarded by mutex_
};

// "a copy of … links, current" or what keeps it from being that, in one line.
[[nodiscard]] std::string Summary(const ProgressFacts& facts, schemas::UnixSeconds now);

}  // namespace saunter::store::replica
