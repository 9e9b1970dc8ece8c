#include "store/postgres/reader.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "schemas/postgres.h"
#include "store/postgres/lock.h"
#include "store/postgres/migration.h"
#include "store/postgres/open.h"
#include "store/sql/row_checks.h"

namespace saunter::store::postgres {

Reader::Reader(std::unique_ptr<Database> database)
    : Windows(*database), database_(std::move(database)) {}

Reader::~Reader() = default;

schemas::Stats Reader::ReadStats() {
  auto stats = Windows::ReadStats();
  stats.schema_version = schemas::PostgresSchemaVersion();
  return stats;
}

bool Reader::IsCurrent() {
  return database_->IsConnected() &&
         SchemaVersionOf(*database_) == schemas::PostgresSchemaVersion();
}

// Foreign keys and checks hold at each commit; whether the pages are whole is for pg_amcheck to
// say.
std::vector<Finding> Reader::Check() {
  database_->LiftQueryLimit();
  const sql::ReadTransaction transaction(*database_);
  std::vector<Finding> findings;
  sql::AddRowFindings(*database_, findings);
  return findings;
}

void Reader::Backup(const std::string&) {
  throw StoreError(StoreErrorKind::kOther,
                   "the database is PostgreSQL's, and pg_dump copies it: pg_dump --format=custom "
                   "--file=FILE DATABASE");
}

namespace {

// Due work is read on threads of its own. Where dead rows of an old snapshot stand before it, a
// read takes long now and then, and must come to its end all the same.
constexpr std::int64_t kDueQueryMsMin = 60000;

OpenedReader OpenReaderWith(const schemas::StoreSettings& settings, Database::Access access,
                            std::int64_t query_ms_max) {
  try {
    auto database = std::make_unique<Database>(settings.url, access,
                                               ConnectionName(program_invocation_short_name),
                                               query_ms_max, settings.reader_busy_timeout_ms);
    const auto identity = Identify(*database);
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail, nullptr};
    return {OpenStatus::kOk, {}, std::make_unique<Reader>(std::move(database))};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, error.what(), nullptr};
  }
}

}  // namespace

OpenedReader OpenReader(const schemas::StoreSettings& settings) {
  return OpenReaderWith(settings, Database::Access::kReadOnly, settings.reader_query_ms_max);
}

OpenedReader OpenDueWork(const schemas::StoreSettings& settings) {
  return OpenReaderWith(settings, Database::Access::kReadWrite,
                        std::max(settings.reader_query_ms_max, kDueQueryMsMin));
}

}  // namespace saunter::store::postgres
