// The posts of the day: /v1/daily.atom.
//
// Everybody gets the same posts from midnight to midnight, UTC. What dies or leaves meanwhile is
// left out and nothing takes its place, also after a restart and on other machines: the database
// knows what left the pool since the day began.
//
// Thread safety: one thread at a time; a SharedDay is shared. Ownership: what the constructor takes
// must outlive it. Errors: the client's become problems in the answer; StoreError is thrown.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/index/link_index.h"
#include "api/routes/cached_body.h"
#include "api/routes/feed_identity.h"
#include "api/routes/parameters.h"
#include "api/routes/pool_access.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

// What the database knows of a day, which one worker reads for all.
struct SharedDay {
  std::mutex mutex;
  // Guarded by mutex.
  schemas::UnixSeconds day_at = 0;
  std::uint32_t build = 0;  // of the index that it goes with
  std::uint64_t generation = 0;
  schemas::Id newest_link_id = 0;                // of those known when it began
  std::shared_ptr<const index::LinkIndex> left;  // links that left the pool since
};

class DailyRoutes {
 public:
  DailyRoutes(const schemas::Settings& settings, PoolAccess& pool, const FeedIdentity& identity,
              SharedDay& day);

  void Atom(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

 private:
  struct Asked {
    std::string query;
    schemas::UnixSeconds day_at = 0;
    std::vector<schemas::Id> link_ids;
    CachedBody body;
  };
  struct Day {
    schemas::Id newest_link_id = 0;
    std::shared_ptr<const index::LinkIndex> left;
  };

  Day Read(schemas::UnixSeconds day_at);
  std::vector<schemas::Id> Choose(const RandomParameters& parameters, schemas::UnixSeconds day_at);
  std::string Make(const Asked& asked, const FeedIdentity::Names& names);

  const schemas::Settings& settings_;
  PoolAccess& pool_;
  const FeedIdentity& identity_;
  SharedDay& shared_day_;
  std::vector<Asked> asked_;  // the last few queries
  std::string cache_control_;
};

}  // namespace saunter::api::routes
