#include "store/move/move.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ostream>
#include <string>

#include "store/reader.h"
#include "store/writer.h"
#include "tests/store/move/any_rows.h"
#include "tests/support/cluster.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace saunter::store::move {

// How a test that fails shows it.
void PrintTo(const MoveDifference& difference, std::ostream* out) {
  *out << difference.table << ", " << difference.key << ", " << difference.column;
}

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kRows = 60;

class MoveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = support::Cluster::WhyNone(); !why.empty()) GTEST_SKIP() << why;
    name_ = cluster().MakeDatabase();
  }
  void TearDown() override {
    if (!name_.empty()) cluster().DropDatabase(name_);
  }

  static support::Cluster& cluster() { return support::Cluster::Own(); }
  [[nodiscard]] std::string url() const { return cluster().UrlOf(name_); }
  [[nodiscard]] std::string File(const std::string& name) const { return directory_.File(name); }
  // A file with rows of any kind.
  std::string Filled(const std::string& name = "from.db") {
    FillAnyhow(File(name), kRows, 7);
    return File(name);
  }

  static Moved MoveFrom(const std::string& from, const std::string& to,
                        const MoveReport& report = {}) {
    return Move({.from = from, .to = to, .settings = {}, .piece_rows_max = 7}, report);
  }
  // In a process of its own, which is gone at once after that many pieces. False: it came to its
  // end before.
  static bool IsKilledAfter(int pieces, const std::string& from, const std::string& to) {
    const auto child = fork();
    if (child == 0) {
      int seen = 0;
      static_cast<void>(MoveFrom(from, to, [&](const MoveProgress&) {
        if (++seen == pieces) kill(getpid(), SIGKILL);
      }));
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
  }
  // Says that rows of the copy are compared next.
  static bool IsCopied(const MoveProgress& progress) {
    return progress.step == MoveStep::kCopy && progress.rows == progress.rows_total;
  }

  static schemas::StoreSettings SettingsOf(const std::string& database) {
    schemas::StoreSettings settings;
    const bool is_file = database.front() == '/';
    (is_file ? settings.path : settings.url) = database;
    return settings;
  }
  static void ExpectRefused(const std::string& database) {
    const auto settings = SettingsOf(database);
    const auto reader = OpenReader(settings);
    EXPECT_EQ(reader.status, OpenStatus::kUnavailable);
    EXPECT_THAT(reader.detail, HasSubstr("saunter db move"));
    const auto writer = OpenWriter(settings, "test");
    EXPECT_EQ(writer.status, OpenStatus::kUnavailable);
    EXPECT_THAT(writer.detail, HasSubstr("saunter db move"));
  }

  support::TemporaryDirectory directory_;
  std::string name_;
};

TEST_F(MoveTest, LeavesEveryRowAsItWasThereAndBack) {
  const auto from = Filled();
  const auto there = MoveFrom(from, url());
  ASSERT_EQ(there.status, OpenStatus::kOk) << there.detail;
  EXPECT_THAT(there.differences, IsEmpty());
  EXPECT_EQ(there.texts_cleaned, 0);
  const auto back = MoveFrom(url(), File("back.db"));
  ASSERT_EQ(back.status, OpenStatus::kOk) << back.detail;
  EXPECT_THAT(back.differences, IsEmpty());
  EXPECT_EQ(back.rows, there.rows);

  const auto before = AllRows(from);
  const auto after = AllRows(File("back.db"));
  for (const auto& [table, rows] : before) {
    EXPECT_FALSE(rows.empty()) << table;
    EXPECT_EQ(rows, after.at(table)) << table;
  }
  EXPECT_EQ(there.tables.size(), before.size());
}

TEST_F(MoveTest, MakesDatabasesThatProgramsOpen) {
  const auto from = Filled();
  ASSERT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk);
  ASSERT_EQ(MoveFrom(url(), File("back.db")).status, OpenStatus::kOk);
  for (const auto& database : {from, url(), File("back.db")}) {
    const auto opened = OpenReader(SettingsOf(database));
    ASSERT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
    EXPECT_TRUE(opened.reader->IsCurrent());
    EXPECT_EQ(OpenWriter(SettingsOf(database), "test").status, OpenStatus::kOk);
  }
}

