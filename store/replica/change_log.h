// The log of changes of a database, as one who copies it reads it; schemas/postgres/ says what a
// change is.
//
// Thread safety: one thread at a time. Errors: StoreError.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "schemas/units.h"
#include "store/replica/rows.h"
#include "store/sql/database.h"

namespace saunter::store::replica {

// A place in the log: a change, and what it says.
struct Position {
  std::int64_t change_id = 0;  // 0: before the first
  std::int64_t mark = 0;

  bool operator==(const Position&) const = default;
};

struct Changes {
  std::map<Kind, std::vector<IdRange>> rows;  // that changed, of each kind; merged
  std::vector<IdRange> pool;                  // what followers of the pool are told, in order
  Position end;                               // up to which they were read
  std::int64_t count = 0;
  std::int64_t rows_named = 0;
  bool is_whole = true;  // there are no more
};

[[nodiscard]] std::int64_t ReadOrigin(sql::Database& source);
[[nodiscard]] schemas::UnixSeconds ReadClock(sql::Database& source);
// A server that follows another one, and may be behind it.
[[nodiscard]] bool IsStandby(sql::Database& source);
[[nodiscard]] std::optional<schemas::UnixSeconds> ReadNewestBatchAt(sql::Database& source);
[[nodiscard]] Position ReadNewest(sql::Database& source);
// False: the log has been trimmed beyond it, or this is another history.
[[nodiscard]] bool IsInLog(sql::Database& source, const Position& position);
// About `rows_max` rows or changes at most, but a whole transaction where that is possible.
[[nodiscard]] Changes ReadChanges(sql::Database& source, const Position& after,
                                  std::int64_t rows_max);

}  // namespace saunter::store::replica
