// Inside store/sqlite/ only: one SQLite connection with its settings, prepared statements and
// errors.
//
// Thread safety: one thread at a time, but for Interrupt. Errors: StoreError; but opening a
// database throws SQLite::Exception, unconverted.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/sql/database.h"
#include "store/status.h"

namespace saunter::store::sqlite {

using sql::ReadTransaction;
using sql::Use;

[[nodiscard]] StoreError ToStoreError(int code, const char* message);

enum class Access { kReadWrite, kReadOnly };

class Statement final : public sql::Statement {
 public:
  Statement(sqlite3* handle, const char* sql);
  ~Statement() override { sqlite3_finalize(statement_); }

  void BindInt(int place, std::int64_t value) override;
  void BindReal(int place, double value) override;
  void BindText(int place, std::string_view value) override;
  void BindNull(int place) override;
  bool Step() override;
  void Run() override;
  void Reset() override;
  void Ask() override;
  void Answer() override;
  void KeepRow() override;
  bool IsNull(int column) override;
  std::int64_t GetInt(int column) override;
  double GetReal(int column) override;
  std::string_view GetText(int column) override;

 private:
  void Check(int code) const;

  sqlite3* const handle_;
  sqlite3_stmt* statement_ = nullptr;
  bool is_done_ = false;
};

class Database final : public sql::Database {
 public:
  // Opens without touching the file; throws SQLite::Exception. `query_ms_max` 0: no limit.
  Database(const std::string& path, Access access, std::int64_t busy_timeout_ms,
           std::int64_t query_ms_max);
  ~Database() override;

  Statement& Prepared(const char* sql) override;
  void Execute(const char* sql) override;
  std::int64_t Changes() override { return sqlite3_changes64(handle()); }
  std::int64_t statements_run() const override { return statements_run_; }
  void BeginWriting() override { Execute("BEGIN IMMEDIATE"); }
  void BeginReading() override;
  void Commit(Durability durability) override;
  void Rollback() override;
  void EndReading() override;
  bool IsInTransaction() override { return sqlite3_get_autocommit(handle()) == 0; }
  void LiftQueryLimit() override {
    query_ms_max_ = 0;
    SetDeadlineIn(0);
  }
  void Interrupt() override { sqlite3_interrupt(handle()); }

  // First column of the first row of a PRAGMA or query that is not worth keeping.
  std::int64_t QueryInt(const char* sql);
  std::string QueryText(const char* sql);

  SQLite::Database& sqlite() { return *database_; }
  sqlite3* handle() { return database_->getHandle(); }
  void SetBusyTimeout(std::int64_t ms);
  void CallWhileRunning(std::function<void()> call) override { while_running_ = std::move(call); }
  // Ends whatever runs once this much time has gone by; 0 lifts it.
  void SetDeadlineIn(std::int64_t ms);

 private:
  static int OnProgress(void* self);
  void NoteStatement();

  const std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;
  std::int64_t query_ms_max_ = 0;
  std::int64_t statements_run_ = 0;
  std::function<void()> while_running_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

// PRAGMA application_id of a file that a move is filling: "SNTU".
inline constexpr int kUnfinishedApplicationId = 0x534e5455;

// What the open file is, judged by its header and by whether its schema is empty.
struct Identity {
  OpenStatus status = OpenStatus::kOk;
  std::string detail;
  int schema_version = 0;
  bool empty = false;  // no table yet: new
};
[[nodiscard]] Identity Identify(Database& database, const std::string& path);

// saunter-replica keeps the file as a copy of another database.
[[nodiscard]] bool IsCopy(Database& database);

}  // namespace saunter::store::sqlite
