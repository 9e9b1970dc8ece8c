// Prepared statements: their places, and their rows.
#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <utility>

#include "schemas/text.h"
#include "store/postgres/connection.h"

namespace saunter::store::postgres {
namespace {

// As PostgreSQL has given them out for ever (catalog/pg_type_d.h of the server).
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr Oid kFloat8 = 701;
constexpr Oid kInt8List = 1016;
constexpr Oid kTextList = 1009;
constexpr Oid kFloat8List = 1022;
constexpr int kBinary = 1;

// The COPY of binary rows: what stands before them, and behind them.
constexpr std::string_view kCopyBegins("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kCopyEnds("\377\377");
// Rows are sent whenever there are so many, and the server works meanwhile.
constexpr std::size_t kCopyBytes = 65536;

// The bytes of a number in the order of the network.
template <typename Number>
std::array<char, sizeof(Number)> InNetworkOrder(Number value) {
  std::array<char, sizeof(Number)> bytes{};
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    *byte = static_cast<char>(value & 0xff);
    value >>= 8;
  }
  return bytes;
}

void AppendNumber(std::string& bytes, std::uint32_t value) {
  const auto number = InNetworkOrder(value);
  bytes.append(number.data(), number.size());
}

Oid ArrayTypeOf(Oid type) {
  if (type == kText) return kTextList;
  return type == kInt8 ? kInt8List : kFloat8List;
}

// With U+FFFD for each NUL and each byte that is no UTF-8.
std::string Cleaned(std::string_view text) {
  std::string cleaned;
  while (!text.empty()) {
    const auto length = text.front() == '\0' ? 0 : schemas::Utf8Length(text);
    if (length == 0) {
      cleaned += "\xef\xbf\xbd";
    } else {
      cleaned.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return cleaned;
}

}  // namespace

std::int64_t NumberOf(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string WithDollars(std::string_view sql) {
  std::string text;
  int place = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (c == '\'' || c == '"') {
      const auto end = sql.find(c, i + 1);
      const auto count = end == std::string_view::npos ? sql.size() - i : end - i + 1;
      text.append(sql.substr(i, count));
      i += count - 1;
    } else if (sql.substr(i, 2) == "--") {
      const auto count = std::min(sql.find('\n', i), sql.size()) - i;
      text.append(sql.substr(i, count));
      i += count - 1;
    } else if (c == '?') {
      text += '$';
      if (i + 1 < sql.size() && schemas::IsAsciiDigit(sql[i + 1])) continue;
      text += std::to_string(++place);
    } else {
      text += c;
    }
  }
  return text;
}

Statement::Statement(Database& database, std::string_view sql, std::string name)
    : database_(database),
      sql_(WithDollars(sql)),
      name_(std::move(name)),
      is_copy_(sql.starts_with("COPY ")) {}

Statement::Value& Statement::PlaceOf(int place, Oid type) {
  const auto count = static_cast<std::size_t>(place);
  if (values_.size() < count) values_.resize(count);
  bound_ = std::max(bound_, count);
  auto& value = values_[count - 1];
  value.type = type;
  return value;
}

void Statement::BindInt(int place, std::int64_t value) {
  PlaceOf(place, kInt8).number = InNetworkOrder(static_cast<std::uint64_t>(value));
}

void Statement::BindReal(int place, double value) {
  PlaceOf(place, kFloat8).number = InNetworkOrder(std::bit_cast<std::uint64_t>(value));
}

void Statement::BindText(int place, std::string_view value) {
  auto& bound = PlaceOf(place, kText);
  bound.text = value;
  // A text of PostgreSQL is UTF-8 without a NUL.
  if (value.find('\0') == std::string_view::npos && schemas::IsUtf8(value)) return;
  bound.cleaned = Cleaned(value);
  bound.text = bound.cleaned;
}

void Statement::BindNull(int place) { PlaceOf(place, 0); }

// Values say of which type their places are, since "? + 1" alone would be of a narrower one. What
// has been NULL at every use has no type yet; once it gets one the statement is prepared anew.
void Statement::PrepareForTypes() {
  bool fits = !prepared_name_.empty();
  prepared_types_.resize(bound_);
  for (std::size_t i = 0; i < bound_; ++i) {
    const auto type = values_[i].type;
    if (type == 0 || type == prepared_types_[i]) continue;
    prepared_types_[i] = type;
    fits = false;
  }
  if (fits) return;
  database_.unconfirmed_.push_back(this);
  prepared_name_ = name_ + "_" + std::to_string(++preparations_);
  database_.Sent(PQsendPrepare(database_.Handle(), prepared_name_.c_str(), sql_.c_str(),
                               static_cast<int>(bound_), prepared_types_.data()));
}

void Statement::Send(Statement* asker) {
  database_.Revive();
  PrepareForTypes();
  std::vector<const char*> texts(bound_);
  std::vector<int> lengths(bound_);
  std::vector<int> formats(bound_, kBinary);
  for (std::size_t i = 0; i < bound_; ++i) {
    const auto& value = values_[i];
    if (value.is_written_out) formats[i] = kAsText;
    if (value.type == kInt8 || value.type == kFloat8) {
      texts[i] = value.number.data();
      lengths[i] = static_cast<int>(value.number.size());
    } else if (value.type != 0 || value.is_written_out) {
      texts[i] = value.text.data() == nullptr ? "" : value.text.data();
      lengths[i] = static_cast<int>(value.text.size());
    }
  }
  database_.Sent(
      PQsendQueryPrepared(database_.Handle(), prepared_name_.c_str(), static_cast<int>(bound_),
                          texts.data(), lengths.data(), formats.data(), kAsText),
      asker);
}

bool Statement::Step() {
  if (!rows_) {
    Send();
    rows_ = database_.Await();
    row_ = -1;
  }
  return ++row_ < PQntuples(rows_.get());
}

// A list is its number of dimensions, whether it has a NULL, its type, and of its dimension the
// length and the first place; then the values (array_recv of the server).
void Statement::BindKeptRows() {
  bound_ = columns_.size();
  for (std::size_t i = 0; i < bound_; ++i) {
    auto& column = columns_[i];
    auto& list = column.list;
    auto& value = values_[i];
    list.clear();
    value.is_written_out = column.type == 0;
    if (value.is_written_out) {
      // Of which type the NULLs are is the statement's to say.
      for (std::int32_t row = 0; row < rows_kept_; ++row) list += row == 0 ? "{NULL" : ",NULL";
      list += '}';
      value.type = 0;
    } else {
      AppendNumber(list, 1);
      AppendNumber(list, column.has_null ? 1 : 0);
      AppendNumber(list, column.type);
      AppendNumber(list, static_cast<std::uint32_t>(rows_kept_));
      AppendNumber(list, 1);
      list += column.values;
      value.type = ArrayTypeOf(column.type);
    }
    value.text = list;
    column.type = 0;
    column.values.clear();
    column.has_null = false;
  }
  rows_kept_ = 0;
}

std::string_view Statement::BytesOf(const Value& value) {
  if (value.type == kText) return value.text;
  return {value.number.data(), value.number.size()};
}

// A row is the number of its values, and these, each after its length (file format of COPY).
void Statement::KeepRowToCopy() {
  if (copied_.empty() && !is_copying_) copied_ = kCopyBegins;
  const auto count = InNetworkOrder(static_cast<std::uint16_t>(bound_));
  copied_.append(count.data(), count.size());
  for (std::size_t i = 0; i < bound_; ++i) {
    auto& value = values_[i];
    if (value.type == 0) {
      AppendNumber(copied_, std::numeric_limits<std::uint32_t>::max());
      continue;
    }
    const auto bytes = BytesOf(value);
    AppendNumber(copied_, static_cast<std::uint32_t>(bytes.size()));
    copied_.append(bytes);
    value.type = 0;
  }
  bound_ = 0;
  if (copied_.size() >= kCopyBytes) SendCopied();
}

// Some are missing. That the server ends its transaction for it is what is wanted.
void Statement::AbandonCopy() {
  try {
    database_.EndCopy("not all rows came");
  } catch (const StoreError&) {
    return;
  }
}

void Statement::SendCopied() {
  if (!is_copying_) {
    database_.Revive();
    database_.BeginCopy(sql_.c_str());
    is_copying_ = true;
  }
  database_.SendCopy(copied_);
  copied_.clear();
}

void Statement::KeepRow() {
  if (is_copy_) return KeepRowToCopy();
  columns_.resize(bound_);
  for (std::size_t i = 0; i < bound_; ++i) {
    auto& value = values_[i];
    auto& column = columns_[i];
    if (value.type == 0) {
      column.has_null = true;
      AppendNumber(column.values, std::numeric_limits<std::uint32_t>::max());
    } else {
      column.type = value.type;
      const auto bytes = BytesOf(value);
      AppendNumber(column.values, static_cast<std::uint32_t>(bytes.size()));
      column.values.append(bytes);
    }
    value.type = 0;
  }
  bound_ = 0;
  ++rows_kept_;
}

void Statement::Run() {
  if (is_copy_) {
    copied_ += kCopyEnds;
    SendCopied();
    is_copying_ = false;
    return database_.EndCopy(nullptr);
  }
  if (rows_kept_ > 0) BindKeptRows();
  Send();
  if (!database_.IsInTransaction()) database_.Await();
}

void Statement::Ask() {
  Send(this);
  bound_ = 0;
}

void Statement::Answer() {
  if (answers_.empty()) database_.Await();
  rows_ = std::move(answers_.front());
  answers_.pop_front();
  row_ = -1;
}

void Statement::Reset() {
  if (std::exchange(is_copying_, false)) AbandonCopy();
  copied_.clear();
  database_.ForgetAsker(this);
  answers_.clear();
  rows_.reset();
  row_ = -1;
  bound_ = 0;
  rows_kept_ = 0;
  columns_.clear();
  for (auto& value : values_) {
    value.type = 0;
    value.is_written_out = false;
  }
}

bool Statement::IsNull(int column) { return PQgetisnull(rows_.get(), row_, column) != 0; }

std::int64_t Statement::GetInt(int column) {
  const auto text = GetText(column);
  // A sum of numbers is a decimal one to PostgreSQL: what stands before its point counts.
  return text == "t" ? 1 : NumberOf(text);
}

double Statement::GetReal(int column) {
  const auto text = GetText(column);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view Statement::GetText(int column) {
  return {PQgetvalue(rows_.get(), row_, column),
          static_cast<std::size_t>(PQgetlength(rows_.get(), row_, column))};
}

}  // namespace saunter::store::postgres
