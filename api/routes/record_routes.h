// Answers with one link: /v1/links/{id}.
//
// Thread safety: one thread at a time. Ownership: the pool must outlive it. Errors: the client's
// become problems in the answer; StoreError is thrown.
#pragma once

#include <optional>
#include <string_view>

#include "api/http/answer.h"
#include "api/routes/pool_access.h"
#include "schemas/link.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class RecordRoutes {
 public:
  explicit RecordRoutes(PoolAccess& pool) : pool_(pool) {}

  // `id`: what follows the prefix in the path, percent-encoded as sent.
  void Link(std::string_view id, std::string_view query, http::Answer& answer);

 private:
  std::optional<schemas::Link> FindLink(schemas::Id link_id, schemas::topics::TopicMask& topics);

  PoolAccess& pool_;
};

}  // namespace saunter::api::routes
