#include "store/move/compare.h"

#include <string>
#include <string_view>

#include "schemas/text.h"
#include "store/move/rows.h"

namespace saunter::store::move {
namespace {

// Of a value that is shown.
constexpr std::size_t kShownBytesMax = 60;

std::string Shown(std::string_view text) {
  std::string room;
  text = AsPostgresHolds(text, room);
  if (text.size() <= kShownBytesMax) return std::string(text);
  std::size_t end = 0;
  while (end < kShownBytesMax) end += schemas::Utf8Length(text.substr(end));
  return std::string(text.substr(0, end)) + "…";
}

class RowComparison {
 public:
  RowComparison(Comparing& comparing, const Table& table)
      : comparing_(comparing),
        table_(table),
        source_(comparing.source, table, comparing.piece_rows_max),
        copy_(comparing.copy, table, comparing.piece_rows_max) {}

  std::int64_t Run() {
    std::int64_t rows = 0;
    std::int64_t noted = 0;
    bool has_source = source_.Next();
    bool has_copy = copy_.Next();
    while ((has_source || has_copy) && WantsMore()) {
      const bool only_source = has_source && (!has_copy || source_.key() < copy_.key());
      const bool only_copy = has_copy && (!has_source || copy_.key() < source_.key());
      if (only_source) {
        Add(source_.key(), {}, "a row", "none");
      } else if (only_copy) {
        Add(copy_.key(), {}, "none", "a row");
      } else {
        CompareValues();
        ++rows;
      }
      if (!only_copy) has_source = source_.Next();
      if (!only_source) has_copy = copy_.Next();
      if (rows - noted == comparing_.piece_rows_max) {
        comparing_.note(rows - noted);
        noted = rows;
      }
    }
    comparing_.note(rows - noted);
    return rows;
  }

 private:
  bool WantsMore() const { return comparing_.differences.size() < comparing_.differences_max; }

  void Add(const Key& key, const std::string& column, std::string_view source,
           std::string_view copy) {
    comparing_.differences.push_back({.table = table_.name,
                                      .key = ToText(table_, key),
                                      .column = column,
                                      .source = Shown(source),
                                      .copy = Shown(copy)});
  }

  void CompareValues() {
    for (std::size_t i = 0; i < table_.columns.size() && WantsMore(); ++i) {
      if (IsEqual(i)) continue;
      Add(source_.key(), table_.columns[i].name, ValueText(table_, source_.row(), i),
          ValueText(table_, copy_.row(), i));
    }
  }

  // Not of the same bits, but of the same value; of texts, as PostgreSQL holds it.
  bool IsEqual(std::size_t column) {
    const auto place = static_cast<int>(column);
    auto& source = source_.row();
    auto& copy = copy_.row();
    if (source.IsNull(place) || copy.IsNull(place)) {
      return source.IsNull(place) && copy.IsNull(place);
    }
    switch (table_.columns[column].type) {
      case ColumnType::kInt:
        return source.GetInt(place) == copy.GetInt(place);
      case ColumnType::kReal:
        return source.GetReal(place) == copy.GetReal(place);
      case ColumnType::kText: {
        const auto wanted = source.ViewText(place);
        const auto found = copy.ViewText(place);
        if (wanted == found) return true;
        return comparing_.copy.engine() == sql::Engine::kPostgres &&
               AsPostgresHolds(wanted, room_) == found;
      }
    }
    return false;
  }

  Comparing& comparing_;
  const Table& table_;
  Rows source_;
  Rows copy_;
  std::string room_;
};

}  // namespace

std::int64_t CompareRows(Comparing& comparing, const Table& table) {
  return RowComparison(comparing, table).Run();
}

}  // namespace saunter::store::move
