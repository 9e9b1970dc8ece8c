#include "store/sqlite/writer_state.h"

namespace saunter::store {
namespace {

constexpr char kPutPause[] =
    "INSERT INTO host_pause (host, reason, until_at) VALUES (?, ?, ?) ON CONFLICT (host, reason) "
    "DO UPDATE SET until_at = max(until_at, excluded.until_at)";
constexpr char kPutRobots[] =
    "INSERT INTO robots (origin, outcome, fetched_at, until_at, rules) VALUES (?, ?, ?, ?, ?) ON "
    "CONFLICT (origin) DO UPDATE SET outcome = excluded.outcome, fetched_at = excluded.fetched_at, "
    "until_at = excluded.until_at, rules = excluded.rules";
constexpr char kTrimPauses[] = "DELETE FROM host_pause WHERE until_at <= ?";
constexpr char kTrimRobots[] = "DELETE FROM robots WHERE until_at <= ?";

}  // namespace

void BatchWork::WriteHosts(const schemas::HostState& hosts) {
  for (const auto& pause : hosts.pauses) {
    Use(database_, kPutPause)
        .Text(pause.host)
        .Int(static_cast<int>(pause.reason))
        .Int(pause.until_at)
        .Run();
  }
  for (const auto& robots : hosts.robots) {
    Use(database_, kPutRobots)
        .Text(robots.origin)
        .Int(static_cast<int>(robots.outcome))
        .Int(robots.fetched_at)
        .Int(robots.until_at)
        .TextOrNull(robots.rules)
        .Run();
  }
}

void BatchWork::TrimHosts() {
  Use(database_, kTrimPauses).Int(now_).Run();
  Use(database_, kTrimRobots).Int(now_).Run();
}

}  // namespace saunter::store
