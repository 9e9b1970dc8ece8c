#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "schemas/sql.h"
#include "store/sqlite/connection.h"
#include "tests/store/fixture.h"

namespace saunter::store::sqlite {
namespace {

using DatabaseTest = StoreTest;

TEST_F(DatabaseTest, IsMadeWithItsIdItsSchemaAndAWal) {
  OpenWriter();
  SQLite::Database database(settings_.path);
  EXPECT_EQ(database.execAndGet("PRAGMA application_id").getInt(), schemas::kApplicationId);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), schemas::SchemaVersion());
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database
                .execAndGet("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql "
                            "NOT LIKE '%STRICT%'")
                .getInt(),
            0);
}

TEST_F(DatabaseTest, IsReadableByItsGroupAlone) {
  OpenWriter();
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat file{};
    ASSERT_EQ(stat((settings_.path + suffix).c_str(), &file), 0) << suffix;
    EXPECT_EQ(file.st_mode & 0777U, 0640U) << suffix;
  }
}

TEST_F(DatabaseTest, HasOneWriterAtATimeAndNamesIt) {
  OpenWriter();
  const auto second = store::OpenFileWriter(settings_, "second");
  EXPECT_EQ(second.status, OpenStatus::kLocked);
  EXPECT_NE(second.detail.find("test, process"), std::string::npos) << second.detail;
  writer_.reset();
  OpenWriter();
}

TEST_F(DatabaseTest, KeepsItsWalFilesAfterACleanCloseForReadersWithoutWriteAccess) {
  OpenWriter();
  AddFeed("https://a.example/feed", "a.example");
  writer_->CheckpointTruncate();
  writer_.reset();
  EXPECT_TRUE(std::filesystem::exists(settings_.path + "-wal"));
  EXPECT_TRUE(std::filesystem::exists(settings_.path + "-shm"));
  EXPECT_EQ(std::filesystem::file_size(settings_.path + "-wal"), 0U);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 1);
}

