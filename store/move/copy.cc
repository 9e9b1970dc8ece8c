#include "store/move/copy.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "store/move/rows.h"
#include "store/shards/shards.h"
#include "store/status.h"

namespace saunter::store::move {
namespace {

// Of one statement that inserts rows as arrays.
constexpr std::size_t kArrayRowsMax = 1000;
constexpr std::size_t kArrayBytesMax = 4194304;

[[noreturn]] void ThrowAt(const Table& table, const std::string& where, const StoreError& error) {
  throw StoreError(error.kind(), "table " + table.name + where + ": " + error.what());
}

// Rows for a database that is close: each is a statement.
class RowInserts {
 public:
  RowInserts(sql::Database& database, const Table& table) : database_(database), table_(table) {}

  void Add(sql::Use& row) {
    sql::Use insert(database_, table_.insert_row);
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const auto place = static_cast<int>(i);
      if (row.IsNull(place)) {
        insert.OptionalInt(std::nullopt);
        continue;
      }
      switch (table_.columns[i].type) {
        case ColumnType::kInt:
          insert.Int(row.GetInt(place));
          break;
        case ColumnType::kReal:
          insert.Real(row.GetReal(place));
          break;
        case ColumnType::kText:
          insert.Text(row.ViewText(place));
          break;
      }
    }
    insert.Run();
  }

 private:
  sql::Database& database_;
  const Table& table_;
};

// Rows for a server: many are a statement, each column an array of PostgreSQL's as text.
class ArrayInserts {
 public:
  ArrayInserts(sql::Database& database, const Table& table)
      : database_(database),
        table_(table),
        arrays_(table.columns.size() + (table.site_name ? 1 : 0)) {}

  void Add(sql::Use& row) {
    for (std::size_t i = 0; i < table_.columns.size(); ++i) AddValue(row, i);
    if (table_.site_name) {
      auto& array = arrays_.back();
      array += array.empty() ? '{' : ',';
      AddNumber(array, shards::ShardOf(row.ViewText(static_cast<int>(*table_.site_name))));
    }
    if (++rows_ == kArrayRowsMax || bytes_ > kArrayBytesMax) Send();
  }

  void Send() {
    if (rows_ == 0) return;
    sql::Use insert(database_, table_.insert_rows);
    for (auto& array : arrays_) {
      array += '}';
      insert.Text(array);
    }
    insert.Run();
    for (auto& array : arrays_) array.clear();
    rows_ = 0;
    bytes_ = 0;
  }

  [[nodiscard]] std::int64_t texts_cleaned() const { return texts_cleaned_; }

 private:
  void AddValue(sql::Use& row, std::size_t column) {
    auto& array = arrays_[column];
    const auto before = array.size();
    const auto place = static_cast<int>(column);
    array += array.empty() ? '{' : ',';
    if (row.IsNull(place)) {
      array += "NULL";
    } else {
      switch (table_.columns[column].type) {
        case ColumnType::kInt:
          AddNumber(array, row.GetInt(place));
          break;
        case ColumnType::kReal:
          AddNumber(array, row.GetReal(place));
          break;
        case ColumnType::kText:
          AddText(array, Clean(row, column));
          break;
      }
    }
    bytes_ += array.size() - before;
  }

  // As short as it can be read back without a loss.
  template <typename Number>
  static void AddNumber(std::string& array, Number number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    array.append(digits.data(), end);
  }

  static void AddText(std::string& array, std::string_view text) {
    array += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }

  std::string_view Clean(sql::Use& row, std::size_t column) {
    const auto text = row.ViewText(static_cast<int>(column));
    const auto held = AsPostgresHolds(text, room_);
    if (held.data() != room_.data()) return held;
    if (table_.IsKey(column)) {
      throw StoreError(StoreErrorKind::kOther,
                       "column " + table_.columns[column].name +
                           " holds what is no UTF-8 or a NUL, which PostgreSQL does not take for "
                           "a key; delete that row");
    }
    ++texts_cleaned_;
    return held;
  }

  sql::Database& database_;
  const Table& table_;
  std::vector<std::string> arrays_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::string room_;  // of a text that was cleaned
  std::int64_t texts_cleaned_ = 0;
};

// One transaction.
template <typename Add, typename End>
std::int64_t CopyPiece(Copying& copying, const Table& table, Rows& rows, Add add, End end) {
  std::int64_t count = 0;
  copying.copy.BeginWriting();
  try {
    while (rows.NextOfPiece()) {
      try {
        add(rows.row());
      } catch (const StoreError& error) {
        ThrowAt(table, ", row " + ToText(table, rows.key()), error);
      }
      ++count;
    }
    try {
      end();
      copying.copy.Commit(sql::Database::Durability::kNormal);
    } catch (const StoreError& error) {
      ThrowAt(table, "", error);
    }
  } catch (const StoreError&) {
    copying.copy.Rollback();
    throw;
  }
  return count;
}

}  // namespace

void CopyRows(Copying& copying, const Table& table) {
  Rows rows(copying.source, table, copying.piece_rows_max, LastKey(copying.copy, table));
  while (rows.HasMore()) {
    std::int64_t count = 0;
    switch (copying.copy.engine()) {
      case sql::Engine::kSqlite: {
        RowInserts inserts(copying.copy, table);
        count = CopyPiece(copying, table, rows, [&](sql::Use& row) { inserts.Add(row); }, [] {});
        break;
      }
      case sql::Engine::kPostgres: {
        ArrayInserts inserts(copying.copy, table);
        count = CopyPiece(
            copying, table, rows, [&](sql::Use& row) { inserts.Add(row); },
            [&] { inserts.Send(); });
        copying.texts_cleaned += inserts.texts_cleaned();
        break;
      }
    }
    copying.note(count);
  }
}

}  // namespace saunter::store::move
