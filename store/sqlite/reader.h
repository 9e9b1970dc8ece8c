// Inside store/sqlite/ only: one read-only connection with all windows.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "store/sql/windows.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/upkeep.h"

namespace saunter::store::sqlite {

// Tells a file from another one put in its place.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

class Reader final : public sql::Windows, public Upkeep {
 public:
  Reader(std::unique_ptr<Database> database, std::string path, FileId file);
  ~Reader() override;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool IsCurrent() override;

 private:
  const std::unique_ptr<Database> database_;
  const std::string path_;
  const FileId file_;
};

}  // namespace saunter::store::sqlite
