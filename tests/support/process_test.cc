#include "tests/support/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

#include "tests/support/files.h"

namespace saunter::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Command Shell(std::string script) { return {"/bin/sh", {"-c", std::move(script)}, {}, {}, {}}; }

TEST(Process, HandsBackBothStreamsAndTheExitCode) {
  const Completed done = RunToEnd(Shell("echo out; echo err >&2; exit 7"), seconds(20));
  EXPECT_EQ(done.exit_code, 7);
  EXPECT_EQ(done.output, "out\n");
  EXPECT_EQ(done.errors, "err\n");
}

TEST(Process, GivesInputEnvironmentAndDirectory) {
  Command command = Shell("cat; echo $WORD; pwd");
  command.input = std::string(200000, 'x') + "\n";
  command.environment = {{"WORD", "saunter"}};
  command.directory = "/";
  EXPECT_EQ(RunToEnd(command, seconds(20)).output, command.input + "saunter\n/\n");
}

TEST(Process, WaitsForALineAndSignals) {
  Process process(Shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done"));
  EXPECT_EQ(process.WaitForLine("rea", seconds(20)), "ready");
  EXPECT_TRUE(process.Running());
  process.Signal(SIGTERM);
  EXPECT_EQ(process.WaitForExit(seconds(20)), 3);
  EXPECT_EQ(process.Output(), "ready\nbye\n");
}

TEST(Process, GivesUpAtTheDeadlineAndSaysWhichSignalEnded) {
  Process process(Shell("exec sleep 1000"));
  EXPECT_EQ(process.WaitForLine("never", milliseconds(10)), std::nullopt);
  EXPECT_EQ(process.WaitForExit(milliseconds(10)), std::nullopt);
  process.Signal(SIGKILL);
  EXPECT_EQ(process.WaitForExit(seconds(20)), 128 + SIGKILL);
}

TEST(Process, ThrowsIfTheProgramIsMissing) {
  EXPECT_THROW(Process({"/nonexistent/program", {}, {}, {}, {}}), std::runtime_error);
}

TEST(TemporaryDirectory, IsRemovedWithWhatIsInIt) {
  std::string file;
  {
    const TemporaryDirectory directory;
    file = directory.Write("name", "text");
    EXPECT_TRUE(std::filesystem::exists(file));
  }
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(file).parent_path()));
}

}  // namespace
}  // namespace saunter::support
