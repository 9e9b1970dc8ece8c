// What blacklist patterns would hit in the database, before they are written.
//
// Thread safety: that of the Reader. Errors: StoreError.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/reader.h"

namespace saunter::crawler::cli {

struct PatternHits {
  std::int64_t feeds = 0;
  std::int64_t sites = 0;  // as a whole; those with single links are not counted
  std::int64_t links = 0;
  std::vector<std::string> sample_urls;  // some of the feeds and links
};

// By pattern; each has its row, hit or not. One pass over feeds and sites, however many patterns;
// of links only those are read whose site a URL prefix names, and samples.
[[nodiscard]] std::map<std::string, PatternHits> FindHits(store::Reader& reader,
                                                          const std::vector<std::string>& patterns);

}  // namespace saunter::crawler::cli
