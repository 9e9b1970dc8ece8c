// One connection to a database that speaks SQL, whichever engine that is.
//
// What the store says in SQL is written once, in store/sql/, over this seam; each engine stands
// behind it in a room of its own. Statements keep to what SQLite and PostgreSQL share; where the
// engines must be asked in other words, or SQLite's plan would be worse, a statement is Worded for
// each.
//
// Thread safety: one thread at a time, but for Interrupt. Errors: StoreError.
#pragma once

#include <cstdint>
#include <forward_list>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/writer.h"

namespace saunter::store::sql {

enum class Engine { kSqlite, kPostgres };

// A statement that the engines word differently. Like any statement it is a constant.
struct Worded {
  const char* sqlite;
  const char* postgres;
};
// The same of one that is made of parts.
struct WordedParts {
  std::string sqlite;
  std::string postgres;
};
// `make` is asked for the text of each engine.
template <typename Make>
WordedParts WordedBy(Make make) {
  return {make(Engine::kSqlite), make(Engine::kPostgres)};
}

// A prepared statement: bind in order from 1, step, read the columns of the row from 0, reset.
class Statement {
 public:
  Statement() = default;
  virtual ~Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  virtual void BindInt(int place, std::int64_t value) = 0;
  virtual void BindReal(int place, double value) = 0;
  virtual void BindText(int place, std::string_view value) = 0;  // not copied; lives until Reset
  virtual void BindNull(int place) = 0;

  // True: there is a row. Never called again once it was false, until Reset. Rows stay whatever
  // other statements do meanwhile.
  virtual bool Step() = 0;
  // No rows are wanted. An engine may send it later, in its order, and tell then what went wrong.
  virtual void Run() = 0;
  // All parameters are bound anew before the next Step or Run.
  virtual void Reset() = 0;

  // Of an engine that is asked ahead: Ask sends the question that is bound, and its parameters are
  // bound anew for the next one; Answer turns to the rows of the first question that was not turned
  // to yet, for Step to read. Between the first Ask and the last Answer's last Step no other
  // statement is used.
  virtual void Ask() = 0;
  virtual void Answer() = 0;

  // Of an engine that is asked ahead, and a statement that takes a list at each place or is a COPY
  // of binary rows: what is bound is one of many rows, and its texts are copied; the next one is
  // bound after it, and after the last one Run. Rows of a COPY may be on their way before that, so
  // no other statement is used meanwhile.
  virtual void KeepRow() = 0;

  [[nodiscard]] virtual bool IsNull(int column) = 0;
  [[nodiscard]] virtual std::int64_t GetInt(int column) = 0;  // 0 for NULL
  [[nodiscard]] virtual double GetReal(int column) = 0;       // 0 for NULL
  // Empty for NULL. Stands until the next Step, Answer or Reset.
  [[nodiscard]] virtual std::string_view GetText(int column) = 0;
};

class Database {
 public:
  using Durability = WriteTransaction::Durability;

  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] Engine engine() const { return engine_; }
  // Questions are sent before the answers of those before have come, see ReadEach.
  [[nodiscard]] bool is_asked_ahead() const { return engine_ != Engine::kSqlite; }
  // Others may write between two transactions of this connection, see store/sql/turn.h.
  [[nodiscard]] bool is_shared() const { return engine_ != Engine::kSqlite; }

  // The statement for a constant `sql`, prepared at its first use and found again by the address of
  // `sql`. Counts as one that is run.
  [[nodiscard]] virtual Statement& Prepared(const char* sql) = 0;
  // Without parameters and rows.
  virtual void Execute(const char* sql) = 0;
  // Rows that the last Run, or the last Step without a row, changed.
  [[nodiscard]] virtual std::int64_t Changes() = 0;
  [[nodiscard]] virtual std::int64_t statements_run() const = 0;

  // One transaction at a time. Those that write exclude each other; those that read see one state.
  virtual void BeginWriting() = 0;
  virtual void BeginReading() = 0;
  // Of one that wrote. Throws kUnsynced if it is committed all the same.
  virtual void Commit(Durability durability) = 0;
  // What is open ends, and the engine may have ended it by itself. Nothing is thrown.
  virtual void Rollback() = 0;
  virtual void EndReading() = 0;  // there is nothing to lose
  [[nodiscard]] virtual bool IsInTransaction() = 0;

  // Queries have no deadline from now on, for upkeep that scans.
  virtual void LiftQueryLimit() = 0;
  // Ends what runs, from any thread: it throws kInterrupted.
  virtual void Interrupt() = 0;
  // Called many times a second while a statement runs; empty: nothing is.
  virtual void CallWhileRunning(std::function<void()> call) = 0;

 protected:
  explicit Database(Engine engine) : engine_(engine) {}

 private:
  const Engine engine_;
};

inline constexpr char kLineEnd = '\n';

