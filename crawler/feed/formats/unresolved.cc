#include "crawler/feed/formats/unresolved.h"

#include <algorithm>
#include <charconv>

#include "crawler/feed/formats/date.h"
#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

bool LooksLikeEmail(std::string_view text) {
  return text.find('@') != std::string_view::npos && text.find(' ') == std::string_view::npos;
}

}  // namespace

void RankedDates::Take(DateRank rank, std::string_view text) {
  if (const auto date = ParseDate(text)) at[static_cast<std::size_t>(rank)] = date;
}

void RankedAuthors::Take(AuthorRank rank, std::string name) {
  auto& of_rank = names[static_cast<std::size_t>(rank)];
  if (name.empty() || std::find(of_rank.begin(), of_rank.end(), name) != of_rank.end()) return;
  of_rank.push_back(std::move(name));
}

std::string RankedAuthors::Pick() const {
  for (const auto& of_rank : names) {
    std::string joined;
    for (const auto& name : of_rank) {
      if (!joined.empty()) joined += ", ";
      joined += name;
    }
    if (!joined.empty()) return joined;
  }
  return {};
}

void TakeCategory(std::vector<std::string>& categories, std::string_view text,
                  const schemas::FeedSettings& settings) {
  if (std::ssize(categories) >= settings.categories_max) return;
  std::string plain = text::PlainText(text, text::Markup::kHtml,
                                      static_cast<std::size_t>(settings.category_code_points_max),
                                      text::Cut::kCodePoint);
  if (plain.empty()) return;
  if (std::find(categories.begin(), categories.end(), plain) != categories.end()) return;
  categories.push_back(std::move(plain));
}

std::string PersonName(std::string_view text) {
  text = schemas::TrimUnicodeSpace(text);
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
    const std::string_view before = schemas::TrimUnicodeSpace(text.substr(0, open));
    const std::string_view inside =
        schemas::TrimUnicodeSpace(text.substr(open + 1, close - open - 1));
    if (LooksLikeEmail(before) && !inside.empty()) return std::string(inside);
    if (LooksLikeEmail(inside) && !before.empty()) return std::string(before);
  }
  const std::size_t angle = text.find('<');
  if (angle != std::string_view::npos && text.ends_with('>') &&
      LooksLikeEmail(text.substr(angle + 1))) {
    std::string_view name = schemas::TrimUnicodeSpace(text.substr(0, angle));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);
    }
    return std::string(name.empty() ? text.substr(angle + 1, text.size() - angle - 2) : name);
  }
  return std::string(text);
}

std::int64_t UpdatePeriod(std::string_view period, std::string_view frequency) {
  period = schemas::TrimUnicodeSpace(period);
  const auto times = ReadNumber(schemas::TrimUnicodeSpace(frequency));
  if (period.empty() && !times) return 0;
  std::int64_t seconds = 0;
  // RSS 1.0 syndication module: the period defaults to daily.
  if (period.empty() || schemas::EqualsIgnoringCase(period, "daily")) seconds = 86400;
  if (schemas::EqualsIgnoringCase(period, "hourly")) seconds = 3600;
  if (schemas::EqualsIgnoringCase(period, "weekly")) seconds = 7 * 86400;
  if (schemas::EqualsIgnoringCase(period, "monthly")) seconds = 30 * 86400;
  if (schemas::EqualsIgnoringCase(period, "yearly")) seconds = 365 * 86400;
  return seconds / std::max<std::int64_t>(times.value_or(1), 1);
}

std::optional<std::int64_t> ReadNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  return value;
}

}  // namespace saunter::crawler::feed::formats
