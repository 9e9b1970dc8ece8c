#include "store/sql/batch_work.h"

namespace saunter::store::sql {
namespace {

// What was seen at a time that has not come was seen by now.
constexpr char kPullInLinks[] =
    "UPDATE link SET next_check_at = ?1 + link_id % ?2, checked_at = CASE WHEN "
    "checked_at > ?1 THEN ?1 ELSE checked_at END, struck_at = CASE WHEN struck_at > ?1 THEN ?1 "
    "ELSE struck_at END, alive_at = CASE WHEN alive_at > ?1 THEN ?1 ELSE alive_at END WHERE "
    "link_id IN (SELECT link_id FROM link "
    "WHERE blacklisted = 0 AND state = ?3 AND next_check_at > ?4 ORDER BY next_check_at DESC, "
    "link_id DESC LIMIT ?5)";
constexpr char kForgetFarPauses[] =
    "DELETE FROM host_pause WHERE (host, reason) IN (SELECT host, reason FROM host_pause WHERE "
    "until_at > ? ORDER BY until_at DESC, host DESC, reason DESC LIMIT ?)";
constexpr char kForgetFarRobots[] =
    "DELETE FROM robots WHERE origin IN (SELECT origin FROM robots WHERE until_at > ? ORDER BY "
    "until_at DESC, origin DESC LIMIT ?)";

}  // namespace

bool BatchWork::PullInFar(const PullIn& far) {
  bool any_left = false;
  const auto note = [&] { any_left = any_left || database_.Changes() >= far.rows_max; };
  for (int state = 0; state < schemas::kLinkStateCount; ++state) {
    Use(database_, kPullInLinks)
        .Int(now_)
        .Int(far.links_within_s)
        .Int(state)
        .Int(far.links_after)
        .Int(far.rows_max)
        .Run();
    note();
  }
  for (const auto* statement : {kForgetFarPauses, kForgetFarRobots}) {
    Use(database_, statement).Int(far.hosts_after).Int(far.rows_max).Run();
    note();
  }
  return any_left;
}

}  // namespace saunter::store::sql
