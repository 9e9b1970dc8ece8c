#include "store/postgres/writer.h"

#include <algorithm>
#include <utility>

#include "store/postgres/lock.h"
#include "store/postgres/migration.h"
#include "store/postgres/open.h"
#include "store/sql/row_checks.h"
#include "store/sql/write_transaction.h"

namespace saunter::store::postgres {
namespace {

// 0 would be for ever.
std::int64_t LockLimit(const schemas::StoreSettings& settings) {
  return std::max<std::int64_t>(settings.busy_timeout_ms, 1);
}

// What the database is once this program, or the one that has the lock, has migrated it.
Identity MigrateAlone(Database& database, const MigrationReport& report) {
  if (const auto holder = TakeMigrationLock(database)) {
    return {.status = OpenStatus::kLocked,
            .detail = "the " + database.place() + " is being migrated by " + *holder +
                      "; wait until that is done"};
  }
  Migrate(database, report);
  LeaveMigrationLock(database);
  return Identify(database);
}

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, const schemas::StoreSettings& settings)
    : database_(std::move(database)), connection_(*database_, settings) {}
Writer::~Writer() = default;

std::unique_ptr<store::WriteTransaction> Writer::Begin(schemas::UnixSeconds now) {
  return std::make_unique<sql::WriteTransaction>(connection_, now);
}

bool Writer::IsRemoving() { return sql::IsRemovalLeft(*database_); }

bool Writer::IsSettling() { return sql::IsCategoryLeft(*database_); }

void Writer::Renew(const schemas::StoreSettings& settings) {
  connection_.Renew(settings);
  database_->SetLockLimit(LockLimit(settings));
}

void Writer::Compact() { sql::RecountTotals(*database_); }

std::int64_t Writer::StatementsRun() const { return database_->statements_run(); }

OpenedWriter OpenWriter(const schemas::StoreSettings& settings, std::string_view program,
                        const MigrationReport& report) {
  try {
    auto database = std::make_unique<Database>(settings.url, Database::Access::kReadWrite,
                                               ConnectionName(program), 0, LockLimit(settings));
    auto identity = Identify(*database);
    if (identity.status == OpenStatus::kOlderSchema) identity = MigrateAlone(*database, report);
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail, nullptr};
    return {OpenStatus::kOk, {}, std::make_unique<Writer>(std::move(database), settings)};
  } catch (const StoreError& error) {
    return {
        error.kind() == StoreErrorKind::kCorrupt ? OpenStatus::kCorrupt : OpenStatus::kUnavailable,
        error.what(), nullptr};
  }
}

}  // namespace saunter::store::postgres
