#include "crawler/loop/due_queries.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "schemas/status.h"

namespace saunter::crawler::loop {
namespace {

constexpr std::int64_t kFarFeedsMax = 500;
// Of one site in one read.
constexpr std::int64_t kPerSiteMax = 8;
constexpr std::int64_t kPerHungrySiteMax = 16;
// A read that leaves much out ends here, and the next goes on from there.
constexpr std::int64_t kRowsMax = 20000;

void Walk(store::DueWork& work, const store::DueFeedWalk& walk, DueFeeds& due) {
  auto page = work.DueFeeds(walk);
  due.feeds = std::move(page.feeds);
  due.walked_to = page.walked_to;
  due.crowded_sites = std::move(page.crowded_sites);
  due.read_to_end = page.read_to_end;
}

void ReadFeeds(store::DueWork& work, schemas::UnixSeconds due_at, const PacedFeeds& query,
               DueFeeds& due) {
  due.walked_to = query.from;
  if (query.pace.Allowance(1, due.feeds_all, query.schedule) == 0) return;
  const auto counted = work.CountDueFeeds(due_at, query.known + query.count_max);
  due.waiting = std::max<std::int64_t>(counted - query.known, 0);
  const auto allowed = query.pace.Allowance(*due.waiting, due.feeds_all, query.schedule);
  if (allowed > 0) {
    Walk(work,
         {.now = due_at,
          .from = query.from,
          .count_max = allowed,
          .per_site_max = kPerSiteMax,
          .rows_max = kRowsMax},
         due);
  }
  if (query.far_at) due.far = work.FeedsDueAfter(*query.far_at, kFarFeedsMax);
}

void ReadFeeds(store::DueWork& work, schemas::UnixSeconds due_at, const AllFeeds& query,
               DueFeeds& due) {
  Walk(work,
       {.now = due_at,
        .from = query.from,
        .count_max = query.count_max,
        .per_site_max = kPerSiteMax,
        .rows_max = kRowsMax},
       due);
}

void NoteAsked(store::DueWork& work, const DueFeeds& due) {
  if (due.lease.owner == 0) return;
  std::vector<schemas::Id> feed_ids;
  const auto add = [&](const std::vector<schemas::DueFeed>& feeds) {
    for (const auto& feed : feeds) feed_ids.push_back(feed.feed_id);
  };
  add(due.feeds);
  for (const auto& site : due.sites) add(site.items);
  if (due.far) add(*due.far);
  std::ranges::sort(feed_ids);
  feed_ids.erase(std::ranges::unique(feed_ids).begin(), feed_ids.end());
  work.NoteAsked(feed_ids);
}

// Where others write, too, the earliest may stand behind very many that are dead, so it is not
// looked for each second.
bool HasFeeds(store::DueWork& work, const schemas::Lease& lease, const schemas::Stats& stats) {
  return lease.owner != 0 ? stats.feeds > 0 : work.NextFeedCheckAt().has_value();
}

DueFeeds Read(store::DueWork& work, const DueFeedsQuery& query) {
  // With what hosts asked something may be due that was not before: it is looked for anew.
  if (query.hosts) work.ActFor({});
  work.ActFor(query.lease);
  const auto stats = work.ReadStats();
  DueFeeds due{.asked_at = query.asked_at,
               .lease = query.lease,
               .hosts = {},
               .feeds = {},
               .walked_to = {},
               .crowded_sites = {},
               .sites = {},
               .waiting = {},
               .far = {},
               .read_to_end = false,
               .feeds_all = stats.feeds,
               .sites_blacklisted = stats.sites_blacklisted,
               .has_feeds = HasFeeds(work, query.lease, stats)};
  if (query.hosts) {
    due.hosts = {.epoch = query.hosts->epoch,
                 .hosts = work.HostsInForce(query.asked_at, query.hosts->robots_count_max,
                                            query.hosts->robots_bytes_max)};
  }
  if (const auto* paced = std::get_if<PacedFeeds>(&query.feeds)) {
    ReadFeeds(work, query.due_at, *paced, due);
  } else if (const auto* all = std::get_if<AllFeeds>(&query.feeds)) {
    ReadFeeds(work, query.due_at, *all, due);
  }
  for (const auto& site : query.sites) {
    due.sites.push_back(work.DueFeedsOf(site, query.due_at, kPerHungrySiteMax));
  }
  NoteAsked(work, due);
  return due;
}

DueLinks Read(store::DueWork& work, const DueLinksQuery& query) {
  work.ActFor(query.lease);
  DueLinks due;
  due.asked_at = query.asked_at;
  due.lease = query.lease;
  if (query.count_max > 0) {
    auto page = work.DueLinks({.now = query.due_at,
                               .count_max = query.count_max,
                               .fresh_percent = query.fresh_percent,
                               .from = query.from,
                               .per_site_max = kPerSiteMax,
                               .rows_max = kRowsMax});
    due.links = std::move(page.links);
    due.walked_to = page.walked_to;
    due.crowded_sites = std::move(page.crowded_sites);
    due.read_to_end = page.read_to_end;
  }
  for (const auto& site : query.sites) {
    due.sites.push_back(work.DueLinksOf(site, query.due_at, kPerHungrySiteMax));
  }
  return due;
}

}  // namespace

DueItems ReadDue(store::DueWork& work, const DueQuery& query) {
  return std::visit([&](const auto& kind) -> DueItems { return Read(work, kind); }, query);
}

}  // namespace saunter::crawler::loop
