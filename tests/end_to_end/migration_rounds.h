// Kills the crawler at random moments while it migrates an old database, and starts it again until
// it is through; then all that the old database held must be there.
//
// Errors: what does not hold is printed and counted.
#pragma once

#include <cstdint>
#include <random>

namespace saunter::end_to_end {

struct MigrationSums {
  std::int64_t rounds = 0;
  std::int64_t migration_ms = 0;  // what it takes undisturbed; the kills fall within it
  std::int64_t killed = 0;        // while the database was migrated
  std::int64_t killed_after = 0;  // the migration was through before the kill
  std::int64_t failed = 0;        // checks of all rounds
};

// To be called before the process has threads that read its environment.
[[nodiscard]] MigrationSums RunMigrationRounds(int rounds, std::mt19937& random);

}  // namespace saunter::end_to_end
