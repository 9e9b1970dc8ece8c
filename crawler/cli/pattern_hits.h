// Counts what blacklist patterns would hit in the database, before they are written.
//
// Thread safety: that of the catalogue. Errors: StoreError.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/catalogue.h"

namespace saunter::crawler::cli {

struct PatternHits {
  std::int64_t feeds = 0;
  std::int64_t sites = 0;  // as a whole; those with single links are not counted
  std::int64_t links = 0;
  std::vector<std::string> sample_urls;  // some of the feeds and links
};

// The hits of every pattern, even where there are none. However many patterns there are, this reads
// all feeds and sites once; of links it reads samples, and those on sites that a URL prefix names.
[[nodiscard]] std::map<std::string, PatternHits> FindHits(store::Catalogue& catalogue,
                                                          const std::vector<std::string>& patterns);

}  // namespace saunter::crawler::cli
