#include "store/restore.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "schemas/sql.h"
#include "tests/store/fixture.h"

namespace saunter::store {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RestoreTest : public StoreTest {
 protected:
  // One feed is in the backup. The database has three, the last of which stands in the write-ahead
  // log alone, since its writer was killed.
  RestoreTest() {
    OpenWriter();
    AddFeed("https://a.example/feed", "a.example");
    OpenReader()->Backup(backup_);
    AddFeed("https://b.example/feed", "b.example");
    writer_->CheckpointTruncate();
    writer_.reset();
    InAChildThatIsKilled([this] {
      OpenWriter();
      AddFeed("https://c.example/feed", "c.example");
    });
  }

  template <typename Act>
  static void InAChildThatIsKilled(Act act) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      act();
      raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  }

  // Kills itself before `step`.
  static RestoreReport KilledAt(RestoreStep step) {
    return [step](const RestoreProgress& progress) {
      if (progress.step == step) raise(SIGKILL);
    };
  }

  Restored RestoreIt() { return Restore(settings_, backup_, kNow); }

  // Opens it as its next writer does.
  std::int64_t FeedsIn(const std::string& path) {
    auto settings = settings_;
    settings.path = path;
    const auto writer = store::OpenFileWriter(settings, "test");
    EXPECT_EQ(writer.status, OpenStatus::kOk) << writer.detail;
    const auto reader = store::OpenFileReader(settings);
    EXPECT_EQ(reader.status, OpenStatus::kOk) << reader.detail;
    if (!reader.reader) return -1;
    EXPECT_THAT(reader.reader->Check(), IsEmpty());
    return reader.reader->ReadStats().feeds;
  }

  [[nodiscard]] std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      names.insert(file.path().filename().string());
    }
    return names;
  }
  // Of all files but the lock, which names each who takes it.
  [[nodiscard]] std::map<std::string, std::size_t> Hashes() const {
    std::map<std::string, std::size_t> hashes;
    for (const auto& name : Names()) {
      if (name.ends_with(".lock")) continue;
      hashes[name] = std::hash<std::string>()(support::ReadFile(folder_ + "/" + name));
    }
    return hashes;
  }

  std::string backup_ = folder_ + "/backup.db";
  const std::string kept_ = settings_.path + ".before-20231114T221320Z";
};

TEST_F(RestoreTest, PutsTheBackupInPlaceAndKeepsTheOldOneWithItsLog) {
  const auto wal_bytes = std::filesystem::file_size(settings_.path + "-wal");
  ASSERT_GT(wal_bytes, 0U);
  const auto restored = RestoreIt();
  ASSERT_EQ(restored.status, OpenStatus::kOk) << restored.detail;
  EXPECT_EQ(restored.kept_path, kept_);
  EXPECT_EQ(restored.schema_version, schemas::SchemaVersion());
  EXPECT_EQ(std::filesystem::file_size(kept_ + "-wal"), wal_bytes);
  EXPECT_TRUE(std::filesystem::exists(kept_ + "-shm"));
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 1);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
  EXPECT_EQ(FeedsIn(kept_), 3);
  for (const auto& name : Names()) EXPECT_THAT(name, testing::Not(HasSubstr("restoring")));
}

TEST_F(RestoreTest, LeavesWhatAReaderWithoutWriteAccessNeeds) {
  ASSERT_EQ(RestoreIt().status, OpenStatus::kOk);
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat file{};
    ASSERT_EQ(stat((settings_.path + suffix).c_str(), &file), 0) << suffix;
    EXPECT_EQ(file.st_mode & 0777U, 0640U) << suffix;
  }
}

TEST_F(RestoreTest, NeverOverwritesWhatWasKeptBefore) {
  ASSERT_EQ(RestoreIt().kept_path, kept_);
  EXPECT_EQ(RestoreIt().kept_path, kept_ + "-2");
  EXPECT_EQ(FeedsIn(kept_), 3);
  EXPECT_EQ(FeedsIn(kept_ + "-2"), 1);
}

