#include "store/postgres/migration.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "schemas/postgres.h"
#include "tests/store/postgres/fixture.h"

namespace saunter::store::postgres {
namespace {

TEST(PostgresScriptTest, IsCutAtItsSemicolons) {
  EXPECT_EQ(StatementsOf("-- one; two\nCREATE a;\nCREATE b AS 'x;y';CREATE c AS $$ 1; 2 $$;\n"),
            (std::vector<std::string>{"-- one; two\nCREATE a;", "\nCREATE b AS 'x;y';",
                                      "CREATE c AS $$ 1; 2 $$;"}));
}

using MigrationTest = PostgresTest;

TEST_F(MigrationTest, MakesTheSchemaOfAnEmptyDatabase) {
  const auto database = Connect();
  EXPECT_EQ(Identify(*database).status, OpenStatus::kOlderSchema);
  std::vector<int> statements;
  Migrate(*database, [&](const MigrationProgress& progress) {
    EXPECT_LE(progress.statement, progress.statements);
    statements.push_back(progress.statement);
  });
  EXPECT_GT(statements.size(), 50u);
  const auto found = Identify(*database);
  EXPECT_EQ(found.status, OpenStatus::kOk);
  EXPECT_EQ(found.schema_version, schemas::PostgresSchemaVersion());
  Migrate(*database, {});  // nothing is left to do
}

TEST_F(MigrationTest, GivesAnIdWhereTheProgramGivesNone) {
  const auto database = Connect();
  Migrate(*database, {});
  database->Execute(
      "INSERT INTO site (host, registrable_domain, shard) VALUES ('a', 'a', 1), ('b', 'b', 2)");
  EXPECT_EQ(database->QueryInt("SELECT max(site_id) FROM site"), 2);
  database->Execute("DELETE FROM site WHERE site_id = 2");
  EXPECT_EQ(
      database->QueryInt("INSERT INTO site (host, registrable_domain, shard) VALUES ('c', 'c', 3) "
                         "RETURNING site_id"),
      2);
}

TEST_F(MigrationTest, LeavesADatabaseOfAnotherProgramAlone) {
  const auto database = Connect();
  database->Execute("CREATE TABLE payroll (name TEXT)");
  const auto found = Identify(*database);
  EXPECT_EQ(found.status, OpenStatus::kForeign);
  EXPECT_NE(found.detail.find("store.url"), std::string::npos) << found.detail;
}

TEST_F(MigrationTest, RefusesADatabaseOfANewerRelease) {
  const auto database = Connect();
  Migrate(*database, {});
  database->Execute("UPDATE meta SET value = 1000");
  EXPECT_EQ(Identify(*database).status, OpenStatus::kNewerSchema);
}

TEST_F(MigrationTest, RefusesADatabaseThatIsNotInUtf8) {
  cluster().Ask("postgres",
                "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
  Database database(cluster().UrlOf("latin"), Database::Access::kReadWrite, "test", 0, 0);
  const auto found = Identify(database);
  EXPECT_EQ(found.status, OpenStatus::kForeign);
  EXPECT_NE(found.detail.find("createdb -E UTF8"), std::string::npos) << found.detail;
}

}  // namespace
}  // namespace saunter::store::postgres
