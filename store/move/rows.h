// Inside store/move/ only: the rows of a table in the order of its key, read piece by piece so that
// no query is long and no answer large.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "store/move/table.h"
#include "store/sql/database.h"

namespace saunter::store::move {

class Rows {
 public:
  // From the first row whose key is larger than `after`, or from the first of all.
  Rows(sql::Database& database, const Table& table, std::int64_t piece_rows_max,
       std::optional<Key> after = std::nullopt);

  // The next row of the piece that is being read; false once it is at its end.
  [[nodiscard]] bool NextOfPiece();
  // There may be rows behind this piece; the next call of NextOfPiece goes on with them.
  [[nodiscard]] bool HasMore() const { return has_more_; }
  // The next row of the table; false once it is at its end.
  [[nodiscard]] bool Next();

  // The current row, and its key.
  [[nodiscard]] sql::Use& row() {
    assert(piece_.has_value());
    return *piece_;
  }
  [[nodiscard]] const Key& key() const {
    assert(key_.has_value());
    return *key_;
  }

 private:
  void EndPiece();

  sql::Database& database_;
  const Table& table_;
  const std::int64_t piece_rows_max_;
  std::int64_t piece_rows_;   // of this piece, at most
  std::int64_t rows_ = 0;     // of it, so far
  std::size_t bytes_ = 0;     // of their texts
  std::optional<Key> after_;  // the key before the piece; its texts are bound while that is read
  std::optional<Key> key_;    // of the current row
  std::optional<sql::Use> piece_;
  bool has_more_ = true;
};

}  // namespace saunter::store::move
