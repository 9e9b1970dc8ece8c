// saunter: the operator's commands.

#include <csignal>
#include <cstdio>
#include <exception>

#include "crawler/cli/command_line.h"
#include "schemas/settings.h"
#include "store/status.h"

int main(int argc, char** argv) {
  using saunter::crawler::cli::ExitCode;
  try {
    // `saunter export | head` ends by itself and not by a signal.
    std::signal(SIGPIPE, SIG_IGN);

    saunter::crawler::cli::Invocation invocation;
    if (const auto code = saunter::crawler::cli::ParseCommandLine(argc, argv, invocation)) {
      return static_cast<int>(*code);
    }

    if (invocation.run_on_flags) {
      return static_cast<int>(invocation.run_on_flags(invocation.settings, invocation.output));
    }

    saunter::schemas::Settings settings;
    if (const auto problem = saunter::crawler::cli::LoadSettings(invocation, settings)) {
      std::fprintf(stderr, "saunter: %s\n", problem->c_str());
      return static_cast<int>(ExitCode::kWrongUsage);
    }

    return static_cast<int>(invocation.run(settings, invocation.output));
  } catch (const saunter::store::StoreError& error) {
    std::fprintf(stderr, "saunter: %s\n", error.what());
    return static_cast<int>(ExitCode::kNoDatabase);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saunter: %s\n", error.what());
    return static_cast<int>(ExitCode::kPartlyFailed);
  }
}
