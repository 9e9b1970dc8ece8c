// A file of SQLite as one end of a move.
//
// Thread safety: all functions. Errors: a status and what to do.
#pragma once

#include "schemas/settings.h"
#include "store/sql/move_end.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

// settings.path, which must be a whole database of this release. It is only read, and its lock is
// held.
[[nodiscard]] sql::OpenedMoveEnd OpenMoveSource(const schemas::StoreSettings& settings);
// settings.path, which is made if it is not there. What stands in it is for the caller to see.
[[nodiscard]] sql::OpenedMoveEnd OpenMoveTarget(const schemas::StoreSettings& settings,
                                                const MigrationReport& report);

}  // namespace saunter::store::sqlite
