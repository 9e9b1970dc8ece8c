#include "store/move/table.h"

#include <algorithm>
#include <map>
#include <utility>

#include "schemas/text.h"
#include "store/status.h"

namespace saunter::store::move {
namespace {

// Name, type and place in the key (from 1, 0: none) of each column, by table and column.
constexpr sql::Worded kReadColumns = {
    .sqlite =
        "SELECT t.name, c.name, lower(c.type), c.pk FROM sqlite_schema t JOIN "
        "pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY t.name, c.cid",
    .postgres =
        "SELECT t.relname, c.attname, format_type(c.atttypid, NULL), "
        "coalesce(array_position(string_to_array(CAST(k.indkey AS TEXT), ' '), CAST(c.attnum AS "
        "TEXT)), 0) FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid LEFT JOIN pg_index k "
        "ON k.indrelid = t.oid AND k.indisprimary WHERE t.relkind IN ('r', 'v') AND t.relnamespace "
        "= "
        "to_regnamespace(current_schema()) AND c.attnum > 0 AND NOT c.attisdropped ORDER BY "
        "t.relname, c.attnum"};

// Logs for those who follow, which begin anew; what a database says of itself as a copy, and as one
// that others copy.
constexpr std::string_view kNotMoved[] = {"change", "pool_change", "origin", "replica",
                                          "unfinished_move"};
// Others refer to these.
constexpr std::string_view kFirst[] = {"site", "feed", "import"};

struct Shape {
  std::vector<Column> columns;
  std::map<std::int64_t, std::size_t> key;
};

ColumnType TypeOf(std::string_view name, std::string_view table) {
  if (name == "integer" || name == "bigint") return ColumnType::kInt;
  if (name == "real" || name == "double precision") return ColumnType::kReal;
  if (name == "text") return ColumnType::kText;
  throw StoreError(StoreErrorKind::kOther, "table " + std::string(table) +
                                               " has a column of type " + std::string(name) +
                                               ", which cannot be moved");
}

// PostgreSQL has columns of its own, whose types are its own affair.
std::map<std::string, Shape> ReadShapes(sql::Database& database,
                                        const std::map<std::string, Shape>* wanted) {
  std::map<std::string, Shape> shapes;
  sql::Use read(database, kReadColumns);
  while (read.Step()) {
    const auto table = read.GetText(0);
    const auto name = read.GetText(1);
    if (std::ranges::find(kNotMoved, table) != std::end(kNotMoved)) continue;
    if (wanted != nullptr) {
      const auto found = wanted->find(table);
      if (found == wanted->end()) continue;
      if (std::ranges::find(found->second.columns, name, &Column::name) ==
          found->second.columns.end()) {
        continue;
      }
    }
    auto& shape = shapes[table];
    if (const auto place = read.GetInt(3); place > 0) shape.key[place] = shape.columns.size();
    shape.columns.push_back({name, TypeOf(read.ViewText(2), table)});
  }
  return shapes;
}

std::string Quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

// `make` of each, with commas between.
template <typename Items, typename Make>
std::string Listed(const Items& items, Make make) {
  std::string list;
  for (const auto& item : items) list.append(list.empty() ? "" : ", ").append(make(item));
  return list;
}

std::string_view ArrayOf(ColumnType type) {
  switch (type) {
    case ColumnType::kInt:
      return "CAST(? AS BIGINT[])";
    case ColumnType::kReal:
      return "CAST(? AS DOUBLE PRECISION[])";
    case ColumnType::kText:
      return "CAST(? AS TEXT[])";
  }
  return {};
}

Table MakeTable(const std::string& name, const Shape& shape) {
  Table table{.name = name,
              .columns = shape.columns,
              .key = {},
              .site_name = std::nullopt,
              .read_first = {},
              .read_next = {},
              .read_last = {},
              .count = {},
              .insert_row = {},
              .insert_rows = {},
              .has_rows = {}};
  for (const auto& [place, column] : shape.key) table.key.push_back(column);
  const auto column_name = [](const Column& column) { return Quoted(column.name); };
  const auto key_name = [&](std::size_t place) { return Quoted(table.columns[place].name); };
  const auto columns = Listed(table.columns, column_name);
  const auto key = Listed(table.key, key_name);
  const auto from = " FROM " + Quoted(name);
  const auto in_order = " ORDER BY " + key + " LIMIT ?";
  const auto mark = [](const auto&) { return std::string("?"); };
  table.read_first = "SELECT " + columns + from + in_order;
  table.read_next = "SELECT " + columns + from + " WHERE (" + key + ") > (" +
                    Listed(table.key, mark) + ")" + in_order;
  table.read_last =
      "SELECT " + columns + from + " ORDER BY " +
      Listed(table.key, [&](std::size_t place) { return key_name(place) + " DESC"; }) + " LIMIT 1";
  table.count = "SELECT count(*)" + from;
  table.has_rows = "SELECT 1" + from + (name == "total" ? " WHERE value <> 0" : "") + " LIMIT 1";
  const auto into = "INSERT INTO " + Quoted(name) + " (" + columns;
  table.insert_row = into + ") VALUES (" + Listed(table.columns, mark) + ")";
  auto arrays = Listed(table.columns, [](const Column& column) { return ArrayOf(column.type); });
  table.insert_rows = into;
  if (name == "site") {
    const auto host = std::ranges::find(table.columns, "host", &Column::name);
    table.site_name = static_cast<std::size_t>(host - table.columns.begin());
    table.insert_rows += ", shard";
    arrays.append(", ").append(ArrayOf(ColumnType::kInt));
  }
  if (name == "link") {
    table.insert_rows +=
        ", shard) SELECT moved.*, (SELECT s.shard FROM site s WHERE s.site_id = "
        "moved.site_id) FROM unnest(" +
        arrays + ") AS moved (" + columns + ")";
    return table;
  }
  if (name == "pool") {
    // A view of links, which have come before.
    table.insert_rows = "UPDATE link SET in_pool = 1 FROM unnest(" + arrays + ") AS moved (" +
                        columns + ") WHERE link.link_id = moved.link_id";
    return table;
  }
  table.insert_rows += ") SELECT * FROM unnest(" + arrays + ")";
  return table;
}

}  // namespace

bool Table::IsKey(std::size_t column) const { return std::ranges::find(key, column) != key.end(); }

std::deque<Table> MovedTables(sql::Database& sqlite, sql::Database& postgres) {
  const auto shapes = ReadShapes(sqlite, nullptr);
  const auto others = ReadShapes(postgres, &shapes);
  const auto lacks = [](const std::string& what) {
    throw StoreError(StoreErrorKind::kOther,
                     "PostgreSQL's schema lacks " + what + ", which SQLite's has");
  };
  std::deque<Table> tables;
  for (const auto& [name, shape] : shapes) {
    const auto other = others.find(name);
    if (other == others.end()) lacks("the table " + name);
    for (const auto& column : shape.columns) {
      const auto found = std::ranges::find(other->second.columns, column.name, &Column::name);
      if (found == other->second.columns.end() || found->type != column.type) {
        lacks("the column " + name + "." + column.name);
      }
    }
    tables.push_back(MakeTable(name, shape));
  }
  const auto rank = [](const Table& table) {
    return std::ranges::find(kFirst, table.name) - std::begin(kFirst);
  };
  std::ranges::stable_sort(tables, {}, rank);
  return tables;
}

Key KeyOf(const Table& table, sql::Use& row) {
  Key key;
  key.reserve(table.key.size());
  for (const auto place : table.key) {
    const auto column = static_cast<int>(place);
    if (table.columns[place].type == ColumnType::kText) {
      key.push_back({.text = row.GetText(column)});
    } else {
      key.push_back({.number = row.GetInt(column)});
    }
  }
  return key;
}

std::string ToText(const Table& table, const Key& key) {
  std::size_t part = 0;
  std::string room;
  return Listed(table.key, [&](std::size_t place) {
    const auto& value = key[part++];
    if (table.columns[place].type != ColumnType::kText) return std::to_string(value.number);
    return std::string(AsPostgresHolds(value.text, room));
  });
}

std::optional<Key> LastKey(sql::Database& database, const Table& table) {
  sql::Use last(database, table.read_last);
  if (!last.Step()) return std::nullopt;
  return KeyOf(table, last);
}

std::string ValueText(const Table& table, sql::Use& row, std::size_t column) {
  const auto place = static_cast<int>(column);
  if (row.IsNull(place)) return "NULL";
  switch (table.columns[column].type) {
    case ColumnType::kInt:
      return std::to_string(row.GetInt(place));
    case ColumnType::kReal:
      return std::to_string(row.GetReal(place));
    case ColumnType::kText:
      return row.GetText(place);
  }
  return {};
}

const std::string& ReadAfter(const Table& table, const std::optional<Key>& key) {
  return key ? table.read_next : table.read_first;
}

void BindAfter(sql::Use& use, const Table& table, const std::optional<Key>& key,
               std::int64_t rows_max) {
  for (std::size_t part = 0; key && part < key->size(); ++part) {
    const auto& value = (*key)[part];
    if (table.columns[table.key[part]].type == ColumnType::kText) {
      use.Text(value.text);
    } else {
      use.Int(value.number);
    }
  }
  use.Int(rows_max);
}

std::string_view AsPostgresHolds(std::string_view text, std::string& room) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  if (text.find('\0') == std::string_view::npos && schemas::IsUtf8(text)) return text;
  room.clear();
  while (!text.empty()) {
    const auto length = text.front() == '\0' ? 0 : schemas::Utf8Length(text);
    room.append(length == 0 ? kReplacement : text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return room;
}

}  // namespace saunter::store::move
