#include "store/sql/copy_file.h"

#include <sys/stat.h>

#include <utility>

#include "store/sqlite/connection.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/restore.h"

namespace saunter::store {
namespace sqlite {
namespace {

bool IsThere(const std::string& path) {
  struct stat file{};
  return lstat(path.c_str(), &file) == 0;
}

// Rows come in the order of the log, or of their tables, and may name rows that come later.
void SetCopyPragmas(Database& database, const schemas::StoreSettings& settings) {
  SetWriterPragmas(database, settings);
  database.Execute("PRAGMA foreign_keys = OFF");
}

// One that cannot even be checked is.
bool IsDamaged(Database& database) {
  try {
    return !QuickCheck(database).empty();
  } catch (const StoreError&) {
    return true;
  }
}

class FileOfCopy final : public sql::CopyFile {
 public:
  FileOfCopy(std::unique_ptr<WriterLock> lock, const schemas::StoreSettings& settings,
             std::unique_ptr<Database> in_use)
      : lock_(std::move(lock)),
        settings_(settings),
        new_path_(settings.path + ".filling"),
        in_use_(std::move(in_use)) {}

  sql::Database* InUse() override { return in_use_.get(); }
  void DropDamaged() override;
  void Drop() override {
    in_use_.reset();
    DropNew();
  }
  bool HasNew() override { return new_ != nullptr || IsThere(new_path_); }
  sql::Database& New() override {
    if (!new_) new_ = OpenNew();
    return *new_;
  }
  void DropNew() override {
    new_.reset();
    RemoveDatabase(new_path_);
  }
  void PutNewInPlace(const RestoreReport& report) override;

 private:
  std::unique_ptr<Database> OpenNew();
  std::unique_ptr<Database> OpenAt(const std::string& path);

  const std::unique_ptr<WriterLock> lock_;  // released last
  const schemas::StoreSettings settings_;
  const std::string new_path_;
  std::unique_ptr<Database> in_use_;
  std::unique_ptr<Database> new_;
};

std::unique_ptr<Database> FileOfCopy::OpenAt(const std::string& path) {
  try {
    auto database =
        std::make_unique<Database>(path, Access::kReadWrite, settings_.busy_timeout_ms, 0);
    SetCopyPragmas(*database, settings_);
    return database;
  } catch (const SQLite::Exception& exception) {
    throw StoreError(StoreErrorKind::kIo, path + ": " + exception.what());
  }
}

std::unique_ptr<Database> FileOfCopy::OpenNew() {
  if (IsThere(new_path_)) {
    try {
      auto found = OpenAt(new_path_);
      const auto identity = Identify(*found, new_path_);
      if (identity.status == OpenStatus::kOk && !identity.empty) return found;
    } catch (const StoreError& error) {
      if (error.kind() != StoreErrorKind::kCorrupt) throw;
    }
    RemoveDatabase(new_path_);
  }
  std::string problem;
  if (!CreateDatabaseFile(new_path_, problem)) throw StoreError(StoreErrorKind::kIo, problem);
  auto made = OpenAt(new_path_);
  Migrate(*made, {});
  return made;
}

void FileOfCopy::DropDamaged() {
  if (in_use_ && IsDamaged(*in_use_)) in_use_.reset();
  if (new_ && IsDamaged(*new_)) DropNew();
}

void FileOfCopy::PutNewInPlace(const RestoreReport& report) {
  New().Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  new_.reset();
  in_use_.reset();
  try {
    ReplaceDatabase(settings_.path, new_path_, report);
  } catch (const StoreError&) {
    if (IsThere(settings_.path)) in_use_ = OpenAt(settings_.path);
    throw;
  }
  in_use_ = OpenAt(settings_.path);
}

sql::OpenedCopyFile RefuseCopy(OpenStatus status, std::string detail) {
  return {.status = status, .detail = std::move(detail)};
}

// Why what stands at the path is not taken for a copy; kOk if it is one. It may be a crawler's
// database, and is only read.
sql::OpenedCopyFile LookForCopy(const schemas::StoreSettings& settings) {
  const auto& path = settings.path;
  Database database(path, Access::kReadOnly, settings.busy_timeout_ms, 0);
  const auto identity = Identify(database, path);
  if (identity.status != OpenStatus::kOk && identity.status != OpenStatus::kOlderSchema) {
    return RefuseCopy(identity.status, identity.detail);
  }
  try {
    if (!identity.empty && IsCopy(database)) return {};
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kCorrupt) throw;
    return RefuseCopy(OpenStatus::kCorrupt,
                      path +
                          " is too damaged to tell whether it is a copy, and is left as it is; "
                          "move it away or give another store.path");
  }
  return RefuseCopy(OpenStatus::kForeign,
                    path +
                        " is no copy that saunter-replica made, and is left as it is; move it "
                        "away or give another store.path");
}

// What stands at the path, for a program that holds the lock; nullptr if that is nothing, or is
// damaged, or is refused.
std::unique_ptr<Database> OpenInUse(const schemas::StoreSettings& settings, bool is_suspect,
                                    sql::OpenedCopyFile& refusal) {
  const auto& path = settings.path;
  if (!IsThere(path)) return nullptr;
  refusal = LookForCopy(settings);
  if (refusal.status != OpenStatus::kOk) return nullptr;
  try {
    auto database =
        std::make_unique<Database>(path, Access::kReadWrite, settings.busy_timeout_ms, 0);
    SetCopyPragmas(*database, settings);
    if (is_suspect && IsDamaged(*database)) return nullptr;
    Migrate(*database, {});
    return database;
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kCorrupt) throw;
    return nullptr;
  }
}

}  // namespace
}  // namespace sqlite

sql::OpenedCopyFile sql::OpenCopyFile(const schemas::StoreSettings& settings,
                                      std::string_view program) {
  auto lock = std::make_unique<sqlite::WriterLock>();
  switch (lock->Take(settings.path, program)) {
    case sqlite::WriterLock::Result::kTaken:
      break;
    case sqlite::WriterLock::Result::kHeld:
      return sqlite::RefuseCopy(OpenStatus::kLocked,
                                settings.path + " is being written by " + lock->detail());
    case sqlite::WriterLock::Result::kFailed:
      return sqlite::RefuseCopy(OpenStatus::kUnavailable, lock->detail());
  }
  try {
    sqlite::SettleReplacement(settings.path);
    OpenedCopyFile opened;
    auto in_use = sqlite::OpenInUse(settings, lock->after_unclean_stop(), opened);
    if (opened.status != OpenStatus::kOk) return opened;
    opened.file =
        std::make_unique<sqlite::FileOfCopy>(std::move(lock), settings, std::move(in_use));
    return opened;
  } catch (const StoreError& error) {
    return sqlite::RefuseCopy(OpenStatus::kUnavailable, settings.path + ": " + error.what());
  } catch (const SQLite::Exception& exception) {
    return sqlite::RefuseCopy(OpenStatus::kUnavailable, settings.path + ": " + exception.what());
  }
}

}  // namespace saunter::store
