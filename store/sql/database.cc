#include "store/sql/database.h"

#include <algorithm>

namespace saunter::store::sql {

Use& Use::Lines(const std::vector<std::string>& values) {
  if (values.empty()) return OptionalInt(std::nullopt);
  auto& text = texts_.emplace_front();
  for (const auto& value : values) text.append(value).push_back(kLineEnd);
  return Text(text);
}

std::optional<std::int64_t> Use::RunReturning() {
  std::optional<std::int64_t> returned;
  while (Step()) returned = GetInt(0);
  return returned;
}

std::vector<std::string> Use::GetTexts(int column, char end_mark) {
  const auto text = ViewText(column);
  std::vector<std::string> values;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find(end_mark, begin), text.size());
    values.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return values;
}

ReadTransaction::ReadTransaction(Database& database)
    : database_(database), is_outermost_(!database.IsInTransaction()) {
  if (is_outermost_) database_.BeginReading();
}

ReadTransaction::~ReadTransaction() {
  if (is_outermost_ && database_.IsInTransaction()) database_.EndReading();
}

}  // namespace saunter::store::sql
