#include "store/sql/row_checks.h"

#include <array>
#include <string>

namespace saunter::store::sql {
namespace {

// What to do. The names of the program and of its unit are those of an installation.
constexpr char kCountAnew[] =
    "a figure that is shown is wrong, and nothing else: stop the crawler (systemctl stop "
    "saunter-crawler) and run `saunter db compact`, which counts anew";
constexpr char kGoOn[] =
    "a mistake of the program and not of the disk: the crawler may go on; report it with this "
    "line. A backup without it can be put in the database's place (saunter db check "
    "--store.path=FILE finds out, saunter db restore FILE does it)";

struct TotalCheck {
  const char* name;
  const char* count;
};
// What the writer keeps as a sum, counted anew.
constexpr std::array kTotalChecks = {
    TotalCheck{"feeds", "SELECT count(*) FROM feed"},
    TotalCheck{"feeds_paused", "SELECT count(*) FROM feed WHERE state = 1"},
    TotalCheck{"feeds_gone", "SELECT count(*) FROM feed WHERE state = 2"},
    TotalCheck{"feeds_never_fetched", "SELECT count(*) FROM feed WHERE checked_at IS NULL"},
    TotalCheck{"feeds_failing", "SELECT count(*) FROM feed WHERE error_count > 0"},
    TotalCheck{"sites", "SELECT count(*) FROM site"},
    TotalCheck{"sites_blacklisted", "SELECT count(*) FROM site WHERE blacklisted_at IS NOT NULL"},
    TotalCheck{"links", "SELECT count(*) FROM link"},
    TotalCheck{"links_unchecked", "SELECT count(*) FROM link WHERE state = 0"},
    TotalCheck{"links_alive", "SELECT count(*) FROM link WHERE state = 1"},
    TotalCheck{"links_unknown", "SELECT count(*) FROM link WHERE state = 2"},
    TotalCheck{"links_doubtful", "SELECT count(*) FROM link WHERE state = 3"},
    TotalCheck{"links_dead", "SELECT count(*) FROM link WHERE state = 4"},
    TotalCheck{"links_in_pool", "SELECT count(*) FROM pool"},
};

struct RowCheck {
  // What both engines are asked in the same words.
  constexpr RowCheck(const char* sql, const char* problem) : count{sql, sql}, says(problem) {}
  constexpr RowCheck(const Worded& sql, const char* problem) : count(sql), says(problem) {}

