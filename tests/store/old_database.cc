#include "tests/store/old_database.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "schemas/sql.h"

namespace saunter::store {

void MakeOldDatabase(const std::string& path, int version, const std::string& rows) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  // The scripts run on empty tables, so that nobody calls it.
  database.createFunction(
      "tenant_of", 1, true, nullptr, [](sqlite3_context*, int, sqlite3_value**) {}, nullptr,
      nullptr, nullptr);
  for (const auto script : schemas::SqlScripts().first(static_cast<std::size_t>(version))) {
    database.exec(std::string(script));
  }
  database.exec(rows);
  database.exec("PRAGMA application_id = " + std::to_string(schemas::kApplicationId));
  database.exec("PRAGMA user_version = " + std::to_string(version));
}

}  // namespace saunter::store
