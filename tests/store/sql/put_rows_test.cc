#include "store/sql/put_rows.h"

#include <gtest/gtest.h>

namespace saunter::store::sql {
namespace {

TEST(UpdateEach, TakesWhatIsAssignedFromLists) {
  const auto update = UpdateEach("item", "a = a + ?, b = CASE b WHEN 1 THEN 1 ELSE ? END",
                                 "item_id", "?::bigint[], ?::text[], ?::bigint[]");
  EXPECT_EQ(update.one,
            "UPDATE item SET a = a + ?, b = CASE b WHEN 1 THEN 1 ELSE ? END WHERE item_id = ?");
  EXPECT_EQ(update.lists,
            "UPDATE item SET a = a + given.v1, b = CASE b WHEN 1 THEN 1 ELSE given.v2 END FROM "
            "unnest(?::bigint[], ?::text[], ?::bigint[]) AS given (v1, v2, v3) WHERE item.item_id "
            "= given.v3");
}

}  // namespace
}  // namespace saunter::store::sql
