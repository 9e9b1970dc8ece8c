// Inside store/sqlite/ only: one SQLite connection with its settings, prepared statements and
// errors.
//
// Thread safety: one thread at a time. Errors: StoreError; but opening a database, binding a value
// and reading a column throw SQLite::Exception, unconverted.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "schemas/units.h"
#include "store/status.h"

namespace saunter::store::sqlite {

[[nodiscard]] StoreError ToStoreError(int code, const char* message);

inline constexpr char kLineEnd = '\n';

enum class Access { kReadWrite, kReadOnly };

class Database {
 public:
  // Opens without touching the file; throws SQLite::Exception. `query_ms_max` 0: no limit.
  Database(const std::string& path, Access access, std::int64_t busy_timeout_ms,
           std::int64_t query_ms_max);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The statement for a constant `sql`, prepared at its first use and found again by the address of
  // `sql`.
  SQLite::Statement& Prepared(const char* sql);
  void Execute(const char* sql);
  // First column of the first row of a PRAGMA or query that is not worth keeping.
  std::int64_t QueryInt(const char* sql);
  std::string QueryText(const char* sql);

  SQLite::Database& sqlite() { return *database_; }
  sqlite3* handle() { return database_->getHandle(); }
  [[nodiscard]] std::int64_t Changes() { return sqlite3_changes64(handle()); }
  [[nodiscard]] schemas::Id LastInsertId() { return sqlite3_last_insert_rowid(handle()); }
  [[nodiscard]] std::int64_t statements_run() const { return statements_run_; }
  void NoteStatement();
  // Queries have no deadline from now on, for upkeep that scans.
  void LiftQueryLimit() {
    query_ms_max_ = 0;
    SetDeadlineIn(0);
  }
  // Called many times a second while a statement runs; empty: nothing is.
  void CallWhileRunning(std::function<void()> call) { while_running_ = std::move(call); }
  // Ends whatever runs once this much time has gone by; 0 lifts it.
  void SetDeadlineIn(std::int64_t ms);

 private:
  static int OnProgress(void* self);

  std::unique_ptr<SQLite::Database> database_;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
  std::int64_t query_ms_max_ = 0;
  std::int64_t statements_run_ = 0;
  std::function<void()> while_running_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

// One use of a prepared statement: bind in order, step, read; reset when it goes. Bound text is
// not copied and must live until then.
class Use {
 public:
  Use(Database& database, const char* sql);
  // A statement that is made of parts. It must be a constant, too, to be found by its address.
  Use(Database& database, const std::string& sql) : Use(database, sql.c_str()) {}
  Use(Database& database, std::string&& sql) = delete;
  ~Use();
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& Int(std::int64_t value);
  Use& OptionalInt(const std::optional<std::int64_t>& value);
  Use& Real(double value);
  Use& Text(const std::string& value);
  Use& TextOrNull(const std::string& value);           // NULL if empty
  Use& Lines(const std::vector<std::string>& values);  // one text, each ended by kLineEnd

  bool Step();  // true: a row
  void Run();   // for statements without rows

  // Columns of the current row, in order from 0.
  [[nodiscard]] std::int64_t GetInt(int column);
  [[nodiscard]] std::optional<std::int64_t> GetOptionalInt(int column);
  [[nodiscard]] double GetReal(int column);
  [[nodiscard]] std::string GetText(int column);  // empty for NULL
  // The texts in it, each ended by this mark, but for the last, which need not be.
  [[nodiscard]] std::vector<std::string> GetTexts(int column, char end_mark);

 private:
  Database& database_;
  SQLite::Statement& statement_;
  int bound_ = 0;
};

// A transaction was begun and has not ended.
[[nodiscard]] bool IsReading(Database& database);
void EndReading(Database& database);

// BEGIN … COMMIT around reads that must see one state, unless they stand in such a pair already;
// nothing to undo.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Database& database_;
  const bool is_outermost_;
};

// What the open file is, judged by its header and by whether its schema is empty.
struct Identity {
  OpenStatus status = OpenStatus::kOk;
  std::string detail;
  int schema_version = 0;
  bool empty = false;  // no table yet: new
};
[[nodiscard]] Identity Identify(Database& database, const std::string& path);

}  // namespace saunter::store::sqlite
