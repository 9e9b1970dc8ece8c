#include "store/sql/due_work.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "store/sql/fields.h"
#include "store/sql/leases.h"
#include "store/sql/stored_url.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;
using schemas::LinkState;

// What is due waits for a host, whichever tenant's it is.
std::string SelectDueFeeds(Engine engine) {
  return "SELECT " + Columns<schemas::DueFeed>({{"host", HostOfSite(engine)}}) +
         " FROM feed f JOIN site s USING (site_id) ";
}
// Where crawlers share a database, what of it is the one's that asks: the owner is parameter
// `place`, 0 for all, and the epoch the next one. In an OR, so that it stays a filter: a join
// would lose the order.
std::string AndIsHeld(Engine engine, const std::string& shard, int place) {
  if (engine == Engine::kSqlite) return {};
  const auto owner = "?" + std::to_string(place);
  return " AND (" + owner + " = 0 OR " + shard +
         " IN (SELECT h.shard FROM shard h WHERE h.owner = " + owner + " AND h.epoch <= ?" +
         std::to_string(place + 1) + " AND h.is_leaving = 0 AND h.silent_until_at <= clock_now()))";
}
// The last parameter, the limit of rows, has this place behind those of AndIsHeld.
std::string LimitBehind(Engine engine, int place) {
  return " LIMIT ?" + std::to_string(engine == Engine::kSqlite ? place : place + 2);
}
const auto kWalkDueFeeds = WordedBy([](Engine engine) {
  return "SELECT next_check_at, feed_id, site_id FROM feed WHERE state <> 1 AND next_check_at <= "
         "?1 AND (next_check_at, feed_id) > (?2, ?3)" +
         AndIsHeld(engine, "feed.shard", 4) + " ORDER BY next_check_at, feed_id" +
         LimitBehind(engine, 4);
});
const auto kDueFeedsOf = WordedBy([](Engine engine) {
  return SelectDueFeeds(engine) +
         "WHERE f.site_id = ?1 AND coalesce(f.checked_at, 0) >= ?2 AND (coalesce(f.checked_at, 0), "
         "f.feed_id) > (?2, ?3) AND f.state <> 1 AND f.next_check_at <= ?4" +
         AndIsHeld(engine, "f.shard", 5) + " ORDER BY coalesce(f.checked_at, 0), f.feed_id" +
         LimitBehind(engine, 5);
});
const auto kFeedsDueAfter = WordedBy([](Engine engine) {
  return SelectDueFeeds(engine) +
         "WHERE f.state <> 1 AND f.next_check_at > ?1 AND (f.next_check_at > ?2 OR (f.state = 0 "
         "AND f.last_outcome IS DISTINCT FROM 20))" +
         AndIsHeld(engine, "f.shard", 3) + " ORDER BY f.next_check_at DESC" +
         LimitBehind(engine, 3);
});
const auto kFindDueFeed =
    WordedBy([](Engine engine) { return SelectDueFeeds(engine) + "WHERE f.feed_id = ?"; });
static_assert(static_cast<int>(schemas::FetchOutcome::kBlacklisted) == 20);
constexpr schemas::UnixSeconds kSeldomS = 400 * 86400;
const auto kFindHost = WordedBy([](Engine engine) {
  return "SELECT " + HostOfSite(engine) + " FROM site s WHERE site_id = ?";
});
constexpr char kCountDueFeeds[] =
    "SELECT count(*) FROM (SELECT 1 FROM feed WHERE state <> 1 AND next_check_at <= ? LIMIT ?) due";
// Behind a time, and with the earliest of them.
const std::string kCountDueFeedsFrom =
    "SELECT count(*), min(next_check_at) FROM (SELECT next_check_at FROM feed WHERE state <> 1 AND "
    "next_check_at <= ?1 AND next_check_at >= ?2" +
    AndIsHeld(Engine::kPostgres, "feed.shard", 3) + " ORDER BY next_check_at" +
    LimitBehind(Engine::kPostgres, 3) + ") due";
