#include "store/sqlite/reader.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "schemas/sql.h"
#include "store/restore.h"

namespace saunter::store {
namespace sqlite {

Reader::Reader(std::unique_ptr<Database> database, std::string path, FileId file)
    : sql::Windows(*database),
      Upkeep(*database),
      database_(std::move(database)),
      path_(std::move(path)),
      file_(file) {}

Reader::~Reader() = default;

bool Reader::IsCurrent() {
  struct stat file{};
  if (stat(path_.c_str(), &file) != 0) return false;
  if (!(FileId{file.st_dev, file.st_ino} == file_)) return false;
  return database_->QueryInt("PRAGMA user_version") == schemas::SchemaVersion();
}

}  // namespace sqlite

OpenedReader OpenFileReader(const schemas::StoreSettings& settings) {
  struct stat file{};
  if (stat(settings.path.c_str(), &file) != 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    if (missing && IsRestorePending(settings.path)) {
      return {OpenStatus::kMissing,
              settings.path +
                  " is being restored; if no `saunter db restore` runs, one was cut short: run it "
                  "again, or start the crawler, which finishes it",
              nullptr};
    }
    return {missing ? OpenStatus::kMissing : OpenStatus::kUnavailable,
            missing ? settings.path + " does not exist; run `saunter import` or start the crawler"
                    : settings.path + " cannot be reached; check the permissions of its folder",
            nullptr};
  }
  try {
    auto database = std::make_unique<sqlite::Database>(settings.path, sqlite::Access::kReadOnly,
                                                       settings.reader_busy_timeout_ms,
                                                       settings.reader_query_ms_max);
    auto identity = sqlite::Identify(*database, settings.path);
    if (identity.status == OpenStatus::kOk && identity.empty) {
      identity = {OpenStatus::kOlderSchema,
                  settings.path + " is empty; run `saunter import` or start the crawler", 0, true};
    }
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail, nullptr};
    for (const auto* pragma : {"PRAGMA query_only = ON", "PRAGMA cell_size_check = ON",
                               "PRAGMA mmap_size = 0", "PRAGMA temp_store = MEMORY"}) {
      database->Execute(pragma);
    }
    return {OpenStatus::kOk,
            {},
            std::make_unique<sqlite::Reader>(std::move(database), settings.path,
                                             sqlite::FileId{file.st_dev, file.st_ino})};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, settings.path + ": " + error.what(), nullptr};
  } catch (const SQLite::Exception& exception) {
    return {OpenStatus::kUnavailable,
            settings.path + " cannot be opened: " + exception.what() +
                "; check its permissions and those of its -wal and -shm files",
            nullptr};
  }
}

}  // namespace saunter::store
