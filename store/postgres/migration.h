// Inside store/postgres/ only: what the open database is, and how it gets this build's schema.
//
// The version stands in the table "meta". Each script is one transaction that raises it, and a turn
// of its own among those of writers: a kill at any point loses the script that ran, and the next
// start goes on from there.
//
// Thread safety: as Database. Errors: StoreError; the scripts before the one that failed stay.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/connection.h"
#include "store/status.h"
#include "store/writer.h"

namespace saunter::store::postgres {

// 0: there is no schema yet. Below: a move is filling the database, see store/sql/move_end.h.
[[nodiscard]] std::int64_t SchemaVersionOf(Database& database);

// What the open database is, judged by its tables and its encoding.
struct Identity {
  OpenStatus status = OpenStatus::kOk;
  std::string detail = {};
  std::int64_t schema_version = 0;
};
[[nodiscard]] Identity Identify(Database& database);

// The statements of a script, each with its semicolon and with the comment before it.
[[nodiscard]] std::vector<std::string> StatementsOf(std::string_view script);

// Runs the scripts that the database lacks. `report` may be empty; it is called before each
// statement and, while one runs, again and again.
void Migrate(Database& database, const MigrationReport& report);

}  // namespace saunter::store::postgres
