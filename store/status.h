// How opening or using a database can fail.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace saunter::store {

enum class OpenStatus {
  kOk,
  kMissing,       // no such file
  kNotADatabase,  // not SQLite, or damaged beyond opening
  kForeign,       // SQLite, but another application's
  kOlderSchema,   // `saunter db migrate`, or start the crawler
  kNewerSchema,   // this build is too old
  kLocked,        // another program is the writer
  kCorrupt,       // the check after an unclean stop failed
  kUnavailable,   // permissions, I/O, busy: worth another try
};
std::string_view ToString(OpenStatus status);

// kLost: the server that holds the database is gone, or cannot be reached.
// kUnsynced: a batch is committed, but the disk does not say that it would outlast a power failure.
enum class StoreErrorKind {
  kBusy,
  kFull,
  kReadOnly,
  kCorrupt,
  kInterrupted,
  kIo,
  kLost,
  kUnsynced,
  kOther
};
std::string_view ToString(StoreErrorKind kind);

// Thrown by reads and writes on an open database.
class StoreError : public std::runtime_error {
 public:
  StoreError(StoreErrorKind kind, const std::string& what)
      : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] StoreErrorKind kind() const { return kind_; }

 private:
  StoreErrorKind kind_;
};

}  // namespace saunter::store
