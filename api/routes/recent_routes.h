// The newest posts, all or those that fit: /v1/recent.atom.
//
// Thread safety: one thread at a time. Ownership: what the constructor takes must outlive it.
// Errors: the client's become problems in the answer; StoreError is thrown.
#pragma once

#include <string>
#include <vector>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/routes/cached_body.h"
#include "api/routes/feed_identity.h"
#include "api/routes/parameters.h"
#include "api/routes/pool_access.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class RecentRoutes {
 public:
  RecentRoutes(const schemas::Settings& settings, PoolAccess& pool, const FeedIdentity& identity)
      : settings_(settings.api), pool_(pool), identity_(identity) {}

  void Atom(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

 private:
  struct Asked {
    std::string query;
    CachedBody body;
  };

  std::vector<schemas::Link> Find(const RandomParameters& parameters, schemas::UnixSeconds now);

  const schemas::ApiSettings& settings_;
  PoolAccess& pool_;
  const FeedIdentity& identity_;
  std::vector<Asked> asked_;  // the last few queries
};

}  // namespace saunter::api::routes
