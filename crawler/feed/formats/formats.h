// The readers of the formats: from a tree or from JSON to what the document says.
//
// Thread safety: all functions. Errors: a document of another kind is std::nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crawler/feed/formats/document.h"
#include "crawler/feed/formats/unresolved.h"
#include "crawler/feed/formats/xml.h"

namespace saunter::crawler::feed::formats {

// RSS 0.90 to 2.0.1, RSS 1.0 (RDF), a lone channel. `root` is rss, RDF or channel.
[[nodiscard]] UnresolvedFeed ReadRss(pugi::xml_node root, const Document& document,
                                     const schemas::FeedSettings& settings);

// Atom 0.3 and 1.0, also a lone entry. `root` is feed or entry.
[[nodiscard]] UnresolvedFeed ReadAtom(pugi::xml_node root, const Document& document,
                                      const schemas::FeedSettings& settings);

// Microsoft's Channel Definition Format. `root` is channel.
[[nodiscard]] UnresolvedFeed ReadCdf(pugi::xml_node root, const Document& document,
                                     const schemas::FeedSettings& settings);

struct JsonResult {
  std::optional<UnresolvedFeed> feed;
  ParseStatus status = ParseStatus::kOk;
  std::string detail;
};

// JSON Feed 1.0 and 1.1 in UTF-8; of a document that is cut or broken, the items before the break.
[[nodiscard]] JsonResult ReadJsonFeed(std::string_view text, const Document& document,
                                      const schemas::FeedSettings& settings);

}  // namespace saunter::crawler::feed::formats
