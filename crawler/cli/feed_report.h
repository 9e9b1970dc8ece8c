// Shows a feed as the database knows it, to people and to scripts: its row and its last fetches.
//
// Thread safety: one thread. Errors: StoreError from the reader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crawler/cli/print.h"
#include "crawler/url/url.h"
#include "schemas/feed.h"
#include "schemas/units.h"
#include "store/catalogue.h"

namespace saunter::crawler::cli {

// The address itself, without its fragment, and the same with http or https, with or without
// "www.".
[[nodiscard]] std::vector<std::string> TwinsOf(url::Url url);
// The feed that is stored under this URL or one of its twins.
[[nodiscard]] std::optional<schemas::FeedListing> FindFeed(store::Catalogue& catalogue,
                                                           const std::string& text);

void PrintFeed(const schemas::FeedListing& feed, schemas::UnixSeconds now);
void PrintFetch(const schemas::FetchLog& fetch, schemas::UnixSeconds now);

}  // namespace saunter::crawler::cli
