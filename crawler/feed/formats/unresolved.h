// What a document says, before the rules pick from it; the readers of all formats fill this in.
//
// Thread safety: values, no sharing. Errors: none; what cannot be read is absent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::feed::formats {

// Where an entry's URL may stand, best first.
enum class UrlRank : std::uint8_t {
  kOrigLink,
  kLink,
  kLinkHref,
  kRdfAbout,
  kAlternateHtml,
  kAlternateOther,
  kPermalinkGuid,
  kId,
  kExternal,
};

struct UrlCandidate {
  UrlRank rank = UrlRank::kLink;
  std::string reference;
  std::string base;
};

// Where a date may stand, best first for the time of publication. kUpdated and kDublinModified also
// say when an entry changed.
enum class DateRank : std::uint8_t {
  kPublished,
  kDublinIssued,
  kDublinDate,
  kUpdated,
  kDublinModified,
  kCreated,
};
inline constexpr std::size_t kDateRanks = 6;

// kAtomSource: the authors of the feed that an Atom entry was taken from.
enum class AuthorRank : std::uint8_t { kCreator, kAtom, kAtomSource, kAuthor, kItunes };
inline constexpr std::size_t kAuthorRanks = 5;

struct RankedDates {
  std::array<std::optional<schemas::UnixSeconds>, kDateRanks> at;

  // Lenient: of several readable dates of one rank the last counts. `language` is that of the
  // document, as written; see ParseDate.
  void Take(DateRank rank, std::string_view text);
  std::string language;
};

struct RankedAuthors {
  std::array<std::vector<std::string>, kAuthorRanks> names;

  void Take(AuthorRank rank, std::string name);
  [[nodiscard]] std::string Pick() const;
};

// Text in it is plain and within its limit already.
struct UnresolvedEntry {
  std::string guid;
  std::vector<UrlCandidate> urls;
  std::string title;
  std::string summary;
  RankedAuthors authors;
  std::string language;  // of the entry itself, as written
  std::vector<std::string> categories;
  RankedDates dates;
};

struct UnresolvedFeed {
  std::string format;
  std::string detail;  // what was cut off, if anything
  std::string title;
  std::vector<UrlCandidate> site_urls;
  std::string language;  // as written
  RankedAuthors authors;
  std::vector<std::string> categories;
  std::optional<std::int64_t> ttl_minutes;
  std::int64_t update_period_s = 0;
  std::uint32_t skip_hours = 0;
  std::uint32_t skip_days = 0;
  std::vector<UnresolvedEntry> entries;
};

// Adds the parts of a text between its commas (itunes:keywords).
void TakeCategories(std::vector<std::string>& categories, std::string_view text,
                    const schemas::FeedSettings& settings);

// Adds plain text to a list without repeats, within the limits.
void TakeCategory(std::vector<std::string>& categories, std::string_view text,
                  const schemas::FeedSettings& settings);

// "email (Name)", "Name <email>" and the like keep the name (RSS 2.0, <author>); an address alone
// is no name and gives nothing; anything else is as it is.
[[nodiscard]] std::string PersonName(std::string_view text);

// sy:updatePeriod and sy:updateFrequency as one period in seconds; 0 if neither is usable.
[[nodiscard]] std::int64_t UpdatePeriod(std::string_view period, std::string_view frequency);

// A whole number that is not negative, leniently followed by anything but a digit.
[[nodiscard]] std::optional<std::int64_t> ReadNumber(std::string_view text);

}  // namespace saunter::crawler::feed::formats
