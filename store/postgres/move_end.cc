#include "store/postgres/move_end.h"

#include <algorithm>
#include <string>
#include <utility>

#include "schemas/postgres.h"
#include "store/postgres/lock.h"
#include "store/postgres/migration.h"

namespace saunter::store::postgres {
namespace {

// Of the session, so that turns of other connections wait until it ends; its own do not.
constexpr char kHoldTurns[] = "SELECT pg_try_advisory_lock(";
constexpr char kHoldsTurns[] =
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = "
    "pg_backend_pid() AND classid = 0 AND objsubid = 1 AND objid = ";
// A crawler takes a turn now and then, and has its connections all the time.
constexpr char kCrawler[] =
    "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    "pg_backend_pid() AND application_name LIKE 'saunter-crawler%' LIMIT 1";
constexpr char kHideVersion[] =
    "UPDATE meta SET value = -value WHERE name = 'schema_version' AND value > 0";
// Whoever may come in is told what the database is.
constexpr char kLetAllSee[] = "GRANT SELECT ON unfinished_move TO PUBLIC";
constexpr char kShowVersion[] =
    "UPDATE meta SET value = -value WHERE name = 'schema_version' AND value < 0";
constexpr char kGatherStatistics[] = "ANALYZE";
// What was moved in was noted as changes; replicas begin with the rows as they are.
constexpr char kForgetChanges[] = "DELETE FROM change";
// The end of a batch, where each of them can begin: the numbers of those that were forgotten do not
// come again.
constexpr char kBeginChanges[] =
    "INSERT INTO change (kind, id, last_id) SELECT 11, coalesce(max(batch_id), 0), "
    "CAST(floor(random() * 9007199254740992) AS BIGINT) FROM batch";

class DatabaseEnd final : public sql::MoveEnd {
 public:
  explicit DatabaseEnd(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  sql::Database& database() override { return *database_; }
  std::int64_t schema_version() const override { return schemas::PostgresSchemaVersion(); }
  bool IsAlone() override {
    return database_->QueryInt((kHoldsTurns + std::to_string(kTurnLock)).c_str()) != 0;
  }

 private:
  void HideSchema() override {
    database_->Execute(kHideVersion);
    database_->Execute(kLetAllSee);
  }
  void ShowSchema() override { database_->Execute(kShowVersion); }
  void Settle() override {
    database_->Execute(kForgetChanges);
    database_->Execute(kBeginChanges);
    database_->Execute(kGatherStatistics);
  }

  const std::unique_ptr<Database> database_;
};

// Keeps writers away for as long as the connection lives. kOk if they are.
sql::OpenedMoveEnd KeepWritersAway(Database& database) {
  const auto turn = std::to_string(kTurnLock);
  std::string writer;
  if (database.QueryInt((kHoldTurns + turn + ")").c_str()) == 0) {
    writer = HolderOf(database, kTurnLock);
  } else {
    writer = database.QueryText(kCrawler);
  }
  if (writer.empty()) return {};
  return {OpenStatus::kLocked, "the " + database.place() + " is being written by " + writer};
}

std::unique_ptr<Database> Connect(const schemas::StoreSettings& settings) {
  return std::make_unique<Database>(settings.url, Database::Access::kReadWrite,
                                    ConnectionName(sql::kMover), 0,
                                    std::max<std::int64_t>(settings.busy_timeout_ms, 1));
}

}  // namespace

sql::OpenedMoveEnd OpenMoveSource(const schemas::StoreSettings& settings) {
  try {
    auto database = Connect(settings);
    auto identity = Identify(*database);
    if (identity.status == OpenStatus::kOlderSchema && identity.schema_version == 0) {
      identity.detail = "the " + database->place() + " is empty: there is nothing to move";
    }
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail};
    if (auto refused = KeepWritersAway(*database); refused.status != OpenStatus::kOk) {
      return refused;
    }
    return {OpenStatus::kOk, {}, std::make_unique<DatabaseEnd>(std::move(database))};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, error.what()};
  }
}

sql::OpenedMoveEnd OpenMoveTarget(const schemas::StoreSettings& settings,
                                  const MigrationReport& report) {
  try {
    auto database = Connect(settings);
    if (auto refused = KeepWritersAway(*database); refused.status != OpenStatus::kOk) {
      return refused;
    }
    const auto identity = Identify(*database);
    const bool is_new = identity.status == OpenStatus::kOlderSchema && identity.schema_version == 0;
    const bool is_unfinished =
        identity.status == OpenStatus::kUnavailable && SchemaVersionOf(*database) < 0;
    if (identity.status != OpenStatus::kOk && !is_new && !is_unfinished) {
      return {identity.status, identity.detail};
    }
    if (is_new) Migrate(*database, report);
    return {OpenStatus::kOk, {}, std::make_unique<DatabaseEnd>(std::move(database))};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, error.what()};
  }
}

}  // namespace saunter::store::postgres
