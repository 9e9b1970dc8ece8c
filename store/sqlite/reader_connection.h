// Inside store/ only: what a Reader holds.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "store/reader.h"
#include "store/sqlite/connection.h"

namespace saunter::store {

// Tells a file from another one put in its place.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

class Reader::Connection {
 public:
  Connection(std::unique_ptr<Database> opened, std::string opened_path, FileId opened_file)
      : database(std::move(opened)), path(std::move(opened_path)), file(opened_file) {}

  std::unique_ptr<Database> database;
  std::string path;
  FileId file;
};

}  // namespace saunter::store