TEST_F(RestoreTest, TakesBackWhatWasKeptWithItsLog) {
  ASSERT_EQ(RestoreIt().status, OpenStatus::kOk);
  backup_ = kept_;
  const auto before = Hashes();
  ASSERT_EQ(RestoreIt().status, OpenStatus::kOk);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 3);
  const auto after = Hashes();
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    const auto name = "saunter.db.before-20231114T221320Z" + std::string(suffix);
    EXPECT_EQ(after.at(name), before.at(name)) << name;
  }
}

TEST_F(RestoreTest, FillsAPlaceWhereThereIsNone) {
  settings_.path = folder_ + "/elsewhere.db";
  const auto restored = RestoreIt();
  ASSERT_EQ(restored.status, OpenStatus::kOk) << restored.detail;
  EXPECT_EQ(restored.kept_path, "");
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 1);
}

// As where somebody copied a file over the database, or removed it alone.
TEST_F(RestoreTest, IsNotMisledByALogThatWasLeftBehind) {
  std::filesystem::remove(settings_.path);
  ASSERT_EQ(RestoreIt().status, OpenStatus::kOk);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 1);
  EXPECT_TRUE(std::filesystem::exists(kept_ + "-wal"));
}

TEST_F(RestoreTest, PutsABackupInPlaceOfADamagedDatabase) {
  std::ofstream(settings_.path, std::ios::binary | std::ios::trunc) << std::string(5000, 'x');
  ASSERT_EQ(RestoreIt().status, OpenStatus::kOk);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 1);
  EXPECT_EQ(std::filesystem::file_size(kept_), 5000U);
}

TEST_F(RestoreTest, IsRefusedWhileAWriterRunsWhichItNames) {
  OpenWriter();
  const auto before = Hashes();
  const auto refused = RestoreIt();
  EXPECT_EQ(refused.status, OpenStatus::kLocked);
  EXPECT_THAT(refused.detail, HasSubstr("test, process " + std::to_string(getpid())));
  EXPECT_EQ(Hashes(), before);
}