// So often it is counted from the beginning of all.
constexpr schemas::UnixSeconds kCountAnewS = 300;
constexpr char kNextFeedCheck[] =
    "SELECT next_check_at FROM feed WHERE state <> 1 ORDER BY next_check_at LIMIT 1";
const std::string kHostPauses =
    "SELECT " + Columns<schemas::HostPause>() + " FROM host_pause WHERE until_at > ?";
const std::string kRobots = "SELECT " + Columns<schemas::Robots>() +
                            " FROM robots WHERE until_at > ? ORDER BY until_at DESC LIMIT ?";

// Whether a link's own site brought it or lists it.
std::string ListedBySite(const std::string& link) {
  return "(EXISTS (SELECT 1 FROM feed f WHERE f.feed_id = " + link +
         ".feed_id AND f.site_id = " + link +
         ".site_id) OR EXISTS (SELECT 1 FROM entry e JOIN feed f ON f.feed_id = e.feed_id WHERE "
         "e.link_id = " +
         link + ".link_id AND e.is_further = 1 AND f.site_id = " + link + ".site_id))";
}
// Variants of an address lead where it does, and a stranger may list any number of them: those of
// the site itself are counted apart, and of others each feed's.
const std::string kTargetLinks =
    "CASE WHEN l.target_key IS NULL THEN 0 ELSE (SELECT count(*) FROM (SELECT 1 FROM link t WHERE "
    "t.site_id = l.site_id AND t.target_key = l.target_key AND (t.link_id = l.link_id OR CASE "
    "WHEN " +
    ListedBySite("l") + " THEN " + ListedBySite("t") +
    " ELSE t.feed_id IS NOT DISTINCT FROM l.feed_id AND NOT " + ListedBySite("t") +
    " END) LIMIT 100) few) END";

std::string SelectLinks(Engine engine) {
  return "SELECT " +
         Columns<schemas::DueLink>({{"site_id", "l.site_id"},
                                    {"url", UrlOfLink(engine)},
                                    {"host", HostOfSite(engine)},
                                    {"target_key", "l.target_key"},
                                    {"target_links", kTargetLinks}}) +
         ", " +
         Columns<schemas::SiteLook>({{"site_id", "k.site_id"}, {"target_key", "k.target_key"}}) +
         " FROM link l JOIN site s USING (site_id) LEFT JOIN site_look k ON k.site_id = l.site_id ";
}
const int kLookColumn = FieldCount<schemas::DueLink>();

const auto kWalkDueLinks = WordedBy([](Engine engine) {
  return "SELECT next_check_at, link_id, site_id FROM link WHERE blacklisted = 0 AND state = ?1 "
         "AND "
         "next_check_at <= ?2 AND (next_check_at, link_id) > (?3, ?4)" +
         AndIsHeld(engine, "link.shard", 5) + " ORDER BY next_check_at, link_id" +
         LimitBehind(engine, 5);
});
const auto kFindDueLink =
    WordedBy([](Engine engine) { return SelectLinks(engine) + "WHERE l.link_id = ?"; });
const auto kDueLinksOf = WordedBy([](Engine engine) {
  return SelectLinks(engine) +
         "WHERE l.site_id = ?1 AND l.blacklisted = 0 AND l.next_check_at <= ?2 AND "
         "(l.next_check_at, l.link_id) > (?3, ?4)" +
         AndIsHeld(engine, "l.shard", 5) + " ORDER BY l.next_check_at, l.link_id" +
         LimitBehind(engine, 5);
});
schemas::DueLink GetDueLink(Use& row) {
  auto link = GetRecord<schemas::DueLink>(row);
  link.look = GetOptionalRecord<schemas::SiteLook>(row, kLookColumn);
  return link;
}

// What AndIsHeld asks for.
Use& BindLease(const Database& database, Use& use, const schemas::Lease& lease) {
  return database.engine() == Engine::kSqlite ? use : use.Int(lease.owner).Int(lease.epoch);
}

