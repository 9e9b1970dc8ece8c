// One list of a record's fields serves all that must name each of them: SELECT, bind, UPDATE, JSON.
//
// Beside each record stands VisitFields(row, visit), which calls visit(name, field) for each field
// in order. The name is the SQL column and the JSON key. A text that is never absent, not even when
// it is empty, is visited with Presence::kAlways; any other empty text is NULL and null.
#pragma once

#include <concepts>
#include <type_traits>

namespace saunter::schemas {

enum class Presence { kOptional, kAlways };

// A record, const or not.
template <typename Row, typename Record>
concept RowOf = std::same_as<std::remove_const_t<Row>, Record>;

// The part of a record that it inherits, const where the record is.
template <typename Part, typename Row>
auto& PartOf(Row& row) {
  if constexpr (std::is_const_v<Row>) {
    return static_cast<const Part&>(row);
  } else {
    return static_cast<Part&>(row);
  }
}

}  // namespace saunter::schemas
