// Puts a backup in the place of a database.
//
// The backup is copied beside the database, and the copy is checked and migrated there; until then
// nothing else is touched. Then a plan is put down beside it, and by that plan the database moves
// aside together with its -wal and -shm and the copy takes its place. Whoever takes the writer's
// lock next finishes a plan that was cut short, so that a kill at any point leaves the old database
// or the new one, and no mixture of them.
//
// Thread safety: all functions; the writer's lock keeps two programs apart. Errors: what can be
// wrong is Restored::status; no exceptions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/status.h"

namespace saunter::store {

// In the order in which they are taken.
enum class RestoreStep {
  kCopy,
  kCheck,
  kMigrate,
  kReady,         // the copy gets the name of one that is whole
  kPlan,          // from here on a kill does not call it off
  kMoveDatabase,  // aside
  kMoveWal,
  kMoveIndex,  // -shm
  kPutInPlace,
  kForgetPlan,
  kOpen,  // as a writer does, so that readers without write access find what they need
};

// `done` and `total` are bytes of kCopy and statements of kMigrate; of the other steps both are 0.
struct RestoreProgress {
  RestoreStep step = RestoreStep::kCopy;
  std::int64_t done = 0;
  std::int64_t total = 0;
};
// Called before each step, and again and again while a long one runs.
using RestoreReport = std::function<void(const RestoreProgress&)>;

struct Restored {
  OpenStatus status = OpenStatus::kOk;
  std::string detail = {};     // for a person, with what to do
  std::string kept_path = {};  // where the database that stood there is now; empty: there was none
  int schema_version = 0;      // that the backup had
};

// `backup` is a copy that `saunter db backup` made, or a database that nobody writes, with its -wal
// if it has one. It is only read. `now` dates the name under which the old database is kept.
[[nodiscard]] Restored Restore(const schemas::StoreSettings& settings, const std::string& backup,
                               schemas::UnixSeconds now, const RestoreReport& report = {});

// A restore was cut short, and the next writer will finish it.
[[nodiscard]] bool IsRestorePending(const std::string& path);

}  // namespace saunter::store
