#include "store/restore.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "schemas/sql.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/restore.h"

namespace saunter::store {
namespace sqlite {
namespace {

constexpr std::size_t kCopyBytes = 1048576;
constexpr std::size_t kFindingBytesMax = 300;
// Of a database in whose place another one was put.
constexpr char kReplaced[] = ".replaced";

// What a restore puts beside the database. The plan is a symbolic link, because one call makes it
// whole; what it names is the file name under which the old database is kept.
struct RestorePlaces {
  explicit RestorePlaces(const std::string& path)
      : database(path),
        copy(path + ".restoring-copy"),
        whole(path + ".restoring-new"),
        plan(path + ".restoring-plan"),
        folder(std::filesystem::path(path).parent_path().string()) {
    if (folder.empty()) folder = ".";
  }

  std::string database;
  std::string copy;
  std::string whole;
  std::string plan;
  std::string folder;
};

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

StoreError FileError(const std::string& what) {
  const int error = errno;
  const auto kind = error == ENOSPC || error == EDQUOT ? StoreErrorKind::kFull
                    : error == EROFS                   ? StoreErrorKind::kReadOnly
                                                       : StoreErrorKind::kIo;
  return {kind, what + ": " + std::generic_category().message(error)};
}

bool Exists(const std::string& path) {
  struct stat file{};
  return lstat(path.c_str(), &file) == 0;
}

std::int64_t BytesOf(const std::string& path) {
  struct stat file{};
  return stat(path.c_str(), &file) == 0 ? file.st_size : 0;
}

void RemoveIfThere(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) throw FileError("cannot remove " + path);
}

void RenameTo(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    throw FileError("cannot rename " + from + " to " + to);
  }
}

// A file, or a folder with its names.
void SyncPath(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) throw FileError("cannot sync " + path);
}

// The file name that the plan says; nullopt: there is no plan.
std::optional<std::string> ReadPlan(const RestorePlaces& places) {
  std::error_code error;
  auto name = std::filesystem::read_symlink(places.plan, error).string();
  if (error) return std::nullopt;
  return name;
}

void MoveAside(const std::string& from, const std::string& to) {
  if (!Exists(from)) return;
  if (Exists(to)) {
    throw StoreError(StoreErrorKind::kOther, to + " is in the way; move it elsewhere");
  }
  RenameTo(from, to);
}

// A reader that was open may have made these anew, behind the back of a restore that was cut short.
// Then they hold nothing: the index is made from the log, and the log is empty.
void DropIfKept(const std::string& path, const std::string& kept) {
  if (Exists(kept)) RemoveIfThere(path);
}

void Report(const RestoreReport& report, RestoreStep step) {
  if (report) report({.step = step});
}

// An empty log and an empty index for what is put in place, which it has none of so far: a reader
// that may not write in the folder cannot open a database without them.
void MakeFilesOfReaders(const RestorePlaces& places) {
  struct stat whole{};
  if (stat(places.whole.c_str(), &whole) != 0) throw FileError("cannot read " + places.whole);
  for (const auto* suffix : {"-wal", "-shm"}) {
    const auto path = places.database + suffix;
    const FileDescriptor made(
        open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kDatabaseFileMode));
    // The permissions that SQLite would give them, whatever this process takes off.
    if (made.get() < 0 || fchmod(made.get(), whole.st_mode & 0777U) != 0) {
      throw FileError("cannot create " + path);
    }
    AdoptDirectoryOwner(path);
  }
}

// Does what is left of a plan. Each step finds out by itself whether it was done already.
void FollowPlan(const RestorePlaces& places, const std::string& kept_name,
                const RestoreReport& report) {
  if (Exists(places.whole)) {
    const auto kept = (std::filesystem::path(places.folder) / kept_name).string();
    // The database goes first: a reader finds none rather than one without its log.
    Report(report, RestoreStep::kMoveDatabase);
    MoveAside(places.database, kept);
    Report(report, RestoreStep::kMoveWal);
    const auto wal = places.database + "-wal";
    if (BytesOf(wal) == 0) DropIfKept(wal, kept + "-wal");
    MoveAside(wal, kept + "-wal");
    Report(report, RestoreStep::kMoveIndex);
    const auto index = places.database + "-shm";
    DropIfKept(index, kept + "-shm");
    MoveAside(index, kept + "-shm");
    SyncPath(places.folder);
    Report(report, RestoreStep::kPutInPlace);
    MakeFilesOfReaders(places);
    RenameTo(places.whole, places.database);
    SyncPath(places.folder);
  }
  Report(report, RestoreStep::kForgetPlan);
  RemoveIfThere(places.plan);
  SyncPath(places.folder);
}

