// What the journal of imports says, for an operator who looks at it or undoes one of them.
//
// Thread safety: one thread at a time. Errors: what goes wrong while reading is thrown as
// StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/import.h"
#include "schemas/units.h"
#include "store/page.h"

namespace saunter::store {

class Imports {
 public:
  virtual ~Imports() = default;

  // The newest first.
  [[nodiscard]] virtual std::vector<schemas::ImportListing> AllImports() = 0;
  [[nodiscard]] virtual std::optional<schemas::ImportListing> FindImport(schemas::Id import_id) = 0;
  // What undoing it would remove, in order of feed_id and of pattern.
  [[nodiscard]] virtual std::vector<FeedUrl> FeedsToUndo(schemas::Id import_id, Page page) = 0;
  [[nodiscard]] virtual std::vector<std::string> PatternsToUndo(schemas::Id import_id,
                                                                const std::string& after,
                                                                std::int64_t count_max) = 0;
};

}  // namespace saunter::store