// A row that a walk came by.
struct WalkedRow {
  DueFrom place;
  Id site_id = 0;
};
DueFrom JustBefore(const DueFrom& place) { return {place.at, place.id - 1}; }

// One list, walked from a place on: the rows that are taken, and how far it was looked at.
struct WalkedList {
  std::vector<WalkedRow> taken;
  DueFrom walked_to;
  bool read_to_end = false;

  // Only the first of what was taken stay taken.
  void Keep(std::size_t count) {
    if (count >= taken.size()) return;
    walked_to = JustBefore(taken[count].place);
    read_to_end = false;
    taken.resize(count);
  }
};

// How much of each site walks have taken.
class SiteShares {
 public:
  explicit SiteShares(std::int64_t per_site_max) : per_site_max_(per_site_max) {}
  // False: the site has its share already.
  bool Take(Id site_id) {
    if (per_site_max_ == kWholeSite) return true;
    if (taken_[site_id] == per_site_max_) {
      crowded_.insert(site_id);
      return false;
    }
    ++taken_[site_id];
    return true;
  }
  // Those that had more.
  [[nodiscard]] std::vector<SiteRef> Crowded(Database& database) const {
    std::vector<SiteRef> sites;
    FindEach(
        database, kFindHost, crowded_, [](Use& find, Id site_id) { find.Int(site_id); },
        [&](Use& row, Id site_id) { sites.push_back({site_id, row.GetText(0)}); });
    return sites;
  }

 private:
  const std::int64_t per_site_max_;
  std::unordered_map<Id, std::int64_t> taken_;
  std::unordered_set<Id> crowded_;
};

// `rows` is the statement with all but its limit bound, which is the last.
WalkedList Walk(Use& rows, DueFrom from, std::int64_t count_max, std::int64_t rows_max,
                SiteShares& shares) {
  WalkedList list{.taken = {}, .walked_to = from, .read_to_end = false};
  rows.Int(rows_max);
  std::int64_t seen = 0;
  while (std::ssize(list.taken) < count_max) {
    if (!rows.Step()) {
      list.read_to_end = seen < rows_max;
      break;
    }
    ++seen;
    const WalkedRow row{{rows.GetInt(0), rows.GetInt(1)}, rows.GetInt(2)};
    if (shares.Take(row.site_id)) list.taken.push_back(row);
    list.walked_to = row.place;
  }
  return list;
}

// The lists of the states, in the order of the states.
std::array<WalkedList, schemas::kLinkStateCount> WalkLinks(Database& database,
                                                           const schemas::Lease& lease,
                                                           const DueLinkWalk& walk,
                                                           SiteShares& shares) {
  std::array<WalkedList, schemas::kLinkStateCount> lists;
  for (std::size_t state = 0; state < lists.size(); ++state) {
    Use rows(database, kWalkDueLinks);
    const auto& from = walk.from[state];
    rows.Int(static_cast<std::int64_t>(state)).Int(walk.now).Int(from.at).Int(from.id);
    BindLease(database, rows, lease);
    lists[state] = Walk(rows, from, walk.count_max, walk.rows_max, shares);
  }
  return lists;
}

// The earliest of several lists: how many of each are among the first `count_max`.
std::vector<std::size_t> CountEarliest(const std::vector<const WalkedList*>& lists,
                                       std::size_t count_max) {
  std::vector<std::size_t> counts(lists.size(), 0);
  for (std::size_t count = 0; count < count_max; ++count) {
    std::optional<std::size_t> earliest;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (counts[i] == lists[i]->taken.size()) continue;
      const auto at = lists[i]->taken[counts[i]].place.at;
      if (!earliest || at < lists[*earliest]->taken[counts[*earliest]].place.at) earliest = i;
    }
    if (!earliest) break;
    ++counts[*earliest];
  }
  return counts;
}