// All bytes, into a file that did not exist.
void CopyBytes(const std::string& from, const std::string& to, RestoreProgress& progress,
               const RestoreReport& report) {
  const FileDescriptor in(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) throw FileError("cannot open " + from);
  const FileDescriptor out(
      open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kDatabaseFileMode));
  if (out.get() < 0) throw FileError("cannot create " + to);
  AdoptDirectoryOwner(to);
  std::vector<char> buffer(kCopyBytes);
  while (true) {
    const auto bytes = read(in.get(), buffer.data(), buffer.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) throw FileError("cannot read " + from);
    if (bytes == 0) break;
    for (ssize_t written = 0; written < bytes;) {
      const auto now =
          write(out.get(), buffer.data() + written, static_cast<std::size_t>(bytes - written));
      if (now < 0 && errno == EINTR) continue;
      if (now < 0) throw FileError("cannot write " + to);
      written += now;
    }
    progress.done += bytes;
    if (report) report(progress);
  }
}

// The backup and, if it has one, its write-ahead log.
void CopyAside(const std::string& backup, const RestorePlaces& places,
               const RestoreReport& report) {
  RemoveDatabase(places.copy);
  const auto wal_bytes = BytesOf(backup + "-wal");
  RestoreProgress progress{.step = RestoreStep::kCopy, .total = BytesOf(backup) + wal_bytes};
  if (report) report(progress);
  CopyBytes(backup, places.copy, progress, report);
  if (wal_bytes > 0) CopyBytes(backup + "-wal", places.copy + "-wal", progress, report);
}

// What is wrong with the copy, as something to say of the backup.
Restored CheckCopy(const std::string& backup, Database& copy) {
  const auto identity = Identify(copy, backup);
  switch (identity.status) {
    case OpenStatus::kOk:
    case OpenStatus::kOlderSchema:
      break;
    case OpenStatus::kForeign:
      return {identity.status,
              backup + " is another program's database; give a backup of Saunter's"};
    case OpenStatus::kMissing:
    case OpenStatus::kNotADatabase:
    case OpenStatus::kCorrupt:
      return {identity.status, backup + " is not a database or is damaged; give another backup"};
    case OpenStatus::kNewerSchema:
    case OpenStatus::kLocked:
    case OpenStatus::kUnavailable:
      return {identity.status, identity.detail};
  }
  if (identity.empty) {
    return {OpenStatus::kNotADatabase, backup + " is empty; give another backup"};
  }
  const auto found = copy.QueryText("PRAGMA quick_check(1)");
  if (found != "ok") {
    return {OpenStatus::kCorrupt, backup + " is damaged (" + found.substr(0, kFindingBytesMax) +
                                      "); give another backup"};
  }
  if (IsCopy(copy)) {
    return {OpenStatus::kForeign, backup +
                                      " is the copy of a PostgreSQL database, which "
                                      "saunter-replica keeps; give a backup of Saunter's"};
  }
  Restored restored;
  restored.schema_version = identity.schema_version;
  return restored;
}

// Checks the copy, brings it to this build's schema and leaves all of it in the one file.
Restored MakeReady(const schemas::StoreSettings& settings, const std::string& backup,
                   const RestorePlaces& places, const RestoreReport& report) {
  Restored restored;
  {
    Database copy(places.copy, Access::kReadWrite, settings.busy_timeout_ms, 0);
    Report(report, RestoreStep::kCheck);
    restored = CheckCopy(backup, copy);
    if (restored.status != OpenStatus::kOk) return restored;
    SetWriterPragmas(copy, settings);
    RestoreProgress progress{.step = RestoreStep::kMigrate};
    if (report) report(progress);
    if (restored.schema_version < schemas::SchemaVersion()) {
      Migrate(copy, [&](const MigrationProgress& migration) {
        progress.done = migration.statement;
        progress.total = migration.statements;
        if (report) report(progress);
      });
    }
    copy.QueryInt("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  if (BytesOf(places.copy + "-wal") != 0) {
    throw StoreError(StoreErrorKind::kIo, "the copy's write-ahead log is not empty");
  }
  for (const auto* suffix : {"-wal", "-shm"}) RemoveIfThere(places.copy + suffix);
  SyncPath(places.copy);
  return restored;
}

// "saunter.db.before-20261128T170503Z"; a number behind it if that is taken.
std::string FreeKeptName(const RestorePlaces& places, schemas::UnixSeconds now) {
  const std::time_t time = now;
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 40> date{};
  std::strftime(date.data(), date.size(), ".before-%Y%m%dT%H%M%SZ", &utc);
  const auto dated = places.database + date.data();
  auto kept = dated;
  const auto is_taken = [](const std::string& path) {
    return Exists(path) || Exists(path + "-wal") || Exists(path + "-shm");
  };
  for (int number = 2; is_taken(kept); ++number) kept = dated + "-" + std::to_string(number);
  return std::filesystem::path(kept).filename().string();
}

// Why the files themselves cannot be used; nothing if they can.
std::optional<Restored> RefuseFiles(const std::string& path, const std::string& backup) {
  struct stat source{};
  if (stat(backup.c_str(), &source) != 0) {
    const auto problem = FileError("cannot read " + backup);
    return Restored{errno == ENOENT ? OpenStatus::kMissing : OpenStatus::kUnavailable,
                    problem.what()};
  }
  if (!S_ISREG(source.st_mode)) {
    return Restored{OpenStatus::kNotADatabase, backup + " is not a file; give a backup"};
  }
  if (struct stat target{}; lstat(path.c_str(), &target) == 0) {
    if (!S_ISREG(target.st_mode)) {
      return Restored{OpenStatus::kUnavailable,
                      path + " is not a file; give store.path the database itself"};
    }
    if (target.st_dev == source.st_dev && target.st_ino == source.st_ino) {
      return Restored{OpenStatus::kUnavailable,
                      backup + " is the database that is in use; give a backup"};
    }
  }
  // A copy of what is being written would be no backup.
  const FileDescriptor lock(open((backup + ".lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.get() >= 0 && flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Restored{OpenStatus::kLocked,
                    backup +
                        " is being written; copy it with `saunter db backup FILE` and give "
                        "the copy"};
  }
  return std::nullopt;
}

// The plan that stands already, or a new one.
std::string MakePlan(const RestorePlaces& places, schemas::UnixSeconds now) {
  if (auto planned = ReadPlan(places)) return *planned;
  auto name = FreeKeptName(places, now);
  if (symlink(name.c_str(), places.plan.c_str()) != 0) {
    throw FileError("cannot create " + places.plan);
  }
  SyncPath(places.folder);
  return name;
}

Restored RestoreUnderLock(std::unique_ptr<WriterLock> lock, const schemas::StoreSettings& settings,
                          const std::string& backup, schemas::UnixSeconds now,
                          const RestoreReport& report) {
  const RestorePlaces places(settings.path);
  // All of it was done but forgetting it; the name that it says is taken by now.
  if (ReadPlan(places) && !Exists(places.whole)) RemoveIfThere(places.plan);
  Restored restored;
  try {
    CopyAside(backup, places, report);
    restored = MakeReady(settings, backup, places, report);
  } catch (const StoreError&) {
    RemoveDatabase(places.copy);
    throw;
  }
  if (restored.status != OpenStatus::kOk) {
    RemoveDatabase(places.copy);
    return restored;
  }
  Report(report, RestoreStep::kReady);
  RenameTo(places.copy, places.whole);
  SyncPath(places.folder);
  Report(report, RestoreStep::kPlan);
  const auto kept_name = MakePlan(places, now);
  FollowPlan(places, kept_name, report);
  const auto kept = (std::filesystem::path(places.folder) / kept_name).string();
  if (Exists(kept)) restored.kept_path = kept;
  Report(report, RestoreStep::kOpen);
  lock->ReleaseAs(WriterLock::Release::kClean);
  const auto opened = OpenLocked(std::move(lock), settings, {});
  restored.status = opened.status;
  restored.detail = opened.detail;
  return restored;
}

}  // namespace

void RemoveDatabase(const std::string& path) {
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) RemoveIfThere(path + suffix);
}

