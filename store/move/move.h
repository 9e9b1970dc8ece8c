// Moves a whole database from a file of SQLite to one of PostgreSQL, or back.
//
// Rows keep their ids. They are copied table by table in the order of their keys, a transaction for
// a piece of a table, so that the last key of a table in the copy says how far it has come: a move
// that was cut short goes on from there when it is started again. At its end every row of both is
// read and compared, and only then the copy becomes a database that other programs open. The source
// is never written, and nobody else writes it or the copy meanwhile.
//
// What changed in the pool, for those who follow it, begins anew in the copy; so does what one
// engine alone has. Of a text that PostgreSQL does not hold, what is no UTF-8 and each NUL become
// U+FFFD; a key that is no such text ends the move.
//
// Thread safety: all functions. Errors: what can be wrong is Moved::status; no exceptions but those
// of the report.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/settings.h"
#include "store/status.h"

namespace saunter::store::move {

enum class MoveStep { kCopy, kCompare };

struct MoveProgress {
  MoveStep step = MoveStep::kCopy;
  std::string_view table = {};
  std::int64_t table_rows = 0;  // of the table so far
  std::int64_t rows = 0;        // of all tables so far, with those that stood there before
  std::int64_t rows_total = 0;
};
// Called after each piece, when nothing is open on either side.
using MoveReport = std::function<void(const MoveProgress&)>;

struct MoveOptions {
  std::string from = {};  // a path, or an address as store.url takes it; `to` is of the other kind
  std::string to = {};
  schemas::StoreSettings settings = {};  // all but path and url
  std::int64_t piece_rows_max = 5000;    // of a transaction
};

struct MovedTable {
  std::string name = {};
  std::int64_t rows = 0;
};

// One value of the copy that is not as the source's.
struct MoveDifference {
  std::string table = {};
  std::string key = {};     // "12" or "12, example.org"
  std::string column = {};  // empty: the row is missing on one side
  std::string source = {};  // the values, as far as they are worth showing
  std::string copy = {};
};

struct Moved {
  OpenStatus status = OpenStatus::kOk;
  std::string detail = {};                       // for a person, with what to do
  std::vector<MovedTable> tables = {};           // with the rows that were compared
  std::int64_t rows = 0;                         // of all of them
  std::int64_t rows_before = 0;                  // that an earlier start had copied
  std::int64_t texts_cleaned = 0;                // that PostgreSQL would have refused
  std::vector<MoveDifference> differences = {};  // the first few; the copy stays an unfinished one
};

[[nodiscard]] Moved Move(const MoveOptions& options, const MoveReport& report = {});

}  // namespace saunter::store::move
