// A database of PostgreSQL as one end of a move.
//
// Thread safety: all functions. Errors: a status and what to do.
#pragma once

#include "schemas/settings.h"
#include "store/sql/move_end.h"
#include "store/writer.h"

namespace saunter::store::postgres {

// settings.url, which must be a whole database of this release. It is only read, and every other
// writer's turn waits until the end is destroyed.
[[nodiscard]] sql::OpenedMoveEnd OpenMoveSource(const schemas::StoreSettings& settings);
// settings.url, an empty database or one that a move has begun to fill. What stands in it is for
// the caller to see.
[[nodiscard]] sql::OpenedMoveEnd OpenMoveTarget(const schemas::StoreSettings& settings,
                                                const MigrationReport& report);

}  // namespace saunter::store::postgres
