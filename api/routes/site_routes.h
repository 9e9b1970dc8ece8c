// Answers about sites: /v1/sites and /v1/sites/{site}.
//
// Thread safety: one thread at a time. Ownership: what the constructor takes must outlive it.
// Errors: the client's become problems in the answer; StoreError is thrown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/answer.h"
#include "api/http/request.h"
#include "api/routes/pool_access.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class SiteRoutes {
 public:
  SiteRoutes(const schemas::Settings& settings, PoolAccess& pool)
      : settings_(settings.api), pool_(pool) {}

  // `sent_name`: what follows the prefix in the path, percent-encoded as sent.
  void One(std::string_view sent_name, http::Answer& answer);
  // A page of those on which a fitting link stands.
  void List(const http::Request& request, schemas::UnixSeconds now, http::Answer& answer);

 private:
  void AppendPage(const std::vector<schemas::Id>& site_ids, std::size_t count, std::string& body);

  const schemas::ApiSettings& settings_;
  PoolAccess& pool_;
};

}  // namespace saunter::api::routes
