// Of a file that saunter-replica keeps: how far it is as the database that it is a copy of.
#pragma once

#include <cstdint>

#include "schemas/fields.h"
#include "schemas/units.h"

namespace saunter::store {

struct CopyState {
  std::int64_t origin = 0;              // which database it is a copy of
  std::int64_t change_id = 0;           // the newest of its changes that is in the copy
  schemas::UnixSeconds current_at = 0;  // when it was last as the database, by this machine's clock
  schemas::UnixSeconds source_at = 0;   // the same by the database's clock
};

template <schemas::RowOf<CopyState> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("origin", row.origin);
  visit("change_id", row.change_id);
  visit("current_at", row.current_at);
  visit("source_at", row.source_at);
}

}  // namespace saunter::store
