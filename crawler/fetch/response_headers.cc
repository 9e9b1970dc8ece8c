#include "crawler/fetch/response_headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "schemas/text.h"

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kValidatorBytesMax = 512;
constexpr std::int64_t kHintSecondsMax = 10LL * 366 * 86400;

void Join(std::string& list, std::string_view value) {
  if (!list.empty()) list.append(", ");
  list.append(value);
}

bool IsChallenge(std::string_view name, std::string_view value) {
  if (schemas::EqualsIgnoringCase(name, "cf-mitigated") ||
      schemas::EqualsIgnoringCase(name, "sg-captcha")) {
    return schemas::EqualsIgnoringCase(value, "challenge");
  }
  return schemas::EqualsIgnoringCase(name, "x-amzn-waf-action") &&
         (schemas::EqualsIgnoringCase(value, "challenge") ||
          schemas::EqualsIgnoringCase(value, "captcha"));
}

// Nothing but digits, and a number that fits; anything else is nullopt.
std::optional<std::int64_t> ParseSeconds(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<int> ParseNumber(std::string_view text, std::size_t digits_max) {
  if (text.size() > digits_max) return std::nullopt;
  const std::optional<std::int64_t> value = ParseSeconds(text);
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<int> ParseMonth(std::string_view text) {
  constexpr std::array<std::string_view, 12> kNames = {"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (schemas::EqualsIgnoringCase(text, kNames[i])) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

struct DateParts {
  std::string_view day;
  std::string_view month;
  std::string_view year;
  std::string_view time;
};

// The words of any of the three forms, told apart by how many there are.
std::optional<DateParts> SplitDate(std::string_view text) {
  std::array<std::string_view, 8> words;
  std::size_t count = 0;
  while (count < words.size()) {
    text = schemas::Trim(text, schemas::kBlanksAndLineEnds);
    if (text.empty()) break;
    const std::size_t end = std::min(text.find_first_of(" ,-"), text.size());
    if (end > 0) words[count++] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  // Sun, 06 Nov 1994 08:49:37 GMT and Sunday, 06-Nov-94 08:49:37 GMT
  if (count == 6 && (schemas::EqualsIgnoringCase(words[5], "GMT") ||
                     schemas::EqualsIgnoringCase(words[5], "UTC") || words[5] == "+0000")) {
    return DateParts{words[1], words[2], words[3], words[4]};
  }
  // Sun Nov  6 08:49:37 1994
  if (count == 5 && ParseMonth(words[1])) return DateParts{words[2], words[1], words[4], words[3]};
  return std::nullopt;
}

std::optional<std::int64_t> ParseTimeOfDay(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const std::optional<int> hour = ParseNumber(text.substr(0, 2), 2);
  const std::optional<int> minute = ParseNumber(text.substr(3, 2), 2);
  const std::optional<int> second = ParseNumber(text.substr(6, 2), 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return *hour * 3600 + *minute * 60 + *second;
}

int FullYear(int year, std::size_t digits, schemas::UnixSeconds now) {
  if (digits != 2) return year;
  // RFC 9110, 5.6.7: more than 50 years ahead means the past century.
  const auto this_year = static_cast<int>(1970 + now / 31556952);
  const int full = this_year - this_year % 100 + year;
  return full > this_year + 50 ? full - 100 : full;
}

// The value of a Cache-Control directive, unquoted; empty if it has none, nullopt if absent.
std::optional<std::string_view> Directive(std::string_view list, std::string_view name) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= list.size(); ++at) {
    if (at < list.size() && list[at] == '"') quoted = !quoted;
    if (at < list.size() && (list[at] != ',' || quoted)) continue;
    const std::string_view part =
        schemas::Trim(list.substr(begin, at - begin), schemas::kBlanksAndLineEnds);
    begin = at + 1;
    const std::size_t equals = part.find('=');
    if (!schemas::EqualsIgnoringCase(
            schemas::Trim(part.substr(0, equals), schemas::kBlanksAndLineEnds), name))
      continue;
    if (equals == std::string_view::npos) return std::string_view();
    std::string_view value = schemas::Trim(part.substr(equals + 1), schemas::kBlanksAndLineEnds);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace

void ResponseHeaders::Take(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = schemas::Trim(line.substr(colon + 1), schemas::kBlanksAndLineEnds);
  const std::array<std::pair<std::string_view, std::string*>, 10> single = {{
      {"location", &location},
      {"etag", &etag},
      {"last-modified", &last_modified},
      {"content-type", &content_type},
      {"content-language", &content_language},
      {"content-range", &content_range},
      {"date", &date},
      {"age", &age},
      {"expires", &expires},
      {"retry-after", &retry_after},
  }};
  for (const auto& [key, field] : single) {
    if (!schemas::EqualsIgnoringCase(name, key)) continue;
    if (field->empty()) field->assign(value);
    return;
  }
  if (schemas::EqualsIgnoringCase(name, "content-encoding")) Join(content_encoding, value);
  if (schemas::EqualsIgnoringCase(name, "link")) Join(link, value);
  if (schemas::EqualsIgnoringCase(name, "cache-control")) Join(cache_control, value);
  if (IsChallenge(name, value)) challenge = true;
}

bool IsWholeRange(std::string_view content_range) {
  constexpr std::string_view kUnit = "bytes ";
  if (!schemas::EqualsIgnoringCase(content_range.substr(0, kUnit.size()), kUnit)) return false;
  content_range.remove_prefix(kUnit.size());
  const std::size_t dash = content_range.find('-');
  const std::size_t slash = content_range.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return false;
  }
  const auto first = ParseSeconds(content_range.substr(0, dash));
  const auto last = ParseSeconds(content_range.substr(dash + 1, slash - dash - 1));
  const auto size = ParseSeconds(content_range.substr(slash + 1));
  return first == 0 && last && size && *last + 1 == *size;
}

std::string UsableValidator(std::string_view value) {
  const bool usable = value.size() <= kValidatorBytesMax &&
                      std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
  return usable ? std::string(value) : std::string();
}

std::optional<schemas::UnixSeconds> ParseHttpDate(std::string_view text, schemas::UnixSeconds now) {
  const std::optional<DateParts> parts = SplitDate(text);
  if (!parts) return std::nullopt;
  const std::optional<int> day = ParseNumber(parts->day, 2);
  const std::optional<int> month = ParseMonth(parts->month);
  const std::optional<int> year = ParseNumber(parts->year, 4);
  const std::optional<std::int64_t> time = ParseTimeOfDay(parts->time);
  if (!day || !month || !year || !time || parts->year.size() % 2 != 0) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(FullYear(*year, parts->year.size(), now)),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * 86400LL + *time;
}

std::optional<std::int64_t> RetryAfterSeconds(const ResponseHeaders& headers,
                                              schemas::UnixSeconds now) {
  std::optional<std::int64_t> seconds = ParseSeconds(headers.retry_after);
  if (!seconds) {
    const std::optional<schemas::UnixSeconds> until = ParseHttpDate(headers.retry_after, now);
    if (!until) return std::nullopt;
    seconds = std::max<std::int64_t>(*until - ParseHttpDate(headers.date, now).value_or(now), 0);
  }
  return *seconds <= kHintSecondsMax ? seconds : std::nullopt;
}

std::optional<std::int64_t> FreshForSeconds(const ResponseHeaders& headers,
                                            schemas::UnixSeconds now) {
  if (Directive(headers.cache_control, "no-cache") ||
      Directive(headers.cache_control, "no-store")) {
    return std::nullopt;
  }
  std::optional<std::int64_t> seconds;
  if (const auto max_age = Directive(headers.cache_control, "max-age")) {
    seconds = ParseSeconds(*max_age);
    if (seconds && *seconds <= kHintSecondsMax) {
      seconds = *seconds - std::min(ParseSeconds(headers.age).value_or(0), *seconds);
    }
  } else if (const auto expires = ParseHttpDate(headers.expires, now)) {
    seconds = *expires - ParseHttpDate(headers.date, now).value_or(now);
  }
  if (!seconds || *seconds > kHintSecondsMax) return std::nullopt;
  return std::max<std::int64_t>(*seconds, 0);
}

}  // namespace saunter::crawler::fetch
