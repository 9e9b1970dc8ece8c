// Answers that list: categories, languages and all feeds.
//
// Thread safety: one thread at a time; a SharedFeedList is shared. Ownership: what the constructor
// takes must outlive it. Errors: StoreError is thrown.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/routes/cached_body.h"
#include "api/routes/pool_access.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

// The list of feeds, which one worker makes for all.
struct SharedFeedList {
  std::mutex mutex;
  // Guarded by mutex.
  schemas::UnixSeconds made_at = 0;
  std::uint64_t generation = 0;
  std::shared_ptr<const std::string> body;
  std::string tag;
};

class ListingRoutes {
 public:
  ListingRoutes(const schemas::Settings& settings, PoolAccess& pool, SharedFeedList& feeds);

  void Categories(schemas::UnixSeconds now, http::Answer& answer);
  void Languages(schemas::UnixSeconds now, http::Answer& answer);
  void FeedsOpml(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

 private:
  const schemas::Settings& settings_;
  PoolAccess& pool_;
  SharedFeedList& shared_feeds_;
  CachedBody categories_;
  CachedBody languages_;
};

}  // namespace saunter::api::routes
