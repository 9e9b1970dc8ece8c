#include "store/replica/copy_row.h"

#include <algorithm>
#include <utility>

#include "store/sql/fields.h"

namespace saunter::store::replica {
namespace {

using sql::Use;

constexpr char kRead[] =
    "SELECT origin, form, change_id, change_mark, filling, current_at, source_at FROM replica";
constexpr char kWrite[] =
    "INSERT INTO replica (replica_id, origin, form, change_id, change_mark, filling, current_at, "
    "source_at) VALUES (1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (replica_id) DO UPDATE SET origin = "
    "excluded.origin, form = excluded.form, change_id = excluded.change_id, change_mark = "
    "excluded.change_mark, filling = excluded.filling, current_at = excluded.current_at, source_at "
    "= excluded.source_at";

constexpr char kPlaceMark = ':';

}  // namespace

// "link:123": the table by its name, so that a list of tables in another order is no other place.
std::string ToText(const FillingPlace& place) {
  return CopiedTables()[place.table].name + kPlaceMark + sql::JoinIds(place.after);
}

std::optional<FillingPlace> ParseFillingPlace(std::string_view text) {
  const auto mark = text.find(kPlaceMark);
  const auto tables = CopiedTables();
  const auto table = std::find_if(tables.begin(), tables.end(), [&](const CopiedTable& candidate) {
    return candidate.name == text.substr(0, mark);
  });
  if (mark == std::string_view::npos || table == tables.end()) return std::nullopt;
  FillingPlace place{.table = static_cast<std::size_t>(table - tables.begin()),
                     .after = sql::SplitIds(text.substr(mark + 1))};
  if (!place.after.empty() && place.after.size() != table->order.size()) return std::nullopt;
  return place;
}

std::optional<CopyRow> ReadCopyRow(sql::Database& copy) {
  Use find(copy, kRead);
  if (!find.Step() || find.GetInt(1) != kForm) return std::nullopt;
  CopyRow row{.origin = find.GetInt(0),
              .position = {.change_id = find.GetInt(2), .mark = find.GetInt(3)},
              .current_at = find.GetInt(5),
              .source_at = find.GetInt(6)};
  if (const auto filling = find.GetText(4); !filling.empty()) {
    row.filling = ParseFillingPlace(filling);
    if (!row.filling) return std::nullopt;
  }
  return row;
}

void WriteCopyRow(sql::Database& copy, const CopyRow& row) {
  const auto filling = row.filling ? ToText(*row.filling) : std::string();
  Use write(copy, kWrite);
  write.Int(row.origin).Int(row.form).Int(row.position.change_id).Int(row.position.mark);
  write.TextOrNull(filling).Int(row.current_at).Int(row.source_at).Run();
}

}  // namespace saunter::store::replica
