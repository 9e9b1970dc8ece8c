// Inside store/sql/ and its engines only: how far a copy is.
#pragma once

#include <optional>

#include "store/copy_state.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

// Only an SQLite file can be a copy.
[[nodiscard]] std::optional<CopyState> FindCopyState(Database& database);

}  // namespace saunter::store::sql
