// What saunter(1) says beyond the commands and flags, and the examples of --help.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string>

#include "schemas/command_line/manual.h"

namespace saunter::crawler::cli {

// Each with a line that says what it is for.
[[nodiscard]] std::string ExamplesText();
[[nodiscard]] schemas::command_line::Manual CommandsManual();

}  // namespace saunter::crawler::cli
