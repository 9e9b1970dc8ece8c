// Inside store/sqlite/ only: brings a database to this build's schema.
//
// Scripts may use tenant_of(url): the tenant that a stored URL belongs to, see schemas/site.h.
//
// Each script is one IMMEDIATE transaction that raises PRAGMA user_version with it: a kill or a
// power failure at any point loses the script that ran, and the next start goes on from there.
//
// Thread safety: as Database. Errors: StoreError; the scripts before the one that failed stay.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

// The statements of a script, each with its semicolon and with the comment before it.
[[nodiscard]] std::vector<std::string> StatementsOf(std::string_view script);

// Runs the scripts that the database lacks. `report` may be empty; it is called before each
// statement and, while one runs, again and again.
void Migrate(Database& database, const MigrationReport& report);

}  // namespace saunter::store::sqlite
