#include "store/sql/copy_state.h"

#include <string>

#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

const std::string kFindCopyState = "SELECT " + Columns<CopyState>() + " FROM replica";

}  // namespace

std::optional<CopyState> FindCopyState(Database& database) {
  if (database.engine() != Engine::kSqlite) return std::nullopt;
  Use find(database, kFindCopyState);
  if (!find.Step()) return std::nullopt;
  return GetRecord<CopyState>(find);
}

}  // namespace saunter::store::sql
