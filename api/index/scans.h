// Answers that look at every source of an index once: the sites and the newest links that fit.
//
// What cannot be among the answer is passed over by what a source says of itself, so on most
// sources no link is looked at.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "api/index/link_index.h"
#include "api/index/selection.h"
#include "schemas/units.h"

namespace saunter::api::index {

// The first `count` sites, by id, of those above `after` on which a fitting link stands.
[[nodiscard]] std::vector<schemas::Id> SitesWithLinks(const LinkIndex& index, const Filter& filter,
                                                      schemas::Id after, std::size_t count);

// The `count` fitting links with the greatest ids, the greatest first: those found last. Without
// links on the excluded sites, which are in order.
[[nodiscard]] std::vector<schemas::Id> NewestLinks(const LinkIndex& index, const Filter& filter,
                                                   const std::vector<schemas::Id>& excluded_sites,
                                                   std::size_t count);

}  // namespace saunter::api::index
