// saunter: the operator's commands.

#include <csignal>
#include <exception>

#include "crawler/cli/command_line.h"
#include "crawler/cli/print.h"
#include "schemas/settings.h"
#include "store/status.h"

namespace saunter::crawler::cli {
namespace {

ExitCode Run(int argc, char** argv) {
  try {
    Invocation invocation;
    if (const auto code = ParseCommandLine(argc, argv, invocation)) return *code;
    if (invocation.run_on_flags) {
      return invocation.run_on_flags(invocation.settings, invocation.output);
    }
    schemas::Settings settings;
    if (const auto problem = LoadSettings(invocation, settings)) {
      PrintProblem(*problem);
      return ExitCode::kWrongUsage;
    }
    return invocation.run(settings, invocation.output);
  } catch (const store::StoreError& error) {
    PrintProblem(error.what());
    return ExitCode::kNoDatabase;
  } catch (const std::exception& error) {
    PrintProblem(error.what());
    return ExitCode::kPartlyFailed;
  }
}

// A command has done its work only if what it printed has arrived.
ExitCode End(ExitCode code) {
  const auto problem = EndOutput();
  if (problem) PrintProblem(*problem);
  const bool lost = problem.has_value() || ProblemsWereLost();
  return lost && code == ExitCode::kDone ? ExitCode::kPartlyFailed : code;
}

}  // namespace
}  // namespace saunter::crawler::cli

int main(int argc, char** argv) {
  namespace cli = saunter::crawler::cli;
  // `saunter export | head` says that it was cut short, and does not end by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  cli::KeepStreamsOpen();
  return static_cast<int>(cli::End(cli::Run(argc, argv)));
}
