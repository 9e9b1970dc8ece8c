// Inside store/sqlite/ only: what a writer does with a restore that was cut short.
#pragma once

#include <memory>
#include <string>

#include "schemas/settings.h"
#include "store/sqlite/lock.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

// Finishes a restore that has a plan, and removes what one without a plan has left. Needs the
// writer's lock. Throws StoreError.
void SettleRestore(const std::string& path);

// OpenWriter for a caller that holds the lock.
[[nodiscard]] OpenedWriter OpenLocked(std::unique_ptr<WriterLock> lock,
                                      const schemas::StoreSettings& settings,
                                      const MigrationReport& report);

// Everything that a writer sets on its connection, the write-ahead log included.
void SetWriterPragmas(Database& database, const schemas::StoreSettings& settings);

}  // namespace saunter::store::sqlite
