#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

class ImportJournal : public SaunterTest {
 protected:
  void Import(const std::string& text) {
    const auto completed = Run({"import", "-"}, text);
    ASSERT_EQ(completed.exit_code, 0) << completed.errors;
  }
  nlohmann::json Imports() { return RunJson({"import", "list"})["imports"]; }
};

TEST_F(ImportJournal, ListsAndUndoesAnImport) {
  ASSERT_EQ(Run({"feed", "add", "http://hand.example/"}).exit_code, 0);
  Import("http://a.example/\nhttp://b.example/\nhttp://hand.example/\n");
  Import("http://b.example/\nhttp://c.example/\n");
  const auto imports = Imports();
  ASSERT_EQ(imports.size(), 2U) << imports;
  EXPECT_EQ(imports[1]["added"], 2);
  EXPECT_EQ(imports[1]["undoable"], 1);
  EXPECT_EQ(imports[1]["source"], "-");
  const auto id = imports[1]["import_id"].dump();

  const auto dry = Run({"import", "undo", id, "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_THAT(dry.output, HasSubstr("would be removed: http://a.example/\n"));
  EXPECT_EQ(RunJson({"stats"})["feeds"], 4);

  const auto report = RunJson({"import", "undo", id});
  EXPECT_EQ(report["feeds"], nlohmann::json({"http://a.example/"}));
  EXPECT_EQ(report["kept"], 1);
  EXPECT_EQ(RunJson({"stats"})["feeds"], 3);

  const auto again = Run({"import", "undo", id});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, HasSubstr("was undone"));
}

TEST_F(ImportJournal, SaysThatKnownFeedsKeepTheCategoryOfAnImportThatIsUndone) {
  ASSERT_EQ(Run({"feed", "add", "http://hand.example/", "--category", "old"}).exit_code, 0);
  ASSERT_EQ(Run({"import", "-", "--category", "new"}, "http://hand.example/\nhttp://a.example/\n")
                .exit_code,
            0);
  const auto completed = Run({"import", "undo", Imports()[0]["import_id"].dump()});
  EXPECT_EQ(completed.exit_code, 0);
  EXPECT_THAT(completed.output, HasSubstr("keeps the category that the import gave it"));
  EXPECT_EQ(RunJson({"feed", "show", "http://hand.example/"})["category"], "new");
  EXPECT_EQ(RunJson({"stats"})["feeds"], 1);
}

TEST_F(ImportJournal, NamesAnImportThatThereIsNot) {
  Import("http://a.example/\n");
  const auto completed = Run({"import", "undo", "99"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("saunter import list"));
}

TEST_F(ImportJournal, UndoesAListForTheBlacklist) {
  ASSERT_EQ(Run({"blacklist", "add", "hand.example"}).exit_code, 0);
  const auto list = directory_.Write("spam.txt", "a.example\nhand.example # spam\n*.b.example\n");
  ASSERT_EQ(Run({"blacklist", "import", list}).exit_code, 0);
  const auto imports = Imports();
  ASSERT_EQ(imports.size(), 1U) << imports;
  EXPECT_EQ(imports[0]["kind"], "blacklist");
  EXPECT_EQ(imports[0]["source"], list);
  const auto report = RunJson({"import", "undo", imports[0]["import_id"].dump()});
  EXPECT_EQ(report["patterns"], nlohmann::json({"*.b.example", "a.example"}));
  EXPECT_THAT(Run({"blacklist", "list"}).output, HasSubstr("hand.example"));
}

TEST_F(ImportJournal, TakesNoteOfNoImportThatOnlyLooks) {
  Import("http://a.example/\n");
  ASSERT_EQ(Run({"import", "--dry-run", "-"}, "http://b.example/\n").exit_code, 0);
  const auto list = directory_.Write("spam.txt", "a.example\n");
  ASSERT_EQ(Run({"blacklist", "import", "--dry-run", list}).exit_code, 0);
  EXPECT_EQ(Imports().size(), 1U);
}

TEST_F(ImportJournal, LeavesFilesOfAnyNameToBeImported) {
  for (const auto* name : {"list", "undo"}) {
    const auto file = directory_.Write(name, std::string("http://") + name + ".example/\n");
    EXPECT_EQ(Run({"import", file}).exit_code, 0);
    // As it is written in the folder itself.
    support::Command command;
    command.program = support::Built("crawler/cli/saunter");
    command.arguments = {"import", std::string("./") + name, "--config=" + config_,
                         "--store.path=" + database()};
    command.directory = directory_.path().string();
    EXPECT_EQ(support::RunToEnd(command, kDeadline).exit_code, 0);
    command.arguments = {"import", file, name, "--config=" + config_, "--store.path=" + database()};
    const auto refused = support::RunToEnd(command, kDeadline);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.errors, HasSubstr(std::string("write ./") + name));
  }
  support::Command command;
  command.program = support::Built("crawler/cli/saunter");
  command.arguments = {"import", "list", "--config=" + config_, "--store.path=" + database()};
  command.directory = directory_.path().string();
  const auto listed = support::RunToEnd(command, kDeadline);
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.errors, HasSubstr("saunter import ./list"));
  EXPECT_EQ(Run({"import"}).exit_code, 2);
}

}  // namespace
}  // namespace saunter::crawler::cli
