#include "store/sql/put_rows.h"

namespace saunter::store::sql {

RowStatements UpdateEach(const std::string& table, const std::string& assignments,
                         const std::string& key, const std::string& lists) {
  const auto update = "UPDATE " + table + " SET ";
  std::string from_lists;
  std::string names;
  int place = 0;
  const auto next_name = [&] {
    auto name = "v" + std::to_string(++place);
    names.append(names.empty() ? "" : ", ").append(name);
    return "given." + name;
  };
  for (const char c : assignments) from_lists += c == '?' ? next_name() : std::string(1, c);
  const auto given_key = next_name();
  return {.one = update + assignments + " WHERE " + key + " = ?",
          .lists = update + from_lists + " FROM unnest(" + lists + ") AS given (" + names +
                   ") WHERE " + table + "." + key + " = " + given_key};
}

}  // namespace saunter::store::sql
