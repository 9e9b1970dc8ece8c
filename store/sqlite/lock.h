// Inside store/sqlite/ only: the lock file that names the one writer.
//
// PATH.lock is held by flock as long as the object lives; the kernel lets go of it when the
// process ends in any way. Its text names the holder and is emptied by a clean release, so text in
// an unheld file tells of an unclean stop.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace saunter::store::sqlite {

// The database and what lies beside it: its group may read.
inline constexpr mode_t kDatabaseFileMode = 0640;

class WriterLock {
 public:
  enum class Result { kTaken, kHeld, kFailed };

  WriterLock() = default;
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  Result Take(const std::string& database_path, std::string_view program);
  // After kHeld: who holds it. After kFailed: why.
  [[nodiscard]] const std::string& detail() const { return detail_; }
  // After kTaken: whether the last holder ended without releasing it.
  [[nodiscard]] bool after_unclean_stop() const { return after_unclean_stop_; }

  // How it is released. A holder that did not look at the database after an unclean stop leaves it
  // to the next one to do so.
  enum class Release { kClean, kUnclean };
  void ReleaseAs(Release release) { release_ = release; }

 private:
  int descriptor_ = -1;
  bool after_unclean_stop_ = false;
  Release release_ = Release::kClean;
  std::string detail_;
};

// Makes an empty file for a database, with a mode that SQLite gives its -wal and -shm, too. False:
// `detail` says why.
[[nodiscard]] bool CreateDatabaseFile(const std::string& path, std::string& detail);

// Gives a file that root made to the owner of its directory, so that `sudo saunter import` leaves
// a database that the crawler's user can write.
void AdoptDirectoryOwner(const std::string& path);

}  // namespace saunter::store::sqlite
