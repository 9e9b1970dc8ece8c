// The text of listings: categories, languages, the newest links as Atom, the feeds as OPML.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "api/index/link_index.h"
#include "api/routes/feed_identity.h"
#include "schemas/link.h"
#include "store/reader.h"

namespace saunter::api::routes {

// {"topics":[{"name","label","group","links","sites"}…],"categories":[{"name","links","sites"}…],
// "total":N}: all topics in the order of their list, then the feeds' words, those with most links
// first, as many as fit into `bytes_max`; `total` counts all words. Scans the index.
[[nodiscard]] std::string ListCategories(const index::LinkIndex& index, std::size_t bytes_max);
// {"languages":[{"language","links","sites"}…],"total":N}, likewise; a null language: the feed does
// not say.
[[nodiscard]] std::string ListLanguages(const index::LinkIndex& index, std::size_t bytes_max);

// RFC 4287, in the order given, newest first; links that do not fit into `bytes_max` are left out.
[[nodiscard]] std::string AtomFeed(const std::vector<schemas::Link>& links,
                                   const FeedIdentity::Names& names, std::size_t bytes_max);

// The same of the posts of a day, which began at `day_at`, as they stand in the list.
[[nodiscard]] std::string DailyFeed(const std::vector<schemas::Link>& links,
                                    const FeedIdentity::Names& names, schemas::UnixSeconds day_at,
                                    std::size_t bytes_max);

// OPML 2.0 of all feeds, in folders by the operator's category; takes one feed at a time.
class OpmlWriter {
 public:
  void Add(const store::FeedOutline& feed);
  [[nodiscard]] std::string Finish();

 private:
  std::map<std::string, std::string> folders_;  // outlines by category; "" holds those without one
};

}  // namespace saunter::api::routes
