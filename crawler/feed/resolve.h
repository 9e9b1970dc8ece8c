// From what a document says to what is stored: the rules that pick, resolve and limit.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include "crawler/feed/feed.h"
#include "crawler/feed/formats/unresolved.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::crawler::feed {

// Picks and resolves: from what a document says to what is stored.
[[nodiscard]] ParsedFeed ResolveFeed(formats::UnresolvedFeed unresolved, const Document& document,
                                     const schemas::FeedSettings& settings,
                                     schemas::UnixSeconds now);

}  // namespace saunter::crawler::feed
