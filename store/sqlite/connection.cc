#include "store/sqlite/connection.h"

#include <algorithm>

#include "schemas/sql.h"

namespace saunter::store::sqlite {
namespace {

constexpr int kProgressOperations = 20000;
constexpr int kValueBytesMax = 4194304;

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

}  // namespace

StoreError ToStoreError(int code, const char* message) {
  return {KindOf(code), std::string("database: ") + message};
}

Database::Database(const std::string& path, Access access, std::int64_t busy_timeout_ms,
                   std::int64_t query_ms_max)
    : query_ms_max_(query_ms_max) {
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

SQLite::Statement& Database::Prepared(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    try {
      statement = std::make_unique<SQLite::Statement>(*database_, sql);
    } catch (const SQLite::Exception& exception) {
      statements_.erase(sql);
      throw ToStoreError(exception.getErrorCode(), exception.what());
    }
  }
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

Use::Use(Database& database, const char* sql)
    : database_(database), statement_(database.Prepared(sql)) {
  database.NoteStatement();
}

Use::~Use() { statement_.tryReset(); }

Use& Use::Int(std::int64_t value) {
  statement_.bind(++bound_, value);
  return *this;
}

Use& Use::Real(double value) {
  statement_.bind(++bound_, value);
  return *this;
}

Use& Use::OptionalInt(const std::optional<std::int64_t>& value) {
  ++bound_;
  if (value) {
    statement_.bind(bound_, *value);
  } else {
    statement_.bind(bound_);
  }
  return *this;
}

Use& Use::Text(const std::string& value) {
  statement_.bindNoCopy(++bound_, value);
  return *this;
}

Use& Use::TextOrNull(const std::string& value) {
  if (value.empty()) {
    statement_.bind(++bound_);
    return *this;
  }
  return Text(value);
}

Use& Use::Lines(const std::vector<std::string>& values) {
  if (values.empty()) return OptionalInt(std::nullopt);
  std::string text;
  for (const auto& value : values) text.append(value).push_back(kLineEnd);
  statement_.bind(++bound_, text);
  return *this;
}

bool Use::Step() {
  const int code = statement_.tryExecuteStep();
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw ToStoreError(code, sqlite3_errmsg(database_.handle()));
}

void Use::Run() {
  while (Step()) {
  }
}

std::int64_t Use::GetInt(int column) { return statement_.getColumn(column).getInt64(); }

double Use::GetReal(int column) { return statement_.getColumn(column).getDouble(); }

std::optional<std::int64_t> Use::GetOptionalInt(int column) {
  const auto value = statement_.getColumn(column);
  if (value.isNull()) return std::nullopt;
  return value.getInt64();
}

std::string Use::GetText(int column) { return statement_.getColumn(column).getString(); }

std::vector<std::string> Use::GetTexts(int column, char end_mark) {
  const auto text = GetText(column);
  std::vector<std::string> values;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find(end_mark, begin), text.size());
    values.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return values;
}

bool IsReading(Database& database) { return sqlite3_get_autocommit(database.handle()) == 0; }

void EndReading(Database& database) {
  // A read transaction has nothing to lose: if it cannot end now, closing the connection ends it.
  sqlite3_exec(database.handle(), "COMMIT", nullptr, nullptr, nullptr);
}

ReadTransaction::ReadTransaction(Database& database)
    : database_(database), is_outermost_(!IsReading(database)) {
  if (is_outermost_) Use(database_, "BEGIN").Run();
}

ReadTransaction::~ReadTransaction() {
  if (is_outermost_ && IsReading(database_)) EndReading(database_);
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

}  // namespace saunter::store::sqlite
