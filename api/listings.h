// The answers that list: categories, languages, the newest links as an Atom feed.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/link_index.h"
#include "schemas/records.h"

namespace saunter::api {

// {"categories":[{"name","links","sites"}…],"total":N}, most links first, as many as fit into
// `bytes_max`; `total` counts all. A scan of the index.
[[nodiscard]] std::string ListCategories(const LinkIndex& index, std::size_t bytes_max);
// {"languages":[{"language","links","sites"}…],"total":N} likewise; null: the feed does not say.
[[nodiscard]] std::string ListLanguages(const LinkIndex& index, std::size_t bytes_max);

// RFC 4287; links beyond `bytes_max` are left out, newest first.
[[nodiscard]] std::string AtomFeed(const std::vector<schemas::Link>& links, std::size_t bytes_max);

}  // namespace saunter::api
