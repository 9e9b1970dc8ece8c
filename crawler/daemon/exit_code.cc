#include "crawler/daemon/exit_code.h"

namespace saunter::crawler::daemon {

ExitCode ExitCodeOf(store::OpenStatus status) {
  using store::OpenStatus;
  switch (status) {
    case OpenStatus::kOk:
      return ExitCode::kOk;
    case OpenStatus::kLocked:
      return ExitCode::kAlreadyRunning;
    case OpenStatus::kCorrupt:
    case OpenStatus::kNotADatabase:
      return ExitCode::kDataDamaged;
    case OpenStatus::kMissing:
    case OpenStatus::kForeign:
    case OpenStatus::kOlderSchema:
    case OpenStatus::kNewerSchema:
    case OpenStatus::kUnavailable:
      return ExitCode::kDatabase;
  }
  return ExitCode::kDatabase;
}

ExitCode ExitCodeOf(store::StoreErrorKind kind) {
  using store::StoreErrorKind;
  switch (kind) {
    case StoreErrorKind::kCorrupt:
      return ExitCode::kDataDamaged;
    case StoreErrorKind::kFull:
    case StoreErrorKind::kReadOnly:
    case StoreErrorKind::kIo:
    case StoreErrorKind::kUnsynced:
    case StoreErrorKind::kOther:
      return ExitCode::kIo;
    case StoreErrorKind::kBusy:
    case StoreErrorKind::kInterrupted:
    case StoreErrorKind::kLost:
      return ExitCode::kDatabase;
  }
  return ExitCode::kIo;
}

}  // namespace saunter::crawler::daemon
