// Reads what the operator asks for: one command with its arguments, and the settings.
//
// Thread safety: one thread. Errors: a wrong command line is an ExitCode, after it was explained on
// stderr.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "schemas/command_line/settings_flags.h"
#include "schemas/settings.h"

namespace saunter::crawler::cli {

// Scripts can rely on these numbers.
enum class ExitCode : int {
  kDone = 0,
  kPartlyFailed = 1,  // some of it was not done; stderr or the report says what
  kWrongUsage = 2,
  kNoDatabase = 3,  // or not a usable one
};

enum class OutputFormat { kText, kJson };

struct Invocation {
  schemas::command_line::SettingsFlags settings;
  OutputFormat output = OutputFormat::kText;
  std::function<ExitCode(const schemas::Settings&, OutputFormat)> run;
  // Instead of `run`, for a command that reads and judges the settings by itself.
  std::function<ExitCode(const schemas::command_line::SettingsFlags&, OutputFormat)> run_on_flags;
};

// Fills `invocation`. Returns an exit code if the program must end here (--help, wrong usage).
[[nodiscard]] std::optional<ExitCode> ParseCommandLine(int argc, const char* const* argv,
                                                       Invocation& invocation);

// The settings file, then the flags. Returns what is wrong, if anything.
[[nodiscard]] std::optional<std::string> LoadSettings(const Invocation& invocation,
                                                      schemas::Settings& settings);

}  // namespace saunter::crawler::cli
