// The rows of one table, from a database into a copy of it.
//
// Thread safety: one thread at a time. Errors: StoreError of either end; both have their own
// transactions, which are the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "schemas/units.h"
#include "store/replica/tables.h"
#include "store/sql/database.h"

namespace saunter::store::replica {

struct IdRange {
  schemas::Id first = 0;
  schemas::Id last = 0;

  bool operator==(const IdRange&) const = default;
};
// In order, with what meets or overlaps as one.
[[nodiscard]] std::vector<IdRange> Merged(std::vector<IdRange> ranges);

// Rows that other rows name.
using NamedIds = std::map<Kind, std::set<schemas::Id>>;

// Statements are found by their address: a RowCopier lives as long as both databases.
class RowCopier {
 public:
  explicit RowCopier(const CopiedTable& table);
  RowCopier(const RowCopier&) = delete;
  RowCopier& operator=(const RowCopier&) = delete;

  [[nodiscard]] const CopiedTable& table() const { return table_; }

  // The rows of these groups become what they are in the source; those that it does not have go.
  // Returns how many were read. Adds to `named` what they name.
  std::int64_t CopyGroups(sql::Database& source, sql::Database& target,
                          const std::vector<IdRange>& groups, NamedIds& named) const;

  struct Page {
    std::int64_t rows = 0;
    std::vector<std::int64_t> last = {};  // where the next page begins; as it was if rows is 0
  };
  // Rows behind `after` in the table's order, empty: from the first on.
  [[nodiscard]] Page CopyPage(sql::Database& source, sql::Database& target,
                              const std::vector<std::int64_t>& after, std::int64_t rows_max) const;

  // The copy has rows of the group.
  [[nodiscard]] bool HasGroup(sql::Database& target, schemas::Id group) const;

 private:
  using Key = std::vector<std::int64_t>;

  void Put(sql::Use& row, sql::Database& target) const;
  void AddNamed(sql::Use& row, NamedIds& named) const;
  [[nodiscard]] Key KeyOf(sql::Use& row, const std::vector<int>& places) const;
  void DeleteOthers(sql::Database& target, const std::vector<IdRange>& groups,
                    const std::set<Key>& kept) const;

  const CopiedTable& table_;
  std::vector<int> key_places_;    // among the columns
  std::vector<int> order_places_;  // among the columns
  int unique_place_ = -1;
  std::string select_groups_;
  std::string select_first_page_;
  std::string select_page_;
  std::string put_;
  std::string make_room_;
  std::string keys_of_groups_;
  std::string delete_row_;
};

}  // namespace saunter::store::replica
