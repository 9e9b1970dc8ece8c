#include "store/replica/tables.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <set>
#include <string>

#include "schemas/settings.h"
#include "store/writer.h"
#include "tests/support/files.h"

namespace saunter::store::replica {
namespace {

// Of a database as this release makes it.
std::set<std::string> ColumnsOf(const std::string& table = {}) {
  const support::TemporaryDirectory directory;
  schemas::StoreSettings settings;
  settings.path = directory.File("saunter.db");
  EXPECT_EQ(OpenFileWriter(settings, "test").detail, "");
  SQLite::Database database(settings.path);
  SQLite::Statement list(
      database, table.empty() ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT "
                                "LIKE 'sqlite_%'"
                              : "SELECT name FROM pragma_table_info('" + table + "')");
  std::set<std::string> names;
  while (list.executeStep()) names.insert(list.getColumn(0).getString());
  return names;
}

TEST(CopiedTables, AndThoseLeftOutAreAllThatThereAre) {
  std::set<std::string> known = {"total", "crawler"};  // copied whole
  for (const auto& table : CopiedTables()) {
    EXPECT_TRUE(known.insert(table.name).second) << table.name;
  }
  for (const auto& table : LeftOutTables()) {
    EXPECT_TRUE(known.insert(table.name).second) << table.name;
    EXPECT_STRNE(table.because, "");
  }
  EXPECT_EQ(known, ColumnsOf()) << "a new table is copied to the API's machines, or is listed with "
                                   "the reason why the API does not read it";
}

TEST(CopiedTables, HaveTheColumnsThatTheyName) {
  for (const auto& table : CopiedTables()) {
    const auto columns = ColumnsOf(table.name);
    for (const auto& column : table.columns) {
      EXPECT_TRUE(columns.contains(column.name)) << table.name << "." << column.name;
    }
  }
}

}  // namespace
}  // namespace saunter::store::replica
