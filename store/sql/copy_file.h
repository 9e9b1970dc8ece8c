// The two ends of a copy, for the program that keeps one: a database that is read row by row, and a
// file that is written so.
//
// Thread safety: one thread at a time. Errors: what can be wrong with a database or a file when it
// is opened is a status; later StoreError.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schemas/settings.h"
#include "store/restore.h"
#include "store/sql/database.h"
#include "store/status.h"

namespace saunter::store::sql {

struct OpenedSource {
  OpenStatus status = OpenStatus::kOk;
  std::string detail = {};  // for a person, with what to do
  std::unique_ptr<Database> database = {};
};
// The PostgreSQL database at settings.url, to read.
[[nodiscard]] OpenedSource OpenSource(const schemas::StoreSettings& settings,
                                      std::string_view program);

// The file at settings.path, and another one beside it that is filled and then takes its place.
// Rows are written in any order: whether they belong together is for their source to say.
class CopyFile {
 public:
  CopyFile() = default;
  virtual ~CopyFile() = default;
  CopyFile(const CopyFile&) = delete;
  CopyFile& operator=(const CopyFile&) = delete;

  // nullptr: there is none, or it is damaged.
  [[nodiscard]] virtual Database* InUse() = 0;
  // What is damaged, of either, is as if it were not there.
  virtual void DropDamaged() = 0;
  // Both are as if they were not there; the file in use stays where it is, for those who read it.
  virtual void Drop() = 0;
  // The one beside it, which is there already if it was being filled when the last holder ended.
  [[nodiscard]] virtual bool HasNew() = 0;
  [[nodiscard]] virtual Database& New() = 0;
  virtual void DropNew() = 0;
  // From here on the new one is in use. Who reads the old one reads on in it until it looks whether
  // that is current. Killed at any point it leaves one of the two in place, or is finished when the
  // file is opened. `report` may be empty.
  virtual void PutNewInPlace(const RestoreReport& report) = 0;
};

struct OpenedCopyFile {
  OpenStatus status = OpenStatus::kOk;
  std::string detail = {};  // for a person, with what to do
  std::unique_ptr<CopyFile> file = {};
};
// Takes the writer's lock. A database at the path that is no copy is refused and stays as it is.
[[nodiscard]] OpenedCopyFile OpenCopyFile(const schemas::StoreSettings& settings,
                                          std::string_view program);

}  // namespace saunter::store::sql
