#include "crawler/feed/formats/date.h"

#include <algorithm>
#include <string>

#include "crawler/feed/formats/date_forms.h"
#include "crawler/feed/formats/date_names.h"
#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

using schemas::UnixSeconds;

constexpr std::size_t kDateBytesMax = 160;
constexpr UnixSeconds kSecondsOfOneDay = 86400;
constexpr UnixSeconds kYear1990 = 631152000;

std::optional<UnixSeconds> ParseEpoch(std::string_view text) {
  const std::size_t whole = text.find('.');
  const std::string_view digits = text.substr(0, whole);
  if (digits.size() < 9 || digits.size() > 13 || digits.size() == 11) return std::nullopt;
  UnixSeconds value = 0;
  for (const char c : digits) {
    if (!schemas::IsAsciiDigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (whole != std::string_view::npos &&
      text.find_first_not_of("0123456789", whole + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return digits.size() >= 12 ? value / 1000 : value;
}

// Two digits at `at`, or -1.
int TwoDigits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !schemas::IsAsciiDigit(text[at]) ||
      !schemas::IsAsciiDigit(text[at + 1]))
    return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// "Thu, 01 Jan 2004 19:48:21 +0100" to the letter (RFC 822, 5, with a year of four digits), as most
// feeds have it: the result of WordyDate, but faster. nullopt for any other form.
std::optional<UnixSeconds> ParseUsualDate(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t kSize = std::string_view("Thu, 01 Jan 2004 19:48:21 ").size();
  if (text.size() < kSize + 3 || !schemas::IsAsciiLetter(text[0]) ||
      !schemas::IsAsciiLetter(text[1]) || !schemas::IsAsciiLetter(text[2]) || text[3] != ',' ||
      text[4] != ' ' || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' ||
      text[22] != ':' || text[25] != ' ') {
    return std::nullopt;
  }
  const auto month = kMonths.find(text.substr(8, 3));
  const int century = TwoDigits(text, 12);
  const int year = TwoDigits(text, 14);
  const int day = TwoDigits(text, 5);
  Civil civil{.year = century * 100 + year,
              .month = static_cast<unsigned>(month / 3 + 1),
              .day = static_cast<unsigned>(day),
              .hour = TwoDigits(text, 17),
              .minute = TwoDigits(text, 20),
              .second = TwoDigits(text, 23)};
  if (month == std::string_view::npos || month % 3 != 0 || century < 0 || year < 0 || day < 0 ||
      civil.hour < 0 || civil.minute < 0 || civil.second < 0) {
    return std::nullopt;
  }
  const std::string_view zone = text.substr(kSize);
  if (zone == "GMT") return ToUnix(civil);
  const int hours = TwoDigits(zone, 1);
  const int minutes = TwoDigits(zone, 3);
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-') || hours < 0 || hours > 14 ||
      minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  civil.zone_s = (zone[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
  return ToUnix(civil);
}

}  // namespace

namespace {

// A date's text and what stands beside it.
struct DateText {
  std::string text;
  std::string zone;  // by its place, "Europe/Berlin"; may be empty
};

// "[Europe/Berlin]" (RFC 9557, 3.1), "Europe/Berlin" after white space, and the reading of a clock
// that Go adds, " m=+0.000000001".
DateText TakeApart(std::string_view text) {
  DateText apart;
  if (const auto clock = text.find(" m=+"); clock != std::string_view::npos) {
    text = text.substr(0, clock);
  }
  if (const auto open = text.find('['); open != std::string_view::npos) {
    std::string_view zone = text.substr(open + 1, text.find(']', open) - open - 1);
    if (zone.starts_with('!')) zone.remove_prefix(1);
    apart.zone = zone;
    apart.text = schemas::TrimUnicodeSpace(text.substr(0, open));
    return apart;
  }
  apart.text = text;
  const auto slash = text.find('/');
  const auto is_letter = [&](std::size_t at) {
    return at < text.size() && schemas::IsAsciiLetter(text[at]);
  };
  if (slash == std::string_view::npos || !is_letter(slash - 1) || !is_letter(slash + 1)) {
    return apart;
  }
  const auto begin = text.rfind(' ', slash) + 1;
  const auto end = std::min(text.find(' ', slash), text.size());
  apart.zone = text.substr(begin, end - begin);
  apart.text.erase(begin, end - begin);
  return apart;
}

std::optional<UnixSeconds> InZone(const Civil& civil, const std::string& zone) {
  const auto time = ToUnix(civil);
  if (!time || zone.empty() || civil.zone_given) return time;
  const auto offset = OffsetAt(zone, *time);
  return offset ? std::optional<UnixSeconds>(*time - *offset) : time;
}

}  // namespace

std::optional<UnixSeconds> ParseDate(std::string_view text, std::string_view language) {
  text = schemas::TrimUnicodeSpace(text);
  if (text.empty() || text.size() > kDateBytesMax) return std::nullopt;
  if (const auto usual = ParseUsualDate(text)) return usual;
  if (const auto epoch = ParseEpoch(text)) return epoch;
  DateText apart = TakeApart(text);
  Civil civil;
  switch (ParseIso(apart.text, civil)) {
    case IsoMatch::kYes:
      return InZone(civil, apart.zone);
    case IsoMatch::kMalformed:
      return std::nullopt;
    case IsoMatch::kNo:
      break;
  }
  const auto is_ascii = [](char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; };
  if (!std::all_of(apart.text.begin(), apart.text.end(), is_ascii)) {
    apart.text = FoldDate(apart.text);
  }
  civil = Civil();
  if (!ParseWords(apart.text, language, civil)) return std::nullopt;
  return InZone(civil, apart.zone);
}

std::optional<UnixSeconds> ClampDate(std::optional<UnixSeconds> date, UnixSeconds now) {
  if (!date || *date < kYear1990) return std::nullopt;
  return *date > now + kSecondsOfOneDay ? now : *date;
}

}  // namespace saunter::crawler::feed::formats