// Shares `count_max` out among the lists of the states.
void ShareOut(std::array<WalkedList, schemas::kLinkStateCount>& lists, std::size_t count_max,
              std::int64_t fresh_percent) {
  auto& fresh = lists[static_cast<std::size_t>(LinkState::kUnchecked)];
  auto& doubtful = lists[static_cast<std::size_t>(LinkState::kDoubtful)];
  std::array settled = {&lists[static_cast<std::size_t>(LinkState::kAlive)],
                        &lists[static_cast<std::size_t>(LinkState::kUnknown)],
                        &lists[static_cast<std::size_t>(LinkState::kDead)]};
  std::size_t settled_count = 0;
  for (const auto* list : settled) settled_count += list->taken.size();
  const auto fresh_share = count_max * static_cast<std::size_t>(fresh_percent) / 100;
  const auto others = std::min(count_max, doubtful.taken.size() + settled_count);
  fresh.Keep(std::max(fresh_share, count_max - others));
  // Doubtful links leave the settled ones half of what is theirs.
  const auto room = count_max - fresh.taken.size();
  doubtful.Keep(std::max(room / 2, room - std::min(room, settled_count)));
  const auto counts =
      CountEarliest({settled.begin(), settled.end()}, room - std::min(room, doubtful.taken.size()));
  for (std::size_t i = 0; i < settled.size(); ++i) settled[i]->Keep(counts[i]);
}

}  // namespace

DueFeedPage DueWork::DueFeeds(const DueFeedWalk& walk) {
  const ReadTransaction transaction(database_);
  SiteShares shares(walk.per_site_max);
  WalkedList list;
  {
    Use rows(database_, kWalkDueFeeds);
    rows.Int(walk.now).Int(walk.from.at).Int(walk.from.id);
    BindLease(database_, rows, lease_);
    list = Walk(rows, walk.from, walk.count_max, walk.rows_max, shares);
  }
  DueFeedPage page{.feeds = {},
                   .walked_to = list.walked_to,
                   .read_to_end = list.read_to_end,
                   .crowded_sites = shares.Crowded(database_)};
  FindEach(
      database_, kFindDueFeed, list.taken,
      [](Use& find, const WalkedRow& row) { find.Int(row.place.id); },
      [&](Use& row, const WalkedRow&) { page.feeds.push_back(GetRecord<schemas::DueFeed>(row)); });
  return page;
}

DueOfSite<schemas::DueFeed> DueWork::DueFeedsOf(const DueSite& site, schemas::UnixSeconds now,
                                                std::int64_t count_max) {
  DueOfSite<schemas::DueFeed> due{.site_id = site.site_id, .items = {}, .read_to_end = false};
  Use list(database_, kDueFeedsOf);
  list.Int(site.site_id).Int(site.from.at).Int(site.from.id).Int(now);
  BindLease(database_, list, lease_).Int(count_max);
  due.items = GetRecords<schemas::DueFeed>(list);
  due.read_to_end = std::ssize(due.items) < count_max;
  return due;
}

std::int64_t DueWork::CountDueFeeds(schemas::UnixSeconds now, std::int64_t count_max) {
  if (database_.engine() == Engine::kSqlite) {
    Use count(database_, kCountDueFeeds);
    return count.Int(now).Int(count_max).Step() ? count.GetInt(0) : 0;
  }
  // What was written since somebody opened a snapshot stands dead before all that is due, and is
  // walked past each time: not to be done every second. What comes in behind is found later.
  if (now >= count_anew_at_ || count_anew_at_ - now > kCountAnewS) {
    count_anew_at_ = now + kCountAnewS;
    count_from_ = INT64_MIN;
  }
  Use count(database_, kCountDueFeedsFrom);
  BindLease(database_, count.Int(now).Int(count_from_), lease_).Int(count_max);
  if (!count.Step()) return 0;
  count_from_ = count.GetOptionalInt(1).value_or(std::max(now, count_from_));
  return count.GetInt(0);
}

std::vector<schemas::DueFeed> DueWork::FeedsDueAfter(schemas::UnixSeconds at,
                                                     std::int64_t count_max) {
  Use list(database_, kFeedsDueAfter);
  BindLease(database_, list.Int(at).Int(at + kSeldomS), lease_).Int(count_max);
  return GetRecords<schemas::DueFeed>(list);
}

