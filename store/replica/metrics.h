// What saunter-replica tells Prometheus.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string>

#include "schemas/units.h"
#include "store/replica/progress.h"
#include "systemd/metrics_server.h"

namespace saunter::store::replica {

void AddMetrics(const ProgressFacts& facts, const std::string& copy_path, schemas::UnixSeconds now,
                systemd::Families& to);

}  // namespace saunter::store::replica
