// Inside store/sql/ and its engines only: the statements of one script of a migration, each told of
// while it runs.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <string>
#include <vector>

#include "store/sql/database.h"
#include "store/writer.h"

namespace saunter::store::sql {

// `script` names the script and how many there are. `report` may be empty.
void RunStatements(Database& database, const std::vector<std::string>& statements,
                   MigrationProgress script, const MigrationReport& report);

}  // namespace saunter::store::sql
