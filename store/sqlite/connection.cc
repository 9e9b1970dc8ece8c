#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "schemas/sql.h"
#include "store/sql/move_end.h"

namespace saunter::store::sqlite {
namespace {

constexpr int kProgressOperations = 20000;
constexpr int kValueBytesMax = 4194304;

constexpr char kBeginReading[] = "BEGIN";

int OpenFlags(Access access) {
  int flags = SQLite::OPEN_NOFOLLOW | SQLite::OPEN_NOMUTEX;
  switch (access) {
    case Access::kReadWrite:
      return flags | SQLite::OPEN_READWRITE;
    case Access::kReadOnly:
      return flags | SQLite::OPEN_READONLY;
  }
  return flags;
}

// SQLite counts its memory under one lock that all connections of a process share; nobody reads
// these counts here. Refused, and then harmless, once SQLite has been used by somebody else.
void ConfigureLibrary() {
  static const int kResult = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kResult);
}

void Harden(sqlite3* handle) {
  const auto set = [&](int option, int value) {
    int result = 0;
    sqlite3_db_config(handle, option, value, &result);
  };
  set(SQLITE_DBCONFIG_DEFENSIVE, 1);
  set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
  set(SQLITE_DBCONFIG_DQS_DML, 0);
  set(SQLITE_DBCONFIG_DQS_DDL, 0);
  set(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
  set(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

StoreErrorKind KindOf(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_CANTOPEN:
      return StoreErrorKind::kBusy;
    case SQLITE_FULL:
      return StoreErrorKind::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return StoreErrorKind::kReadOnly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreErrorKind::kCorrupt;
    case SQLITE_INTERRUPT:
      return StoreErrorKind::kInterrupted;
    case SQLITE_IOERR:
      return StoreErrorKind::kIo;
    default:
      return StoreErrorKind::kOther;
  }
}

// A commit in WAL mode is on the disk once the WAL and its directory entry are.
void SyncWal(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  for (const auto& name : {path + "-wal", folder.empty() ? std::string(".") : folder.string()}) {
    const int descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    if (!synced) {
      throw StoreError(StoreErrorKind::kUnsynced,
                       "cannot sync " + name + ": " + std::generic_category().message(error));
    }
  }
}

}  // namespace

StoreError ToStoreError(int code, const char* message) {
  return {KindOf(code), std::string("database: ") + message};
}

// The statements are constants that fit the schema of this version: one that does not, of a column
// that is not there for example, tells that the schema's text is damaged.
Statement::Statement(sqlite3* handle, const char* sql) : handle_(handle) {
  const int code = sqlite3_prepare_v2(handle, sql, -1, &statement_, nullptr);
  if (code == SQLITE_ERROR) {
    throw StoreError(StoreErrorKind::kCorrupt,
                     std::string("database: the schema is damaged: ") + sqlite3_errmsg(handle));
  }
  Check(code);
}

void Statement::Check(int code) const {
  if (code != SQLITE_OK) throw ToStoreError(code, sqlite3_errmsg(handle_));
}

void Statement::BindInt(int place, std::int64_t value) {
  Check(sqlite3_bind_int64(statement_, place, value));
}

void Statement::BindReal(int place, double value) {
  Check(sqlite3_bind_double(statement_, place, value));
}

// SQLite takes a text without an address for NULL.
void Statement::BindText(int place, std::string_view value) {
  Check(sqlite3_bind_text(statement_, place, value.data() == nullptr ? "" : value.data(),
                          static_cast<int>(value.size()), SQLITE_STATIC));
}

void Statement::BindNull(int place) { Check(sqlite3_bind_null(statement_, place)); }

// One that is done would run again.
bool Statement::Step() {
  assert(!is_done_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  is_done_ = true;
  if (code == SQLITE_DONE) return false;
  throw ToStoreError(code, sqlite3_errmsg(handle_));
}

void Statement::Run() {
  while (Step()) {
  }
}

// What was bound is bound anew, so that it need not be cleared.
void Statement::Reset() {
  sqlite3_reset(statement_);
  is_done_ = false;
}

void Statement::Ask() { assert(false); }
void Statement::Answer() { assert(false); }
void Statement::KeepRow() { assert(false); }

bool Statement::IsNull(int column) {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::GetInt(int column) { return sqlite3_column_int64(statement_, column); }
double Statement::GetReal(int column) { return sqlite3_column_double(statement_, column); }

// Its bytes as they are: no end is looked for and none is added.
std::string_view Statement::GetText(int column) {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(const std::string& path, Access access, std::int64_t busy_timeout_ms,
                   std::int64_t query_ms_max)
    : sql::Database(sql::Engine::kSqlite), path_(path), query_ms_max_(query_ms_max) {
  ConfigureLibrary();
  database_ = std::make_unique<SQLite::Database>(path, OpenFlags(access),
                                                 static_cast<int>(busy_timeout_ms));
  Harden(handle());
  sqlite3_progress_handler(handle(), kProgressOperations, &Database::OnProgress, this);
}

Database::~Database() = default;

int Database::OnProgress(void* self) {
  const auto* database = static_cast<const Database*>(self);
  if (database->while_running_) database->while_running_();
  return std::chrono::steady_clock::now() > database->deadline_ ? 1 : 0;
}

void Database::SetDeadlineIn(std::int64_t ms) {
  deadline_ = ms == 0 ? std::chrono::steady_clock::time_point::max()
                      : std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

void Database::NoteStatement() {
  ++statements_run_;
  if (query_ms_max_ > 0) SetDeadlineIn(query_ms_max_);
}

Statement& Database::Prepared(const char* sql) {
  NoteStatement();
  auto& statement = statements_[sql];
  if (!statement) statement = std::make_unique<Statement>(handle(), sql);
  return *statement;
}

void Database::Execute(const char* sql) {
  NoteStatement();
  if (const int code = database_->tryExec(sql); code != SQLITE_OK) {
    throw ToStoreError(code, sqlite3_errmsg(handle()));
  }
}

std::int64_t Database::QueryInt(const char* sql) {
  try {
    NoteStatement();
    SQLite::Statement statement(*database_, sql);
    return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  } catch (const SQLite::Exception& exception) {
    throw ToStoreError(exception.getErrorCode(), exception.what());
  }
}

std::string Database::QueryText(const char* sql) {
  try {
    NoteStatement();
    SQLite::Statement statement(*database_, sql);
    return statement.executeStep() ? statement.getColumn(0).getString() : std::string();
  } catch (const SQLite::Exception& exception) {
    throw ToStoreError(exception.getErrorCode(), exception.what());
  }
}

void Database::BeginReading() { Use(*this, kBeginReading).Run(); }

void Database::Commit(Durability durability) {
  Execute("COMMIT");
  switch (durability) {
    case Durability::kNormal:
      break;
    case Durability::kFull:
      SyncWal(path_);
      break;
  }
}

void Database::Rollback() {
  // A full disk and an I/O error roll back by themselves.
  if (IsInTransaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::EndReading() {
  // If it cannot end now, closing the connection ends it.
  sqlite3_exec(handle(), "COMMIT", nullptr, nullptr, nullptr);
}

void Database::SetBusyTimeout(std::int64_t ms) {
  sqlite3_busy_timeout(handle(), static_cast<int>(ms));
}

Identity Identify(Database& database, const std::string& path) {
  Identity identity;
  const auto refuse = [&](OpenStatus status, std::string detail) {
    identity.status = status;
    identity.detail = std::move(detail);
    return identity;
  };
  try {
    const auto application_id = database.QueryInt("PRAGMA application_id");
    identity.schema_version = static_cast<int>(database.QueryInt("PRAGMA user_version"));
    identity.empty = database.QueryInt("SELECT count(*) FROM sqlite_schema") == 0;
    if (identity.empty && application_id == 0 && identity.schema_version == 0) return identity;
    if (application_id == kUnfinishedApplicationId) {
      return refuse(OpenStatus::kUnavailable, sql::SayUnfinished(database, path));
    }
    if (application_id != schemas::kApplicationId) {
      return refuse(OpenStatus::kForeign,
                    path + " is another program's database; give another store.path");
    }
  } catch (const StoreError& error) {
    switch (error.kind()) {
      case StoreErrorKind::kCorrupt:
        return refuse(OpenStatus::kNotADatabase,
                      path +
                          " is not a database or is damaged; restore a backup (`saunter db "
                          "restore FILE`) or give another store.path");
      case StoreErrorKind::kBusy:
      case StoreErrorKind::kFull:
      case StoreErrorKind::kReadOnly:
      case StoreErrorKind::kInterrupted:
      case StoreErrorKind::kIo:
      case StoreErrorKind::kLost:
      case StoreErrorKind::kUnsynced:
      case StoreErrorKind::kOther:
        return refuse(OpenStatus::kUnavailable, path + " cannot be read now: " + error.what());
    }
  }
  const auto versions = " (it has schema " + std::to_string(identity.schema_version) +
                        ", this program wants " + std::to_string(schemas::SchemaVersion()) + ")";
  if (identity.schema_version < schemas::SchemaVersion()) {
    return refuse(OpenStatus::kOlderSchema,
                  path + " is of an older release; run `saunter db migrate`" + versions);
  }
  if (identity.schema_version > schemas::SchemaVersion()) {
    return refuse(OpenStatus::kNewerSchema,
                  path + " is of a newer release; install that release" + versions);
  }
  return identity;
}

// Files of older releases have no such table.
bool IsCopy(Database& database) {
  return database.QueryInt("SELECT count(*) FROM sqlite_schema WHERE name = 'replica'") != 0 &&
         database.QueryInt("SELECT count(*) FROM replica") != 0;
}

}  // namespace saunter::store::sqlite
