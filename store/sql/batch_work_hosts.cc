#include "store/sql/batch_work.h"
#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

const std::string kPutPause =
    "INSERT INTO host_pause (" + Columns<schemas::HostPause>() + ") VALUES (" +
    Placeholders<schemas::HostPause>() +
    ") ON CONFLICT (host, reason) DO UPDATE SET until_at = excluded.until_at WHERE "
    "excluded.until_at > host_pause.until_at";
const std::string kPutRobots =
    "INSERT INTO robots (" + Columns<schemas::Robots>() + ") VALUES (" +
    Placeholders<schemas::Robots>() + ") ON CONFLICT (origin) DO UPDATE SET " +
    ExcludedAssignments<schemas::Robots>() + " WHERE excluded.fetched_at >= robots.fetched_at";
constexpr char kTrimPauses[] = "DELETE FROM host_pause WHERE until_at <= ?";
constexpr char kTrimRobots[] = "DELETE FROM robots WHERE until_at <= ?";

}  // namespace

void BatchWork::WriteHosts(const schemas::HostState& hosts) {
  for (const auto& pause : hosts.pauses) {
    Use put(database_, kPutPause);
    BindRecord(put, pause).Run();
  }
  for (const auto& robots : hosts.robots) {
    Use put(database_, kPutRobots);
    BindRecord(put, robots).Run();
  }
}

void BatchWork::TrimHosts() {
  Use(database_, kTrimPauses).Int(now_).Run();
  Use(database_, kTrimRobots).Int(now_).Run();
}

}  // namespace saunter::store::sql
