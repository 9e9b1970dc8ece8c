#include "store/postgres/migration.h"

#include <algorithm>

#include "schemas/postgres.h"
#include "store/sql/migration_run.h"
#include "store/sql/move_end.h"

namespace saunter::store::postgres {
namespace {

constexpr char kHasMeta[] = "SELECT to_regclass('meta') IS NOT NULL";
constexpr char kVersion[] = "SELECT value FROM meta WHERE name = 'schema_version'";
constexpr char kTablesOfOthers[] =
    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
constexpr char kMakeMeta[] =
    "CREATE TABLE IF NOT EXISTS meta (name TEXT COLLATE \"C\" PRIMARY KEY, value BIGINT NOT NULL)";

void RunScript(Database& database, int version, const MigrationReport& report) {
  const auto scripts = schemas::PostgresScripts();
  auto statements = StatementsOf(scripts[static_cast<std::size_t>(version - 1)]);
  statements.insert(statements.begin(), kMakeMeta);
  statements.push_back("INSERT INTO meta (name, value) VALUES ('schema_version', " +
                       std::to_string(version) +
                       ") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  sql::RunStatements(database, statements,
                     {.script = version, .scripts = schemas::PostgresSchemaVersion()}, report);
}

// Where a text in quotes, a comment or a body between "$$" that begins at `at` ends; `at`: none
// does.
std::size_t EndOfQuoted(std::string_view script, std::size_t at) {
  const auto after = [&](std::string_view mark, std::size_t from) {
    const auto end = script.find(mark, from);
    return end == std::string_view::npos ? script.size() : end + mark.size();
  };
  if (script[at] == '\'' || script[at] == '"') return after(script.substr(at, 1), at + 1);
  const auto two = script.substr(at, 2);
  if (two == "$$") return after(two, at + 2);
  if (two == "--") return after("\n", at);
  return at;
}

}  // namespace

std::int64_t SchemaVersionOf(Database& database) {
  return database.QueryInt(kHasMeta) == 0 ? 0 : database.QueryInt(kVersion);
}

Identity Identify(Database& database) {
  const auto refuse = [&](OpenStatus status, const std::string& detail) {
    return Identity{.status = status, .detail = "the " + database.place() + " " + detail};
  };
  if (const auto encoding = database.QueryText("SHOW server_encoding"); encoding != "UTF8") {
    return refuse(
        OpenStatus::kForeign,
        "is encoded in " + encoding + "; make one in UTF8: createdb -E UTF8 -T template0 NAME");
  }
  const auto version = SchemaVersionOf(database);
  const auto wanted = schemas::PostgresSchemaVersion();
  if (version < 0) {
    return {.status = OpenStatus::kUnavailable,
            .detail = sql::SayUnfinished(database, "the " + database.place())};
  }
  if (version == 0 && database.QueryInt(kTablesOfOthers) != 0) {
    return refuse(OpenStatus::kForeign,
                  "has tables of another program; give Saunter a database of its own in store.url");
  }
  const auto versions = " (it has schema " + std::to_string(version) + ", this program wants " +
                        std::to_string(wanted) + ")";
  if (version < wanted) {
    auto older = version == 0
                     ? refuse(OpenStatus::kOlderSchema,
                              "is empty; run `saunter import` or start the crawler")
                     : refuse(OpenStatus::kOlderSchema,
                              "is of an older release; run `saunter db migrate`" + versions);
    older.schema_version = version;
    return older;
  }
  if (version > wanted) {
    return refuse(OpenStatus::kNewerSchema,
                  "is of a newer release; install that release" + versions);
  }
  return {.schema_version = version};
}

std::vector<std::string> StatementsOf(std::string_view script) {
  std::vector<std::string> statements;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < script.size();) {
    if (const auto end = EndOfQuoted(script, at); end != at) {
      at = end;
      continue;
    }
    if (script[at++] != ';') continue;
    statements.emplace_back(script.substr(begin, at - begin));
    begin = at;
  }
  return statements;
}

void Migrate(Database& database, const MigrationReport& report) {
  while (true) {
    database.BeginWriting();
    try {
      const auto version = SchemaVersionOf(database);
      if (version >= schemas::PostgresSchemaVersion()) {
        database.Commit(Database::Durability::kNormal);
        return;
      }
      RunScript(database, static_cast<int>(version) + 1, report);
      database.Commit(Database::Durability::kNormal);
    } catch (const StoreError&) {
      database.Rollback();
      throw;
    }
  }
}

}  // namespace saunter::store::postgres
