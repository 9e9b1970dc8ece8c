// Inside crawler/feed/formats: the readers of the XML formats, each given the root of its tree.
//
// Thread safety: all functions. Errors: none; a reader leaves out what it does not know.
#pragma once

#include <pugixml.hpp>

#include "crawler/feed/formats/document.h"
#include "crawler/feed/formats/unresolved.h"
#include "schemas/settings.h"

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

}  // namespace saunter::crawler::feed::formats
