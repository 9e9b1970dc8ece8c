// Inside store/sql/ and its engines only: whether the rows of a database agree with one another.
#pragma once

#include <vector>

#include "store/sql/database.h"
#include "store/upkeep.h"

namespace saunter::store::sql {

// What is wrong with the rows, and with what the writer keeps as sums of them. Scans, slow.
void AddRowFindings(Database& database, std::vector<Finding>& findings);
// Counts anew what the writer keeps as sums. Throws StoreError, and then nothing is changed.
void RecountTotals(Database& database);

}  // namespace saunter::store::sql
