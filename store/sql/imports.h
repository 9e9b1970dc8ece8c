// Inside store/sql/ and its engines only: the journal of imports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/imports.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

class Imports : public virtual store::Imports {
 public:
  explicit Imports(Database& database) : database_(database) {}

  std::vector<schemas::ImportListing> AllImports() override;
  std::optional<schemas::ImportListing> FindImport(schemas::Id import_id) override;
  std::vector<FeedUrl> FeedsToUndo(schemas::Id import_id, Page page) override;
  std::vector<std::string> PatternsToUndo(schemas::Id import_id, const std::string& after,
                                          std::int64_t count_max) override;

 private:
  Database& database_;
};

}  // namespace saunter::store::sql
