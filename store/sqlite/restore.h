// Inside store/sqlite/ only: how a file takes the place of a database, also when that is
// cut short, and how a writer opens one.
#pragma once

#include <memory>
#include <string>

#include "schemas/settings.h"
#include "store/restore.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/lock.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

// Finishes a restore that has a plan, and removes what one without a plan has left. Needs the
// writer's lock. Throws StoreError.
void SettleRestore(const std::string& path);

// Puts the database at `from`, all of it in the one file, in the place of the one at `path`, which
// is lost. Needs the writer's lock, and nobody may have either open to write. `report` may be
// empty. Throws StoreError.
void ReplaceDatabase(const std::string& path, const std::string& from, const RestoreReport& report);
// Finishes that, or a restore, that was cut short.
void SettleReplacement(const std::string& path);
// The file and what lies beside it, as far as that is there.
void RemoveDatabase(const std::string& path);

// OpenWriter for a caller that holds the lock.
[[nodiscard]] OpenedWriter OpenLocked(std::unique_ptr<WriterLock> lock,
                                      const schemas::StoreSettings& settings,
                                      const MigrationReport& report);

// What is damaged, empty if nothing is. Bounded, so that a large database is writable soon;
// `saunter db check` looks at all of it.
[[nodiscard]] std::string QuickCheck(Database& database);

// Everything that a writer sets on its connection, the write-ahead log included.
void SetWriterPragmas(Database& database, const schemas::StoreSettings& settings);

}  // namespace saunter::store::sqlite