// One use of a prepared statement: bind in order, step, read; reset when it goes. Bound text is
// not copied and must live until then.
class Use {
 public:
  Use(Database& database, const char* sql) : statement_(database.Prepared(sql)) {}
  // A statement that is made of parts. It must be a constant, too, to be found by its address.
  Use(Database& database, const std::string& sql) : Use(database, sql.c_str()) {}
  Use(Database& database, std::string&& sql) = delete;
  Use(Database& database, const Worded& sql)
      : Use(database, database.engine() == Engine::kSqlite ? sql.sqlite : sql.postgres) {}
  Use(Database& database, const WordedParts& sql)
      : Use(database, database.engine() == Engine::kSqlite ? sql.sqlite : sql.postgres) {}
  Use(Database& database, WordedParts&& sql) = delete;
  ~Use() { statement_.Reset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& Int(std::int64_t value) {
    statement_.BindInt(++bound_, value);
    return *this;
  }
  Use& OptionalInt(const std::optional<std::int64_t>& value) {
    if (value) return Int(*value);
    statement_.BindNull(++bound_);
    return *this;
  }
  Use& Real(double value) {
    statement_.BindReal(++bound_, value);
    return *this;
  }
  Use& Text(std::string_view value) {
    statement_.BindText(++bound_, value);
    return *this;
  }
  Use& TextOrNull(std::string_view value) {  // NULL if empty
    if (!value.empty()) return Text(value);
    statement_.BindNull(++bound_);
    return *this;
  }
  Use& Lines(const std::vector<std::string>& values);  // one text, each ended by kLineEnd

  bool Step() { return statement_.Step(); }  // true: a row
  void Run() { statement_.Run(); }           // for statements without rows
  // For a statement that changes one row at most and returns something of it: that, or nothing if
  // no row was changed.
  [[nodiscard]] std::optional<std::int64_t> RunReturning();

  // Columns of the current row, in order from 0.
  [[nodiscard]] bool IsNull(int column) { return statement_.IsNull(column); }
  [[nodiscard]] std::int64_t GetInt(int column) { return statement_.GetInt(column); }
  [[nodiscard]] std::optional<std::int64_t> GetOptionalInt(int column) {
    if (statement_.IsNull(column)) return std::nullopt;
    return statement_.GetInt(column);
  }
  [[nodiscard]] double GetReal(int column) { return statement_.GetReal(column); }
  // Empty for NULL.
  [[nodiscard]] std::string GetText(int column) { return std::string(statement_.GetText(column)); }
  // The same where no copy is wanted. Stands until the next row.
  [[nodiscard]] std::string_view ViewText(int column) { return statement_.GetText(column); }
  // The texts in it, each ended by this mark, but for the last, which need not be.
  [[nodiscard]] std::vector<std::string> GetTexts(int column, char end_mark);

  // For ReadEach: the next question is asked, the next answer is read.
  void Ask() {
    statement_.Ask();
    bound_ = 0;
    texts_.clear();
  }
  void Answer() { statement_.Answer(); }
  // For a statement that takes many rows at once.
  void KeepRow() {
    statement_.KeepRow();
    bound_ = 0;
    texts_.clear();
  }

 private:
  Statement& statement_;
  int bound_ = 0;
  std::forward_list<std::string> texts_;  // that nobody else keeps
};

// Questions that are on their way at once, at most.
inline constexpr std::size_t kAskedAheadMax = 256;

// Asks the same of many, so that an engine that is far away is not waited for once a row: for each
// of `rows`, in order, `bind(use, row)` binds the parameters and `read(use, row)` is called with
// each row that comes. `read` must not use the database.
template <typename Sql, typename Rows, typename Bind, typename Read>
void ReadEach(Database& database, const Sql& sql, Rows& rows, Bind bind, Read read) {
  if (!database.is_asked_ahead()) {
    for (auto& row : rows) {
      Use use(database, sql);
      bind(use, row);
      while (use.Step()) read(use, row);
    }
    return;
  }
  for (auto asked = rows.begin(); asked != rows.end();) {
    Use use(database, sql);
    auto answered = asked;
    for (std::size_t count = 0; count < kAskedAheadMax && asked != rows.end(); ++count, ++asked) {
      bind(use, *asked);
      use.Ask();
    }
    for (; answered != asked; ++answered) {
      use.Answer();
      while (use.Step()) read(use, *answered);
    }
  }
}

// The same of questions that have one row for an answer, or none.
template <typename Sql, typename Rows, typename Bind, typename Read>
void FindEach(Database& database, const Sql& sql, Rows& rows, Bind bind, Read read) {
  if (database.is_asked_ahead()) return ReadEach(database, sql, rows, bind, read);
  for (auto& row : rows) {
    Use use(database, sql);
    bind(use, row);
    if (use.Step()) read(use, row);
  }
}

// A transaction around reads that must see one state, unless they stand in one already; nothing to
// undo.
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

}  // namespace saunter::store::sql
