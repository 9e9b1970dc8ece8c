// Tells the service manager and the log how far a migration is, so that a long one is neither taken
// for a hung start nor for silence.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <chrono>
#include <optional>

#include "store/writer.h"

namespace saunter::crawler::daemon {

class MigrationNews {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // To be called as often as one likes. The service manager gets the news and more time to start at
  // most once in kTellInterval; the log a line in kLogInterval, and none of a migration that is
  // over sooner.
  void Note(const store::MigrationProgress& progress, Time now);

  static constexpr std::chrono::seconds kTellInterval{1};
  static constexpr std::chrono::seconds kLogInterval{10};
  // Not every step of SQLite gives a sign of life: a sort and a commit of gigabytes give none.
  static constexpr std::chrono::minutes kMoreTime{10};

 private:
  std::optional<Time> told_at_;
  std::optional<Time> logged_at_;  // or when it began
};

}  // namespace saunter::crawler::daemon
