// What a copy holds: all that the API reads, and nothing else.
//
// A change of the log names rows by its kind and an id; tables.cc lists which rows of which tables
// these are, and which tables are left out, and why.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace saunter::store::replica {

// A new number whenever other rows or columns are copied than before: copies of another form are
// filled anew.
inline constexpr int kForm = 1;

// Of a change, as schemas/postgres/ has it.
enum class Kind : int {
  kPool = 1,
  kLink = 2,
  kFeed = 3,
  kSite = 4,
  kCategory = 5,
  kEntries = 6,
  kReport = 7,
  kHour = 8,
  kWeek = 9,
  kOutage = 10,
  kBatch = 11,
};

enum class ColumnType { kNumber, kText };

struct CopiedColumn {
  std::string name;
  std::string value = {};  // the expression in the source; empty: the column of the name
  ColumnType type = ColumnType::kNumber;
  std::optional<Kind> names = {};  // what the id, or ids with commas between, is of
};

// Rows are found by numbers.
struct CopiedTable {
  std::string name;
  Kind kind;                       // of the changes that name rows
  std::string group;               // the column that a change's id is of
  std::vector<std::string> key;    // of one row, one or two columns
  std::vector<std::string> order;  // in which the first filling goes through the table
  std::vector<CopiedColumn> columns;
  std::string filter = {};  // what all rows that are copied have
  std::string unique = {};  // a column beside the key that no two rows have alike
};

// In the order in which they are filled. `total` and `crawler` are copied whole, by themselves.
[[nodiscard]] std::span<const CopiedTable> CopiedTables();

struct LeftOutTable {
  const char* name;
  const char* because;
};
[[nodiscard]] std::span<const LeftOutTable> LeftOutTables();

}  // namespace saunter::store::replica
