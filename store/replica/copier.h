// Keeps a file as a copy of a database: fills it once, and then follows the database's log.
//
// Each step reads a bounded number of rows in one short transaction of the source and writes them,
// with the place that they stand for, in one transaction of the copy: whatever ends the program,
// the next one goes on from there. A copy that is new, or whose place the log no longer has, is
// filled beside the file in use, table by table while the source goes on, then follows the log to
// its end, and only then takes the other one's place. Readers never see a part of one.
//
// Thread safety: one thread at a time. Errors: StoreError of either end; the step left nothing
// behind, and may be tried again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/replica/copy_row.h"
#include "store/restore.h"
#include "store/sql/copy_file.h"
#include "store/sql/database.h"

namespace saunter::store::replica {

enum class StepKind {
  kCurrent,   // the copy is as the source
  kBehind,    // a part of what is behind was copied
  kBegan,     // filling another file; `why`
  kFilling,   // a part of that
  kReplaced,  // it is in use now, and as the source
};

// What a step did.
struct StepReport {
  StepKind kind = StepKind::kCurrent;
  std::int64_t rows = 0;            // read and written
  std::int64_t changes = 0;         // of the log that were followed
  std::int64_t changes_behind = 0;  // about how many are left
  std::string why = {};             // for a person
  schemas::UnixSeconds as_of = 0;   // of kCurrent and kReplaced: when the source was as the copy is
};

class Copier {
 public:
  // `file` outlives it.
  Copier(sql::CopyFile& file, const schemas::ReplicaSettings& settings,
         std::int64_t pool_changes_kept);

  // `now` is by this machine's clock. Steps go on at once until the copy is kCurrent or kReplaced.
  [[nodiscard]] StepReport Step(sql::Database& source, schemas::UnixSeconds now);

  // How far the file in use is; nullopt: there is none.
  [[nodiscard]] std::optional<CopyRow> State();

  // For tests, which end here and there.
  void SetReplaceReport(RestoreReport report) { replace_report_ = std::move(report); }

 private:
  StepReport Follow(sql::Database& source, sql::Database& copy, CopyRow row,
                    schemas::UnixSeconds now);
  StepReport BeginFilling(sql::Database& source, std::string why);
  StepReport Fill(sql::Database& source, schemas::UnixSeconds now);
  StepReport FillPage(sql::Database& source, CopyRow row);
  std::int64_t CopyRows(sql::Database& source, sql::Database& copy, Changes& changes);
  void TellOfPool(sql::Database& copy, const Changes& changes);

  sql::CopyFile& file_;
  const schemas::ReplicaSettings settings_;
  const std::int64_t pool_changes_kept_;
  RestoreReport replace_report_;
};

}  // namespace saunter::store::replica
