#include "store/sql/batch_work.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

// Rows looked at in one batch; the next batch goes on behind them, and from the beginning again
// behind the last.
constexpr std::int64_t kRowsLookedAt = 500;
// A decision on a site that has nothing left is of interest for so long.
constexpr std::int64_t kDecisionS = 180 * 86400;

constexpr char kEndOfCategories[] =
    "SELECT max(category_id) FROM (SELECT category_id FROM category WHERE category_id > ? ORDER BY "
    "category_id LIMIT ?) slice";
// The newest row stays, so that no id is given out a second time: readers tell rows by their ids.
constexpr char kPruneCategories[] =
    "DELETE FROM category WHERE category_id > ? AND category_id <= ? AND category_id < (SELECT "
    "category_id FROM category ORDER BY category_id DESC LIMIT 1) AND links = 0 RETURNING name";
constexpr char kEndOfSites[] =
    "SELECT max(site_id) FROM (SELECT site_id FROM site WHERE site_id > ? ORDER BY site_id LIMIT "
    "?) slice";
// An operator's entry speaks for itself; the rule's goes before its site does, see DrawParole.
constexpr char kPruneSites[] =
    "DELETE FROM site WHERE site_id > ?1 AND site_id <= ?2 AND site_id < (SELECT site_id FROM site "
    "ORDER BY site_id DESC LIMIT 1) AND blacklisted_until_at IS NULL AND NOT EXISTS (SELECT 1 FROM "
    "link l WHERE l.site_id = "
    "site.site_id) AND NOT EXISTS (SELECT 1 FROM feed f WHERE f.site_id = site.site_id) AND NOT "
    "EXISTS (SELECT 1 FROM link l WHERE l.feed_site_id = site.site_id) AND NOT EXISTS (SELECT 1 "
    "FROM decision d WHERE d.site_id = site.site_id AND d.decided_at BETWEEN ?3 AND ?4) RETURNING "
    "host, blacklisted_at";

// The last of the rows that are looked at behind `after`; 0 behind the last row.
Id EndOfSlice(Database& database, const char* statement, Id after) {
  Use find(database, statement);
  return find.Int(after).Int(kRowsLookedAt).Step() ? find.GetInt(0) : 0;
}

}  // namespace

// Its look and its decisions go with a site.
void BatchWork::Prune() {
  auto& cursors = connection_.cursors();
  auto& names = connection_.caches().names;
  const Id category_end = EndOfSlice(database_, kEndOfCategories, cursors.category_id);
  Use categories(database_, kPruneCategories);
  categories.Int(cursors.category_id).Int(category_end);
  while (categories.Step()) names.categories.erase(categories.GetText(0));
  cursors.category_id = category_end;
  const Id site_end = EndOfSlice(database_, kEndOfSites, cursors.site_id);
  Use sites(database_, kPruneSites);
  sites.Int(cursors.site_id).Int(site_end).Int(now_ - kDecisionS).Int(now_);
  while (sites.Step()) {
    names.sites.erase(sites.GetText(0));
    totals_.Add("sites", -1);
    if (sites.GetOptionalInt(1)) totals_.Add("sites_blacklisted", -1);
  }
  cursors.site_id = site_end;
}

}  // namespace saunter::store::sql
