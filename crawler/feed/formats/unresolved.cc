#include "crawler/feed/formats/unresolved.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "crawler/feed/formats/date.h"
#include "crawler/text/plain_text.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

// "ann@blog.example", with or without "mailto:" or brackets around it. "@ann@social.example" is a
// name.
bool LooksLikeEmail(std::string_view text) {
  text = schemas::Trim(text, " \t\r\n<>()[],;");
  if (schemas::EqualsIgnoringCase(text.substr(0, 7), "mailto:")) text.remove_prefix(7);
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" @/", at + 1) == std::string_view::npos &&
         text.substr(0, at).find_first_of(" /") == std::string_view::npos;
}

std::string_view WithoutQuotes(std::string_view name) {
  name = schemas::Trim(name, " \t\r\n,;");
  const bool quoted = name.size() >= 2 && name.front() == name.back() &&
                      (name.front() == '"' || name.front() == '\'');
  return quoted ? schemas::TrimUnicodeSpace(name.substr(1, name.size() - 2)) : name;
}

// What stands before and behind an address in brackets, in so far as it is a name.
std::optional<std::string> NameBeside(std::string_view text, char open, char close) {
  const std::size_t begin = text.find(open);
  const std::size_t end = text.rfind(close);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::nullopt;
  }
  const std::string_view before = WithoutQuotes(text.substr(0, begin));
  const std::string_view inside = WithoutQuotes(text.substr(begin + 1, end - begin - 1));
  if (LooksLikeEmail(before)) return LooksLikeEmail(inside) ? std::string() : std::string(inside);
  if (!LooksLikeEmail(inside)) return std::nullopt;
  return std::string(before.empty() ? WithoutQuotes(text.substr(end + 1)) : before);
}

}  // namespace

void RankedDates::Take(DateRank rank, std::string_view text) {
  if (const auto date = ParseDate(text, language)) at[static_cast<std::size_t>(rank)] = date;
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

void TakeCategories(std::vector<std::string>& categories, std::string_view text,
                    const schemas::FeedSettings& settings) {
  while (!text.empty() && std::ssize(categories) < settings.categories_max) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    TakeCategory(categories, part, settings);
  }
}

std::string PersonName(std::string_view text) {
  text = schemas::TrimUnicodeSpace(text);
  if (text.find('@') == std::string_view::npos) return std::string(text);
  for (const auto& [open, close] : {std::pair('(', ')'), {'<', '>'}, {'[', ']'}}) {
    if (auto name = NameBeside(text, open, close)) return *std::move(name);
  }
  if (LooksLikeEmail(text)) return {};
  // Lenient: "ann@blog.example Ann", "Ann, ann@blog.example".
  const std::size_t first_end = text.find(' ');
  const std::size_t last_begin = text.rfind(' ');
  if (first_end == std::string_view::npos) return std::string(text);
  if (LooksLikeEmail(text.substr(0, first_end))) {
    return std::string(WithoutQuotes(text.substr(first_end)));
  }
  if (LooksLikeEmail(text.substr(last_begin))) {
    return std::string(WithoutQuotes(text.substr(0, last_begin)));
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
