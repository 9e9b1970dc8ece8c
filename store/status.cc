#include "store/status.h"

namespace saunter::store {

std::string_view ToString(OpenStatus status) {
  switch (status) {
    case OpenStatus::kOk:
      return "ok";
    case OpenStatus::kMissing:
      return "missing";
    case OpenStatus::kNotADatabase:
      return "not_a_database";
    case OpenStatus::kForeign:
      return "foreign";
    case OpenStatus::kOlderSchema:
      return "older_schema";
    case OpenStatus::kNewerSchema:
      return "newer_schema";
    case OpenStatus::kLocked:
      return "locked";
    case OpenStatus::kCorrupt:
      return "corrupt";
    case OpenStatus::kUnavailable:
      return "unavailable";
  }
  return "invalid";
}

std::string_view ToString(StoreErrorKind kind) {
  switch (kind) {
    case StoreErrorKind::kBusy:
      return "busy";
    case StoreErrorKind::kFull:
      return "disk_full";
    case StoreErrorKind::kReadOnly:
      return "read_only";
    case StoreErrorKind::kCorrupt:
      return "corrupt";
    case StoreErrorKind::kInterrupted:
      return "interrupted";
    case StoreErrorKind::kIo:
      return "io";
    case StoreErrorKind::kLost:
      return "connection_lost";
    case StoreErrorKind::kUnsynced:
      return "unsynced";
    case StoreErrorKind::kOther:
      return "other";
  }
  return "invalid";
}

}  // namespace saunter::store
