// Inside store/sql/ and its engines only: the pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/pool.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

class Pool : public virtual store::Pool {
 public:
  explicit Pool(Database& database) : database_(database) {}

  std::int64_t LastPoolChange() override;
  std::vector<schemas::PoolRow> PoolRows(Page page) override;
  PoolChanges ChangesAfter(std::int64_t change_id, std::int64_t count_max) override;
  std::vector<std::pair<schemas::Id, std::string>> PoolFeedCategories(LinkSpan span) override;
  std::string FeedCategoryOfLink(schemas::Id link_id) override;
  std::vector<std::pair<schemas::Id, std::string>> FeedCategories() override;
  std::vector<std::pair<schemas::Id, std::string>> CategoryNames(
      const std::vector<schemas::Id>& category_ids) override;
  std::optional<schemas::Id> FindCategory(std::string_view name) override;
  std::optional<schemas::Link> FindLink(schemas::Id link_id) override;
  std::vector<schemas::Link> FindLinks(const std::vector<schemas::Id>& link_ids) override;
  std::vector<schemas::Link> NewestLinks(std::int64_t count_max) override;
  schemas::Id NewestLinkBefore(schemas::UnixSeconds at) override;
  std::vector<LeftLink> LinksThatLeft(schemas::UnixSeconds since) override;
  std::vector<WeightWeek> WeightWeeks() override;
  std::vector<std::pair<schemas::Id, SourceWeight>> WeightsOf(std::int64_t week) override;
  std::vector<Batch> Batches(Page page) override;

 private:
  struct ChangedLinks {
    schemas::Id first = 0;
    schemas::Id last = 0;
  };
  void AddStruckOnce(schemas::UnixSeconds since, std::vector<LeftLink>& links);
  void AddChanges(std::int64_t change_id, ChangedLinks links, std::vector<PoolChange>& changes);

  Database& database_;
};

}  // namespace saunter::store::sql
