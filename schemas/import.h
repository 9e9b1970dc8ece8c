// An import as the journal keeps it, so that it can be undone.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/fields.h"
#include "schemas/units.h"

namespace saunter::schemas {

// Stored as integers: a value, once landed, keeps its number.
enum class ImportKind : int { kFeeds = 0, kBlacklist = 1 };
std::string_view ToString(ImportKind kind);

// The number by which the program that imports names an import in its changes. 0: it is none, and
// an operator names each thing.
using ImportKey = std::int64_t;

struct ImportListing {
  Id import_id = 0;
  ImportKind kind = ImportKind::kFeeds;
  std::string source;  // as it was named
  UnixSeconds started_at = 0;
  std::int64_t added = 0;
  std::int64_t undoable = 0;  // of these, what nobody else wants
  std::optional<UnixSeconds> undone_at;
};

template <RowOf<ImportListing> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("import_id", row.import_id);
  visit("kind", row.kind);
  visit("source", row.source, Presence::kAlways);
  visit("started_at", row.started_at);
  visit("added", row.added);
  visit("undoable", row.undoable);
  visit("undone_at", row.undone_at);
}

}  // namespace saunter::schemas
