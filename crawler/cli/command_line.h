// What the operator asked for: one command with its arguments, and the settings.
//
// Thread safety: none. Errors: a wrong command line is an ExitCode, already explained on stderr.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schemas/settings.h"

namespace saunter::crawler::cli {

// What scripts can rely on.
enum class ExitCode : int {
  kDone = 0,
  kPartlyFailed = 1,  // something of what was asked was not done; it was said what
  kWrongUsage = 2,
  kNoDatabase = 3,  // or not a usable one
};

enum class OutputFormat { kText, kJson };

struct Invocation {
  std::string config{schemas::kDefaultSettingsPath};
  std::vector<std::pair<std::string, std::string>> flags;  // setting, text
  OutputFormat output = OutputFormat::kText;
  std::function<ExitCode(const schemas::Settings&, OutputFormat)> run;
};

// Fills `invocation`; returns the exit code if the program is to end here (--help, wrong usage).
[[nodiscard]] std::optional<ExitCode> ParseCommandLine(int argc, const char* const* argv,
                                                       Invocation& invocation);

// The settings file, then the flags. Returns what is wrong, if anything.
[[nodiscard]] std::optional<std::string> LoadSettings(const Invocation& invocation,
                                                      schemas::Settings& settings);

}  // namespace saunter::crawler::cli