TEST_F(DatabaseTest, TellsAReaderWhatIsWrong) {
  EXPECT_EQ(store::OpenFileReader(settings_).status, OpenStatus::kMissing);
  std::ofstream(settings_.path) << std::string(8192, 'x');
  EXPECT_EQ(store::OpenFileReader(settings_).status, OpenStatus::kNotADatabase);
  std::filesystem::remove(settings_.path);
  std::ofstream(settings_.path).close();
  EXPECT_EQ(store::OpenFileReader(settings_).status, OpenStatus::kOlderSchema);
  std::filesystem::remove(settings_.path);
  {
    SQLite::Database foreign(settings_.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    foreign.exec("CREATE TABLE feed (a)");
  }
  EXPECT_EQ(store::OpenFileReader(settings_).status, OpenStatus::kForeign);
  std::filesystem::remove(settings_.path);
  OpenWriter();
  writer_.reset();
  SQLite::Database(settings_.path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  EXPECT_EQ(store::OpenFileReader(settings_).status, OpenStatus::kNewerSchema);
}

TEST_F(DatabaseTest, NeverWritesToAForeignOrNewerFile) {
  {
    SQLite::Database foreign(settings_.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    foreign.exec("CREATE TABLE feed (a)");
  }
  EXPECT_EQ(store::OpenFileWriter(settings_, "test").status, OpenStatus::kForeign);
  {
    SQLite::Database foreign(settings_.path, SQLite::OPEN_READWRITE);
    EXPECT_EQ(foreign.execAndGet("PRAGMA journal_mode").getString(), "delete");
    EXPECT_EQ(foreign.execAndGet("SELECT count(*) FROM sqlite_schema").getInt(), 1);
  }
  std::filesystem::remove(settings_.path);
  OpenWriter();
  writer_.reset();
  SQLite::Database(settings_.path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  EXPECT_EQ(store::OpenFileWriter(settings_, "test").status, OpenStatus::kNewerSchema);
}

TEST_F(DatabaseTest, IsNotOpenedThroughASymbolicLink) {
  OpenWriter();
  writer_.reset();
  const auto target = settings_.path;
  settings_.path = folder_ + "/link.db";
  std::filesystem::create_symlink(target, settings_.path);
  EXPECT_EQ(store::OpenFileWriter(settings_, "test").status, OpenStatus::kUnavailable);
}

// Also from the one that a query before has set.
TEST_F(DatabaseTest, HasNoDeadlineForUpkeep) {
  sqlite::Database database(":memory:", sqlite::Access::kReadOnly, 0, 1);
  const auto count = [&] {
    return database.QueryInt(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) SELECT "
        "count(*) FROM n");
  };
  EXPECT_THROW(count(), StoreError);
  database.LiftQueryLimit();
  EXPECT_EQ(count(), 1000000);
}

TEST_F(DatabaseTest, IsCheckedAfterAnUncleanStop) {
  OpenWriter();
  schemas::WriteBatch batch;
  for (int i = 0; i < 2000; ++i) {
    batch.changes.emplace_back(schemas::AddFeed{.url = "https://a.example/" + std::to_string(i),
                                                .host = "a.example",
                                                .registrable_domain = "a.example",
                                                .title = {},
                                                .site_url = {},
                                                .category = {},
                                                .added_at = kNow,
                                                .next_check_at = kNow});
  }
  Write(batch);
  writer_->CheckpointTruncate();
  writer_.reset();
  const auto size = std::filesystem::file_size(settings_.path);
  std::fstream file(settings_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
  file << std::string(4096, '\x5a');
  file.close();
  std::ofstream(settings_.path + ".lock") << "a writer that was killed";
  const auto opened = store::OpenFileWriter(settings_, "test");
  EXPECT_EQ(opened.status, OpenStatus::kCorrupt) << opened.detail;
  EXPECT_EQ(store::OpenFileWriter(settings_, "test").status, OpenStatus::kCorrupt)
      << "nobody has mended it since";
}

// A flipped byte in the schema's text names another column: no page is damaged that a check would
// find.
TEST_F(DatabaseTest, TakesASchemaThatItsStatementsDoNotFitForDamage) {
  OpenWriter();
  const auto feed_id = AddFeed("https://a.example/feed", "a.example");
  writer_->CheckpointTruncate();
  writer_.reset();
  SQLite::Database database(settings_.path, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA writable_schema = 1");
  ASSERT_EQ(database.exec("UPDATE sqlite_schema SET sql = replace(sql, 'etag TEXT', 'ctag TEXT') "
                          "WHERE name = 'feed'"),
            1);
  const auto opened = store::OpenFileReader(settings_);
  ASSERT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
  try {
    static_cast<void>(opened.reader->FindFeed(feed_id));
    FAIL() << "the statement was prepared";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreErrorKind::kCorrupt) << error.what();
    EXPECT_THAT(error.what(), testing::HasSubstr("etag"));
  }
}

TEST_F(DatabaseTest, SaysWhatToDoAboutWhatItFinds) {
  OpenWriter();
  for (int i = 0; i < 100; ++i) {
    AddFeed("https://" + std::to_string(i) + ".example/feed", std::to_string(i) + ".example");
  }
  writer_->CheckpointTruncate();
  writer_.reset();
  {
    // Rows come and go while the index is not known, and then it is again.
    SQLite::Database shell(settings_.path, SQLite::OPEN_READWRITE);
    shell.exec("PRAGMA writable_schema = ON");
    shell.exec(
        "CREATE TABLE aside AS SELECT rowid AS id, * FROM sqlite_schema WHERE name = "
        "'feed_by_site'");
    ASSERT_EQ(shell.execAndGet("SELECT count(*) FROM aside").getInt(), 1);
    shell.exec("DELETE FROM sqlite_schema WHERE name = 'feed_by_site'");
    shell.exec("PRAGMA writable_schema = RESET");
    shell.exec("DELETE FROM feed WHERE feed_id % 7 = 0");
    shell.exec("PRAGMA writable_schema = ON");
    shell.exec(
        "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT type, name, "
        "tbl_name, rootpage, sql FROM aside");
    shell.exec("DROP TABLE aside");
  }
  std::string advices;
  for (const auto& finding : OpenReader()->Check()) {
    EXPECT_NE(finding.advice, "") << finding.problem;
    advices += finding.problem + ": " + finding.advice + "\n";
  }
  EXPECT_THAT(advices, ::testing::HasSubstr("makes all indexes anew"));
  EXPECT_THAT(advices, ::testing::HasSubstr("counts anew"));
  OpenWriter();
  writer_->Compact();
  std::string left;
  for (const auto& finding : OpenReader()->Check()) left += finding.problem + "\n";
  EXPECT_EQ(left, "") << "the advice was wrong";
}

TEST_F(DatabaseTest, TellsAReaderThatTheFileWasReplaced) {
  OpenWriter();
  auto reader = OpenReader();
  EXPECT_TRUE(reader->IsCurrent());
  writer_.reset();
  std::filesystem::copy_file(settings_.path, folder_ + "/other.db");
  std::filesystem::rename(folder_ + "/other.db", settings_.path);
  EXPECT_FALSE(reader->IsCurrent());
}

TEST_F(DatabaseTest, IsBackedUpWhileTheWriterHoldsIt) {
  OpenWriter();
  AddFeed("https://a.example/feed", "a.example");
  const auto copy = folder_ + "/copy.db";
  OpenReader()->Backup(copy);
  struct stat file{};
  ASSERT_EQ(stat(copy.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0640U) << "as the database itself";
  EXPECT_THROW(OpenReader()->Backup(copy), StoreError);
  AddFeed("https://b.example/feed", "b.example");
  settings_.path = copy;
  auto reader = OpenReader();
  EXPECT_EQ(reader->ReadStats().feeds, 1);
  EXPECT_THAT(reader->Check(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace saunter::store::sqlite