DueLinkPage DueWork::DueLinks(const DueLinkWalk& walk) {
  const ReadTransaction transaction(database_);
  SiteShares shares(walk.per_site_max);
  auto lists = WalkLinks(database_, lease_, walk, shares);
  ShareOut(lists, static_cast<std::size_t>(walk.count_max), walk.fresh_percent);
  DueLinkPage page{.links = {}, .walked_to = {}, .read_to_end = true, .crowded_sites = {}};
  page.crowded_sites = shares.Crowded(database_);
  std::vector<DueFrom> places;
  for (const auto state : {LinkState::kUnchecked, LinkState::kDoubtful}) {
    for (const auto& row : lists[static_cast<std::size_t>(state)].taken) {
      places.push_back(row.place);
    }
  }
  std::vector<DueFrom> settled;
  for (const auto state : {LinkState::kAlive, LinkState::kUnknown, LinkState::kDead}) {
    for (const auto& row : lists[static_cast<std::size_t>(state)].taken) {
      settled.push_back(row.place);
    }
  }
  std::ranges::stable_sort(settled, {}, &DueFrom::at);
  places.insert(places.end(), settled.begin(), settled.end());
  FindEach(
      database_, kFindDueLink, places, [](Use& find, const DueFrom& place) { find.Int(place.id); },
      [&](Use& row, const DueFrom&) { page.links.push_back(GetDueLink(row)); });
  for (std::size_t state = 0; state < lists.size(); ++state) {
    page.walked_to[state] = lists[state].walked_to;
    page.read_to_end = page.read_to_end && lists[state].read_to_end;
  }
  return page;
}

DueOfSite<schemas::DueLink> DueWork::DueLinksOf(const DueSite& site, schemas::UnixSeconds now,
                                                std::int64_t count_max) {
  DueOfSite<schemas::DueLink> due{.site_id = site.site_id, .items = {}, .read_to_end = false};
  Use list(database_, kDueLinksOf);
  list.Int(site.site_id).Int(now).Int(site.from.at).Int(site.from.id);
  BindLease(database_, list, lease_).Int(count_max);
  while (list.Step()) due.items.push_back(GetDueLink(list));
  due.read_to_end = std::ssize(due.items) < count_max;
  return due;
}

std::optional<schemas::UnixSeconds> DueWork::NextFeedCheckAt() {
  Use find(database_, kNextFeedCheck);
  if (!find.Step()) return std::nullopt;
  return find.GetInt(0);
}

schemas::HostState DueWork::HostsInForce(schemas::UnixSeconds now, std::int64_t robots_count_max,
                                         std::int64_t robots_bytes_max) {
  const ReadTransaction transaction(database_);
  schemas::HostState hosts;
  Use pauses(database_, kHostPauses);
  hosts.pauses = GetRecords<schemas::HostPause>(pauses.Int(now));
  std::int64_t bytes = 0;
  Use robots(database_, kRobots);
  robots.Int(now).Int(robots_count_max);
  while (robots.Step()) {
    hosts.robots.push_back(GetRecord<schemas::Robots>(robots));
    bytes += std::ssize(hosts.robots.back().rules);
    if (bytes > robots_bytes_max) break;
  }
  return hosts;
}

std::optional<schemas::DueFeed> DueWork::FindFeed(schemas::Id feed_id) {
  Use find(database_, kFindDueFeed);
  if (!find.Int(feed_id).Step()) return std::nullopt;
  return GetRecord<schemas::DueFeed>(find);
}

void DueWork::ActFor(const schemas::Lease& lease) {
  if (lease != lease_) count_anew_at_ = INT64_MIN;
  lease_ = lease;
}

void DueWork::NoteAsked(const std::vector<Id>& feed_ids) {
  if (lease_.owner != 0 && !feed_ids.empty()) NoteAskedBy(database_, lease_.owner, feed_ids);
}

void DueWork::Interrupt() { database_.Interrupt(); }

}  // namespace saunter::store::sql
