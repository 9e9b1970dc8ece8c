// What saunter(1) says beyond --help.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include "systemd/manual.h"

namespace saunter::crawler::cli {

[[nodiscard]] systemd::Manual CommandsManual();

}  // namespace saunter::crawler::cli
