#include "store/sqlite/move_end.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "schemas/sql.h"
#include "store/restore.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/restore.h"

namespace saunter::store::sqlite {
namespace {

class FileEnd final : public sql::MoveEnd {
 public:
  FileEnd(std::unique_ptr<WriterLock> lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  sql::Database& database() override { return *database_; }
  std::int64_t schema_version() const override { return schemas::SchemaVersion(); }
  bool IsAlone() override { return true; }

 private:
  void HideSchema() override { Name(kUnfinishedApplicationId, 0); }
  void ShowSchema() override { Name(schemas::kApplicationId, schemas::SchemaVersion()); }
  void Settle() override { database_->QueryInt("PRAGMA wal_checkpoint(TRUNCATE)"); }

  void Name(int application_id, int schema_version) {
    database_->Execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    database_->Execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
  }

  const std::unique_ptr<WriterLock> lock_;  // released last
  const std::unique_ptr<Database> database_;
};

bool HasFile(const std::string& path) {
  struct stat found{};
  return lstat(path.c_str(), &found) == 0 || errno != ENOENT;
}

// Why the lock cannot be had; kOk if it was taken.
sql::OpenedMoveEnd TakeLock(WriterLock& lock, const std::string& path) {
  switch (lock.Take(path, sql::kMover)) {
    case WriterLock::Result::kTaken:
      break;
    case WriterLock::Result::kHeld:
      return {OpenStatus::kLocked, path + " is being written by " + lock.detail()};
    case WriterLock::Result::kFailed:
      return {OpenStatus::kUnavailable, lock.detail()};
  }
  // What an unclean stop left behind is looked at by the next writer.
  if (lock.after_unclean_stop()) lock.ReleaseAs(WriterLock::Release::kUnclean);
  if (!IsRestorePending(path)) return {};
  return {OpenStatus::kUnavailable,
          "a `saunter db restore` of " + path + " was cut short; run it again first"};
}

// With what a move has put into it so far, or without a table, or as it was made just now.
sql::OpenedMoveEnd OpenLockedTarget(std::unique_ptr<WriterLock> lock,
                                    const schemas::StoreSettings& settings,
                                    const MigrationReport& report) {
  auto database =
      std::make_unique<Database>(settings.path, Access::kReadWrite, settings.busy_timeout_ms, 0);
  const auto identity = Identify(*database, settings.path);
  const bool is_unfinished =
      identity.status == OpenStatus::kUnavailable && sql::FindUnfinishedMove(*database);
  const bool is_new = identity.status == OpenStatus::kOk && identity.empty;
  if (identity.status != OpenStatus::kOk && !is_unfinished) {
    return {identity.status, identity.detail};
  }
  SetWriterPragmas(*database, settings);
  if (is_new) Migrate(*database, report);
  return {OpenStatus::kOk, {}, std::make_unique<FileEnd>(std::move(lock), std::move(database))};
}

}  // namespace

sql::OpenedMoveEnd OpenMoveSource(const schemas::StoreSettings& settings) {
  if (!HasFile(settings.path)) {
    return {OpenStatus::kMissing, settings.path + " does not exist; name the file to be moved"};
  }
  auto lock = std::make_unique<WriterLock>();
  if (auto refused = TakeLock(*lock, settings.path); refused.status != OpenStatus::kOk) {
    return refused;
  }
  try {
    auto database =
        std::make_unique<Database>(settings.path, Access::kReadOnly, settings.busy_timeout_ms, 0);
    auto identity = Identify(*database, settings.path);
    if (identity.status == OpenStatus::kOlderSchema) {
      identity.detail += "; it is left as it is until then";
    }
    if (identity.status == OpenStatus::kOk && identity.empty) {
      identity = {OpenStatus::kOlderSchema, settings.path + " is empty: there is nothing to move"};
    }
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail};
    if (database->QueryInt("SELECT count(*) FROM replica") != 0) {
      return {OpenStatus::kForeign,
              settings.path +
                  " is a copy that saunter-replica keeps, and holds only what an API "
                  "reads; move the database that it is a copy of"};
    }
    return {OpenStatus::kOk, {}, std::make_unique<FileEnd>(std::move(lock), std::move(database))};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, settings.path + ": " + error.what()};
  } catch (const SQLite::Exception& exception) {
    return {OpenStatus::kUnavailable, settings.path + ": " + exception.what()};
  }
}

sql::OpenedMoveEnd OpenMoveTarget(const schemas::StoreSettings& settings,
                                  const MigrationReport& report) {
  auto lock = std::make_unique<WriterLock>();
  if (auto refused = TakeLock(*lock, settings.path); refused.status != OpenStatus::kOk) {
    return refused;
  }
  std::string detail;
  if (!HasFile(settings.path) && !CreateDatabaseFile(settings.path, detail)) {
    return {OpenStatus::kUnavailable, detail};
  }
  try {
    return OpenLockedTarget(std::move(lock), settings, report);
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, settings.path + ": " + error.what()};
  } catch (const SQLite::Exception& exception) {
    return {OpenStatus::kUnavailable, settings.path + ": " + exception.what()};
  }
}

}  // namespace saunter::store::sqlite
