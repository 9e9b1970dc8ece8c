#include "store/sqlite/upkeep.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/sqlite/lock.h"

namespace saunter::store::sqlite {
namespace {

constexpr char kIntegrity[] = "PRAGMA integrity_check(20)";
constexpr char kForeignKeys[] = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check";

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
  const char* count;
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
    RowCheck{"SELECT count(*) FROM pool p JOIN link l USING (link_id) WHERE p.site_id <> l.site_id "
             "OR p.source_id <> l.source_id OR p.feed_id <> l.feed_id OR p.published_at IS NOT "
             "l.published_at OR p.language IS NOT l.language OR p.categories IS NOT l.categories",
             " pool rows that are not as their links"},
    RowCheck{"SELECT count(*) FROM link WHERE feed_id IS NULL OR feed_id NOT IN (SELECT feed_id "
             "FROM feed)",
             " links that no feed brought"},
    RowCheck{
        "SELECT count(*) FROM link l LEFT JOIN feed f USING (feed_id) WHERE l.source_id IS NOT "
        "CASE WHEN l.site_id IN (SELECT site_id FROM feed) THEN l.site_id ELSE "
        "coalesce(l.feed_site_id, f.site_id) END",
        " links with a wrong source"},
    RowCheck{"SELECT count(*) FROM entry WHERE link_id NOT IN (SELECT link_id FROM link)",
             " entries of no link"},
    RowCheck{"SELECT count(*) FROM entry e JOIN link l USING (link_id) WHERE e.is_further = 0 AND "
             "(e.feed_id <> l.feed_id OR l.is_listed = 0)",
             " entries that are not the first of their links"},
    RowCheck{"SELECT abs((SELECT count(*) FROM link WHERE is_listed = 1) - (SELECT count(DISTINCT "
             "link_id) FROM entry WHERE is_further = 0)) + (SELECT count(*) - count(DISTINCT "
             "link_id) FROM entry WHERE is_further = 0)",
             " links with no first entry, or several"},
    RowCheck{"SELECT count(*) FROM category c LEFT JOIN (SELECT CAST(j.value AS INTEGER) AS "
             "category_id, count(*) "
             "AS links FROM link l, json_each('[' || l.categories || ']') j GROUP BY 1) u USING "
             "(category_id) WHERE c.links <> coalesce(u.links, 0)",
             " categories with a wrong count"},
    RowCheck{"SELECT count(*) FROM link l, json_each('[' || l.categories || ']') j WHERE j.value "
             "NOT IN (SELECT category_id FROM category)",
             " categories of links that are not there"},
    RowCheck{"SELECT count(*) FROM (SELECT 1 FROM link GROUP BY site_id, url_key HAVING count(*) > "
             "1)",
             " keys that several links of a site have"},
    RowCheck{"SELECT count(*) FROM link WHERE feed_site_id NOT IN (SELECT site_id FROM site)",
             " links whose source is no site"},
    RowCheck{"SELECT count(*) FROM site s WHERE links_unchecked + links_alive + links_unknown + "
             "links_doubtful + links_dead <> (SELECT count(*) FROM link l WHERE l.site_id = "
             "s.site_id)",
             " sites with a wrong tally"},
};

// As the database itself: SQLite would let everyone read it.
void CreateCopyFile(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kDatabaseFileMode);
  if (descriptor < 0) {
    throw StoreError(StoreErrorKind::kOther,
                     "cannot create " + path + ": " + std::generic_category().message(errno));
  }
  close(descriptor);
}

// All pages in one step: one snapshot, whatever the writer does meanwhile.
void CopyTo(Database& database, const std::string& path) {
  try {
    SQLite::Database target(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup backup(target, database.sqlite());
    // A locked target is a return code here, and no exception.
    if (const int code = backup.executeStep(-1); code != SQLITE_DONE) {
      throw ToStoreError(code, "the copy is not whole");
    }
  } catch (const SQLite::Exception& exception) {
    throw ToStoreError(exception.getErrorCode(), exception.what());
  }
}

}  // namespace

std::vector<std::string> Upkeep::Check() {
  auto& database = database_;
  database.LiftQueryLimit();
  const ReadTransaction transaction(database);
  std::vector<std::string> problems;
  Use integrity(database, kIntegrity);
  while (integrity.Step()) {
    if (auto line = integrity.GetText(0); line != "ok") problems.push_back(std::move(line));
  }
  Use keys(database, kForeignKeys);
  while (keys.Step()) {
    problems.push_back("foreign key: " + keys.GetText(0) + " row " + keys.GetText(1) +
                       " names a missing " + keys.GetText(2));
  }
  const auto stats = [&](const char* name) {
    Use find(database, "SELECT value FROM total WHERE name = ?");
    const std::string text(name);
    return find.Text(text).Step() ? find.GetInt(0) : 0;
  };
  for (const auto& check : kTotalChecks) {
    const auto kept = stats(check.name);
    const auto counted = database.QueryInt(check.count);
    if (kept != counted) {
      problems.push_back(std::string("total ") + check.name + " says " + std::to_string(kept) +
                         ", there are " + std::to_string(counted));
    }
  }
  for (const auto& check : kRowChecks) {
    if (const auto count = database.QueryInt(check.count); count != 0) {
      problems.push_back(std::to_string(count) + check.says);
    }
  }
  return problems;
}

void Upkeep::Backup(const std::string& path) {
  auto& database = database_;
  database.LiftQueryLimit();
  if (struct stat found{}; lstat(path.c_str(), &found) == 0) {
    throw StoreError(StoreErrorKind::kOther, path + " exists; name a file that does not");
  }
  const std::string unfinished = path + ".unfinished";
  try {
    std::filesystem::remove(unfinished);
    CreateCopyFile(unfinished);
    CopyTo(database, unfinished);
    std::filesystem::rename(unfinished, path);
  } catch (const std::filesystem::filesystem_error& error) {
    throw StoreError(StoreErrorKind::kOther, error.what());
  }
}

}  // namespace saunter::store::sqlite
