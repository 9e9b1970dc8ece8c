// Answers that say how the service stands: health, readiness, metrics, statistics, status.
//
// Thread safety: one thread at a time. Ownership: settings, pool and metrics must outlive it.
// Errors: StoreError is thrown.
#pragma once

#include <cstdint>

#include "api/http/answer.h"
#include "api/routes/cached_body.h"
#include "api/routes/metrics.h"
#include "api/routes/pool_access.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class StateRoutes {
 public:
  // A copy that is further behind its database than `stale_max_s` is told of.
  StateRoutes(const schemas::ApiSettings& settings, std::int64_t stale_max_s, PoolAccess& pool,
              const Metrics& metrics);

  static void Health(http::Answer& answer);
  void Readiness(schemas::UnixSeconds now, http::Answer& answer);
  void MetricsText(schemas::UnixSeconds now, http::Answer& answer);
  void Statistics(http::Answer& answer);
  void Status(schemas::UnixSeconds now, http::Answer& answer);

 private:
  const schemas::ApiSettings& settings_;
  const std::int64_t stale_max_s_;
  PoolAccess& pool_;
  const Metrics& metrics_;
  CachedBody status_;
};

}  // namespace saunter::api::routes
