// The command line of saunter-api.
//
// Thread safety: all functions. Errors: text for a person, exit code 2.
#pragma once

#include <string>

#include "schemas/settings.h"

namespace saunter::api {

struct CommandLine {
  bool is_ready = false;  // false: `message` goes out and the program ends with `exit_code`
  schemas::Settings settings;
  int exit_code = 0;
  std::string message;
};

[[nodiscard]] CommandLine ReadCommandLine(int argc, const char* const* argv);

}  // namespace saunter::api
