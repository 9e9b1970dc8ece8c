// Inside store/sql/ and its engines only: SQL from a record's list of fields, and the values that
// go with it.
//
// The texts are made once, as parts of the constant statements; reading and binding go through the
// same list in the same order, so that no column has a number.
//
// Thread safety: as Use. Errors: as Use.
#pragma once

#include <cassert>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "schemas/fields.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

// For a field that is no column of its name: the expression that stands in its place.
using Expressions = std::initializer_list<std::pair<std::string_view, std::string_view>>;

namespace fields {

template <typename Type>
struct OptionalOf : std::false_type {};
template <typename Type>
struct OptionalOf<std::optional<Type>> : std::true_type {};

// What `item` makes of each field's name, with commas between.
template <typename Record, typename Item>
std::string Listed(Item item) {
  std::string list;
  const Record record;
  VisitFields(record, [&](std::string_view name, const auto&, auto...) {
    if (!list.empty()) list += ", ";
    list += item(name);
  });
  return list;
}

inline std::string ExpressionOf(Expressions expressions, std::string_view name,
                                std::string otherwise) {
  for (const auto& [field, expression] : expressions) {
    if (field == name) return std::string(expression);
  }
  return otherwise;
}

}  // namespace fields

template <typename Record>
int FieldCount() {
  int count = 0;
  const Record record;
  VisitFields(record, [&](std::string_view, const auto&, auto...) { ++count; });
  return count;
}

// "a, b, c", for SELECT and INSERT.
template <typename Record>
std::string Columns(Expressions expressions = {}) {
  return fields::Listed<Record>([&](std::string_view name) {
    return fields::ExpressionOf(expressions, name, std::string(name));
  });
}

// "?, ?, ?"
template <typename Record>
std::string Placeholders() {
  return fields::Listed<Record>([](std::string_view) { return "?"; });
}

// "?::bigint[], ?::text[]": lists of what stands in the fields, for unnest.
template <typename Record>
std::string ListPlaceholders() {
  std::string places;
  const Record record;
  VisitFields(record, [&](std::string_view, const auto& field, auto...) {
    using Field = std::decay_t<decltype(field)>;
    constexpr bool kIsText =
        std::is_same_v<Field, std::string> || std::is_same_v<Field, std::vector<std::string>>;
    if (!places.empty()) places += ", ";
    places += kIsText ? "?::text[]" : "?::bigint[]";
  });
  return places;
}

// "a = ?, b = ?"; an expression has the question mark in it.
template <typename Record>
std::string Assignments(Expressions expressions = {}) {
  return fields::Listed<Record>([&](std::string_view name) {
    return std::string(name) + " = " + fields::ExpressionOf(expressions, name, "?");
  });
}

// "a = excluded.a, b = excluded.b", for ON CONFLICT DO UPDATE.
template <typename Record>
std::string ExcludedAssignments(Expressions expressions = {}) {
  return fields::Listed<Record>([&](std::string_view name) {
    return std::string(name) + " = " +
           fields::ExpressionOf(expressions, name, "excluded." + std::string(name));
  });
}

// A condition as a number, 1 or 0.
inline std::string FlagOf(const std::string& condition) {
  return "CASE WHEN " + condition + " THEN 1 ELSE 0 END";
}

// Ids as a column holds them, separated by commas; none are NULL.
[[nodiscard]] inline std::string JoinIds(const std::vector<schemas::Id>& ids) {
  std::string joined;
  for (const auto id : ids) {
    if (!joined.empty()) joined += ',';
    joined += std::to_string(id);
  }
  return joined;
}
[[nodiscard]] inline std::vector<schemas::Id> SplitIds(std::string_view joined) {
  std::vector<schemas::Id> ids;
  const auto* at = joined.data();
  const auto* const end = at + joined.size();
  while (at < end) {
    schemas::Id id = 0;
    at = std::from_chars(at, end, id).ptr;
    ids.push_back(id);
    if (at < end) ++at;  // the comma
  }
  return ids;
}

// The value of a column of the current row.
template <typename Field>
void GetField(Use& row, int column, Field& field) {
  if constexpr (std::is_same_v<Field, std::string>) {
    field = row.ViewText(column);
  } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
    field = row.GetTexts(column, kLineEnd);
  } else if constexpr (std::is_same_v<Field, std::vector<schemas::Id>>) {
    field = SplitIds(row.ViewText(column));
  } else if constexpr (std::is_same_v<Field, bool>) {
    field = row.GetInt(column) != 0;
  } else if constexpr (fields::OptionalOf<Field>::value) {
    if (const auto value = row.GetOptionalInt(column)) {
      field = static_cast<typename Field::value_type>(*value);
    }
  } else {
    field = static_cast<Field>(row.GetInt(column));
  }
}

// The record that stands in the columns from `first` on.
template <typename Record>
Record GetRecord(Use& row, int first = 0) {
  Record record;
  int column = first;
  VisitFields(record,
              [&](std::string_view, auto& field, auto...) { GetField(row, column++, field); });
  return record;
}

// The same of an outer join: nothing if the first column is NULL.
template <typename Record>
std::optional<Record> GetOptionalRecord(Use& row, int first = 0) {
  if (!row.GetOptionalInt(first)) return std::nullopt;
  return GetRecord<Record>(row, first);
}

// All rows that are left.
template <typename Record>
std::vector<Record> GetRecords(Use& rows) {
  std::vector<Record> records;
  while (rows.Step()) records.push_back(GetRecord<Record>(rows));
  return records;
}

// Binds a value to the next parameter.
template <typename Field>
void BindField(Use& use, const Field& field, schemas::Presence presence) {
  if constexpr (std::is_same_v<Field, std::string>) {
    switch (presence) {
      case schemas::Presence::kAlways:
        use.Text(field);
        break;
      case schemas::Presence::kOptional:
        use.TextOrNull(field);
        break;
    }
  } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
    use.Lines(field);
  } else if constexpr (fields::OptionalOf<Field>::value) {
    use.OptionalInt(field ? std::optional(static_cast<std::int64_t>(*field)) : std::nullopt);
  } else {
    use.Int(static_cast<std::int64_t>(field));
  }
}

// Binds a record's fields to the next parameters. The record lives until the statement has run.
template <typename Record>
Use& BindRecord(Use& use, const Record& record) {
  VisitFields(record, [&](std::string_view, const auto& field,
                          schemas::Presence presence = schemas::Presence::kOptional) {
    BindField(use, field, presence);
  });
  return use;
}

}  // namespace saunter::store::sql
