// The command line of saunter-replica.
//
// Thread safety: all functions. Errors: text for a person, exit code 2.
#pragma once

#include <string>

#include "schemas/settings.h"

namespace saunter::store::replica {

struct CommandLine {
  bool is_ready = false;  // false: `message` goes out and the program ends with `exit_code`
  schemas::Settings settings;
  int exit_code = 0;
  std::string message;
};

[[nodiscard]] CommandLine ReadCommandLine(int argc, const char* const* argv);

}  // namespace saunter::store::replica
