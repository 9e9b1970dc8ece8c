#include "schemas/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/files.h"

namespace saunter::schemas {
namespace {

class SettingsFile : public testing::Test {
 protected:
  // What is said of the file, where it may be absent.
  std::string Said(const std::string& path) {
    Settings settings;
    return ReadSettingsFile(settings, path, Absence::kAllowed).FirstProblem().value_or("");
  }

  support::TemporaryDirectory folder_;
};

// Files are read as somebody whom their modes bind, as they do not bind root.
class AsNobody {
 public:
  AsNobody() { is_root_ = geteuid() == 0 && seteuid(65534) == 0; }
  ~AsNobody() {
    if (is_root_ && seteuid(0) != 0) ADD_FAILURE() << "cannot become root again";
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool is_root_ = false;
};

TEST_F(SettingsFile, IsAbsentWhereThereIsNone) {
  EXPECT_EQ(Said(folder_.File("none.toml")), "");
  EXPECT_EQ(Said(folder_.File("no_folder/none.toml")), "");
}

TEST_F(SettingsFile, IsMissedWhereItWasNamed) {
  Settings settings;
  const auto problem =
      ReadSettingsFile(settings, folder_.File("none.toml"), Absence::kError).FirstProblem();
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("none.toml"), std::string::npos) << *problem;
  EXPECT_NE(problem->find("--config"), std::string::npos) << *problem;
}

TEST_F(SettingsFile, IsNotAbsentWhereItMayNotBeRead) {
  const auto path = folder_.Write("saunter.toml", "[api]\nthreads = 3\n");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  const AsNobody nobody;
  EXPECT_NE(Said(path).find("Permission denied"), std::string::npos) << Said(path);
  EXPECT_NE(Said(path).find(path), std::string::npos) << Said(path);
}

TEST_F(SettingsFile, IsNotAbsentInAFolderThatMayNotBeEntered) {
  std::filesystem::create_directory(folder_.path() / "closed");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
  ASSERT_EQ(chmod(folder_.File("closed").c_str(), 0), 0);
  const AsNobody nobody;
  EXPECT_NE(Said(folder_.File("closed/none.toml")), "");
}

TEST_F(SettingsFile, IsNotAbsentWhereSomethingElseStands) {
  std::filesystem::create_directory(folder_.path() / "folder");
  std::filesystem::create_symlink("nowhere", folder_.path() / "link");
  std::filesystem::create_symlink("loop", folder_.path() / "loop");
  folder_.Write("file", "");
  for (const auto* name : {"folder", "link", "loop", "file/saunter.toml"}) {
    EXPECT_NE(Said(folder_.File(name)), "") << name;
  }
}

TEST_F(SettingsFile, HasALimit) {
  EXPECT_NE(Said(folder_.Write("long.toml", std::string(1048577, '#'))), "");
  EXPECT_EQ(Said(folder_.Write("fits.toml", std::string(1048576, '#'))), "");
}

TEST_F(SettingsFile, IsReadToItsEndAndAllThatIsWrongIsFound) {
  Settings settings;
  const auto path = folder_.Write("saunter.toml",
                                  "[api]\nthreads = 9\n\n[fetch]\ntransfers_max = 3\n"
                                  "transfer_max = 4\n[fecth]\nredirects_max = 1\n");
  const auto findings = ReadSettingsFile(settings, path, Absence::kError);
  ASSERT_EQ(findings.problems.size(), 3U);
  EXPECT_EQ(findings.problems[0].key, "api.threads");
  EXPECT_EQ(findings.problems[0].line, 2);
  EXPECT_EQ(findings.problems[1].key, "fetch.transfer_max");
  EXPECT_EQ(findings.problems[1].line, 6);
  EXPECT_NE(findings.problems[1].message.find("did you mean fetch.transfers_max?"),
            std::string::npos);
  EXPECT_EQ(findings.problems[2].key, "fecth.redirects_max");
  EXPECT_EQ(settings.fetch.transfers_max, 3);
  EXPECT_EQ(findings.origins.at("fetch.transfers_max").line, 5);
}

}  // namespace
}  // namespace saunter::schemas
