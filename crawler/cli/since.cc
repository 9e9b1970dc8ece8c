#include "crawler/cli/since.h"

#include <charconv>
#include <chrono>
#include <cstdint>

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kAgeMax = 100000;  // of any unit, so that nothing overflows
constexpr std::size_t kDateBytes = 10;    // 2026-01-31

// The whole text, digits alone.
std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc() || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

std::int64_t SecondsOf(char unit) {
  constexpr std::int64_t kHourS = 3600;
  constexpr std::int64_t kDayS = 24 * kHourS;
  switch (unit) {
    case 'h':
      return kHourS;
    case 'd':
      return kDayS;
    case 'w':
      return 7 * kDayS;
    case 'y':
      return 365 * kDayS;
    default:
      return 0;
  }
}

std::optional<schemas::UnixSeconds> ParseDate(std::string_view text) {
  if (text.size() != kDateBytes || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = Number(text.substr(0, 4));
  const auto month = Number(text.substr(5, 2));
  const auto day = Number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
}

}  // namespace

std::optional<schemas::UnixSeconds> ParseSince(std::string_view text, schemas::UnixSeconds now) {
  if (const auto date = ParseDate(text)) return date;
  if (text.empty()) return std::nullopt;
  const auto count = Number(text.substr(0, text.size() - 1));
  const auto unit_s = SecondsOf(text.back());
  if (!count || unit_s == 0 || *count > kAgeMax) return std::nullopt;
  return now - *count * unit_s;
}

}  // namespace saunter::crawler::cli