void ReplaceDatabase(const std::string& path, const std::string& from,
                     const RestoreReport& report) {
  SettleReplacement(path);
  const RestorePlaces places(path);
  for (const auto* suffix : {"-wal", "-shm"}) RemoveIfThere(from + suffix);
  SyncPath(from);
  Report(report, RestoreStep::kReady);
  RenameTo(from, places.whole);
  SyncPath(places.folder);
  Report(report, RestoreStep::kPlan);
  const auto kept_name = std::filesystem::path(path).filename().string() + kReplaced;
  if (symlink(kept_name.c_str(), places.plan.c_str()) != 0) {
    throw FileError("cannot create " + places.plan);
  }
  SyncPath(places.folder);
  FollowPlan(places, kept_name, report);
  RemoveDatabase(path + kReplaced);
}

void SettleReplacement(const std::string& path) {
  SettleRestore(path);
  RemoveDatabase(path + kReplaced);
}

void SettleRestore(const std::string& path) {
  const RestorePlaces places(path);
  if (const auto kept_name = ReadPlan(places)) {
    FollowPlan(places, *kept_name, {});
    return;
  }
  RemoveDatabase(places.copy);
  RemoveIfThere(places.whole);
}

}  // namespace sqlite

bool IsRestorePending(const std::string& path) {
  return sqlite::Exists(sqlite::RestorePlaces(path).plan);
}

Restored Restore(const schemas::StoreSettings& settings, const std::string& backup,
                 schemas::UnixSeconds now, const RestoreReport& report) {
  if (auto refused = sqlite::RefuseFiles(settings.path, backup)) return *refused;
  auto lock = std::make_unique<sqlite::WriterLock>();
  switch (lock->Take(settings.path, "saunter db restore")) {
    case sqlite::WriterLock::Result::kTaken:
      break;
    case sqlite::WriterLock::Result::kHeld:
      return {OpenStatus::kLocked, settings.path + " is being written by " + lock->detail()};
    case sqlite::WriterLock::Result::kFailed:
      return {OpenStatus::kUnavailable, lock->detail()};
  }
  // Until the new database stands, what an unclean stop left behind has not been looked at.
  if (lock->after_unclean_stop()) lock->ReleaseAs(sqlite::WriterLock::Release::kUnclean);
  try {
    return sqlite::RestoreUnderLock(std::move(lock), settings, backup, now, report);
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, error.what()};
  } catch (const SQLite::Exception& exception) {
    return {OpenStatus::kUnavailable, backup + ": " + exception.what()};
  }
}

}  // namespace saunter::store
