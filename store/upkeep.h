// What keeps a database well: a look at all of it, and a copy.
//
// Thread safety: one thread at a time. Errors: what goes wrong while reading is thrown as
// StoreError.
#pragma once

#include <string>
#include <vector>

namespace saunter::store {

// Something wrong with a database.
struct Finding {
  std::string problem;
  std::string advice;  // what to do about it
};

class Upkeep {
 public:
  virtual ~Upkeep() = default;

  // Everything wrong with the file: integrity, foreign keys, totals against counts. Scan, slow.
  [[nodiscard]] virtual std::vector<Finding> Check() = 0;
  // A consistent copy while the writer goes on. The target must not exist.
  virtual void Backup(const std::string& path) = 0;
};

}  // namespace saunter::store
