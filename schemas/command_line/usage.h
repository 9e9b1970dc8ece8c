// How the programs help along whoever types their command lines: help that shows what one needs and
// leaves the settings to --help-settings, and answers that name what is wrong and what was meant.
//
// Thread safety: none. Ownership: what is added to an app lives as long as it. Errors: none.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace saunter::schemas::command_line {

// Commands first, flags after them, settings on --help-settings alone. To be called when all
// commands and flags are there.
void AddHelp(CLI::App& app);

struct UsageAnswer {
  int exit_code = 0;   // 2: the command line is wrong
  std::string output;  // what was asked for
  std::string errors;  // what is wrong
};

// What ends a program whose command line ended the parsing with `error`.
[[nodiscard]] UsageAnswer AnswerTo(const CLI::App& app, const CLI::ParseError& error);

}  // namespace saunter::schemas::command_line
