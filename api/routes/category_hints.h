// What is said of categories that nobody knows: near ones.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "api/index/link_index.h"

namespace saunter::api::routes {

// A sentence with a space behind it for each of these names, up to a few, that is neither a topic
// nor a word of a feed; empty if all are known. Its work is bounded, whatever the names: of very
// many words those known longest are compared.
[[nodiscard]] std::string UnknownCategories(const index::LinkIndex& index,
                                            const std::vector<std::string>& names);

}  // namespace saunter::api::routes
