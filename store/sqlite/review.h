// Inside store/sqlite/ only: what readers reported of links, read from SQLite.
#pragma once

#include <optional>
#include <vector>

#include "store/review.h"
#include "store/sqlite/connection.h"

namespace saunter::store::sqlite {

class Review : public virtual store::Review {
 public:
  explicit Review(Database& database) : database_(database) {}

  std::vector<schemas::Id> LinksToReview(Page page) override;
  std::optional<ReviewedLink> FindReviewedLink(schemas::Id link_id) override;
  std::vector<KeptReport> ReportsOn(schemas::Id link_id) override;

 private:
  Database& database_;
};

}  // namespace saunter::store::sqlite
