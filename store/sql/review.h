// Inside store/sql/ and its engines only: what readers reported of links.
#pragma once

#include <optional>
#include <vector>

#include "store/review.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

class Review : public virtual store::Review {
 public:
  explicit Review(Database& database) : database_(database) {}

  std::vector<schemas::Id> LinksToReview(Page page) override;
  std::optional<ReviewedLink> FindReviewedLink(schemas::Id link_id) override;
  std::vector<KeptReport> ReportsOn(schemas::Id link_id) override;

 private:
  Database& database_;
};

}  // namespace saunter::store::sql
