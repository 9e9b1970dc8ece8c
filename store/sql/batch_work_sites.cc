#include "store/sql/batch_work.h"
#include "store/sql/fields.h"
#include "store/sql/stored_url.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;
using schemas::LinkState;

constexpr std::int64_t kDecisionsKept = 20;  // per site
constexpr std::int64_t kTargetLinksMax = 1000;
constexpr std::int64_t kLookAgainS = 86400;

const std::string kPutLook = "INSERT INTO site_look (" + Columns<schemas::SiteLook>() +
                             ") SELECT " + Placeholders<schemas::SiteLook>() +
                             " WHERE EXISTS (SELECT 1 FROM site WHERE site_id = ?1) ON CONFLICT "
                             "(site_id) DO UPDATE SET " +
                             ExcludedAssignments<schemas::SiteLook>();
const std::string kPutDecision = "INSERT INTO decision (site_id, " +
                                 Columns<schemas::SiteDecision>() + ") VALUES (?, " +
                                 Placeholders<schemas::SiteDecision>() + ")";
constexpr char kTrimDecisions[] =
    "DELETE FROM decision WHERE site_id = ?1 AND decision_id <= (SELECT decision_id FROM decision "
    "WHERE site_id = ?1 ORDER BY decision_id DESC LIMIT 1 OFFSET ?2)";
const auto kDeadListings = WordedBy([](Engine engine) {
  return "SELECT " +
         Columns<schemas::DeadListing>({{"link_id", "l.link_id"},
                                        {"url", UrlOfLink(engine)},
                                        {"feed_host", "fs.host"},
                                        {"feed_domain", "fs.registrable_domain"}}) +
         " FROM link l JOIN site s USING (site_id) JOIN feed f ON f.feed_id IN (SELECT e.feed_id "
         "FROM "
         "entry e WHERE e.link_id = l.link_id AND e.is_further = 1 UNION SELECT l.feed_id WHERE "
         "l.feed_site_id IS NULL) JOIN site fs ON fs.site_id = f.site_id WHERE l.site_id = ? AND "
         "l.state = 4 ORDER BY l.link_id, f.feed_id";
});
constexpr char kCountProbedSince[] =
    "SELECT count(*), count(CASE WHEN checked_at BETWEEN ?2 AND ?3 THEN 1 END), count(CASE WHEN "
    "checked_at BETWEEN ?2 AND ?3 AND state = 1 THEN 1 END) FROM link WHERE site_id = ?1 AND "
    "blacklisted = 0";
constexpr char kDoubtDeadLinks[] =
    "UPDATE link SET state = 3, strikes = 0, struck_at = NULL, next_check_at = ?2 + link_id % ?3 "
    "WHERE site_id = ?1 AND state = 4";
// A living link's turn that is in the future comes now.
constexpr char kLookAgain[] =
    "UPDATE link SET next_check_at = ?3 WHERE site_id = ?1 AND target_key = ?2 AND state = 1 AND "
    "next_check_at > ?3";
constexpr char kLookAgainAtOne[] =
    "UPDATE link SET next_check_at = ?2 WHERE link_id = ?1 AND state = 1 AND next_check_at > ?2";
constexpr char kCountTarget[] =
    "SELECT count(*) FROM (SELECT 1 FROM link WHERE site_id = ? AND target_key = ? LIMIT ?) few";

static_assert(static_cast<int>(LinkState::kAlive) == 1 &&
                  static_cast<int>(LinkState::kDoubtful) == 3 &&
                  static_cast<int>(LinkState::kDead) == 4,
              "the states in the statements above");

}  // namespace

void BatchWork::WriteLook(const schemas::SiteLook& look) {
  Use put(database_, kPutLook);
  BindRecord(put, look).Run();
  judged_sites_.push_back(look.site_id);
}

void BatchWork::PutDecision(const schemas::SiteDecision& decision) {
  Use put(database_, kPutDecision);
  BindRecord(put.Int(decision.site_id), decision).Run();
  Use(database_, kTrimDecisions).Int(decision.site_id).Int(kDecisionsKept).Run();
}

std::vector<schemas::DeadListing> BatchWork::DeadListings(Id site_id) {
  Use list(database_, kDeadListings);
  return GetRecords<schemas::DeadListing>(list.Int(site_id));
}

schemas::ParoleTally BatchWork::CountProbedSince(Id site_id, schemas::UnixSeconds since_at) {
  Use count(database_, kCountProbedSince);
  count.Int(site_id).Int(since_at).Int(now_);
  if (!count.Step()) return {};
  return {
      .links = count.GetInt(0), .links_checked = count.GetInt(1), .links_alive = count.GetInt(2)};
}

void BatchWork::DoubtDeadLinks(Id site_id) {
  Use(database_, kDoubtDeadLinks).Int(site_id).Int(now_).Int(kLookAgainS).Run();
  auto& deltas = site_deltas_[site_id];
  deltas[IndexOf(LinkState::kDead)] -= database_.Changes();
  deltas[IndexOf(LinkState::kDoubtful)] += database_.Changes();
}

void BatchWork::LookAgainAt(const SharedTarget& target) {
  Use(database_, kLookAgain).Int(target.site_id).Int(target.target_key).Int(now_).Run();
}

void BatchWork::LookAgainAtNew(const SharedTarget& target) {
  Use(database_, kLookAgainAtOne).Int(target.link_id).Int(now_).Run();
}

void BatchWork::NoteTarget(SharedTarget target) {
  Use count(database_, kCountTarget);
  count.Int(target.site_id).Int(target.target_key).Int(kTargetLinksMax).Step();
  target.links = count.GetInt(0);
  if (target.links > 1) targets_.push_back(target);
}

}  // namespace saunter::store::sql
