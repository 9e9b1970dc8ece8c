// What a copy says of itself: the one row of its table "replica", see schemas/sql/.
//
// Thread safety: one thread at a time. Errors: StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/units.h"
#include "store/replica/change_log.h"
#include "store/sql/database.h"

namespace saunter::store::replica {

// Where the first filling goes on: a place among CopiedTables(), and the row after which.
struct FillingPlace {
  std::size_t table = 0;
  std::vector<std::int64_t> after = {};

  bool operator==(const FillingPlace&) const = default;
};
[[nodiscard]] std::string ToText(const FillingPlace& place);
[[nodiscard]] std::optional<FillingPlace> ParseFillingPlace(std::string_view text);

struct CopyRow {
  std::int64_t origin = 0;
  int form = kForm;
  Position position;
  std::optional<FillingPlace> filling = {};  // nullopt: every table was gone through
  schemas::UnixSeconds current_at = 0;
  schemas::UnixSeconds source_at = 0;
};

// nullopt: there is none, or one that this build does not understand.
[[nodiscard]] std::optional<CopyRow> ReadCopyRow(sql::Database& copy);
void WriteCopyRow(sql::Database& copy, const CopyRow& row);

}  // namespace saunter::store::replica
