// The command line of saunter-crawler.
//
// Thread safety: none. Errors: text for a person; a wrong command line is explained on stderr.
#pragma once

#include <optional>
#include <string>

#include "crawler/daemon/exit_code.h"
#include "schemas/command_line/settings_flags.h"
#include "schemas/settings.h"

namespace saunter::crawler::daemon {

struct Options {
  schemas::command_line::SettingsFlags settings;
  bool once = false;  // works on what is due now, and ends
};

// Fills `options`. Returns an exit code if the program must end here (--help, wrong usage).
[[nodiscard]] std::optional<ExitCode> ReadOptions(int argc, const char* const* argv,
                                                  Options& options);

// The settings as file and flags have them now. Returns what is wrong, if anything.
[[nodiscard]] std::optional<std::string> LoadSettings(const Options& options,
                                                      schemas::Settings& settings);

}  // namespace saunter::crawler::daemon
