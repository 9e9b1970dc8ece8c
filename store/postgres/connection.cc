#include "store/postgres/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "schemas/database_url.h"
#include "store/postgres/lock.h"

namespace saunter::store::postgres {
namespace {

// What waits is sent out after so many commands, so that the server works meanwhile.
constexpr std::size_t kCommandsPerSend = 64;
constexpr char kCommitOnDisk[] =
    "SELECT set_config('synchronous_commit', 'on', true) WHERE "
    "current_setting('synchronous_commit') "
    "= 'off'";
// What is read after it is what the one before has committed.
constexpr char kBeginWriting[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
// One that writes and falls asleep in the middle loses its transaction, and its turn with it. The
// server counts this where it waits at a point of the pipeline; EndSleeper is for all else.
constexpr char kIdleMsMax[] = "10000";
// The server's end of the connection, where that leads over a network: a machine that is gone is
// seen within half a minute.
constexpr std::array<std::pair<const char*, const char*>, 4> kServerNotices = {
    {{"tcp_keepalives_idle", "10"},
     {"tcp_keepalives_interval", "5"},
     {"tcp_keepalives_count", "3"},
     {"tcp_user_timeout", "30000"}}};
constexpr int kExpandName = 1;  // dbname may be a whole address
constexpr int kBeatMs = 50;     // between two calls while a statement runs

// Of one line, as libpq's messages are not.
std::string OneLine(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (c == '\n' || c == '\t' || c == ' ') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string_view FieldOf(const PGresult* result, int field) {
  const auto* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

void IgnoreNotice(void*, const PGresult*) {}

std::string MessageOf(const PGresult* result) {
  std::string message(FieldOf(result, PG_DIAG_MESSAGE_PRIMARY));
  if (message.empty()) message = PQresultErrorMessage(result);
  if (const auto detail = FieldOf(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
    message.append(" (").append(detail).append(")");
  }
  return OneLine(message);
}

}  // namespace

StoreErrorKind KindOf(std::string_view sql_state) {
  const auto is = [&](std::initializer_list<std::string_view> states) {
    return std::find(states.begin(), states.end(), sql_state) != states.end();
  };
  if (is({"53100"})) return StoreErrorKind::kFull;
  if (is({"40001", "40P01", "55P03", "53300"})) return StoreErrorKind::kBusy;
  if (is({"57014"})) return StoreErrorKind::kInterrupted;
  if (is({"25006", "42501"})) return StoreErrorKind::kReadOnly;
  if (is({"XX001", "XX002"})) return StoreErrorKind::kCorrupt;
  if (is({"57P01", "57P02", "57P03", "57P05", "25P03"})) return StoreErrorKind::kLost;
  if (sql_state.starts_with("08")) return StoreErrorKind::kLost;
  if (sql_state.starts_with("58")) return StoreErrorKind::kIo;
  return StoreErrorKind::kOther;
}

Database::Database(const std::string& url, Access access, std::string_view program,
                   std::int64_t query_ms_max, std::int64_t lock_ms_max)
    : sql::Database(sql::Engine::kPostgres),
      url_(url),
      access_(access),
      program_(program),
      query_ms_max_(query_ms_max),
      lock_ms_max_(lock_ms_max),
      place_("database at " + schemas::WithoutPassword(url)) {
  Connect();
}

void Database::Connect() {
  const auto* state = access_ == Access::kReadOnly ? "any" : "read-write";
  // What stands before the address holds where the address says nothing of it.
  const std::vector<std::pair<const char*, const char*>> parameters = {
      {"connect_timeout", "10"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "30000"},
      {"target_session_attrs", state},
      {"dbname", url_.c_str()},
      {"client_encoding", "UTF8"},
      {"application_name", program_.c_str()},
      {nullptr, nullptr}};
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key);
    values.push_back(value);
  }
  connection_.reset(PQconnectdbParams(keys.data(), values.data(), kExpandName));
  is_lost_ = false;
  if (!IsConnected()) ThrowNotReached();
  place_ = std::string("database ") + PQdb(Handle()) + " at " + PQhost(Handle()) + ":" +
           PQport(Handle());
  {
    const std::scoped_lock lock(cancel_mutex_);
    cancel_.reset(PQgetCancel(Handle()));
  }
  for (const auto& [sql, statement] : statements_) statement->Forget();
  PQsetNoticeReceiver(Handle(), IgnoreNotice, nullptr);
  if (PQsetnonblocking(Handle(), 1) != 0 || PQenterPipelineMode(Handle()) == 0) ThrowLost();
  Set("statement_timeout", std::to_string(query_ms_max_));
  Set("lock_timeout", std::to_string(lock_ms_max_));
  // Compiling a query costs more than any of ours takes.
  Set("jit", "off");
  FindByIndex("off");
  switch (access_) {
    case Access::kReadOnly:
    case Access::kReadPrimary:
      Set("default_transaction_read_only", "on");
      break;
    case Access::kReadWrite:
      Set("idle_in_transaction_session_timeout", kIdleMsMax);
      for (const auto& [name, value] : kServerNotices) Set(name, value);
      break;
  }
  Await();
}

void Database::Revive() {
  if (IsConnected() || is_in_transaction_ || !waiting_.empty()) return;
  Connect();
}

Database::~Database() = default;

void Database::Set(const char* name, const std::string& value) {
  Queue(("SET " + std::string(name) + " = " + value).c_str());
}

// libpq's own words name the host and the user. Of an address that it cannot read it repeats a
// part, which may be the password.
void Database::ThrowNotReached() {
  auto why = OneLine(PQerrorMessage(Handle()));
  if (PQsocket(Handle()) < 0 && why.find("connection to server") == std::string::npos) {
    why = "libpq does not take the address";
  }
  const auto* advice =
      PQconnectionUsedPassword(Handle()) != 0 || PQconnectionNeedsPassword(Handle()) != 0
          ? "; correct the password in ~/.pgpass of the user that runs this"
          : "; check store.url and that PostgreSQL runs there";
  throw StoreError(StoreErrorKind::kLost, "the " + place_ + " cannot be reached: " + why + advice);
}

sql::Statement& Database::Prepared(const char* sql) {
  ++statements_run_;
  auto& statement = statements_[sql];
  if (!statement) {
    statement =
        std::make_unique<Statement>(*this, sql, "saunter_" + std::to_string(statements_.size()));
  }
  return *statement;
}

void Database::Queue(const char* sql) {
  Revive();
  Sent(PQsendQueryParams(Handle(), sql, 0, nullptr, nullptr, nullptr, nullptr, kAsText));
}

void Database::Execute(const char* sql) {
  ++statements_run_;
  Queue(sql);
  Await();
}

std::int64_t Database::Changes() {
  if (!waiting_.empty()) Await();
  return changes_;
}

std::int64_t Database::QueryInt(const char* sql) {
  const auto text = QueryText(sql);
  return text == "t" ? 1 : NumberOf(text);
}

std::string Database::QueryText(const char* sql) {
  Queue(sql);
  const auto rows = Await();
  if (PQntuples(rows.get()) == 0) return {};
  return {PQgetvalue(rows.get(), 0, 0), static_cast<std::size_t>(PQgetlength(rows.get(), 0, 0))};
}

void Database::TakeTurn() {
  Queue(kBeginWriting);
  is_in_transaction_ = true;
  try {
    Execute(("SELECT pg_advisory_xact_lock(" + std::to_string(kTurnLock) + ")").c_str());
  } catch (const StoreError&) {
    Rollback();
    throw;
  }
}

void Database::BeginWriting() {
  const bool was_connected = IsConnected();
  try {
    TakeTurn();
  } catch (const StoreError& error) {
    if (error.kind() == StoreErrorKind::kBusy) {
      EndSleeper(*this, kTurnLock);
      throw StoreError(StoreErrorKind::kBusy,
                       "the " + place_ + " is being written by " + HolderOf(*this, kTurnLock) +
                           " for longer than store.busy_timeout_ms; try again");
    }
    // It was lost while nothing was asked, and nothing is lost with it.
    if (error.kind() != StoreErrorKind::kLost || !was_connected) throw;
    TakeTurn();
  }
}

void Database::BeginReading() {
  Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  is_in_transaction_ = true;
}

void Database::Commit(Durability durability) {
  switch (durability) {
    case Durability::kNormal:
      break;
    case Durability::kFull:
      // Stricter settings of the server stay.
      Queue(kCommitOnDisk);
      break;
  }
  Execute("COMMIT");
}

// Nothing to lose: without a connection the server rolls back by itself.
void Database::Rollback() {
  if (!std::exchange(is_in_transaction_, false) || !IsConnected()) return;
  try {
    Execute("ROLLBACK");
  } catch (const StoreError&) {
    return;
  }
}

void Database::EndReading() { Rollback(); }

void Database::LiftQueryLimit() {
  query_ms_max_ = 0;
  Set("statement_timeout", "0");
  FindByIndex("on");
}

// All that is asked between two upkeeps is found by an index. A plan that was made while a table
// was small would go on to read all of it when it is large.
void Database::FindByIndex(const char* others) {
  for (const auto* way : {"enable_seqscan", "enable_hashjoin", "enable_mergejoin"}) {
    Set(way, others);
  }
}

void Database::SetLockLimit(std::int64_t ms) {
  lock_ms_max_ = ms;
  Set("lock_timeout", std::to_string(ms));
}

void Database::Interrupt() {
  std::array<char, 256> why{};
  const std::scoped_lock lock(cancel_mutex_);
  // Where this fails the statement ends by its own limit.
  static_cast<void>(PQcancel(cancel_.get(), why.data(), static_cast<int>(why.size())));
}

bool Database::IsConnected() const {
  return !is_lost_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

void Database::ThrowLost(std::string why) {
  if (why.empty()) why = OneLine(PQerrorMessage(Handle()));
  is_lost_ = true;
  waiting_.clear();
  unconfirmed_.clear();
  syncs_ = 0;
  throw StoreError(StoreErrorKind::kLost,
                   "the connection to the " + place_ + " was lost (" + why +
                       "); check that PostgreSQL runs there and can be reached");
}

void Database::Sent(int accepted, Statement* asker) {
  if (accepted == 0) ThrowLost();
  waiting_.push_back(asker);
  if (waiting_.size() % kCommandsPerSend != 0) return;
  Sync();
  SendOut();
}

// A point of the pipeline: what fails fails up to here, and within a transaction all after it.
void Database::Sync() {
  if (PQpipelineSync(Handle()) == 0) ThrowLost();
  ++syncs_;
}

void Database::ForgetAsker(const Statement* asker) {
  for (auto& waiting : waiting_) {
    if (waiting == asker) waiting = nullptr;
  }
}

void Database::WaitForServer(short events) {
  pollfd descriptor{PQsocket(Handle()), events, 0};
  const int ready = poll(&descriptor, 1, while_running_ ? kBeatMs : -1);
  if (ready == 0) while_running_();
}

// The server's answers are taken in meanwhile: it stops reading while nobody reads them.
void Database::SendOut() {
  while (true) {
    const int left = PQflush(Handle());
    if (left == 0) return;
    if (left < 0) ThrowLost();
    WaitForServer(POLLIN | POLLOUT);
    if (PQconsumeInput(Handle()) == 0) ThrowLost();
  }
}

Result Database::NextResult() {
  while (PQisBusy(Handle()) != 0) {
    WaitForServer(POLLIN);
    if (PQconsumeInput(Handle()) == 0) ThrowLost();
  }
  return Result(PQgetResult(Handle()));
}

void Database::TakeResult(Result result, Result& last, Result& failed) {
  switch (PQresultStatus(result.get())) {
    case PGRES_PIPELINE_ABORTED:
      return;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      break;
    default:
      if (!failed) failed = std::move(result);
      return;
  }
  changes_ = NumberOf(PQcmdTuples(result.get()));
  auto* asker = waiting_.empty() ? nullptr : waiting_.front();
  if (asker == nullptr) {
    last = std::move(result);
  } else {
    asker->TakeAnswer(std::move(result));
  }
}

Result Database::Await() {
  Sync();
  SendOut();
  Result last;
  Result failed;
  while (true) {
    auto result = NextResult();
    if (result && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      if (--syncs_ == 0) break;
    } else if (result) {
      TakeResult(std::move(result), last, failed);
    } else if (!waiting_.empty()) {
      waiting_.pop_front();  // this is the end of its results
    } else {
      ThrowLost();
    }
  }
  waiting_.clear();
  is_in_transaction_ = PQtransactionStatus(Handle()) != PQTRANS_IDLE;
  const auto prepared = std::exchange(unconfirmed_, {});
  if (!failed) return last;
  for (auto* statement : prepared) statement->Forget();
  ThrowFailed(failed);
}

void Database::ThrowFailed(const Result& failed) {
  const auto kind = KindOf(FieldOf(failed.get(), PG_DIAG_SQLSTATE));
  if (kind == StoreErrorKind::kLost || !IsConnected()) ThrowLost(MessageOf(failed.get()));
  throw StoreError(kind, place_ + ": " + MessageOf(failed.get()));
}

Result Database::ResultOutsidePipeline() {
  Result last;
  Result failed;
  while (auto result = NextResult()) {
    if (PQresultStatus(result.get()) == PGRES_COPY_IN) return result;
    TakeResult(std::move(result), last, failed);
  }
  is_in_transaction_ = PQtransactionStatus(Handle()) != PQTRANS_IDLE;
  if (PQenterPipelineMode(Handle()) == 0) ThrowLost();
  if (failed) ThrowFailed(failed);
  return last;
}

void Database::BeginCopy(const char* sql) {
  if (!waiting_.empty()) Await();
  if (PQexitPipelineMode(Handle()) == 0 || PQsendQuery(Handle(), sql) == 0) ThrowLost();
  SendOut();
  ResultOutsidePipeline();
}

void Database::SendCopy(std::string_view rows) {
  if (PQputCopyData(Handle(), rows.data(), static_cast<int>(rows.size())) != 1) ThrowLost();
  SendOut();
}

void Database::EndCopy(const char* why_not) {
  if (PQputCopyEnd(Handle(), why_not) != 1) ThrowLost();
  SendOut();
  ResultOutsidePipeline();
}

}  // namespace saunter::store::postgres
