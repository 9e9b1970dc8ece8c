// Records as JSON text, appended by hand on the hot path.
//
// Whatever bytes the database holds, the result is valid JSON in valid UTF-8 (RFC 8259): bytes
// that are not UTF-8 become U+FFFD.
//
// Thread safety: all functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/routes/link_fields.h"
#include "schemas/link.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/topics/topics.h"
#include "store/catalogue.h"

namespace saunter::api::routes {

// A link's topics: bits of `list`.
struct LinkTopics {
  const schemas::topics::Topics& list;
  schemas::topics::TopicMask topics = 0;
};

// {"id":…,"url":…} with the fields that are asked for, in the order of LinkField. A receipt is not
// among them.
void AppendLink(std::string& out, const schemas::Link& link, const LinkTopics& topics,
                LinkFields fields);

// With as many of its feeds as fit into `bytes_max` of `out`.
void AppendSite(std::string& out, const schemas::Site& site,
                const std::vector<store::FeedOutline>& feeds, std::size_t bytes_max);
// The same without its decisions.
void AppendSiteListing(std::string& out, const schemas::SiteListing& site,
                       const std::vector<store::FeedOutline>& feeds, std::size_t bytes_max);
// `sources` have a link in the pool.
void AppendStats(std::string& out, const schemas::Stats& stats, std::int64_t sources);

}  // namespace saunter::api::routes
