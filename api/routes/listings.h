// The answers that list: categories, languages, the newest links as an Atom feed.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "api/index/link_index.h"
#include "schemas/link.h"
#include "store/reader.h"

namespace saunter::api::routes {

// {"topics":[{"name","label","group","links","sites"}…],"categories":[{"name","links","sites"}…],
// "total":N}: all topics in their own order; feeds' words with most links first, as many as fit
// into `bytes_max`; `total` counts them all. A scan of the index.
[[nodiscard]] std::string ListCategories(const index::LinkIndex& index, std::size_t bytes_max);
// {"languages":[{"language","links","sites"}…],"total":N} likewise; null: the feed does not say.
[[nodiscard]] std::string ListLanguages(const index::LinkIndex& index, std::size_t bytes_max);

// RFC 4287; links beyond `bytes_max` are left out, newest first.
[[nodiscard]] std::string AtomFeed(const std::vector<schemas::Link>& links, std::size_t bytes_max);

// OPML 2.0 of all feeds, in folders by the operator's category; a row at a time.
class OpmlWriter {
 public:
  void Add(const store::FeedOutline& feed);
  [[nodiscard]] std::string Finish();

 private:
  std::map<std::string, std::string> folders_;  // outlines by category, "" is for those without
};

}  // namespace saunter::api::routes
