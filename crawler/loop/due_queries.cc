#include "crawler/loop/due_queries.h"

#include <algorithm>
#include <iterator>

namespace saunter::crawler::loop {
namespace {

constexpr std::int64_t kParoleSitesMax = 64;
constexpr std::int64_t kFarFeedsMax = 500;

void ReadFeeds(store::DueWork& work, schemas::UnixSeconds due_at, const PacedFeeds& query,
               DueFeeds& due) {
  if (query.pace.Allowance(1, due.feeds_all, query.schedule) == 0) return;
  const auto counted = work.CountDueFeeds(due_at, query.known + query.count_max);
  due.waiting = std::max<std::int64_t>(counted - query.known, 0);
  if (*due.waiting > 0) {
    const auto allowed = query.pace.Allowance(*due.waiting, due.feeds_all, query.schedule);
    due.feeds = work.DueFeeds(due_at, {}, query.known + allowed);
  }
  if (query.far_at) due.far = work.FeedsDueAfter(*query.far_at, kFarFeedsMax);
}

void ReadFeeds(store::DueWork& work, schemas::UnixSeconds due_at, const AllFeeds& query,
               DueFeeds& due) {
  due.feeds = work.DueFeeds(due_at, query.from, query.count_max);
  due.read_to_end = std::ssize(due.feeds) < query.count_max;
}

DueFeeds Read(store::DueWork& work, const DueFeedsQuery& query) {
  const auto stats = work.ReadStats();
  DueFeeds due{.asked_at = query.asked_at,
               .feeds = {},
               .waiting = {},
               .far = {},
               .read_to_end = false,
               .feeds_all = stats.feeds,
               .sites_blacklisted = stats.sites_blacklisted,
               .has_feeds = work.NextFeedCheckAt().has_value()};
  if (const auto* paced = std::get_if<PacedFeeds>(&query.feeds)) {
    ReadFeeds(work, query.due_at, *paced, due);
  } else if (const auto* all = std::get_if<AllFeeds>(&query.feeds)) {
    ReadFeeds(work, query.due_at, *all, due);
  }
  return due;
}

DueLinks Read(store::DueWork& work, const DueLinksQuery& query) {
  DueLinks due{.asked_at = query.asked_at, .links = {}};
  due.links = work.ParoleLinks(query.due_at, kParoleSitesMax, query.parole_links);
  auto links = work.DueLinks(query.due_at, query.count_max, query.fresh_percent);
  std::ranges::move(links, std::back_inserter(due.links));
  return due;
}

}  // namespace

DueItems ReadDue(store::DueWork& work, const DueQuery& query) {
  return std::visit([&](const auto& kind) -> DueItems { return Read(work, kind); }, query);
}

}  // namespace saunter::crawler::loop
