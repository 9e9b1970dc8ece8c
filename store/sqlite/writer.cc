#include "store/sqlite/writer.h"

#include <sys/stat.h>

#include <cerrno>

#include "schemas/sql.h"
#include "store/sql/row_checks.h"
#include "store/sql/write_transaction.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/restore.h"

namespace saunter::store {
namespace sqlite {
namespace {

constexpr std::int64_t kStartCheckMs = 1500;
constexpr std::size_t kDetailBytesMax = 300;

constexpr char kCheckpointPassive[] = "PRAGMA wal_checkpoint(PASSIVE)";

}  // namespace

std::string QuickCheck(Database& database) {
  std::string found;
  database.SetDeadlineIn(kStartCheckMs);
  try {
    found = database.QueryText("PRAGMA quick_check(1)");
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kInterrupted) throw;
    found = "ok";
  }
  database.SetDeadlineIn(0);
  return found == "ok" ? std::string() : found.substr(0, kDetailBytesMax);
}

void SetWriterPragmas(Database& database, const schemas::StoreSettings& settings) {
  database.Execute("PRAGMA page_size = 4096");
  // journal_mode does not wait out the busy timeout: a reader that opens at this moment may make
  // it fail once, which is an error of the open and tried again by the caller.
  if (database.QueryText("PRAGMA journal_mode = WAL") != "wal") {
    throw StoreError(StoreErrorKind::kOther, "database: the file system cannot hold a WAL");
  }
  for (const auto* pragma :
       {"PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON", "PRAGMA cell_size_check = ON",
        "PRAGMA mmap_size = 0", "PRAGMA temp_store = MEMORY", "PRAGMA secure_delete = OFF",
        "PRAGMA cache_size = -65536", "PRAGMA journal_size_limit = 67108864",
        "PRAGMA wal_autocheckpoint = 1000"}) {
    database.Execute(pragma);
  }
  int persist = 1;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  database.SetBusyTimeout(settings.busy_timeout_ms);
}

Writer::Writer(std::unique_ptr<WriterLock> lock, std::unique_ptr<Database> database,
               const schemas::StoreSettings& settings)
    : lock_(std::move(lock)), database_(std::move(database)), connection_(*database_, settings) {}
Writer::~Writer() = default;

std::unique_ptr<store::WriteTransaction> Writer::Begin(schemas::UnixSeconds now) {
  return std::make_unique<sql::WriteTransaction>(connection_, now);
}

bool Writer::IsRemoving() { return sql::IsRemovalLeft(*database_); }

bool Writer::IsSettling() { return sql::IsCategoryLeft(*database_); }

void Writer::Renew(const schemas::StoreSettings& settings) {
  connection_.Renew(settings);
  database_->SetBusyTimeout(settings.busy_timeout_ms);
}

Checkpoint Writer::CheckpointPassive() {
  Use checkpoint(*database_, kCheckpointPassive);
  if (!checkpoint.Step()) return {};
  return {.pages = checkpoint.GetInt(1), .pages_moved = checkpoint.GetInt(2)};
}

void Writer::CheckpointTruncate() { database_->QueryInt("PRAGMA wal_checkpoint(TRUNCATE)"); }

void Writer::Compact() {
  auto& database = *database_;
  // The copy is an attached database, and would be held in memory.
  sqlite3_limit(database.handle(), SQLITE_LIMIT_ATTACHED, 1);
  database.Execute("PRAGMA temp_store = FILE");
  // Copying takes indexes as they are.
  if (database.QueryText("PRAGMA integrity_check(1)") != "ok") database.Execute("REINDEX");
  database.Execute("VACUUM");
  database.Execute("PRAGMA temp_store = MEMORY");
  sqlite3_limit(database.handle(), SQLITE_LIMIT_ATTACHED, 0);
  sql::RecountTotals(database);
  CheckpointTruncate();
}

std::int64_t Writer::WalBytes() const {
  struct stat wal{};
  return stat((connection_.settings().path + "-wal").c_str(), &wal) == 0 ? wal.st_size : 0;
}

std::int64_t Writer::StatementsRun() const { return database_->statements_run(); }

}  // namespace sqlite

