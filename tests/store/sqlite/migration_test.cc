#include "store/sqlite/migration.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "schemas/sql.h"
#include "tests/store/fixture.h"
#include "tests/store/old_database.h"

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

constexpr char kRowsOfTenants[] = R"sql(
INSERT INTO site (site_id, host, registrable_domain, links_unchecked, links_alive, links_dead,
  blacklisted_at, blacklist_pattern) VALUES
  (10, 'tilde.example', 'tilde.example', 1, 2, 1, NULL, NULL),
  (11, 'banned.example', 'banned.example', 0, 1, 0, 7, 'banned.example'),
  (12, 'judged.example', 'judged.example', 0, 1, 0, 7, 'judged.example');
INSERT INTO blacklist (pattern, source, reason, added_at) VALUES
  ('banned.example', 0, 'spam', 7), ('judged.example', 1, 'dead', 7);
INSERT INTO feed (feed_id, url, site_id, added_at, next_check_at) VALUES
  (10, 'http://tilde.example/~ann/feed', 10, 1, 1), (11, 'http://tilde.example/all.xml', 10, 1, 1);
INSERT INTO link (link_id, url_key, site_id, state, first_seen_at, next_check_at, url, title) VALUES
  (20, 21, 10, 1, 1, 1, 'http://tilde.example/~ann/1', 'One'),
  (21, 22, 10, 0, 1, 1, 'http://tilde.example/%7Ebob/2', 'Two'),
  (22, 23, 10, 1, 1, 1, 'http://tilde.example/blog/~ann', 'Three'),
  (23, 24, 10, 4, 1, 1, 'http://www.tilde.example/~ann', 'Four'),
  (24, 25, 11, 1, 1, 1, 'http://banned.example/~ann/5', 'Five'),
  (25, 26, 12, 1, 1, 1, 'http://judged.example/~ann/6', 'Six');
INSERT INTO entry (feed_id, guid_key, link_id, content_key) VALUES (10, 1, 20, 1), (11, 2, 21, 2),
  (11, 3, 22, 3), (10, 4, 23, 4), (11, 5, 24, 5), (11, 6, 25, 6);
INSERT INTO pool (link_id, site_id, published_at, language) SELECT link_id, site_id, published_at,
  language FROM link WHERE link_id IN (20, 21, 22);
INSERT INTO total (name, value) VALUES ('feeds', 2), ('feeds_never_fetched', 2), ('sites', 3),
  ('sites_blacklisted', 2), ('links', 6), ('links_unchecked', 1), ('links_alive', 4),
  ('links_dead', 1), ('links_in_pool', 3);
)sql";

