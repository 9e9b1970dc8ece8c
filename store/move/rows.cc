#include "store/move/rows.h"

#include <algorithm>
#include <utility>

namespace saunter::store::move {
namespace {

// Rows of most tables are small, and those of some are not: how many there are in the first piece
// is a guess, and from then on the last piece tells.
constexpr std::int64_t kFirstPieceRows = 500;
constexpr std::size_t kPieceBytes = 8388608;

}  // namespace

Rows::Rows(sql::Database& database, const Table& table, std::int64_t piece_rows_max,
           std::optional<Key> after)
    : database_(database),
      table_(table),
      piece_rows_max_(piece_rows_max),
      piece_rows_(std::min(piece_rows_max, kFirstPieceRows)),
      after_(std::move(after)) {}

bool Rows::NextOfPiece() {
  if (!piece_) {
    piece_.emplace(database_, ReadAfter(table_, after_));
    BindAfter(*piece_, table_, after_, piece_rows_);
  }
  if (!piece_->Step()) {
    EndPiece();
    return false;
  }
  ++rows_;
  key_ = KeyOf(table_, *piece_);
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    if (table_.columns[i].type == ColumnType::kText) {
      bytes_ += piece_->ViewText(static_cast<int>(i)).size();
    }
  }
  return true;
}

bool Rows::Next() {
  while (has_more_) {
    if (NextOfPiece()) return true;
  }
  return false;
}

void Rows::EndPiece() {
  piece_.reset();
  if (rows_ > 0) after_ = key_;
  has_more_ = rows_ == piece_rows_;
  const auto row_bytes = bytes_ / static_cast<std::size_t>(std::max<std::int64_t>(rows_, 1)) + 1;
  piece_rows_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(kPieceBytes / row_bytes), 1,
                                         piece_rows_max_);
  rows_ = 0;
  bytes_ = 0;
}

}  // namespace saunter::store::move