// One that was made before the first batch goes on from there.
TEST_F(MoveTest, LeavesALogInWhichACopyCanBegin) {
  ASSERT_EQ(MoveFrom(Filled(), url()).status, OpenStatus::kOk);
  EXPECT_THAT(cluster().Ask(name_,
                            "SELECT count(*), min(kind), min(change_id) > 1, min(last_id) IS NOT "
                            "NULL FROM change"),
              HasSubstr("1|11|t|t"));
}

TEST_F(MoveTest, GoesOnAfterAKillAtAnyPiece) {
  const auto from = Filled();
  for (const int pieces : {1, 2, 30, 100}) {
    ASSERT_TRUE(IsKilledAfter(pieces, from, url()));
    ExpectRefused(url());
  }
  const auto there = MoveFrom(from, url());
  ASSERT_EQ(there.status, OpenStatus::kOk) << there.detail;
  EXPECT_THAT(there.differences, IsEmpty());
  EXPECT_GT(there.rows_before, 0);
  EXPECT_LT(there.rows_before, there.rows);

  for (const int pieces : {1, 2, 30, 100}) {
    ASSERT_TRUE(IsKilledAfter(pieces, url(), File("back.db")));
    ExpectRefused(File("back.db"));
  }
  ASSERT_TRUE(IsKilledAfter(200, url(), File("back.db"))) << "while rows are compared";
  ExpectRefused(File("back.db"));
  const auto back = MoveFrom(url(), File("back.db"));
  ASSERT_EQ(back.status, OpenStatus::kOk) << back.detail;
  EXPECT_THAT(back.differences, IsEmpty());
  EXPECT_EQ(back.rows_before, back.rows);
  EXPECT_EQ(AllRows(from), AllRows(File("back.db")));
}

TEST_F(MoveTest, TellsAReaderThatIsOpenThatItsDatabaseIsNoneAnyMore) {
  const auto from = Filled();
  ASSERT_EQ(OpenFileWriter(SettingsOf(File("to.db")), "test").status, OpenStatus::kOk);
  ASSERT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk);
  const auto opened = OpenReader(SettingsOf(File("to.db")));
  ASSERT_TRUE(opened.reader->IsCurrent());
  bool was_current = true;
  const auto moved = MoveFrom(url(), File("to.db"), [&](const MoveProgress& progress) {
    if (IsCopied(progress)) was_current = opened.reader->IsCurrent();
  });
  ASSERT_EQ(moved.status, OpenStatus::kOk) << moved.detail;
  EXPECT_FALSE(was_current);
}

TEST_F(MoveTest, FindsAValueOfPostgresThatIsNotTheSources) {
  const auto from = Filled();
  const auto moved = MoveFrom(from, url(), [&](const MoveProgress& progress) {
    if (!IsCopied(progress)) return;
    cluster().Ask(name_, "UPDATE link SET title = 'planted' WHERE link_id = 23");
    cluster().Ask(name_, "DELETE FROM hour WHERE hour_at = 40");
    cluster().Ask(name_, "INSERT INTO outage VALUES (1000, 0)");
  });
  ASSERT_EQ(moved.status, OpenStatus::kOk) << moved.detail;
  ASSERT_EQ(moved.differences.size(), 3U);
  EXPECT_THAT(moved.differences,
              ElementsAre(AllOf(testing::Field(&MoveDifference::table, "hour"),
                                testing::Field(&MoveDifference::key, "40"),
                                testing::Field(&MoveDifference::column, ""),
                                testing::Field(&MoveDifference::copy, "none")),
                          AllOf(testing::Field(&MoveDifference::table, "link"),
                                testing::Field(&MoveDifference::key, "23"),
                                testing::Field(&MoveDifference::column, "title"),
                                testing::Field(&MoveDifference::copy, "planted")),
                          AllOf(testing::Field(&MoveDifference::table, "outage"),
                                testing::Field(&MoveDifference::key, "1000"),
                                testing::Field(&MoveDifference::source, "none"))));
  ExpectRefused(url());
  EXPECT_EQ(MoveFrom(from, url()).differences.size(), 3U) << "it is found again";
}

