#include "store/sqlite/migration.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "schemas/sql.h"
#include "tests/store/fixture.h"

namespace saunter::store::sqlite {
namespace {

constexpr char kRowsOfTheFirstRelease[] = R"sql(
INSERT INTO site (site_id, host, registrable_domain, links_unchecked, links_alive) VALUES
  (1, 'a.example', 'a.example', 1, 1), (2, 'b.example', 'b.example', 0, 1);
INSERT INTO feed (feed_id, url, site_id, added_at, next_check_at) VALUES
  (1, 'https://a.example/feed', 1, 1, 1), (2, 'https://planet.example/feed', 1, 1, 1);
INSERT INTO link (link_id, url_key, site_id, state, first_seen_at, next_check_at, url, title,
  checked_at, language) VALUES
  (1, 11, 1, 0, 1, 1, 'https://a.example/1', 'One', NULL, 'en'),
  (2, 12, 1, 1, 1, 1, 'https://a.example/2', 'Two', 5, NULL),
  (3, 13, 2, 1, 1, 1, 'https://b.example/3', 'Three', 6, 'de');
INSERT INTO entry (feed_id, guid_key, link_id, content_key) VALUES (1, 1, 1, 1), (1, 2, 2, 2),
  (2, 3, 3, 3), (2, 4, 1, 4);
INSERT INTO category (category_id, name) VALUES (1, 'walks'), (2, 'books');
INSERT INTO link_category (link_id, category_id) VALUES (1, 1), (3, 1), (3, 2);
INSERT INTO pool (link_id, site_id, published_at, language) SELECT link_id, site_id, published_at,
  language FROM link;
INSERT INTO total (name, value) VALUES ('feeds', 2), ('feeds_never_fetched', 2), ('sites', 2),
  ('links', 3), ('links_unchecked', 1), ('links_alive', 2), ('links_in_pool', 3);
)sql";

class MigrationTest : public StoreTest {
 protected:
  // A database as the first `version` scripts leave it.
  void MakeDatabase(int version, const char* rows) {
    SQLite::Database database(settings_.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (int i = 0; i < version; ++i) {
      database.exec(std::string(schemas::SqlScripts()[static_cast<std::size_t>(i)]));
    }
    database.exec(rows);
    database.exec("PRAGMA application_id = " + std::to_string(schemas::kApplicationId));
    database.exec("PRAGMA user_version = " + std::to_string(version));
  }
  void MakeFirstDatabase() { MakeDatabase(1, kRowsOfTheFirstRelease); }

  // All that stands in the database, as text.
  std::vector<std::string> Contents() {
    std::vector<std::string> rows;
    SQLite::Database database(settings_.path);
    SQLite::Statement tables(database,
                             "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY "
                             "name");
    while (tables.executeStep()) {
      rows.push_back(tables.getColumn(1).getString());
      if (!rows.back().starts_with("CREATE TABLE")) continue;
      SQLite::Statement list(database, "SELECT * FROM \"" + tables.getColumn(0).getString() + "\"");
      while (list.executeStep()) {
        std::string row = tables.getColumn(0).getString();
        for (int i = 0; i < list.getColumnCount(); ++i) row += "|" + list.getColumn(i).getString();
        rows.push_back(std::move(row));
      }
    }
    rows.push_back(database.execAndGet("PRAGMA user_version").getString());
    return rows;
  }

  // Opens the database in a process of its own that is killed when the migration reports for the
  // `count`th time. False: it came to its end.
  bool IsKilledAt(int count) {
    const auto child = fork();
    if (child == 0) {
      int calls = 0;
      const auto opened = store::OpenWriter(settings_, "test", [&](const MigrationProgress&) {
        if (++calls == count) kill(getpid(), SIGKILL);
      });
      _exit(opened.status == OpenStatus::kOk ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
  }
};

TEST_F(MigrationTest, SurvivesAKillAtEachOfItsStatements) {
  MakeFirstDatabase();
  std::filesystem::copy_file(settings_.path, folder_ + "/old.db");
  OpenWriter();
  writer_.reset();
  const auto whole = Contents();
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
  for (int count = 1;; ++count) {
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(settings_.path + suffix);
    }
    std::filesystem::copy_file(folder_ + "/old.db", settings_.path);
    if (!IsKilledAt(count)) break;
    ASSERT_FALSE(IsKilledAt(1000000)) << "the second try was killed as well";
    ASSERT_EQ(Contents(), whole) << "killed at report " << count;
  }
}

// Feeds that were merged or removed left them, and totals as they had been.
TEST_F(MigrationTest, TakesOutLinksThatNobodyBrought) {
  MakeDatabase(3, kRowsOfTheFirstRelease);
  SQLite::Database(settings_.path, SQLite::OPEN_READWRITE).exec(R"sql(
    DELETE FROM entry WHERE link_id = 3;
    UPDATE total SET value = 17 WHERE name = 'links';
    INSERT INTO total (name, value) VALUES ('feeds_paused', 5);)sql");
  OpenWriter();
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
  EXPECT_THAT(PoolUrls(), ::testing::ElementsAre("https://a.example/1", "https://a.example/2"));
}

TEST_F(MigrationTest, LosesNoScriptThatWasWholeWhenItWasKilled) {
  MakeFirstDatabase();
  int reports = 0;
  const auto child = fork();
  if (child == 0) {
    const auto opened = store::OpenWriter(settings_, "test", [&](const MigrationProgress& at) {
      if (at.script == 3) kill(getpid(), SIGKILL);
    });
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  std::vector<int> scripts;
  const auto opened = store::OpenWriter(settings_, "test", [&](const MigrationProgress& progress) {
    ++reports;
    EXPECT_LE(progress.statement, progress.statements);
    EXPECT_EQ(progress.scripts, schemas::SchemaVersion());
    if (scripts.empty() || scripts.back() != progress.script) scripts.push_back(progress.script);
  });
  EXPECT_EQ(opened.status, OpenStatus::kOk);
  ASSERT_FALSE(scripts.empty());
  EXPECT_EQ(scripts.front(), 3) << "the second script stays";
  EXPECT_EQ(scripts.back(), schemas::SchemaVersion());
  EXPECT_GT(reports, static_cast<int>(scripts.size()));
}

TEST_F(MigrationTest, ReportsWhileOneStatementRuns) {
  OpenWriter();
  writer_.reset();
  Database database(settings_.path, Access::kReadWrite, 0, 0);
  int calls = 0;
  database.CallWhileRunning([&] { ++calls; });
  database.QueryInt(
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT "
      "sum(x) FROM n");
  EXPECT_GT(calls, 10);
  database.CallWhileRunning({});
}

TEST(StatementsOf, EndsAStatementAtNoSemicolonOfACommentOrText) {
  EXPECT_THAT(StatementsOf("-- a; b\nSELECT ';';\n\nSELECT 2; -- c;\n"),
              ::testing::ElementsAre("-- a; b\nSELECT ';';", "\n\nSELECT 2;"));
  for (const auto script : schemas::SqlScripts()) {
    std::string all;
    for (const auto& statement : StatementsOf(script)) all += statement;
    EXPECT_EQ(all + "\n", script) << "nothing is left out";
  }
}

}  // namespace
}  // namespace saunter::store::sqlite
