// Opens a PostgreSQL database for the store. settings.url is not empty.
//
// Thread safety: all functions. Errors: a status and what to do.
#pragma once

#include <string_view>

#include "schemas/settings.h"
#include "store/leases.h"
#include "store/reader.h"
#include "store/writer.h"

namespace saunter::store::postgres {

[[nodiscard]] OpenedReader OpenReader(const schemas::StoreSettings& settings);
// One that may note what is asked, and stands on a server that takes writes.
[[nodiscard]] OpenedReader OpenDueWork(const schemas::StoreSettings& settings);
[[nodiscard]] OpenedLeases OpenLeases(const schemas::Settings& settings);
[[nodiscard]] OpenedWriter OpenWriter(const schemas::StoreSettings& settings,
                                      std::string_view program, const MigrationReport& report);

}  // namespace saunter::store::postgres
