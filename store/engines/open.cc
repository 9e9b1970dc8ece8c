// Which engine stands behind the store: PostgreSQL where there is a store.url, SQLite otherwise.
#include "store/postgres/open.h"

namespace saunter::store {

OpenedWriter OpenWriter(const schemas::StoreSettings& settings, std::string_view program,
                        const MigrationReport& report) {
  return settings.url.empty() ? OpenFileWriter(settings, program, report)
                              : postgres::OpenWriter(settings, program, report);
}

OpenedReader OpenReader(const schemas::StoreSettings& settings) {
  return settings.url.empty() ? OpenFileReader(settings) : postgres::OpenReader(settings);
}

OpenedReader OpenDueWork(const schemas::StoreSettings& settings) {
  return settings.url.empty() ? OpenFileReader(settings) : postgres::OpenDueWork(settings);
}

OpenedLeases OpenLeases(const schemas::Settings& settings) {
  if (settings.store.url.empty()) return {OpenStatus::kOk, {}, nullptr};
  return postgres::OpenLeases(settings);
}

}  // namespace saunter::store
