#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;

class Output : public SaunterTest {
 protected:
  // `redirection` is the shell's, ">/dev/full" say.
  support::Completed RunInto(const std::string& redirection, std::vector<std::string> arguments,
                             const std::string& input = {}) {
    support::Command command;
    command.program = "/bin/bash";
    command.arguments = {"-c", "exec \"$@\" " + redirection, "bash",
                         support::Built("crawler/cli/saunter")};
    command.arguments.push_back("--config=" + config_);
    const bool names_another = !arguments.empty() && arguments.back().starts_with("--store.path=");
    if (!names_another) command.arguments.push_back("--store.path=" + database());
    for (auto& argument : arguments) command.arguments.push_back(std::move(argument));
    command.input = input;
    return support::RunToEnd(command, kDeadline);
  }

  void SetUp() override {
    ASSERT_EQ(Run({"feed", "add", "http://a.example/"}).exit_code, 0);
    ASSERT_EQ(Run({"blacklist", "add", "b.example", "--reason", "no"}).exit_code, 0);
    directory_.Write("feed.xml", "<rss version='2.0'><channel><title>T</title></channel></rss>");
  }

  // What ends with 0 where there is room, each command that prints once.
  std::vector<std::vector<std::string>> Commands() {
    return {{"export"},
            {"export", "--format", "text"},
            {"feed", "list"},
            {"feed", "show", "http://a.example/"},
            {"feed", "pause", "http://a.example/"},
            {"feed", "resume", "http://a.example/"},
            {"site", "list"},
            {"site", "show", "a.example"},
            {"blacklist", "list"},
            {"blacklist", "export"},
            {"blacklist", "test", "http://a.example/"},
            {"review", "list"},
            {"stats"},
            {"parse", directory_.File("feed.xml")},
            {"import", "-"},
            {"db", "check"},
            {"db", "migrate"},
            {"config", "check"},
            {"config", "show"},
            {"--help"},
            {"feed", "list", "--help"},
            {"--version"}};
  }

  void ExpectLoss(const std::string& redirection, const std::string& reason) {
    for (auto arguments : Commands()) {
      for (const auto* format : {"", "--json"}) {
        if (*format != '\0') arguments.emplace_back(format);
        const auto completed = RunInto(redirection, arguments, "http://c.example/\n");
        EXPECT_EQ(completed.exit_code, 1) << testing::PrintToString(arguments);
        EXPECT_THAT(completed.errors, HasSubstr("could not be written whole: " + reason))
            << testing::PrintToString(arguments);
      }
    }
  }
};

TEST_F(Output, EndsWithOneOnAFullDisk) { ExpectLoss(">/dev/full", "No space left on device"); }

TEST_F(Output, EndsWithOneWhereNobodyReadsThePipe) {
  // Not close-on-exec: the program inherits the end that is written to.
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  ExpectLoss(">&" + std::to_string(ends[1]), "Broken pipe");
  close(ends[1]);
}

TEST_F(Output, EndsWithOneWhereStdoutIsClosed) { ExpectLoss(">&-", "Bad file descriptor"); }

TEST_F(Output, DoesItsWorkWhereNothingCanBePrinted) {
  EXPECT_EQ(RunInto(">/dev/full", {"import", "-"}, "http://d.example/\n").exit_code, 1);
  EXPECT_THAT(Run({"feed", "list"}).output, HasSubstr("http://d.example/"));
}

TEST_F(Output, EndsWithOneWhereAProblemCannotBeSaid) {
  const std::string list = "http://b.example/\n";
  EXPECT_EQ(RunInto("", {"import", "-"}, list).exit_code, 0);
  EXPECT_EQ(RunInto("2>/dev/full", {"import", "-"}, list).exit_code, 1);
  EXPECT_EQ(RunInto("2>&-", {"import", "-"}, list).exit_code, 1);
}

TEST_F(Output, NeverGoesIntoAFileThatTookTheStreamsPlace) {
  for (const auto* redirection : {">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
    EXPECT_NE(
        RunInto(redirection, {"feed", "add", "http://e.example/", "http://b.example/"}).exit_code,
        0)
        << redirection;
    EXPECT_NE(RunInto(redirection, {"parse", "-"}).exit_code, 0) << redirection;
  }
  EXPECT_EQ(Run({"db", "check"}).exit_code, 0);
}

TEST_F(Output, KeepsTheCodeOfWhatFailedBefore) {
  EXPECT_EQ(RunInto(">/dev/full", {"nonsense"}).exit_code, 2);
  EXPECT_EQ(RunInto(">/dev/full", {"stats", "--store.path=/nonexistent/x.db"}).exit_code, 3);
}

}  // namespace
}  // namespace saunter::crawler::cli
