// The pool of links that readers may be given, as the programs that give them out see it.
//
// Every call is one short read transaction. All queries go by an index or a primary key unless
// their comment says scan.
//
// Thread safety: one thread at a time. Errors: what goes wrong while reading is thrown as
// StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/fields.h"
#include "schemas/link.h"
#include "schemas/units.h"
#include "store/page.h"
#include "store/weights.h"

namespace saunter::store {

// A change of the pool, with what the choice needs to know of the link.
struct PoolChange : schemas::PoolChange {
  std::string feed_category;  // the operator's word for a feed that brought or lists it
};

// Links with an id above `after`, up to `last`.
struct LinkSpan {
  schemas::Id after = 0;
  schemas::Id last = 0;
};

struct PoolChanges {
  // False: changes after `change_id` were trimmed, or the database has not come to it, since its
  // file was replaced in place; load the pool anew.
  bool complete = true;
  std::int64_t last_change_id = 0;  // the last that was read; equal to the one asked: the end
  std::vector<PoolChange> changes;
};

// What a commit held.
struct Batch {
  std::int64_t batch_id = 0;
  schemas::UnixSeconds committed_at = 0;
  std::int64_t crawls = 0;
  std::int64_t probes = 0;
  std::int64_t changes = 0;
  std::int64_t links_new = 0;
};

template <schemas::RowOf<Batch> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("batch_id", row.batch_id);
  visit("committed_at", row.committed_at);
  visit("crawls", row.crawls);
  visit("probes", row.probes);
  visit("changes", row.changes);
  visit("links_new", row.links_new);
}

// A link that was in the pool, as its row would be.
struct LeftLink {
  schemas::PoolRow row;
  std::string feed_category;  // the operator's word for the feed that brought it
};

// A week whose votes were weighed.
struct WeightWeek {
  std::int64_t week = 0;
  schemas::UnixSeconds decided_at = 0;

  bool operator==(const WeightWeek&) const = default;
};

template <schemas::RowOf<WeightWeek> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("week", row.week);
  visit("decided_at", row.decided_at);
}

class Pool {
 public:
  virtual ~Pool() = default;

  [[nodiscard]] virtual std::int64_t LastPoolChange() = 0;  // newest change_id, 0 if none
  [[nodiscard]] virtual std::vector<schemas::PoolRow> PoolRows(Page page) = 0;  // by link_id
  // `count_max`: of changes. All links that came in one commit are one, and given together, as far
  // as they are still there.
  [[nodiscard]] virtual PoolChanges ChangesAfter(std::int64_t change_id,
                                                 std::int64_t count_max) = 0;
  // The operator's category of the pool's links in the span that have one, by link_id: of a link in
  // several such feeds the first feed's comes first.
  [[nodiscard]] virtual std::vector<std::pair<schemas::Id, std::string>> PoolFeedCategories(
      LinkSpan span) = 0;
  // The same for one link, empty if there is none.
  [[nodiscard]] virtual std::string FeedCategoryOfLink(schemas::Id link_id) = 0;
  // Feeds to which an operator gave a category: feed_id, category. Scan of the feeds.
  [[nodiscard]] virtual std::vector<std::pair<schemas::Id, std::string>> FeedCategories() = 0;
  // The names of these categories; one that is not there is left out.
  [[nodiscard]] virtual std::vector<std::pair<schemas::Id, std::string>> CategoryNames(
      const std::vector<schemas::Id>& category_ids) = 0;
  [[nodiscard]] virtual std::optional<schemas::Id> FindCategory(std::string_view name) = 0;

  [[nodiscard]] virtual std::optional<schemas::Link> FindLink(schemas::Id link_id) = 0;
  // The same for several, as of one commit; those that left the pool are left out. Without their
  // categories.
  [[nodiscard]] virtual std::vector<schemas::Link> FindLinks(
      const std::vector<schemas::Id>& link_ids) = 0;
  [[nodiscard]] virtual std::vector<schemas::Link> NewestLinks(std::int64_t count_max) = 0;

  // The newest link that was known before `at`, 0 if none; ids rise with the time.
  [[nodiscard]] virtual schemas::Id NewestLinkBefore(schemas::UnixSeconds at) = 0;
  // Links that left the pool since: of which the first dead verdict was counted since, of sites
  // that were blacklisted since, and those that reports keep out since. Without what was deleted.
  [[nodiscard]] virtual std::vector<LeftLink> LinksThatLeft(schemas::UnixSeconds since) = 0;

  // The weeks whose weights are kept, by week, and the weights of one: source_id and weight in
  // halves of the sources whose weight is not 1, by source_id.
  [[nodiscard]] virtual std::vector<WeightWeek> WeightWeeks() = 0;
  [[nodiscard]] virtual std::vector<std::pair<schemas::Id, SourceWeight>> WeightsOf(
      std::int64_t week) = 0;

  // What the commits held.
  [[nodiscard]] virtual std::vector<Batch> Batches(Page page) = 0;
};

}  // namespace saunter::store