TEST_F(RestoreTest, RefusesABadFileAndTouchesNothing) {
  const auto whole = support::ReadFile(backup_);
  const auto foreign = folder_ + "/foreign.db";
  SQLite::Database(foreign, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE other (id)");
  const auto newer = folder_ + "/newer.db";
  std::filesystem::copy_file(backup_, newer);
  SQLite::Database(newer, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  auto damaged = whole;
  SQLite::Database tables(backup_);
  // The list of tables stays, which the file is told by.
  SQLite::Statement roots(tables, "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0");
  while (roots.executeStep()) {
    damaged[4096 * static_cast<std::size_t>(roots.getColumn(0).getInt64() - 1)] = '\x55';
  }
  directory_.Write("damaged.db", damaged);
  directory_.Write("cut.db", whole.substr(0, whole.size() / 2));
  directory_.Write("text.db", std::string(5000, 'x'));
  directory_.Write("empty.db", "");
  const std::vector<std::pair<std::string, OpenStatus>> cases = {
      {"foreign.db", OpenStatus::kForeign},    {"newer.db", OpenStatus::kNewerSchema},
      {"damaged.db", OpenStatus::kCorrupt},    {"cut.db", OpenStatus::kNotADatabase},
      {"text.db", OpenStatus::kNotADatabase},  {"empty.db", OpenStatus::kNotADatabase},
      {"missing.db", OpenStatus::kMissing},    {"", OpenStatus::kNotADatabase},
      {"saunter.db", OpenStatus::kUnavailable}};
  const auto before = Hashes();
  for (const auto& [name, status] : cases) {
    backup_ = folder_ + "/" + name;
    const auto refused = RestoreIt();
    EXPECT_EQ(refused.status, status) << name << ": " << refused.detail;
    EXPECT_THAT(refused.detail, HasSubstr(backup_));
    EXPECT_EQ(Hashes(), before) << name;
  }
}

TEST_F(RestoreTest, RefusesABackupThatIsBeingWritten) {
  const auto writer = store::OpenFileWriter(settings_, "test");
  auto elsewhere = settings_;
  elsewhere.path = folder_ + "/elsewhere.db";
  const auto refused = Restore(elsewhere, settings_.path, kNow);
  EXPECT_EQ(refused.status, OpenStatus::kLocked) << refused.detail;
  EXPECT_THAT(refused.detail, HasSubstr("saunter db backup"));
}

constexpr RestoreStep kSteps[] = {
    RestoreStep::kCopy,       RestoreStep::kCheck,     RestoreStep::kMigrate,
    RestoreStep::kReady,      RestoreStep::kPlan,      RestoreStep::kMoveDatabase,
    RestoreStep::kMoveWal,    RestoreStep::kMoveIndex, RestoreStep::kPutInPlace,
    RestoreStep::kForgetPlan, RestoreStep::kOpen};

class KilledRestore : public RestoreTest, public testing::WithParamInterface<RestoreStep> {
 protected:
  KilledRestore() {
    InAChildThatIsKilled(
        [this] { static_cast<void>(Restore(settings_, backup_, kNow, KilledAt(GetParam()))); });
  }
};

TEST_P(KilledRestore, LeavesTheOldOrTheNewDatabaseToTheNextWriter) {
  const bool is_planned = GetParam() > RestoreStep::kPlan;
  const auto feeds = FeedsIn(settings_.path);
  EXPECT_EQ(feeds, is_planned ? 1 : 3);
  if (is_planned) {
    EXPECT_EQ(FeedsIn(kept_), 3);
  }
  for (const auto& name : Names()) EXPECT_THAT(name, testing::Not(HasSubstr("restoring")));
}

TEST_P(KilledRestore, IsFinishedByASecondOne) {
  const auto restored = Restore(settings_, backup_, kNow + 1);
  ASSERT_EQ(restored.status, OpenStatus::kOk) << restored.detail;
  EXPECT_EQ(FeedsIn(settings_.path), 1);
  const auto later = settings_.path + ".before-20231114T221321Z";
  EXPECT_EQ(FeedsIn(std::filesystem::exists(kept_) ? kept_ : later), 3);
  for (const auto& name : Names()) EXPECT_THAT(name, testing::Not(HasSubstr("restoring")));
}

// A process that had the database open makes an index and a log anew where it finds none.
TEST_P(KilledRestore, IsFinishedWhereAReaderMadeItsFilesAnew) {
  for (const auto* suffix : {"-wal", "-shm"}) {
    const auto path = settings_.path + suffix;
    if (!std::filesystem::exists(path)) std::ofstream(path) << "";
  }
  EXPECT_THAT(FeedsIn(settings_.path), AnyOf(1, 3));
}

TEST_P(KilledRestore, IsNotHinderedByABadFileInTheSecondOne) {
  const auto bad = directory_.Write("bad.db", std::string(5000, 'x'));
  EXPECT_EQ(Restore(settings_, bad, kNow + 1).status, OpenStatus::kNotADatabase);
  EXPECT_THAT(FeedsIn(settings_.path), AnyOf(1, 3));
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, KilledRestore, testing::ValuesIn(kSteps));

TEST_F(RestoreTest, TellsAReaderThatOneWasCutShort) {
  InAChildThatIsKilled([this] {
    static_cast<void>(Restore(settings_, backup_, kNow, KilledAt(RestoreStep::kPutInPlace)));
  });
  EXPECT_TRUE(IsRestorePending(settings_.path));
  const auto opened = store::OpenFileReader(settings_);
  EXPECT_EQ(opened.status, OpenStatus::kMissing);
  EXPECT_THAT(opened.detail, HasSubstr("saunter db restore"));
  EXPECT_EQ(FeedsIn(settings_.path), 1);
  EXPECT_FALSE(IsRestorePending(settings_.path));
}

TEST_F(RestoreTest, LeavesAnUncleanStopToTheNextWriterIfItIsRefused) {
  ASSERT_NE(support::ReadFile(settings_.path + ".lock"), "");
  backup_ = directory_.Write("bad.db", std::string(5000, 'x'));
  ASSERT_EQ(RestoreIt().status, OpenStatus::kNotADatabase);
  EXPECT_NE(support::ReadFile(settings_.path + ".lock"), "");
}

}  // namespace
}  // namespace saunter::store
