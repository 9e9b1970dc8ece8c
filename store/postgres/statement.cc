// Prepared statements: their places, and their rows.
#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

#include "schemas/text.h"
#include "store/postgres/connection.h"

namespace saunter::store::postgres {
namespace {

// As PostgreSQL has given them out for ever (catalog/pg_type_d.h of the server).
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr Oid kFloat8 = 701;
constexpr int kBinary = 1;

// The bytes of a number in the order of the network.
std::array<char, 8> InNetworkOrder(std::uint64_t value) {
  std::array<char, 8> bytes{};
  for (int i = 7; i >= 0; --i) {
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xff);
    value >>= 8;
  }
  return bytes;
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
    : database_(database), sql_(WithDollars(sql)), name_(std::move(name)) {}

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
  const std::vector<int> formats(bound_, kBinary);
  for (std::size_t i = 0; i < bound_; ++i) {
    const auto& value = values_[i];
    if (value.type == kText) {
      texts[i] = value.text.data() == nullptr ? "" : value.text.data();
      lengths[i] = static_cast<int>(value.text.size());
    } else if (value.type != 0) {
      texts[i] = value.number.data();
      lengths[i] = static_cast<int>(value.number.size());
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

void Statement::Run() {
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
  database_.ForgetAsker(this);
  answers_.clear();
  rows_.reset();
  row_ = -1;
  bound_ = 0;
  for (auto& value : values_) value.type = 0;
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
