#include "store/sqlite/migration.h"

#include "schemas/site.h"
#include "schemas/sql.h"
#include "store/sql/migration_run.h"

namespace saunter::store::sqlite {
namespace {

// SQL: tenant_of(url) is the tenant of a stored URL, '/~ann', or ''.
void TenantOfUrl(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  const std::string_view url = text == nullptr ? std::string_view() : std::string_view(text);
  const auto scheme_end = url.find("://");
  const auto path = url.find('/', scheme_end == std::string_view::npos ? 0 : scheme_end + 3);
  const auto tenant =
      path == std::string_view::npos ? std::string() : schemas::TenantOf(url.substr(path));
  sqlite3_result_text(context, tenant.data(), static_cast<int>(tenant.size()), SQLITE_TRANSIENT);
}

void RunScript(Database& database, int version, const MigrationReport& report) {
  const auto scripts = schemas::SqlScripts();
  auto statements = StatementsOf(scripts[static_cast<std::size_t>(version - 1)]);
  // Applications are told apart by this number, so it comes with the first tables.
  statements.push_back("PRAGMA application_id = " + std::to_string(schemas::kApplicationId));
  statements.push_back("PRAGMA user_version = " + std::to_string(version));
  statements.emplace_back("COMMIT");
  sql::RunStatements(database, statements, {.script = version, .scripts = schemas::SchemaVersion()},
                     report);
}

}  // namespace

std::vector<std::string> StatementsOf(std::string_view script) {
  std::vector<std::string> statements;
  std::string statement;
  for (const char c : script) {
    statement += c;
    // A semicolon in a comment or a text ends nothing.
    if (c != ';' || sqlite3_complete(statement.c_str()) == 0) continue;
    statements.push_back(std::move(statement));
    statement.clear();
  }
  return statements;
}

void Migrate(Database& database, const MigrationReport& report) {
  sqlite3_create_function_v2(database.handle(), "tenant_of", 1,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                             TenantOfUrl, nullptr, nullptr, nullptr);
  // Indexes of many links are sorted in more memory than the unit allows.
  database.Execute("PRAGMA temp_store = FILE");
  while (true) {
    database.Execute("BEGIN IMMEDIATE");
    try {
      const auto version = static_cast<int>(database.QueryInt("PRAGMA user_version"));
      if (version >= schemas::SchemaVersion()) {
        database.Execute("COMMIT");
        database.Execute("PRAGMA temp_store = MEMORY");
        return;
      }
      RunScript(database, version + 1, report);
    } catch (const StoreError&) {
      sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }
}

}  // namespace saunter::store::sqlite
