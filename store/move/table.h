// Inside store/move/ only: a table that both engines have, and how its rows are read in the order
// of its key.
//
// Thread safety: values; a cursor as its Database. Errors: StoreError.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql/database.h"

namespace saunter::store::move {

enum class ColumnType { kInt, kReal, kText };

struct Column {
  std::string name;
  ColumnType type = ColumnType::kInt;
};

// A value of a key. Texts compare byte for byte in both engines.
struct KeyPart {
  std::int64_t number = 0;
  std::string text = {};

  friend auto operator<=>(const KeyPart&, const KeyPart&) = default;
};
using Key = std::vector<KeyPart>;

struct Table {
  std::string name;
  std::vector<Column> columns;   // those of SQLite, in its order
  std::vector<std::size_t> key;  // places in `columns`
  // The column with a site's name, where PostgreSQL keeps the shard of it, too.
  std::optional<std::size_t> site_name;

  // Statements, which stay where they are as long as the table does.
  std::string read_first;  // the first rows; parameter: how many
  std::string read_next;   // those after a key; parameters: the key, how many
  std::string read_last;   // the last key
  std::string count;
  std::string insert_row;  // a parameter for each column
  std::string
      insert_rows;       // the same, each an array of PostgreSQL; then that of the shards, if any
  std::string has_rows;  // whether there is any

  [[nodiscard]] bool IsKey(std::size_t column) const;
};

// Every table that is moved, those first to which others refer. Throws if one engine lacks a table
// or a column that SQLite has.
[[nodiscard]] std::deque<Table> MovedTables(sql::Database& sqlite, sql::Database& postgres);

// The key in the current row of one of the statements that read whole rows.
[[nodiscard]] Key KeyOf(const Table& table, sql::Use& row);
// "12, example.org"
[[nodiscard]] std::string ToText(const Table& table, const Key& key);
// The last key that stands in the table.
[[nodiscard]] std::optional<Key> LastKey(sql::Database& database, const Table& table);
// A value as text, "NULL" if it is absent.
[[nodiscard]] std::string ValueText(const Table& table, sql::Use& row, std::size_t column);

// Binds what read_first and read_next want.
[[nodiscard]] const std::string& ReadAfter(const Table& table, const std::optional<Key>& key);
void BindAfter(sql::Use& use, const Table& table, const std::optional<Key>& key,
               std::int64_t rows_max);

// What PostgreSQL would store of it: the text itself, or `room`, where each NUL and each byte that
// is no UTF-8 became U+FFFD.
[[nodiscard]] std::string_view AsPostgresHolds(std::string_view text, std::string& room);

}  // namespace saunter::store::move
