#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "crawler/cli/backup_rotation.h"
#include "store/writer.h"
#include "tests/crawler/cli/saunter_program.h"
#include "tests/support/files.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class DatabaseCommand : public SaunterTest {
 protected:
  void ImportOneMore() {
    const auto url = "http://" + std::to_string(++feeds_) + ".example/feed\n";
    ASSERT_EQ(Run({"import", "-"}, url).exit_code, 0);
  }
  [[nodiscard]] std::string backup() const { return directory_.File("backup.db"); }

  int feeds_ = 0;
};

TEST_F(DatabaseCommand, BlamesTheTargetWhereABackupCannotBeWritten) {
  ImportOneMore();
  auto completed = Run({"db", "backup", directory_.File("none/backup.db")});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr(directory_.File("none") + " is none"));
  completed = Run({"db", "backup", database() + "/backup.db"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr(database() + " is none"));
  completed = Run({"db", "backup", directory_.path().string()});
  EXPECT_EQ(completed.exit_code, 2);
  EXPECT_THAT(completed.errors, HasSubstr("is a folder"));
}

TEST_F(DatabaseCommand, LeavesNothingOfABackupThatWasCutShort) {
  ImportOneMore();
  // No file may become longer than 32 KiB, as on a disk that is full.
  support::Command command;
  command.program = "/bin/bash";
  command.arguments = {"-c",
                       "trap '' XFSZ; ulimit -f 32; exec \"$@\"",
                       "bash",
                       support::Built("crawler/cli/saunter"),
                       "db",
                       "backup",
                       backup(),
                       "--config=" + config_,
                       "--store.path=" + database()};
  const auto completed = support::RunToEnd(command, kDeadline);
  EXPECT_EQ(completed.exit_code, 1) << completed.errors;
  EXPECT_THAT(completed.errors, HasSubstr("the copy cannot be written to " + backup()));
  EXPECT_THAT(completed.errors, HasSubstr("room"));
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("backup.db")) << entry.path();
  }
}

TEST_F(DatabaseCommand, ReplacesWhatAKilledBackupLeft) {
  ImportOneMore();
  for (const auto* suffix : {".unfinished", ".unfinished-journal"}) {
    directory_.Write("backup.db" + std::string(suffix), "half");
  }
  const auto completed = Run({"db", "backup", backup()});
  EXPECT_EQ(completed.exit_code, 0) << completed.errors;
  EXPECT_EQ(RunJson({"stats", "--store.path=" + backup()})["feeds"], 1);
  EXPECT_FALSE(std::filesystem::exists(backup() + ".unfinished"));
  EXPECT_FALSE(std::filesystem::exists(backup() + ".unfinished-journal"));
}

TEST_F(DatabaseCommand, RestoresABackupAndSaysWhereTheOldOneIs) {
  ImportOneMore();
  ASSERT_EQ(Run({"db", "backup", backup()}).exit_code, 0);
  ImportOneMore();
  const auto report = RunJson({"db", "restore", backup()});
  EXPECT_EQ(report["ok"], true) << report;
  EXPECT_EQ(report["restored_from"], backup());
  EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
  const auto kept = report["kept"].get<std::string>();
  EXPECT_EQ(RunJson({"stats", "--store.path=" + kept})["feeds"], 2);
  const auto again = Run({"db", "restore", kept});
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("what stood there is kept as " + database() + ".before-"));
  EXPECT_EQ(RunJson({"stats"})["feeds"], 2);
}

TEST_F(DatabaseCommand, RestoresNothingWhileAWriterRunsAndSaysWhatToDo) {
  ImportOneMore();
  ASSERT_EQ(Run({"db", "backup", backup()}).exit_code, 0);
  const auto writer = store::OpenWriter(settings().store, "a writer");
  const auto refused = Run({"db", "restore", backup()});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.errors, HasSubstr("a writer, process " + std::to_string(getpid())));
  EXPECT_THAT(refused.errors, HasSubstr("systemctl stop saunter-crawler"));
}

TEST_F(DatabaseCommand, RestoresNoFileThatIsNoBackup) {
  ImportOneMore();
  for (const auto& bad : {directory_.Write("text.db", "feeds"), directory_.File("missing.db")}) {
    const auto refused = Run({"db", "restore", bad});
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_THAT(refused.errors, HasSubstr(bad));
    EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
  }
}

TEST(BackupRotation, KeepsTheNewestAndWhatIsNoBackup) {
  EXPECT_EQ(BackupName(1700000000), "saunter-20231114T221320Z.db");
  const std::vector<std::string> names = {"saunter-20260103T000000Z.db",
                                          "saunter-20260101T000000Z.db",
                                          "saunter-20260102T000000Z.db",
                                          "saunter-20251231T000000Z.db.unfinished",
                                          "saunter-before-the-move.db",
                                          "saunter.db",
                                          "notes",
                                          "saunter-20260104T000000Z.db"};
  const auto* newest = "saunter-20260104T000000Z.db";
  EXPECT_THAT(BackupsToRemove(names, newest, 2),
              UnorderedElementsAre("saunter-20251231T000000Z.db.unfinished",
                                   "saunter-20260101T000000Z.db", "saunter-20260102T000000Z.db"));
  EXPECT_THAT(BackupsToRemove(names, newest, 9),
              UnorderedElementsAre("saunter-20251231T000000Z.db.unfinished"));
  // A clock that went back does not cost the one just made.
  EXPECT_THAT(BackupsToRemove(names, "saunter-20260101T000000Z.db", 1),
              testing::Not(testing::Contains("saunter-20260101T000000Z.db")));
}

TEST_F(DatabaseCommand, KeepsAsManyBackupsInAFolderAsItIsTold) {
  ImportOneMore();
  const auto folder = directory_.path() / "backups";
  std::filesystem::create_directory(folder);
  for (const auto* old :
       {"saunter-20200101T000000Z.db", "saunter-20200102T000000Z.db", "other.db"}) {
    std::ofstream(folder / old) << "old";
  }
  const auto report = RunJson({"db", "backup", "--folder", folder.string(), "--keep", "2"});
  EXPECT_EQ(report["removed"], nlohmann::json({(folder / "saunter-20200101T000000Z.db").string()}));
  EXPECT_EQ(RunJson({"stats", "--store.path=" + report["path"].get<std::string>()})["feeds"], 1);
  EXPECT_TRUE(std::filesystem::exists(folder / "other.db"));
  EXPECT_TRUE(std::filesystem::exists(folder / "saunter-20200102T000000Z.db"));
  EXPECT_EQ(Run({"db", "backup"}).exit_code, 2);
  EXPECT_EQ(Run({"db", "backup", backup(), "--folder", folder.string()}).exit_code, 2);
}

TEST_F(DatabaseCommand, SaysWhatToDoAboutADamagedDatabase) {
  for (int i = 0; i < 50; ++i) ImportOneMore();
  auto bytes = support::ReadFile(database());
  for (std::size_t at = 40960; at < bytes.size(); at += 4096) bytes[at] = '\x55';
  std::ofstream(database(), std::ios::binary | std::ios::trunc) << bytes;
  const auto check = Run({"db", "check"});
  EXPECT_NE(check.exit_code, 0);
  EXPECT_THAT(check.output + check.errors, HasSubstr("saunter db restore FILE"));
}

}  // namespace
}  // namespace saunter::crawler::cli