TEST_F(MoveTest, FindsAValueOfAFileThatIsNotTheSources) {
  ASSERT_EQ(MoveFrom(Filled(), url()).status, OpenStatus::kOk);
  const auto moved = MoveFrom(url(), File("to.db"), [&](const MoveProgress& progress) {
    if (IsCopied(progress))
      Execute(File("to.db"), "UPDATE site SET named_by = 5 WHERE site_id = 9");
  });
  ASSERT_EQ(moved.differences.size(), 1U) << moved.detail;
  EXPECT_EQ(moved.differences[0].table, "site");
  EXPECT_EQ(moved.differences[0].key, "9");
  EXPECT_EQ(moved.differences[0].column, "named_by");
  EXPECT_EQ(moved.differences[0].copy, "5");
  ExpectRefused(File("to.db"));
}

TEST_F(MoveTest, PutsAReplacementWhereATextIsNoneForPostgres) {
  const auto from = Filled();
  Execute(from,
          "UPDATE link SET title = CAST(x'610062' AS TEXT), author = CAST(x'63ff64' AS TEXT) WHERE "
          "link_id = 5");
  const auto moved = MoveFrom(from, url());
  ASSERT_EQ(moved.status, OpenStatus::kOk) << moved.detail;
  EXPECT_THAT(moved.differences, IsEmpty());
  EXPECT_EQ(moved.texts_cleaned, 2);
  EXPECT_EQ(cluster().Ask(name_, "SELECT title, author FROM link WHERE link_id = 5"),
            "a\xef\xbf\xbd"
            "b|c\xef\xbf\xbd"
            "d\n");
}

TEST_F(MoveTest, NamesTheRowWhoseKeyPostgresDoesNotTake) {
  const auto from = Filled();
  Execute(from, "INSERT INTO robots VALUES (CAST(x'7aff' AS TEXT), 0, 0, 0, NULL)");
  const auto moved = MoveFrom(from, url());
  EXPECT_EQ(moved.status, OpenStatus::kUnavailable);
  EXPECT_THAT(moved.detail,
              AllOf(HasSubstr("table robots, row z\xef\xbf\xbd"), HasSubstr("column origin")));
  Execute(from, "DELETE FROM robots WHERE origin = CAST(x'7aff' AS TEXT)");
  EXPECT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk) << "it goes on once that is put right";
}

TEST_F(MoveTest, NamesTheRowWhoseTextAFileDoesNotTake) {
  ASSERT_EQ(MoveFrom(Filled(), url()).status, OpenStatus::kOk);
  cluster().Ask(name_, "UPDATE feed SET title = repeat('x', 5000000) WHERE feed_id = 31");
  const auto moved = MoveFrom(url(), File("to.db"));
  EXPECT_EQ(moved.status, OpenStatus::kUnavailable);
  EXPECT_THAT(moved.detail, HasSubstr("table feed, row 31"));
}

TEST_F(MoveTest, RefusesATargetThatHoldsAnything) {
  const auto from = Filled();
  const auto other = Filled("other.db");
  ASSERT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk);
  const auto again = MoveFrom(from, url());
  EXPECT_EQ(again.status, OpenStatus::kForeign);
  EXPECT_THAT(again.detail, AllOf(HasSubstr("holds a database already"), HasSubstr("createdb")));
  const auto back = MoveFrom(url(), other);
  EXPECT_EQ(back.status, OpenStatus::kForeign);
  EXPECT_THAT(back.detail, HasSubstr(other + " holds a database already"));
  EXPECT_EQ(AllRows(other), AllRows(from));
}

TEST_F(MoveTest, RefusesADatabaseOfAnotherProgram) {
  cluster().Ask(name_, "CREATE TABLE theirs (a INTEGER)");
  const auto moved = MoveFrom(Filled(), url());
  EXPECT_EQ(moved.status, OpenStatus::kForeign);
  EXPECT_THAT(moved.detail, HasSubstr("another program"));
}

TEST_F(MoveTest, RefusesToMixTwoSources) {
  const auto from = Filled();
  const auto other = Filled("other.db");
  ASSERT_TRUE(IsKilledAfter(30, from, url()));
  const auto mixed = MoveFrom(other, url());
  EXPECT_EQ(mixed.status, OpenStatus::kForeign);
  EXPECT_THAT(mixed.detail, HasSubstr("holds a part of " + from));
}