class MigrationTest : public StoreTest {
 protected:
  void MakeDatabase(int version, const char* rows) {
    MakeOldDatabase(settings_.path, version, rows);
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
      const auto opened = store::OpenFileWriter(settings_, "test", [&](const MigrationProgress&) {
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
    const auto opened = store::OpenFileWriter(settings_, "test", [&](const MigrationProgress& at) {
      if (at.script == 3) kill(getpid(), SIGKILL);
    });
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  std::vector<int> scripts;
  const auto opened =
      store::OpenFileWriter(settings_, "test", [&](const MigrationProgress& progress) {
        ++reports;
        EXPECT_LE(progress.statement, progress.statements);
        EXPECT_EQ(progress.scripts, schemas::SchemaVersion());
        if (scripts.empty() || scripts.back() != progress.script)
          scripts.push_back(progress.script);
      });
  EXPECT_EQ(opened.status, OpenStatus::kOk);
  ASSERT_FALSE(scripts.empty());
  EXPECT_EQ(scripts.front(), 3) << "the second script stays";
  EXPECT_EQ(scripts.back(), schemas::SchemaVersion());
  EXPECT_GT(reports, static_cast<int>(scripts.size()));
}

TEST_F(MigrationTest, GivesTenantsSitesOfTheirOwn) {
  MakeDatabase(1, kRowsOfTenants);
  OpenWriter();
  const auto reader = OpenReader();
  EXPECT_THAT(reader->Check(), ::testing::IsEmpty());
  const auto ann = reader->FindSite("tilde.example/~ann");
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->registrable_domain, "tilde.example");
  EXPECT_EQ(ann->feeds, 1);
  EXPECT_EQ(ann->links_alive, 1);
  EXPECT_EQ(ann->links_dead, 1);
  EXPECT_EQ(reader->FindSite("tilde.example/~bob")->links_unchecked, 1);
  const auto host = reader->FindSite("tilde.example");
  EXPECT_EQ(host->links_alive, 1) << "the tilde of a path further down is no tenant's";
  EXPECT_EQ(host->feeds, 1);
  EXPECT_TRUE(reader->FindSite("banned.example/~ann")->blacklisted) << "by an operator";
  EXPECT_FALSE(reader->FindSite("judged.example/~ann")->blacklisted) << "what the rule said";
  EXPECT_TRUE(reader->FindSite("judged.example")->blacklisted);
  EXPECT_THAT(PoolUrls(), ::testing::ElementsAre(
                              "http://tilde.example/~ann/1", "http://tilde.example/%7Ebob/2",
                              "http://tilde.example/blog/~ann", "http://judged.example/~ann/6"));
  const auto source = [&](schemas::Id link_id) {
    for (const auto& row : reader->PoolRows({})) {
      if (row.link_id == link_id) return row.source_id;
    }
    return schemas::Id{0};
  };
  EXPECT_EQ(source(20), ann->site_id) << "it has a feed";
  EXPECT_EQ(source(21), host->site_id) << "the feed that lists it is the host's";
}

// Short keys, URLs without what their sites say, categories in the rows that use them, and one
// entry of each link that needs no index.
TEST_F(MigrationTest, MakesLinksLean) {
  MakeDatabase(9, R"sql(
INSERT INTO site (site_id, host, registrable_domain, links_unchecked, links_dead) VALUES
  (1, 'a.example', 'a.example', 3, 2), (2, 'planet.example', 'planet.example', 0, 0);
INSERT INTO feed (feed_id, url, site_id, added_at, next_check_at) VALUES
  (1, 'https://a.example/feed', 1, 1, 1), (2, 'https://planet.example/feed', 2, 1, 1);
INSERT INTO link (link_id, url_key, listed_key, site_id, source_id, feed_id, state, first_seen_at,
  next_check_at, url, title) VALUES
  (1, -1, NULL, 1, 1, 1, 0, 1, 1, 'https://www.a.example/1', 'One'),
  (2, 0x7000000000000002, -3, 1, 1, 1, 0, 1, 1, 'https://a.example/2', 'Two'),
  (3, 3, NULL, 1, 1, 2, 0, 1, 1, 'http://a.example/3', 'Three'),
  (4, 4, NULL, 1, 1, 1, 4, 1, 1, 'https://a.example/4', 'Four');
-- Brought by the second feed at an address that it has left, and listed by it again.
INSERT INTO link (link_id, url_key, site_id, source_id, feed_id, feed_site_id, state, first_seen_at,
  next_check_at, url, title) VALUES (5, 5, 1, 1, 2, 2, 4, 1, 1, 'https://a.example/5', 'Five');
INSERT INTO entry (feed_id, guid_key, link_id, content_key) VALUES (2, 14, 5, 14);
INSERT INTO entry (feed_id, guid_key, link_id, content_key) VALUES
  (1, -9, 1, -9), (1, 10, 1, 10), (2, 11, 1, 11), (1, 12, 2, 12), (2, 13, 3, 13);
INSERT INTO category (category_id, name) VALUES (1, 'walks'), (2, 'books'), (3, 'unused');
INSERT INTO link_category (link_id, category_id) VALUES (1, 1), (1, 2), (4, 1);
INSERT INTO pool (link_id, site_id, source_id) VALUES (1, 1, 1), (2, 1, 1), (3, 1, 1);
INSERT INTO pool_change (link_id) VALUES (1), (2), (3);
INSERT OR REPLACE INTO total (name, value) VALUES ('feeds', 2), ('feeds_never_fetched', 2), ('sites', 2),
  ('links', 5), ('links_unchecked', 3), ('links_dead', 2), ('links_in_pool', 3);
)sql");
  OpenWriter();
  const auto reader = OpenReader();
  EXPECT_THAT(reader->Check(), ::testing::IsEmpty());
  EXPECT_THAT(PoolUrls(), ::testing::ElementsAre("https://www.a.example/1", "https://a.example/2",
                                                 "http://a.example/3"));
  EXPECT_THAT(reader->FindLink(1)->categories, ::testing::UnorderedElementsAre("walks", "books"));
  EXPECT_THAT(reader->ChangesAfter(0, 10).changes, ::testing::SizeIs(3));
  SQLite::Database database(settings_.path);
  const auto text = [&](const char* sql) { return database.execAndGet(sql).getString(); };
  EXPECT_EQ(text("SELECT group_concat(url_key) FROM (SELECT url_key FROM link ORDER BY link_id)"),
            "140737488355327,2,3,4,5");
  EXPECT_EQ(text("SELECT listed_key FROM link WHERE link_id = 2"), "140737488355325");
  EXPECT_EQ(text("SELECT group_concat(is_listed, '') FROM (SELECT is_listed FROM link ORDER BY "
                 "link_id)"),
            "11100");
  const auto dead = writer_->Begin(kNow)->DeadListings(1);
  EXPECT_EQ(std::ranges::count(dead, 5, &schemas::DeadListing::link_id), 1) << "it stays evidence";
  EXPECT_EQ(text("SELECT group_concat(links, '') FROM (SELECT links FROM category ORDER BY "
                 "category_id)"),
            "210");
  // Through the writer, too: what is listed again is the same link, by either feed.
  auto entry = Entry("a.example", 1);
  entry.url = "https://www.a.example/1";
  entry.url_key = schemas::ShortKey(-1);
  for (const schemas::Id feed : {1, 2}) Crawl(feed, {entry});
  EXPECT_EQ(OpenReader()->PoolRows({}).size(), 3U);
  EXPECT_THAT(OpenReader()->Check(), ::testing::IsEmpty());
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

TEST_F(MigrationTest, TakesOverTheCommitsOfAnOlderDatabase) {
  MakeDatabase(14,
               "INSERT INTO batch (committed_at, crawls, probes, changes, links_new) VALUES "
               "(7200, 1, 2, 0, 3), (10799, 10, 20, 0, 30), (10800, 5, 5, 0, 5)");
  OpenWriter();
  const auto hours = OpenReader()->Activity(Span::kHour, 0, kNow);
  ASSERT_THAT(hours, ::testing::SizeIs(2));
  EXPECT_EQ(hours[0].begins_at, 7200);
  EXPECT_EQ(hours[0].batches, 2);
  EXPECT_EQ(hours[0].crawls, 11);
  EXPECT_EQ(hours[0].probes, 22);
  EXPECT_EQ(hours[0].links_new, 33);
  EXPECT_EQ(OpenReader()->ActivityBeginsAt(), 7200);
}

}  // namespace
}  // namespace saunter::store::sqlite
