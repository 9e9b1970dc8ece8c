// Inside store/sqlite/ only: one read-only connection with all windows.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "store/reader.h"
#include "store/sqlite/catalogue.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/due_work.h"
#include "store/sqlite/history.h"
#include "store/sqlite/imports.h"
#include "store/sqlite/pool.h"
#include "store/sqlite/review.h"
#include "store/sqlite/upkeep.h"

namespace saunter::store::sqlite {

// Tells a file from another one put in its place.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

class Reader final : public store::Reader,
                     public DueWork,
                     public Pool,
                     public Catalogue,
                     public Review,
                     public Imports,
                     public History,
                     public Upkeep {
 public:
  Reader(std::unique_ptr<Database> database, std::string path, FileId file);
  ~Reader() override;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  schemas::Stats ReadStats() override;
  bool IsCurrent() override;
  void KeepSnapshot() override;
  void DropSnapshot() override;
  [[nodiscard]] bool KeepsSnapshot() const override;

 private:
  const std::unique_ptr<Database> database_;
  const std::string path_;
  const FileId file_;
};

}  // namespace saunter::store::sqlite
