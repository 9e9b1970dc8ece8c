// Shows a feed as the database knows it, to people and to scripts: its row and its last fetches.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include "schemas/feed.h"
#include "schemas/units.h"

namespace saunter::crawler::cli {

void PrintFeed(const schemas::FeedListing& feed, schemas::UnixSeconds now);
void PrintFetch(const schemas::FetchLog& fetch, schemas::UnixSeconds now);

}  // namespace saunter::crawler::cli