namespace {

OpenedWriter Refuse(OpenStatus status, std::string detail) {
  return {status, std::move(detail), nullptr};
}

OpenStatus StatusOf(const StoreError& error) {
  return error.kind() == StoreErrorKind::kCorrupt ? OpenStatus::kCorrupt : OpenStatus::kUnavailable;
}

OpenedWriter RefuseDamaged(sqlite::WriterLock& lock, const std::string& path,
                           const std::string& damage) {
  lock.ReleaseAs(sqlite::WriterLock::Release::kUnclean);
  return Refuse(OpenStatus::kCorrupt, path + " is damaged (" + damage +
                                          "); stop here, restore a backup: saunter db restore "
                                          "FILE");
}

// What is written into a copy stays in it, and makes it another one than its source for ever. kOk:
// it is none. Whoever keeps it checks it after an unclean stop, as if nobody had looked.
OpenedWriter RefuseToWriteCopy(sqlite::WriterLock& lock, sqlite::Database& database,
                               const std::string& path) {
  try {
    if (!sqlite::IsCopy(database)) return {};
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kCorrupt) throw;
    return RefuseDamaged(lock, path, error.what());
  }
  if (lock.after_unclean_stop()) lock.ReleaseAs(sqlite::WriterLock::Release::kUnclean);
  return Refuse(OpenStatus::kForeign,
                path +
                    " is the copy of a PostgreSQL database, which saunter-replica keeps; set "
                    "store.url to that database, or give another store.path");
}

}  // namespace

OpenedWriter sqlite::OpenLocked(std::unique_ptr<WriterLock> lock,
                                const schemas::StoreSettings& settings,
                                const MigrationReport& report) {
  std::string detail;
  if (struct stat found{}; lstat(settings.path.c_str(), &found) != 0 && errno == ENOENT) {
    if (!CreateDatabaseFile(settings.path, detail)) return Refuse(OpenStatus::kUnavailable, detail);
  }
  try {
    auto database =
        std::make_unique<Database>(settings.path, Access::kReadWrite, settings.busy_timeout_ms, 0);
    const auto identity = Identify(*database, settings.path);
    switch (identity.status) {
      case OpenStatus::kOk:
      case OpenStatus::kOlderSchema:
        break;
      case OpenStatus::kMissing:
      case OpenStatus::kNotADatabase:
      case OpenStatus::kForeign:
      case OpenStatus::kNewerSchema:
      case OpenStatus::kLocked:
      case OpenStatus::kCorrupt:
      case OpenStatus::kUnavailable:
        return Refuse(identity.status, identity.detail);
    }
    if (auto refused = RefuseToWriteCopy(*lock, *database, settings.path);
        refused.status != OpenStatus::kOk) {
      return refused;
    }
    SetWriterPragmas(*database, settings);
    if (lock->after_unclean_stop()) {
      if (const auto damage = QuickCheck(*database); !damage.empty()) {
        return RefuseDamaged(*lock, settings.path, damage);
      }
    }
    if (identity.schema_version < schemas::SchemaVersion()) Migrate(*database, report);
    return {OpenStatus::kOk,
            {},
            std::make_unique<Writer>(std::move(lock), std::move(database), settings)};
  } catch (const StoreError& error) {
    return Refuse(StatusOf(error), settings.path + ": " + error.what());
  } catch (const SQLite::Exception& exception) {
    return Refuse(OpenStatus::kUnavailable, settings.path + ": " + exception.what());
  }
}

OpenedWriter OpenFileWriter(const schemas::StoreSettings& settings, std::string_view program,
                            const MigrationReport& report) {
  auto lock = std::make_unique<sqlite::WriterLock>();
  switch (lock->Take(settings.path, program)) {
    case sqlite::WriterLock::Result::kTaken:
      break;
    case sqlite::WriterLock::Result::kHeld:
      return Refuse(OpenStatus::kLocked, settings.path + " is being written by " + lock->detail());
    case sqlite::WriterLock::Result::kFailed:
      return Refuse(OpenStatus::kUnavailable, lock->detail());
  }
  try {
    sqlite::SettleRestore(settings.path);
  } catch (const StoreError& error) {
    return Refuse(StatusOf(error), settings.path + ": " + error.what());
  }
  return sqlite::OpenLocked(std::move(lock), settings, report);
}

}  // namespace saunter::store