  Worded count;
  const char* says;
};
constexpr std::array kRowChecks = {
    RowCheck{"SELECT count(*) FROM pool p LEFT JOIN link l USING (link_id) LEFT JOIN site s ON "
             "s.site_id = l.site_id WHERE l.link_id IS NULL OR l.state > 2 OR l.blacklisted <> 0 "
             "OR s.blacklisted_at IS NOT NULL",
             " pool rows that should not be there"},
    RowCheck{"SELECT count(*) FROM link l JOIN site s USING (site_id) WHERE l.state <= 2 AND "
             "l.blacklisted = 0 AND s.blacklisted_at IS NULL AND l.link_id NOT IN (SELECT link_id "
             "FROM pool)",
             " servable links missing in the pool"},
    RowCheck{
        "SELECT count(*) FROM pool p JOIN link l USING (link_id) WHERE p.site_id <> l.site_id "
        "OR p.source_id <> l.source_id OR p.feed_id <> l.feed_id OR p.published_at IS DISTINCT "
        "FROM l.published_at OR p.language IS DISTINCT FROM l.language OR p.categories IS DISTINCT "
        "FROM l.categories",
        " pool rows that are not as their links"},
    RowCheck{"SELECT count(*) FROM link WHERE feed_id IS NULL OR feed_id NOT IN (SELECT feed_id "
             "FROM feed)",
             " links that no feed brought"},
    RowCheck{"SELECT count(*) FROM link l LEFT JOIN feed f USING (feed_id) WHERE l.source_id IS "
             "DISTINCT FROM CASE WHEN l.site_id IN (SELECT site_id FROM feed) THEN l.site_id ELSE "
             "coalesce(l.feed_site_id, f.site_id) END",
             " links with a wrong source"},
    RowCheck{"SELECT count(*) FROM entry WHERE link_id NOT IN (SELECT link_id FROM link)",
             " entries of no link"},
    RowCheck{"SELECT count(*) FROM entry WHERE feed_id NOT IN (SELECT feed_id FROM feed)",
             " entries of no feed"},
    RowCheck{"SELECT count(*) FROM link WHERE site_id NOT IN (SELECT site_id FROM site)",
             " links of no site"},
    RowCheck{"SELECT count(*) FROM entry e JOIN link l USING (link_id) WHERE e.is_further = 0 AND "
             "(e.feed_id <> l.feed_id OR l.is_listed = 0)",
             " entries that are not the first of their links"},
    RowCheck{"SELECT abs((SELECT count(*) FROM link WHERE is_listed = 1) - (SELECT count(DISTINCT "
             "link_id) FROM entry WHERE is_further = 0)) + (SELECT count(*) - count(DISTINCT "
             "link_id) FROM entry WHERE is_further = 0)",
             " links with no first entry, or several"},
    RowCheck{
        Worded{
            "SELECT count(*) FROM category c LEFT JOIN (SELECT CAST(j.value AS INTEGER) AS "
            "category_id, count(*) "
            "AS links FROM link l, json_each('[' || l.categories || ']') j GROUP BY 1) u USING "
            "(category_id) WHERE c.links <> coalesce(u.links, 0)",
            "SELECT count(*) FROM category c LEFT JOIN (SELECT CAST(j.value AS BIGINT) AS "
            "category_id, count(*) AS links FROM link l, unnest(string_to_array(l.categories, "
            "',')) j (value) GROUP BY 1) u USING (category_id) WHERE c.links <> coalesce(u.links, "
            "0)"},
        " categories with a wrong count"},
    RowCheck{
        Worded{"SELECT count(*) FROM link l, json_each('[' || l.categories || ']') j WHERE j.value "
               "NOT IN (SELECT category_id FROM category)",
               "SELECT count(*) FROM link l, unnest(string_to_array(l.categories, ',')) j (value) "
               "WHERE CAST(j.value AS BIGINT) NOT IN (SELECT category_id FROM category)"},
        " categories of links that are not there"},
    RowCheck{"SELECT count(*) FROM (SELECT 1 FROM link GROUP BY site_id, url_key HAVING count(*) > "
             "1) keys",
             " keys that several links of a site have"},
    RowCheck{"SELECT count(*) FROM link WHERE feed_site_id NOT IN (SELECT site_id FROM site)",
             " links whose source is no site"},
    RowCheck{"SELECT count(*) FROM site s WHERE links_unchecked + links_alive + links_unknown + "
             "links_doubtful + links_dead <> (SELECT count(*) FROM link l WHERE l.site_id = "
             "s.site_id)",
             " sites with a wrong tally"},
};

constexpr char kReadTotal[] = "SELECT value FROM total WHERE name = ?";
constexpr char kPutTotal[] =
    "INSERT INTO total (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
    "excluded.value";

std::int64_t ReadTotal(Database& database, const std::string& name) {
  Use find(database, kReadTotal);
  return find.Text(name).Step() ? find.GetInt(0) : 0;
}

std::int64_t CountOf(Database& database, const Worded& sql) {
  Use count(database, sql);
  return count.Step() ? count.GetInt(0) : 0;
}

}  // namespace

void RecountTotals(Database& database) {
  database.BeginWriting();
  try {
    for (const auto& check : kTotalChecks) {
      const std::string name = check.name;
      Use(database, kPutTotal).Text(name).Int(CountOf(database, {check.count, check.count})).Run();
    }
    database.Commit(Database::Durability::kNormal);
  } catch (const StoreError&) {
    database.Rollback();
    throw;
  }
}

void AddRowFindings(Database& database, std::vector<Finding>& findings) {
  for (const auto& check : kTotalChecks) {
    const auto kept = ReadTotal(database, check.name);
    const auto counted = CountOf(database, {check.count, check.count});
    if (kept != counted) {
      findings.push_back({std::string("total ") + check.name + " says " + std::to_string(kept) +
                              ", there are " + std::to_string(counted),
                          kCountAnew});
    }
  }
  for (const auto& check : kRowChecks) {
    if (const auto count = CountOf(database, check.count); count != 0) {
      findings.push_back({std::to_string(count) + check.says, kGoOn});
    }
  }
}

}  // namespace saunter::store::sql
