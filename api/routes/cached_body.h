// An answer's body that serves many requests before it is made anew.
//
// Thread safety: a value.
#pragma once

#include <cstdint>
#include <string>

#include "schemas/units.h"

namespace saunter::api::routes {

struct CachedBody {
  schemas::UnixSeconds made_at = 0;
  std::uint64_t generation = 0;  // of the database, as index::Served counts
  std::string body;              // empty until it is made

  // False: it is `age_max` seconds old, or was made from another database, or not at all.
  [[nodiscard]] bool IsFresh(std::uint64_t generation_now, schemas::UnixSeconds age_max,
                             schemas::UnixSeconds now) const {
    return !body.empty() && generation == generation_now && now >= made_at &&
           now - made_at < age_max;
  }
};

}  // namespace saunter::api::routes