TEST_F(MoveTest, RefusesToGoOnWithASourceThatWasWrittenMeanwhile) {
  const auto from = Filled();
  ASSERT_TRUE(IsKilledAfter(30, from, url()));
  Execute(from, "INSERT INTO batch SELECT max(batch_id) + 1, 0, 0, 0, 0, 0 FROM batch");
  const auto moved = MoveFrom(from, url());
  EXPECT_EQ(moved.status, OpenStatus::kForeign);
  EXPECT_THAT(moved.detail, AllOf(HasSubstr("was written since"), HasSubstr("dropdb")));
}

TEST_F(MoveTest, RefusesASourceOfAnOlderReleaseAndLeavesItAsItIs) {
  const auto from = Filled();
  Execute(from, "PRAGMA user_version = 14");
  const auto moved = MoveFrom(from, url());
  EXPECT_EQ(moved.status, OpenStatus::kOlderSchema);
  EXPECT_THAT(moved.detail, HasSubstr("saunter db migrate"));
}

TEST_F(MoveTest, RefusesWhereAnotherProgramWrites) {
  const auto from = Filled();
  {
    const auto crawler = OpenFileWriter(SettingsOf(from), "saunter-crawler");
    ASSERT_EQ(crawler.status, OpenStatus::kOk);
    const auto moved = MoveFrom(from, url());
    EXPECT_EQ(moved.status, OpenStatus::kLocked);
    EXPECT_THAT(moved.detail, HasSubstr(from + " is being written by saunter-crawler"));
  }
  ASSERT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk);
  const auto crawler = OpenWriter(SettingsOf(url()), "saunter-crawler");
  ASSERT_EQ(crawler.status, OpenStatus::kOk) << crawler.detail;
  for (const auto& moved : {MoveFrom(url(), File("to.db")), MoveFrom(File("from.db"), url())}) {
    EXPECT_EQ(moved.status, OpenStatus::kLocked);
    EXPECT_THAT(moved.detail, HasSubstr("is being written by saunter-crawler"));
  }
}

TEST_F(MoveTest, KeepsWritersAwayFromBothSides) {
  const auto from = Filled();
  ASSERT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk);
  auto settings = SettingsOf(url());
  settings.busy_timeout_ms = 1;
  const auto writer = OpenWriter(settings, "saunter");
  int refusals = 0;
  const auto moved = MoveFrom(url(), File("to.db"), [&](const MoveProgress&) {
    if (refusals > 0) return;
    EXPECT_EQ(OpenFileWriter(SettingsOf(File("to.db")), "test").status, OpenStatus::kLocked);
    try {
      static_cast<void>(writer.writer->Begin(0));
    } catch (const StoreError& error) {
      EXPECT_EQ(error.kind(), StoreErrorKind::kBusy) << error.what();
      ++refusals;
    }
  });
  EXPECT_EQ(moved.status, OpenStatus::kOk) << moved.detail;
  EXPECT_EQ(refusals, 1);
  // The server needs a moment to see that a connection has ended.
  const auto is_let_in = [&] {
    try {
      static_cast<void>(writer.writer->Begin(0));
      return true;
    } catch (const StoreError&) {
      return false;
    }
  };
  EXPECT_TRUE(support::WaitUntil(is_let_in, std::chrono::seconds(30)));
}

TEST_F(MoveTest, EndsNoMoveDuringWhichOthersMayHaveWritten) {
  const auto from = Filled();
  const auto moved = MoveFrom(from, url(), [&](const MoveProgress& progress) {
    if (!IsCopied(progress)) return;
    cluster().Ask(name_,
                  "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE "
                  "application_name LIKE 'saunter db move%'");
  });
  EXPECT_EQ(moved.status, OpenStatus::kUnavailable);
  ExpectRefused(url());
  EXPECT_EQ(MoveFrom(from, url()).status, OpenStatus::kOk);
}

TEST_F(MoveTest, SaysWhatCopiesADatabaseWithinItsEngine) {
  EXPECT_THAT(MoveFrom(File("a.db"), File("b.db")).detail, HasSubstr("saunter db backup"));
  EXPECT_THAT(MoveFrom(url(), url()).detail, HasSubstr("pg_dump"));
  EXPECT_EQ(MoveFrom(File("a.db"), url()).status, OpenStatus::kMissing);
  EXPECT_THAT(MoveFrom(url(), File("a.db")).detail, HasSubstr("nothing to move"));
}

}  // namespace
}  // namespace saunter::store::move
