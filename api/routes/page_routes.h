// The page: one post, written into HTML in the reader's language.
//
// What differs from one answer to the next is filled into the template of api/web; all of it is
// escaped, since feeds are written by strangers. The page's scripts take over from there.
//
// Thread safety: one thread at a time. Ownership: what the constructor takes must outlive it.
// Errors: while there is no post, or the database fails, the page itself says so, with 503.
#pragma once

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/routes/pool_access.h"
#include "api/routes/random_routes.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class PageRoutes {
 public:
  PageRoutes(PoolAccess& pool, RandomRoutes& random) : pool_(pool), random_(random) {}

  void Page(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);
  // The answer is a problem and becomes a page that says the same to a person.
  static void Problem(http::Answer& answer);

 private:
  PoolAccess& pool_;
  RandomRoutes& random_;
};

}  // namespace saunter::api::routes
