// A page of a listing: what comes behind a row, in the order of ids.
#pragma once

#include <cstdint>

#include "schemas/units.h"

namespace saunter::store {

struct Page {
  schemas::Id after = 0;  // rows with an id above this one
  std::int64_t count_max = 1000;
};

}  // namespace saunter::store
