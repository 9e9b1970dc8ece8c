// Inside store/sql/ and its engines only: sums of commits, outages, and how the feeds stand.
#pragma once

#include <optional>
#include <vector>

#include "store/history.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

class History : public virtual store::History {
 public:
  explicit History(Database& database) : database_(database) {}

  std::vector<ActivitySum> Activity(Span span, schemas::UnixSeconds since,
                                    schemas::UnixSeconds until) override;
  std::optional<schemas::UnixSeconds> ActivityBeginsAt() override;
  std::vector<Outage> Outages(schemas::UnixSeconds since) override;
  std::vector<FeedCount> CountFeeds() override;
  std::vector<FailingCause> FailingCauses(const std::vector<FeedCount>& counts,
                                          std::int64_t feeds_max) override;

 private:
  Database& database_;
};

}  // namespace saunter::store::sql
