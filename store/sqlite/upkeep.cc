#include "store/sqlite/upkeep.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/sql/row_checks.h"
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
  sql::AddRowFindings(database, findings);
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
