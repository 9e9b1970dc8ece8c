#include "tests/end_to_end/old_links.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>

#include "tests/store/old_database.h"

namespace saunter::end_to_end {
namespace {

// The newest schema that holds a link's categories, its whole URL and its long key in columns and
// tables of their own.
constexpr int kOldSchema = 9;

// The factor spreads keys over the bits that short keys keep; the bits above those are set as well,
// the sign among them. Sites above 100 have no feed, so that their links come from the planet; each
// tenth site is a tenant. Site 7 is blacklisted, site 8 is so for a time.
constexpr char kOldRows[] = R"sql(
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TEMP TABLE site_number AS WITH RECURSIVE n (s) AS
  (SELECT 1 UNION ALL SELECT s + 1 FROM n WHERE s < 120) SELECT s FROM n;
INSERT INTO site (site_id, host, registrable_domain, named_by)
  SELECT s, CASE WHEN s % 10 = 0 THEN 'tilde.example/~name' || s ELSE 'site' || s || '.example' END,
    CASE WHEN s % 10 = 0 THEN 'tilde.example' ELSE 'site' || s || '.example' END,
    CASE WHEN s > 100 THEN 200 END FROM site_number
  UNION ALL SELECT 200, 'planet.example', 'planet.example', NULL;
UPDATE site SET blacklisted_at = 7, blacklist_pattern = host, blacklist_reason = 'spam'
  WHERE site_id IN (7, 8);
UPDATE site SET blacklisted_until_at = unixepoch() + 864000 WHERE site_id = 8;
INSERT INTO blacklist (pattern, source, reason, added_at, until_at)
  SELECT host, site_id = 8, 'spam', 7, blacklisted_until_at FROM site WHERE site_id IN (7, 8);
INSERT INTO feed (feed_id, url, site_id, title, added_at, checked_at, ok_at, next_check_at, etag,
    fetch_count)
  SELECT site_id, 'https://' || host || '/feed', site_id, 'Feed ' || site_id, 1, 5, 5,
    unixepoch() + 86400 + site_id, '"etag"', 3 FROM site WHERE site_id <= 100 OR site_id = 200;
INSERT INTO category (category_id, name, feed_id)
  SELECT s, 'category ' || s, s FROM site_number WHERE s <= 40;
INSERT INTO language (language, feed_id) VALUES ('en', 1), ('de', 2);

CREATE TEMP TABLE link_number AS WITH RECURSIVE n (n) AS
  (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
  SELECT n, 1 + n % 120 AS s, n / 120 AS post, (n * 2654435761) | ((n % 512) << 55) AS key FROM n;
INSERT INTO link (link_id, url_key, site_id, state, blacklisted, strikes, struck_at, first_seen_at,
    published_at, updated_at, checked_at, next_check_at, check_interval_s, last_outcome,
    last_status, target_key, listed_key, language, url, title, author, summary, alive_at, feed_id,
    feed_site_id, source_id)
  SELECT n, key, s,
    CASE WHEN post % 10 < 2 THEN 0 WHEN post % 10 < 6 THEN 1 ELSE post % 10 - 4 END % 5,
    s IN (7, 8), post % 3, CASE WHEN post % 3 THEN 4 END, 1, CASE WHEN n % 5 THEN n END,
    CASE WHEN n % 7 = 0 THEN n + 1 END, CASE WHEN post % 10 > 1 THEN 5 END,
    unixepoch() + 86400 + n, 86400, CASE WHEN post % 10 > 1 THEN 0 END, 200,
    CASE WHEN n % 17 = 0 THEN key + 1 END, CASE WHEN n % 19 = 0 THEN -key END,
    CASE n % 3 WHEN 1 THEN 'en' WHEN 2 THEN 'de' END,
    CASE n % 4 WHEN 0 THEN 'http://' WHEN 1 THEN 'https://www.' WHEN 2 THEN 'https://elsewhere.'
      ELSE 'https://' END || host || '/post/' || n,
    'Post ' || n, CASE WHEN n % 2 THEN 'Ann' END, substr(hex(zeroblob(1750)), 1, 2500 + n % 1000),
    CASE WHEN post % 10 BETWEEN 2 AND 5 THEN 5 END,
    CASE WHEN s > 100 OR n % 41 = 0 THEN 200 ELSE s END, CASE WHEN n % 37 = 0 THEN 1 END,
    CASE WHEN s <= 100 THEN s WHEN n % 37 = 0 THEN 1 ELSE 200 END
  FROM link_number JOIN site ON site_id = s;
-- What its feed has left has no entry; others have one of the planet besides, or two of their feed.
INSERT INTO entry (feed_id, guid_key, link_id, content_key)
  SELECT feed_id, url_key, link_id, -url_key FROM link WHERE link_id % 11 <> 5
  UNION ALL SELECT 200, url_key + 1, link_id, url_key FROM link WHERE link_id % 9 = 0
  UNION ALL SELECT feed_id, url_key + 2, link_id, url_key FROM link WHERE link_id % 13 = 0;
INSERT INTO link_category (link_id, category_id)
  SELECT n, 1 + (n / 4 * 7 + j * 13) % 40 FROM link_number JOIN (SELECT s AS j FROM site_number
    WHERE s < 4) ON j <= n % 4;

UPDATE site SET (links_unchecked, links_alive, links_unknown, links_doubtful, links_dead) =
  (SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),
    count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),
    count(*) FILTER (WHERE state = 4) FROM link l WHERE l.site_id = site.site_id);
INSERT INTO pool (link_id, site_id, source_id, published_at, language)
  SELECT link_id, site_id, source_id, published_at, language FROM link
  WHERE state < 3 AND blacklisted = 0;
INSERT INTO pool_change (link_id) SELECT link_id FROM pool;
INSERT OR REPLACE INTO total (name, value)
  SELECT 'links', count(*) FROM link
  UNION ALL SELECT 'links_unchecked', sum(links_unchecked) FROM site
  UNION ALL SELECT 'links_alive', sum(links_alive) FROM site
  UNION ALL SELECT 'links_unknown', sum(links_unknown) FROM site
  UNION ALL SELECT 'links_doubtful', sum(links_doubtful) FROM site
  UNION ALL SELECT 'links_dead', sum(links_dead) FROM site
  UNION ALL SELECT 'links_in_pool', count(*) FROM pool
  UNION ALL SELECT 'feeds', count(*) FROM feed
  UNION ALL SELECT 'feeds_never_fetched', 0
  UNION ALL SELECT 'sites', count(*) FROM site
  UNION ALL SELECT 'sites_blacklisted', 2;
COMMIT;
)sql";

