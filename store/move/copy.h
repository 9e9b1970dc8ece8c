// Inside store/move/ only: copies the rows of a table that the copy does not have yet.
//
// Thread safety: as Database. Errors: StoreError, which names the table and, where it is known, the
// row.
#pragma once

#include <cstdint>
#include <functional>

#include "store/move/table.h"
#include "store/sql/database.h"

namespace saunter::store::move {

struct Copying {
  sql::Database& source;
  sql::Database& copy;
  std::int64_t piece_rows_max = 0;
  // After each commit: the rows of the piece.
  std::function<void(std::int64_t rows)> note = {};
  std::int64_t texts_cleaned = 0;
};

void CopyRows(Copying& copying, const Table& table);

}  // namespace saunter::store::move
