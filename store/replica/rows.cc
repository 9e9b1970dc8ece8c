#include "store/replica/rows.h"

#include <algorithm>
#include <limits>

#include "store/sql/fields.h"

namespace saunter::store::replica {
namespace {

using schemas::Id;
using sql::Use;

// What `item` makes of each, with commas between.
template <typename Items, typename Text>
std::string Listed(const Items& items, Text text) {
  std::string list;
  for (const auto& item : items) {
    if (!list.empty()) list += ", ";
    list += text(item);
  }
  return list;
}
std::string Names(const std::vector<std::string>& names) {
  return Listed(names, [](const std::string& name) { return name; });
}
template <typename Items>
std::string Marks(const Items& items) {
  return Listed(items, [](const auto&) { return "?"; });
}

int PlaceOf(const CopiedTable& table, const std::string& name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const CopiedColumn& column) { return column.name == name; });
  return static_cast<int>(found - table.columns.begin());
}

std::vector<int> PlacesOf(const CopiedTable& table, const std::vector<std::string>& names) {
  std::vector<int> places;
  places.reserve(names.size());
  for (const auto& name : names) places.push_back(PlaceOf(table, name));
  return places;
}

std::string PutText(const CopiedTable& table) {
  const auto name_of = [](const CopiedColumn& column) { return column.name; };
  std::vector<std::string> others;
  for (const auto& column : table.columns) {
    if (std::find(table.key.begin(), table.key.end(), column.name) == table.key.end()) {
      others.push_back(column.name);
    }
  }
  const auto put = "INSERT INTO " + table.name + " (" + Listed(table.columns, name_of) +
                   ") VALUES (" + Marks(table.columns) + ") ON CONFLICT (" + Names(table.key) +
                   ") DO ";
  if (others.empty()) return put + "NOTHING";
  // What stands in SET costs its indexes a deletion and an insertion: nothing is set in vain.
  return put + "UPDATE SET " +
         Listed(others, [](const std::string& name) { return name + " = excluded." + name; }) +
         " WHERE (" +
         Listed(others, [&](const std::string& name) { return table.name + "." + name; }) +
         ") IS NOT (" + Listed(others, [](const std::string& name) { return "excluded." + name; }) +
         ")";
}

}  // namespace

std::vector<IdRange> Merged(std::vector<IdRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const IdRange& one, const IdRange& other) { return one.first < other.first; });
  std::vector<IdRange> merged;
  for (const auto& range : ranges) {
    const bool meets = !merged.empty() && (merged.back().last == std::numeric_limits<Id>::max() ||
                                           range.first <= merged.back().last + 1);
    if (meets) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

RowCopier::RowCopier(const CopiedTable& table)
    : table_(table),
      key_places_(PlacesOf(table, table.key)),
      order_places_(PlacesOf(table, table.order)) {
  const auto select = "SELECT " +
                      Listed(table.columns,
                             [](const CopiedColumn& column) {
                               return column.value.empty() ? column.name : column.value;
                             }) +
                      " FROM " + table.name + " WHERE ";
  const auto filter = table.filter.empty() ? "" : " AND " + table.filter;
  const auto in_order = " ORDER BY " + Names(table.order);
  const auto of_group = table.group + " >= ? AND " + table.group + " <= ?" + filter;
  select_groups_ = select + of_group + in_order;
  select_first_page_ =
      select + (table.filter.empty() ? "true" : table.filter) + in_order + " LIMIT ?";
  select_page_ = select + "(" + Names(table.order) + ") > (" + Marks(table.order) + ")" + filter +
                 in_order + " LIMIT ?";
  put_ = PutText(table);
  keys_of_groups_ = "SELECT " + Names(table.key) + " FROM " + table.name + " WHERE " + of_group;
  delete_row_ = "DELETE FROM " + table.name + " WHERE (" + Names(table.key) + ") = (" +
                Marks(table.key) + ")";
  if (table.unique.empty()) return;
  unique_place_ = PlaceOf(table, table.unique);
  make_room_ = "DELETE FROM " + table.name + " WHERE " + table.unique + " = ? AND " +
               table.key.front() + " <> ?";
}

std::int64_t RowCopier::CopyGroups(sql::Database& source, sql::Database& target,
                                   const std::vector<IdRange>& groups, NamedIds& named) const {
  std::int64_t rows = 0;
  std::set<Key> kept;
  sql::ReadEach(
      source, select_groups_, groups,
      [](Use& use, const IdRange& range) { use.Int(range.first).Int(range.last); },
      [&](Use& row, const IdRange&) {
        Put(row, target);
        AddNamed(row, named);
        kept.insert(KeyOf(row, key_places_));
        ++rows;
      });
  DeleteOthers(target, groups, kept);
  return rows;
}

RowCopier::Page RowCopier::CopyPage(sql::Database& source, sql::Database& target,
                                    const std::vector<std::int64_t>& after,
                                    std::int64_t rows_max) const {
  Page page{.last = after};
  Use list(source, after.empty() ? select_first_page_ : select_page_);
  for (const auto place : after) list.Int(place);
  list.Int(rows_max);
  while (list.Step()) {
    Put(list, target);
    page.last = KeyOf(list, order_places_);
    ++page.rows;
  }
  return page;
}

bool RowCopier::HasGroup(sql::Database& target, Id group) const {
  return Use(target, keys_of_groups_).Int(group).Int(group).Step();
}

RowCopier::Key RowCopier::KeyOf(Use& row, const std::vector<int>& places) const {
  Key key;
  key.reserve(places.size());
  for (const int place : places) key.push_back(row.GetInt(place));
  return key;
}

// A name that another row had so far is taken from it. What that row is called now comes with it,
// or with a later change.
void RowCopier::Put(Use& row, sql::Database& target) const {
  if (unique_place_ >= 0) {
    Use(target, make_room_)
        .Text(row.ViewText(unique_place_))
        .Int(row.GetInt(key_places_.front()))
        .Run();
  }
  Use put(target, put_);
  int place = 0;
  for (const auto& column : table_.columns) {
    const auto number = row.GetOptionalInt(place);
    if (!number) {
      put.OptionalInt(std::nullopt);
    } else if (column.type == ColumnType::kText) {
      put.Text(row.ViewText(place));
    } else {
      put.Int(*number);
    }
    ++place;
  }
  put.Run();
}

void RowCopier::AddNamed(Use& row, NamedIds& named) const {
  int place = -1;
  for (const auto& column : table_.columns) {
    ++place;
    if (!column.names) continue;
    auto& ids = named[*column.names];
    if (column.type == ColumnType::kText) {
      for (const Id id : sql::SplitIds(row.ViewText(place))) ids.insert(id);
    } else {
      ids.insert(row.GetInt(place));
    }
  }
}

void RowCopier::DeleteOthers(sql::Database& target, const std::vector<IdRange>& groups,
                             const std::set<Key>& kept) const {
  std::vector<int> places;
  places.reserve(key_places_.size());
  for (std::size_t i = 0; i < key_places_.size(); ++i) places.push_back(static_cast<int>(i));
  std::vector<Key> others;
  for (const auto& range : groups) {
    Use list(target, keys_of_groups_);
    list.Int(range.first).Int(range.last);
    while (list.Step()) {
      if (auto key = KeyOf(list, places); !kept.contains(key)) others.push_back(std::move(key));
    }
  }
  for (const auto& key : others) {
    Use remove(target, delete_row_);
    for (const auto part : key) remove.Int(part);
    remove.Run();
  }
}

}  // namespace saunter::store::replica