// The same rows as the old tables and as the new ones have them. Each row names what it belongs to,
// so that no two of a side are the same.
struct Comparison {
  const char* name;
  const char* old_rows;
  const char* new_rows;
};
constexpr char kLinkColumns[] =
    "l.link_id, l.site_id, l.source_id, l.feed_id, l.feed_site_id, l.state, l.blacklisted, "
    "l.on_parole, l.strikes, l.struck_at, l.alive_at, l.first_seen_at, l.published_at, "
    "l.updated_at, l.checked_at, l.next_check_at, l.check_interval_s, l.last_outcome, "
    "l.last_status, l.target_key, l.language, l.title, l.author, l.summary";
constexpr std::array kComparisons = {
    Comparison{"keys of links",
               "SELECT link_id, url_key & 0x7fffffffffff, listed_key & 0x7fffffffffff FROM "
               "old.link",
               "SELECT link_id, url_key, listed_key FROM link"},
    Comparison{"URLs of links", "SELECT link_id, url FROM old.link",
               "SELECT l.link_id, CASE substr(l.url, 1, 1) WHEN '/' THEN 'https://' || h.host || "
               "l.url WHEN 'w' THEN 'https://www.' || h.host || substr(l.url, 2) ELSE l.url END "
               "FROM link l JOIN (SELECT site_id, substr(host, 1, instr(host || '/', '/') - 1) AS "
               "host FROM site) h USING (site_id)"},
    Comparison{"listings by feed",
               "SELECT feed_id, guid_key & 0x7fffffffffff, link_id, content_key & 0x7fffffff FROM "
               "old.entry",
               "SELECT feed_id, guid_key, link_id, content_key FROM entry"},
    Comparison{"links that are listed",
               "SELECT link_id, feed_site_id IS NULL AND EXISTS (SELECT 1 FROM old.entry e WHERE "
               "e.link_id = l.link_id AND e.feed_id = l.feed_id) FROM old.link l",
               "SELECT link_id, is_listed FROM link"},
    Comparison{"pool", "SELECT link_id, site_id, source_id, published_at, language FROM old.pool",
               "SELECT link_id, site_id, source_id, published_at, language FROM pool"},
    Comparison{"categories of links",
               "SELECT link_id, name FROM old.link_category JOIN old.category USING (category_id)",
               "SELECT l.link_id, c.name FROM link l, json_each('[' || l.categories || ']') j "
               "JOIN category c ON c.category_id = j.value"},
    Comparison{"categories", "SELECT category_id, name, feed_id FROM old.category",
               "SELECT category_id, name, feed_id FROM category"},
    Comparison{"changes of the pool", "SELECT change_id, link_id FROM old.pool_change",
               "SELECT change_id, link_id FROM pool_change"},
    Comparison{"sites", "SELECT * FROM old.site", "SELECT * FROM site"},
    // No operator has given a title yet.
    Comparison{"feeds", "SELECT *, NULL AS given_title FROM old.feed", "SELECT * FROM feed"},
    Comparison{"blacklist", "SELECT * FROM old.blacklist", "SELECT * FROM blacklist"},
    Comparison{"languages", "SELECT * FROM old.language", "SELECT * FROM language"},
    Comparison{"totals", "SELECT * FROM old.total WHERE value <> 0",
               "SELECT * FROM total WHERE value <> 0"},
};

std::int64_t RowsWithout(SQLite::Database& database, const std::string& rows,
                         const std::string& others) {
  return database.execAndGet("SELECT count(*) FROM (" + rows + " EXCEPT " + others + ")")
      .getInt64();
}

void Compare(SQLite::Database& database, const Comparison& comparison,
             std::vector<std::string>& differences) {
  const auto lost = RowsWithout(database, comparison.old_rows, comparison.new_rows);
  const auto added = RowsWithout(database, comparison.new_rows, comparison.old_rows);
  if (lost == 0 && added == 0) return;
  differences.push_back(std::string(comparison.name) + ": " + std::to_string(lost) +
                        " rows lost, " + std::to_string(added) + " that were not there");
}

}  // namespace

void MakeOldLinks(const std::string& path) { store::MakeOldDatabase(path, kOldSchema, kOldRows); }

std::vector<std::string> Differences(const std::string& old_path, const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY, 5000);
  SQLite::Statement attach(database, "ATTACH ? AS old");
  attach.bind(1, old_path);
  attach.exec();
  std::vector<std::string> differences;
  const std::string links = "SELECT " + std::string(kLinkColumns);
  const auto old_links = links + " FROM old.link l";
  const auto new_links = links + " FROM link l";
  Compare(database, {"links", old_links.c_str(), new_links.c_str()}, differences);
  for (const auto& comparison : kComparisons) Compare(database, comparison, differences);
  return differences;
}

}  // namespace saunter::end_to_end
