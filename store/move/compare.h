// Inside store/move/ only: reads a table of both sides in the order of its key and compares it
// value by value.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "store/move/move.h"
#include "store/move/table.h"
#include "store/sql/database.h"

namespace saunter::store::move {

struct Comparing {
  sql::Database& source;
  sql::Database& copy;
  std::int64_t piece_rows_max = 0;
  // Now and then: how many rows were compared since the last time.
  std::function<void(std::int64_t rows)> note = {};
  std::size_t differences_max = 0;
  std::vector<MoveDifference> differences = {};
};

// Adds differences until there are as many as wanted. Returns the rows that both have.
std::int64_t CompareRows(Comparing& comparing, const Table& table);

}  // namespace saunter::store::move
