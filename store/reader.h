// A read-only connection, and the windows on the database that it opens.
//
// A client takes the windows that it needs: the crawl loop what is due, the API pool, catalogue
// and history, the CLI pool, catalogue, review and upkeep. All windows of one connection share its
// snapshot. Nothing stays open between calls, so a reader never holds the write-ahead log back,
// except for a snapshot that its owner keeps for a moment.
//
// Thread safety: one thread at a time; open one Reader a thread. Errors: what can be wrong with a
// file is OpenStatus; what goes wrong while reading is thrown as StoreError.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "schemas/settings.h"
#include "schemas/status.h"
#include "store/catalogue.h"
#include "store/copy_state.h"
#include "store/due_work.h"
#include "store/history.h"
#include "store/imports.h"
#include "store/pool.h"
#include "store/review.h"
#include "store/status.h"
#include "store/upkeep.h"

namespace saunter::store {

// No request that begins later than this reads in the snapshot. An idle worker's snapshot stays
// open until the API's sweeper ends it, up to about a tenth of a second later.
inline constexpr std::chrono::milliseconds kSnapshotAgeMax(5);

class Reader : public virtual DueWork,
               public virtual Pool,
               public virtual Catalogue,
               public virtual Review,
               public virtual Imports,
               public virtual History,
               public virtual Upkeep {
 public:
  using Catalogue::FindFeed;
  using DueWork::FindFeed;
  [[nodiscard]] schemas::Stats ReadStats() override = 0;

  // nullopt: the database is no copy of another one.
  [[nodiscard]] virtual std::optional<CopyState> FindCopyState() = 0;

  // True while the path still names the file that was opened, with the schema it had then.
  [[nodiscard]] virtual bool IsCurrent() = 0;

  // From here on all calls read in one transaction, which the first of them begins.
  virtual void KeepSnapshot() = 0;
  virtual void DropSnapshot() = 0;
  [[nodiscard]] virtual bool KeepsSnapshot() const = 0;
};

struct OpenedReader {
  OpenStatus status = OpenStatus::kOk;
  std::string detail;  // for a person, with what to do
  std::unique_ptr<Reader> reader;
};
// The database at store.url, or, where that is empty, the file at store.path.
[[nodiscard]] OpenedReader OpenReader(const schemas::StoreSettings& settings);
// The same for one who crawls, and notes what is asked.
[[nodiscard]] OpenedReader OpenDueWork(const schemas::StoreSettings& settings);
// The file at store.path, whatever store.url says.
[[nodiscard]] OpenedReader OpenFileReader(const schemas::StoreSettings& settings);

}  // namespace saunter::store
