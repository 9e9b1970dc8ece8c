// Inside store/postgres/ only: one connection to PostgreSQL, its prepared statements and errors.
//
// A statement is prepared at its first use. What asks for no rows waits in libpq's pipeline and
// goes with what asks for some, so that a batch waits for the network where it reads and not where
// it writes. Numbers and texts go to the server in binary form, a text with its length; rows come
// back as text. New rows of the large tables go by COPY, which the server takes in as they come.
//
// A connection that was lost is made anew by the next transaction, or by the next statement outside
// of one.
//
// Thread safety: one thread at a time, but for Interrupt. Errors: StoreError. A statement that
// waited may fail only when the next one is asked; by then the transaction is lost either way.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/sql/database.h"
#include "store/status.h"

namespace saunter::store::postgres {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// "?" becomes "$1", "$2", … and "?7" becomes "$7"; what stands in quotes or in a comment stays.
[[nodiscard]] std::string WithDollars(std::string_view sql);

// 0 for a text that begins with no number.
[[nodiscard]] std::int64_t NumberOf(std::string_view text);

// The form in which rows come.
inline constexpr int kAsText = 0;

// What an SQLSTATE is to the store.
[[nodiscard]] StoreErrorKind KindOf(std::string_view sql_state);

class Database;

class Statement final : public sql::Statement {
 public:
  Statement(Database& database, std::string_view sql, std::string name);

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

  // Of the first question that has none so far.
  void TakeAnswer(Result rows) { answers_.push_back(std::move(rows)); }
  // It failed to be prepared, or may have.
  void Forget() { prepared_name_.clear(); }

 private:
  struct Value {
    Oid type = 0;  // 0: NULL
    std::array<char, 8> number{};
    std::string_view text;
    std::string cleaned;          // of a text that PostgreSQL would refuse
    bool is_written_out = false;  // in the form that a person would write
  };
  // The values at one place of all rows that are kept.
  struct Column {
    Oid type = 0;        // 0: NULL in all of them
    std::string values;  // in binary form, each after its length
    bool has_null = false;
    std::string list;  // as it is sent
  };

  Value& PlaceOf(int place, Oid type);
  void PrepareForTypes();
  static std::string_view BytesOf(const Value& value);  // as they are sent
  void BindKeptRows();
  void KeepRowToCopy();
  void SendCopied();
  void AbandonCopy();
  void Send(Statement* asker = nullptr);

  Database& database_;
  const std::string sql_;
  const std::string name_;  // and a number for each time that it is prepared
  int preparations_ = 0;
  std::string prepared_name_;
  std::vector<Oid> prepared_types_;  // 0: NULL so far, of the type that its place has
  std::deque<Value> values_;         // a text that was cleaned stays where it is
  std::size_t bound_ = 0;
  std::vector<Column> columns_;
  std::int32_t rows_kept_ = 0;
  const bool is_copy_;
  bool is_copying_ = false;  // the server waits for rows
  std::string copied_;       // rows that were not sent yet
  Result rows_;
  int row_ = -1;
  std::deque<Result> answers_;
};

class Database final : public sql::Database {
 public:
  // kReadOnly takes a standby, too; kReadPrimary does where the address asks for one.
  enum class Access { kReadWrite, kReadOnly, kReadPrimary };

  // Connects. `program` is the name that other programs, and the server's operator, see. 0: a query
  // has no limit, or a lock is waited for as long as it takes. Errors: StoreError, for a person.
  Database(const std::string& url, Access access, std::string_view program,
           std::int64_t query_ms_max, std::int64_t lock_ms_max);
  ~Database() override;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  sql::Statement& Prepared(const char* sql) override;
  void Execute(const char* sql) override;
  std::int64_t Changes() override;
  [[nodiscard]] std::int64_t statements_run() const override { return statements_run_; }

  void BeginWriting() override;
  void BeginReading() override;
  void Commit(Durability durability) override;
  void Rollback() override;
  void EndReading() override;
  bool IsInTransaction() override { return is_in_transaction_; }
  void LiftQueryLimit() override;
  void Interrupt() override;

  // First column of the first row of a query that is not worth preparing; 0 or "" without a row.
  std::int64_t QueryInt(const char* sql);
  std::string QueryText(const char* sql);
  // Sends a command with whatever is asked next.
  void Queue(const char* sql);

  // How long a lock is waited for from now on; 0: as long as it takes.
  void SetLockLimit(std::int64_t ms);
  void CallWhileRunning(std::function<void()> call) override { while_running_ = std::move(call); }

  // "database NAME at HOST:PORT".
  [[nodiscard]] const std::string& place() const { return place_; }
  // As far as it is known without asking.
  [[nodiscard]] bool IsConnected() const;

 private:
  friend class Statement;

  struct ConnectionDeleter {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  struct CancelDeleter {
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
  };

  PGconn* Handle() { return connection_.get(); }
  // Notes a command that was sent; `asker` gets its rows.
  void Sent(int accepted, Statement* asker = nullptr);
  void ForgetAsker(const Statement* asker);
  // Sends all that waits, and returns the result of the last of it.
  Result Await();
  void Sync();
  // Throws what it failed with.
  [[noreturn]] void ThrowFailed(const Result& failed);
  // A COPY from here goes around the pipeline, which it finds and leaves empty.
  void BeginCopy(const char* sql);
  void SendCopy(std::string_view rows);
  void EndCopy(const char* why_not);  // null: all rows were sent
  Result ResultOutsidePipeline();
  void SendOut();
  void WaitForServer(short events);
  Result NextResult();
  void TakeResult(Result result, Result& last, Result& failed);
  void Set(const char* name, const std::string& value);
  void FindByIndex(const char* others);  // "off": never by another way if there is an index
  void Connect();
  // Connects anew if the connection was lost and nothing hangs on it.
  void Revive();
  void TakeTurn();
  [[noreturn]] void ThrowLost(std::string why = {});
  [[noreturn]] void ThrowNotReached();

  const std::string url_;
  const Access access_;
  const std::string program_;
  std::int64_t query_ms_max_;
  std::int64_t lock_ms_max_;
  std::unique_ptr<PGconn, ConnectionDeleter> connection_;
  bool is_lost_ = false;  // though libpq may not have seen it yet
  std::mutex cancel_mutex_;
  std::unique_ptr<PGcancel, CancelDeleter> cancel_;  // guarded by cancel_mutex_
  std::string place_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;
  std::vector<Statement*> unconfirmed_;  // prepared by commands that wait
  std::deque<Statement*> waiting_;  // commands without a result so far: who asks for their rows
  int syncs_ = 0;                   // points of the pipeline that the server has not passed
  std::int64_t statements_run_ = 0;
  std::int64_t changes_ = 0;  // of the last command whose result was read
  bool is_in_transaction_ = false;
  std::function<void()> while_running_;
};

}  // namespace saunter::store::postgres
