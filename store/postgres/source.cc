#include <utility>

#include "store/postgres/connection.h"
#include "store/postgres/lock.h"
#include "store/postgres/migration.h"
#include "store/sql/copy_file.h"

namespace saunter::store {
namespace {

// A page of rows takes a fraction of a second; a server that hangs is given up.
constexpr std::int64_t kSourceQueryMsMax = 60000;

}  // namespace

sql::OpenedSource sql::OpenSource(const schemas::StoreSettings& settings,
                                  std::string_view program) {
  try {
    auto database = std::make_unique<postgres::Database>(
        settings.url, postgres::Database::Access::kReadPrimary, postgres::ConnectionName(program),
        kSourceQueryMsMax, settings.busy_timeout_ms);
    auto identity = postgres::Identify(*database);
    OpenedSource opened{.status = identity.status, .detail = std::move(identity.detail)};
    if (opened.status == OpenStatus::kOk) opened.database = std::move(database);
    return opened;
  } catch (const StoreError& error) {
    return {.status = OpenStatus::kUnavailable, .detail = error.what()};
  }
}

}  // namespace saunter::store
