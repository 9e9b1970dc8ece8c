#include "store/sql/batch_work.h"

namespace saunter::store::sql {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kHoursKept = 400 * 24;
constexpr std::int64_t kOutagesKept = 100;

constexpr char kAddToHour[] =
    "INSERT INTO hour (hour_at, batches, crawls, probes, links_new) VALUES (?, 1, ?, ?, ?) ON "
    "CONFLICT (hour_at) DO UPDATE SET batches = hour.batches + 1, crawls = hour.crawls + "
    "excluded.crawls, probes = hour.probes + excluded.probes, links_new = hour.links_new + "
    "excluded.links_new RETURNING batches";
// By number and not by age, so that a clock that was ahead for a moment takes nothing with it.
constexpr char kTrimHours[] =
    "DELETE FROM hour WHERE hour_at <= (SELECT hour_at FROM hour ORDER BY hour_at DESC LIMIT 1 "
    "OFFSET ?)";
// ?1 started_at, ?2 reported_at, ?3 outage_at of the status that comes. What another run began and
// did not see the end of lasted as long as that run spoke.
constexpr char kEndOutage[] =
    "INSERT INTO outage (began_at, ended_at) SELECT outage_at, CASE WHEN started_at = ?1 THEN ?2 "
    "ELSE reported_at END FROM crawler WHERE outage_at IS NOT NULL AND outage_at IS DISTINCT FROM "
    "?3 ON CONFLICT (began_at) DO UPDATE SET ended_at = excluded.ended_at";
constexpr char kTrimOutages[] =
    "DELETE FROM outage WHERE began_at <= (SELECT began_at FROM outage ORDER BY began_at DESC "
    "LIMIT 1 OFFSET ?)";

}  // namespace

void BatchWork::CountHour(const HourWork& work) {
  Use add(database_, kAddToHour);
  add.Int(now_ - now_ % kHour).Int(work.crawls).Int(work.probes).Int(work.links_new);
  if (add.RunReturning() == 1) Use(database_, kTrimHours).Int(kHoursKept).Run();
}

void BatchWork::NoteOutage(const schemas::CrawlerStatus& status) {
  Use end(database_, kEndOutage);
  end.Int(status.started_at).Int(status.reported_at).OptionalInt(status.outage_at).Run();
  if (database_.Changes() > 0) Use(database_, kTrimOutages).Int(kOutagesKept).Run();
}

}  // namespace saunter::store::sql
