// How saunter-crawler ends, so that a unit file can tell its ends apart. The codes from 64 on are
// those of sysexits(3).
//
// Thread safety: all functions. Errors: none.
#pragma once

#include "store/status.h"

namespace saunter::crawler::daemon {

enum class ExitCode : int {
  kOk = 0,
  kUsage = 2,
  kDatabase = 3,
  kDataDamaged = 65,
  kSoftware = 70,
  kAlreadyRunning = 73,
  kIo = 74,
};

// Of a database that was to be opened.
[[nodiscard]] ExitCode ExitCodeOf(store::OpenStatus status);
// Of an open database that failed.
[[nodiscard]] ExitCode ExitCodeOf(store::StoreErrorKind kind);

}  // namespace saunter::crawler::daemon
