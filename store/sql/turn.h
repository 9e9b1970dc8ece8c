// Inside store/sql/ only: how the writers of one database take turns.
//
// What a connection keeps of rows is good while nobody else has committed since it did. Where
// others may (Database::is_shared), each transaction begins by looking at the newest batch and
// forgets what it kept if that is another's. What is no copy of a row, the next link's id and how
// far rounds of pruning and of new categories have come, stands in the table "meta" for whoever
// writes next, and beside it which batch each writer has committed last: one whose connection was
// lost at its commit finds out there. In a database that one connection writes all of this does
// nothing.
//
// Thread safety: as Database. Errors: StoreError, kOther if the tables are of another release by
// now.
#pragma once

#include <cstdint>

#include "store/sql/batch_work.h"

namespace saunter::store::sql {

// At the beginning of a transaction that writes.
struct Turn {
  // Of the last batch that changed the blacklist; 0: none that is known.
  std::int64_t blacklist_batch_id = 0;
  std::int64_t newest_change_id = 0;  // at its beginning
};
[[nodiscard]] Turn BeginTurn(WriteConnection& connection);

// At its end, before its commit as the batch of this id.
void EndTurn(WriteConnection& connection, const Turn& turn, std::int64_t batch_id);

// After a commit whose answer was lost with the connection: whether it was made. Errors: kOther
// where that cannot be found out within a while, so that nothing may be tried again.
[[nodiscard]] bool WasCommitted(WriteConnection& connection, std::int64_t batch_id);

}  // namespace saunter::store::sql
