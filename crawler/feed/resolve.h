// Turns what a document says into what is stored: picks among candidates, resolves URLs, limits.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include "crawler/feed/feed.h"
#include "crawler/feed/formats/unresolved.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::feed {

// The best URL of each entry, absolute and canonical; dates, authors, languages and identities.
// `now` is the time of first sight.
[[nodiscard]] ParsedFeed ResolveFeed(formats::UnresolvedFeed unresolved, const Document& document,
                                     const schemas::FeedSettings& settings,
                                     schemas::UnixSeconds now);

}  // namespace saunter::crawler::feed
