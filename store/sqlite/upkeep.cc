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

// What to do. The names of the program and of its unit are those of an installation.
constexpr char kRestore[] =
    "the file is damaged: stop the crawler (systemctl stop saunter-crawler) and put a backup in "
    "its "
    "place (saunter db restore FILE); without one, `saunter export` prints the feeds that can "
    "still "
    "be read";
constexpr char kMakeIndexesAnew[] =
    "the rows are whole and an index is not: stop the crawler (systemctl stop saunter-crawler) and "
    "run `saunter db compact`, which makes all indexes anew";
constexpr char kCountAnew[] =
    "a figure that is shown is wrong, and nothing else: stop the crawler (systemctl stop "
    "saunter-crawler) and run `saunter db compact`, which counts anew";
constexpr char kGoOn[] =
    "a mistake of the program and not of the disk: the crawler may go on; report it with this "
    "line. "
    "A backup without it can be put in the database's place (saunter db check --store.path=FILE "
    "finds out, saunter db restore FILE does it)";

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

constexpr char kReadTotal[] = "SELECT value FROM total WHERE name = ?";
constexpr char kPutTotal[] =
    "INSERT INTO total (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
    "excluded.value";

std::int64_t ReadTotal(Database& database, const std::string& name) {
  Use find(database, kReadTotal);
  return find.Text(name).Step() ? find.GetInt(0) : 0;
}

// As SQLite words it: an index can be made anew from its table.
bool IsOfAnIndex(std::string_view line) {
  return line.find("missing from index") != std::string_view::npos ||
         line.find("# of entries in index") != std::string_view::npos ||
         line.find("non-unique entry in index") != std::string_view::npos;
}

std::string SystemMessage(int error) { return std::generic_category().message(error); }

// kOther: whose fault it is tells the copy's user from the database's.
StoreError CopyProblem(const std::string& path, const std::string& why) {
  return {StoreErrorKind::kOther, "the copy cannot be written to " + path + ": " + why};
}

// Nothing of a copy that was cut short stays, whatever cut it.
class UnfinishedCopy {
 public:
  explicit UnfinishedCopy(const std::string& path)
      : path_(path), unfinished_(path + ".unfinished") {
    Remove();  // of one that was killed
    // As the database itself: SQLite would let everyone read it.
    const int descriptor =
        open(unfinished_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kDatabaseFileMode);
    if (descriptor < 0) throw CopyProblem(path_, SystemMessage(errno));
    close(descriptor);
  }
  ~UnfinishedCopy() { Remove(); }
  UnfinishedCopy(const UnfinishedCopy&) = delete;
  UnfinishedCopy& operator=(const UnfinishedCopy&) = delete;

  [[nodiscard]] const std::string& path() const { return unfinished_; }

  // On the disk first, then under its name; what has come to stand there meanwhile stays.
  void Finish() {
    Sync(unfinished_);
    const bool named = link(unfinished_.c_str(), path_.c_str()) == 0;
    if (!named && errno == EEXIST) throw CopyProblem(path_, SystemMessage(errno));
    // Lenient: not all file systems know a second name for a file.
    if (!named && rename(unfinished_.c_str(), path_.c_str()) != 0) {
      throw CopyProblem(path_, SystemMessage(errno));
    }
    Remove();
    const auto folder = std::filesystem::path(path_).parent_path();
    Sync(folder.empty() ? "." : folder.string());
  }

 private:
  void Remove() const {
    for (const auto* suffix : {"", "-journal", "-wal", "-shm"}) {
      unlink((unfinished_ + suffix).c_str());
    }
  }

  void Sync(const std::string& path) const {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    if (!synced) throw CopyProblem(path_, SystemMessage(error));
  }

  const std::string path_;
  const std::string unfinished_;
};

// Whether it was writing the copy, and not reading the database, that failed.
bool IsOfTheCopy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return true;
    case SQLITE_IOERR:
      return code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC ||
             code == SQLITE_IOERR_DIR_FSYNC || code == SQLITE_IOERR_TRUNCATE;
    default:
      return false;
  }
}

// All pages in one step: one snapshot, whatever the writer does meanwhile. Returns SQLite's code.
int CopyPages(Database& database, SQLite::Database& target) {
  sqlite3_extended_result_codes(target.getHandle(), 1);
  try {
    SQLite::Backup backup(target, database.sqlite());
    // A locked target is a return code here, and no exception.
    return backup.executeStep(-1);
  } catch (const SQLite::Exception& exception) {
    return exception.getErrorCode();
  }
}

void CopyTo(Database& database, const UnfinishedCopy& copy, const std::string& path) {
  try {
    SQLite::Database target(copy.path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    const int code = CopyPages(database, target);
    if (code == SQLITE_DONE) return;
    const int error = sqlite3_system_errno(target.getHandle());
    const std::string why = error != 0 ? SystemMessage(error) : sqlite3_errstr(code);
    if (IsOfTheCopy(code)) throw CopyProblem(path, why);
    throw ToStoreError(code, ("the copy is not whole: " + why).c_str());
  } catch (const SQLite::Exception& exception) {
    throw CopyProblem(path, exception.what());
  }
}

}  // namespace

void RecountTotals(Database& database) {
  database.BeginWriting();
  try {
    for (const auto& check : kTotalChecks) {
      const std::string name = check.name;
      Use(database, kPutTotal).Text(name).Int(database.QueryInt(check.count)).Run();
    }
    database.Commit(sql::Database::Durability::kNormal);
  } catch (const StoreError&) {
    database.Rollback();
    throw;
  }
}

std::vector<Finding> Upkeep::Check() {
  auto& database = database_;
  database.LiftQueryLimit();
  const ReadTransaction transaction(database);
  std::vector<Finding> findings;
  Use integrity(database, kIntegrity);
  while (integrity.Step()) {
    auto line = integrity.GetText(0);
    if (line == "ok") continue;
    const auto* advice = IsOfAnIndex(line) ? kMakeIndexesAnew : kRestore;
    findings.push_back({std::move(line), advice});
  }
  Use keys(database, kForeignKeys);
  while (keys.Step()) {
    findings.push_back({"foreign key: " + keys.GetText(0) + " row " + keys.GetText(1) +
                            " names a missing " + keys.GetText(2),
                        kRestore});
  }
  for (const auto& check : kTotalChecks) {
    const auto kept = ReadTotal(database, check.name);
    const auto counted = database.QueryInt(check.count);
    if (kept != counted) {
      findings.push_back({std::string("total ") + check.name + " says " + std::to_string(kept) +
                              ", there are " + std::to_string(counted),
                          kCountAnew});
    }
  }
  for (const auto& check : kRowChecks) {
    if (const auto count = database.QueryInt(check.count); count != 0) {
      findings.push_back({std::to_string(count) + check.says, kGoOn});
    }
  }
  return findings;
}

void Upkeep::Backup(const std::string& path) {
  auto& database = database_;
  database.LiftQueryLimit();
  if (struct stat found{}; lstat(path.c_str(), &found) == 0) {
    throw CopyProblem(path, SystemMessage(EEXIST));
  }
  UnfinishedCopy copy(path);
  CopyTo(database, copy, path);
  copy.Finish();
}

}  // namespace saunter::store::sqlite
