// Inside store/sql/ only: the same statement for many rows, as each engine takes them best.
//
// SQLite runs it row by row, or for some rows at a time; PostgreSQL, to which each statement is a
// message and a plan that begins anew, gets all rows with one: as lists, which the statement takes
// apart with unnest, or by COPY, which is for new rows alone.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <cstddef>
#include <string>

#include "store/sql/database.h"

namespace saunter::store::sql {

// Rows that one statement of SQLite writes, at most: what a statement costs is shared by so many.
inline constexpr std::size_t kRowsPerStatement = 16;

// As many question marks as rows, or any number of rows of PostgreSQL.
struct RowStatements {
  std::string one = {};
  std::string many = {};  // of kRowsPerStatement rows, where that is worth a statement of its own
  std::string lists = {};
};

// "UPDATE table SET assignments WHERE key = ?", for a row and for lists: `lists` are the places of
// unnest, one for each question mark of the assignments, in order, and that of the key.
[[nodiscard]] RowStatements UpdateEach(const std::string& table, const std::string& assignments,
                                       const std::string& key, const std::string& lists);

// `bind(use, row)` binds a row to the next parameters. Texts live until all rows are written.
template <typename Rows, typename Bind>
void PutRows(Database& database, const Rows& rows, const RowStatements& statements, Bind bind) {
  if (rows.empty()) return;
  if (database.engine() == Engine::kPostgres) {
    Use write(database, statements.lists);
    for (const auto& row : rows) {
      bind(write, row);
      write.KeepRow();
    }
    return write.Run();
  }
  auto left = rows.size();
  for (auto row = rows.begin(); row != rows.end();) {
    const bool is_full = !statements.many.empty() && left >= kRowsPerStatement;
    auto count = is_full ? kRowsPerStatement : 1;
    left -= count;
    Use write(database, is_full ? statements.many : statements.one);
    for (; count > 0; --count, ++row) bind(write, *row);
    write.Run();
  }
}

}  // namespace saunter::store::sql
