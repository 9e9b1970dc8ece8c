// Parses feeds: bytes in any charset, RSS, Atom, RDF, CDF and JSON Feed, broken XML and JSON too.
//
// Thread safety: ParseFeed may run on several threads at once. Errors: ParseStatus; no input makes
// it throw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/feed/formats/document.h"
#include "crawler/text/charset.h"
#include "crawler/url/url.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::feed {

using formats::Document;
using formats::ParseStatus;
using text::CharsetSource;

// Text is plain, valid UTF-8 without NUL and within its limit; what is absent is empty or nullopt.
struct ParsedEntry {
  std::string guid;
  std::string url;   // absolute http(s), canonical; empty: no link, so the entry is not stored
  url::Url address;  // where that is, parsed
  std::string title;
  std::string author;
  std::string language;
  std::string summary;
  std::vector<std::string> categories;
  std::optional<schemas::UnixSeconds> published_at;
  std::optional<schemas::UnixSeconds> updated_at;
  // Identity within the feed (see TextKey): guid, else url, else title and text.
  schemas::Key guid_key = 0;
};

struct ParsedFeed {
  ParseStatus status = ParseStatus::kOk;
  std::string detail;
  std::string format;    // "rss 2.0", "atom 1.0", "json feed 1.1", …
  std::string encoding;  // the charset that the bytes were read in, lower case; empty: not read
  CharsetSource encoding_from = CharsetSource::kValidUtf8;
  std::string title;
  std::string site_url;
  std::string language;
  std::optional<std::int64_t> ttl_minutes;
  std::int64_t update_period_s = 0;  // sy:updatePeriod / sy:updateFrequency
  std::uint32_t skip_hours = 0;      // bit h: hour h UTC
  std::uint32_t skip_days = 0;       // bit d: day d, Sunday is 0
  std::vector<ParsedEntry> entries;  // in the document's order
};

// `now` is the time of first sight: dates too far ahead are clamped to it.
[[nodiscard]] ParsedFeed ParseFeed(const Document& document, const schemas::FeedSettings& settings,
                                   schemas::UnixSeconds now);

}  // namespace saunter::crawler::feed
