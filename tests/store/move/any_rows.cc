#include "tests/store/move/any_rows.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>

#include "store/writer.h"

namespace saunter::store::move {
namespace {

struct ColumnInfo {
  std::string name;
  std::string type;
  bool may_be_null = false;
  bool is_key = false;
  bool is_reference = false;
};

const std::vector<std::string> kTexts = {"",
                                         "a",
                                         "NULL",
                                         "null",
                                         "{}",
                                         "{\"a\",\\b}",
                                         "it's",
                                         "\"",
                                         "\\",
                                         "\\\\\"",
                                         "a,b",
                                         "line\nline",
                                         "\ttab ",
                                         " blanks  ",
                                         "grün",
                                         "\xe6\x9d\xb1",
                                         "\xf0\x9f\x90\xa6 \xf4\x8f\xbf\xbf",
                                         "\xef\xbf\xbd",
                                         "\x01\x7f",
                                         "%s $1 ?"};

std::vector<std::string> TablesOf(SQLite::Database& database) {
  // Those first to which others refer.
  std::vector<std::string> tables = {"site", "feed", "import"};
  SQLite::Statement find(database,
                         "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN "
                         "('site', 'feed', 'import', 'pool_change', 'replica') ORDER BY name");
  while (find.executeStep()) tables.push_back(find.getColumn(0).getString());
  return tables;
}

std::vector<ColumnInfo> ColumnsOf(SQLite::Database& database, const std::string& table) {
  std::vector<ColumnInfo> columns;
  SQLite::Statement find(database,
                         "SELECT c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0, c.pk > 0, EXISTS "
                         "(SELECT 1 FROM pragma_foreign_key_list(?1) f WHERE f.\"from\" = c.name) "
                         "FROM pragma_table_info(?1) c ORDER BY c.cid");
  find.bind(1, table);
  while (find.executeStep()) {
    columns.push_back({find.getColumn(0).getString(), find.getColumn(1).getString(),
                       find.getColumn(2).getInt() != 0, find.getColumn(3).getInt() != 0,
                       find.getColumn(4).getInt() != 0});
  }
  return columns;
}

class Filler {
 public:
  Filler(SQLite::Database& database, std::int64_t rows, unsigned seed)
      : database_(database), rows_(rows), random_(seed) {}

  void Fill(const std::string& table) {
    const auto columns = ColumnsOf(database_, table);
    std::string names;
    std::string marks;
    for (const auto& column : columns) {
      names.append(names.empty() ? "" : ", ").append("\"" + column.name + "\"");
      marks.append(marks.empty() ? "?" : ", ?");
    }
    SQLite::Statement insert(database_, "INSERT OR REPLACE INTO \"" + table + "\" (" + names +
                                            ") VALUES (" + marks + ")");
    const auto keys = std::ranges::count(columns, true, &ColumnInfo::is_key);
    const auto count = table == "crawler" ? 1 : rows_;
    for (std::int64_t row = 1; row <= count; ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        Bind(insert, static_cast<int>(i) + 1, columns[i], row, keys);
      }
      insert.exec();
      insert.reset();
    }
  }

 private:
  std::int64_t Below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
  }

  void Bind(SQLite::Statement& insert, int place, const ColumnInfo& column, std::int64_t row,
            std::ptrdiff_t keys) {
    if (column.may_be_null && Below(4) == 0) return insert.bind(place);
    if (column.type == "TEXT") {
      auto text = kTexts[static_cast<std::size_t>(Below(static_cast<std::int64_t>(kTexts.size())))];
      // Unique.
      if (column.is_key || column.name == "host" || column.name == "url" || column.name == "name") {
        text += std::to_string(row);
      }
      return insert.bind(place, text);
    }
    if (column.type == "REAL") return insert.bind(place, AnyReal());
    if ((column.is_key && keys == 1) || column.name == "import_key") return insert.bind(place, row);
    if (column.is_reference) return insert.bind(place, 1 + Below(rows_));
    insert.bind(place, AnyNumber());
  }

  std::int64_t AnyNumber() {
    switch (Below(4)) {
      case 0:
        return Below(3);
      case 1:
        return std::numeric_limits<std::int64_t>::min() + Below(5);
      case 2:
        return -Below(1000);
      default:
        return static_cast<std::int64_t>(random_() * 0x100000000ULL + random_());
    }
  }

  double AnyReal() {
    const std::vector<double> reals = {0.0, 0.1, -1.0 / 3, 1e300, 5e-324, 123456789.123456789};
    return reals[static_cast<std::size_t>(Below(6))];
  }

  SQLite::Database& database_;
  const std::int64_t rows_;
  std::mt19937_64 random_;
};

}  // namespace

void FillAnyhow(const std::string& path, std::int64_t rows, unsigned seed) {
  schemas::StoreSettings settings;
  settings.path = path;
  if (const auto made = OpenFileWriter(settings, "test"); made.status != OpenStatus::kOk) {
    throw std::runtime_error(made.detail);
  }
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA foreign_keys = ON");
  SQLite::Transaction transaction(database);
  Filler filler(database, rows, seed);
  for (const auto& table : TablesOf(database)) filler.Fill(table);
  // A row of the pool is as its link.
  database.exec(
      "DELETE FROM pool; INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, "
      "language, categories) SELECT link_id, site_id, source_id, feed_id, published_at, language, "
      "categories FROM link WHERE link_id % 3 <> 0 AND source_id IS NOT NULL AND feed_id IS NOT "
      "NULL");
  transaction.commit();
}

std::map<std::string, std::vector<std::string>> AllRows(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& table : TablesOf(database)) {
    std::string quoted;
    for (const auto& column : ColumnsOf(database, table)) {
      quoted.append(quoted.empty() ? "" : " || ',' || ").append("quote(\"" + column.name + "\")");
    }
    SQLite::Statement read(database,
                           "SELECT " + quoted + " AS line FROM \"" + table + "\" ORDER BY line");
    auto& rows = all[table];
    while (read.executeStep()) rows.push_back(read.getColumn(0).getString());
  }
  return all;
}

void Execute(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(sql);
}

}  // namespace saunter::store::move
