// Inside store/sql/ and its engines only: all windows of a reader but upkeep, which is the
// engine's.
#pragma once

#include <optional>

#include "store/reader.h"
#include "store/sql/catalogue.h"
#include "store/sql/copy_state.h"
#include "store/sql/due_work.h"
#include "store/sql/history.h"
#include "store/sql/imports.h"
#include "store/sql/pool.h"
#include "store/sql/review.h"

namespace saunter::store::sql {

class Windows : public store::Reader,
                public DueWork,
                public Pool,
                public Catalogue,
                public Review,
                public Imports,
                public History {
 public:
  explicit Windows(Database& database)
      : DueWork(database),
        Pool(database),
        Catalogue(database),
        Review(database),
        Imports(database),
        History(database),
        database_(database) {}

  schemas::Stats ReadStats() override { return sql::ReadStats(database_); }
  std::optional<CopyState> FindCopyState() override { return sql::FindCopyState(database_); }
  void KeepSnapshot() override { database_.BeginReading(); }
  void DropSnapshot() override { database_.EndReading(); }
  [[nodiscard]] bool KeepsSnapshot() const override { return database_.IsInTransaction(); }

 private:
  Database& database_;
};

}  // namespace saunter::store::sql
