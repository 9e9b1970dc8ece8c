// A page of a listing: what comes behind a row, in the order of ids. The rows are those that more
// than one window lists.
#pragma once

#include <cstdint>
#include <string>

#include "schemas/units.h"

namespace saunter::store {

struct Page {
  schemas::Id after = 0;  // rows with an id above this one
  std::int64_t count_max = 1000;
};

struct LinkUrl {
  schemas::Id link_id = 0;
  std::string url;
};

// A feed by its id and its address.
struct FeedUrl {
  schemas::Id feed_id = 0;
  std::string url;
};

// A site by its id and its name.
struct SiteRef {
  schemas::Id site_id = 0;
  std::string host;  // its name
};

}  // namespace saunter::store
