#include "store/sql/batch_work.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

// A link counts for its own site if that has a feed, else for the site of the feed that brought it,
// as that stood then.
const std::string kSource =
    "CASE WHEN EXISTS (SELECT 1 FROM feed f WHERE f.site_id = link.site_id) THEN link.site_id "
    "ELSE coalesce(link.feed_site_id, (SELECT f.site_id FROM feed f WHERE f.feed_id = "
    "link.feed_id), link.site_id) END";

// What settles the sources of some links: in their rows, and in those of the pool that differ then.
// Where the pool is a view of links, nothing differs, and what will change is told of before.
struct SettleStatements {
  std::string note_links;
  std::string set_source;
  std::string note_pool;
  std::string set_pool;
};

SettleStatements StatementsFor(const std::string& links) {
  const std::string differing =
      "SELECT link.link_id FROM link JOIN pool ON pool.link_id = link.link_id WHERE " + links +
      " AND pool.source_id <> link.source_id";
  return {.note_links =
              "INSERT INTO pool_change (link_id) SELECT link_id FROM link WHERE in_pool = 1 AND " +
              links + " AND source_id <> " + kSource + " ORDER BY link_id",
          .set_source = "UPDATE link SET source_id = " + kSource + " WHERE " + links +
                        " AND source_id <> " + kSource,
          .note_pool = "INSERT INTO pool_change (link_id) " + differing + " ORDER BY link.link_id",
          .set_pool =
              "UPDATE pool SET source_id = (SELECT l.source_id FROM link l WHERE l.link_id "
              "= pool.link_id) WHERE link_id IN (" +
              differing + ")"};
}

const SettleStatements kSettleSite = StatementsFor("link.site_id = ?1");
// A feed brought those that it lists first, and those that it lists no more.
const SettleStatements kSettleFeed = StatementsFor(
    "link.link_id IN (SELECT link_id FROM entry WHERE feed_id = ?1 AND is_further = 0 UNION ALL "
    "SELECT link_id FROM link WHERE feed_id = ?1 AND is_listed = 0)");

void Settle(Database& database, const SettleStatements& statements, Id id) {
  if (database.engine() == Engine::kPostgres) {
    Use(database, statements.note_links).Int(id).Run();
    Use(database, statements.set_source).Int(id).Run();
    return;
  }
  Use(database, statements.set_source).Int(id).Run();
  if (database.Changes() == 0) return;
  Use(database, statements.note_pool).Int(id).Run();
  Use(database, statements.set_pool).Int(id).Run();
}

constexpr char kFindSiteWithoutFeed[] =
    "SELECT host FROM site WHERE site_id = ?1 AND NOT EXISTS (SELECT 1 FROM feed f WHERE f.site_id "
    "= ?1)";
// A site that has a feed is in nobody's budget.
constexpr char kForgetNamer[] =
    "UPDATE site SET named_by = NULL WHERE site_id = ? AND named_by IS NOT NULL";
constexpr char kUnlistLinks[] =
    "UPDATE link SET is_listed = 0 WHERE link_id IN (SELECT link_id FROM entry WHERE feed_id = ? "
    "AND is_further = 0)";
constexpr char kForgetEntries[] = "DELETE FROM entry WHERE feed_id = ?";
constexpr char kLeaveLinks[] =
    "UPDATE link SET feed_site_id = ?2 WHERE feed_id = ?1 AND is_listed = 0 AND feed_site_id IS "
    "NULL";

}  // namespace

void BatchWork::SettleSourcesOfSite(Id site_id) { Settle(database_, kSettleSite, site_id); }
void BatchWork::SettleSourcesOfFeed(Id feed_id) { Settle(database_, kSettleFeed, feed_id); }

void BatchWork::GiveSiteAFeed(const std::string& host, const SiteRow& site) {
  if (site.has_feed) return;
  auto& sites = connection_.caches().names.sites;
  if (const auto known = sites.find(host); known != sites.end()) known->second.has_feed = true;
  Use(database_, kForgetNamer).Int(site.site_id).Run();
  SettleSourcesOfSite(site.site_id);
}

void BatchWork::SettleSiteThatLostAFeed(Id site_id) {
  {
    Use find(database_, kFindSiteWithoutFeed);
    if (!find.Int(site_id).Step()) return;
    connection_.caches().names.sites.erase(find.GetText(0));
  }
  SettleSourcesOfSite(site_id);
}

// What the feed listed is evidence of its old address, and so are the links that it brought there.
bool BatchWork::LeaveLinks(Id feed_id, Id site_id) {
  Use(database_, kUnlistLinks).Int(feed_id).Run();
  Use(database_, kForgetEntries).Int(feed_id).Run();
  const bool listed = database_.Changes() > 0;
  Use(database_, kLeaveLinks).Int(feed_id).Int(site_id).Run();
  return listed;
}

}  // namespace saunter::store::sql
