// Reads UTF-8 text of any feed format: a function for each kind of syntax. ParseFeed (feed.cc)
// tells the kinds apart; within XML the root element tells the format (xml_feed.cc).
//
// Thread safety: all functions. Errors: ParseStatus; no input makes them throw.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crawler/feed/formats/document.h"
#include "crawler/feed/formats/unresolved.h"
#include "schemas/settings.h"

namespace saunter::crawler::feed::formats {

// What the text says. Without a feed, `status` and `detail` say why.
struct ReadResult {
  std::optional<UnresolvedFeed> feed;
  ParseStatus status = ParseStatus::kOk;
  std::string detail;
};

// RSS 0.90 to 2.0.1 and 1.0 (RDF), Atom 0.3 and 1.0, CDF. Junk before the root is skipped, and
// broken XML is repaired. `document.body` serves to say what a document without elements is.
[[nodiscard]] ReadResult ReadXmlFeed(std::string_view text, const Document& document,
                                     const schemas::FeedSettings& settings);

// JSON Feed 1.0 and 1.1; of a document that is cut or broken, the items before the break.
[[nodiscard]] ReadResult ReadJsonFeed(std::string_view text, const Document& document,
                                      const schemas::FeedSettings& settings);

}  // namespace saunter::crawler::feed::formats
