#include "store/sqlite/due_work.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "store/sqlite/fields.h"

namespace saunter::store::sqlite {
namespace {

using schemas::Id;
using schemas::LinkState;

const std::string kSelectDueFeeds =
    "SELECT " + Columns<schemas::DueFeed>() + " FROM feed f JOIN site s USING (site_id) ";
const std::string kDueFeeds =
    kSelectDueFeeds +
    "WHERE f.state <> 1 AND f.next_check_at <= ? AND (f.next_check_at, f.feed_id) > (?, ?) ORDER "
    "BY f.next_check_at, f.feed_id LIMIT ?";
const std::string kFeedsDueAfter =
    kSelectDueFeeds +
    "WHERE f.state <> 1 AND f.next_check_at > ?1 AND (f.next_check_at > ?2 OR (f.state = 0 AND "
    "f.last_outcome IS NOT 20)) ORDER BY f.next_check_at DESC LIMIT ?3";
const std::string kFindDueFeed = kSelectDueFeeds + "WHERE f.feed_id = ?";
static_assert(static_cast<int>(schemas::FetchOutcome::kBlacklisted) == 20);
constexpr schemas::UnixSeconds kSeldomS = 400 * 86400;
constexpr char kCountDueFeeds[] =
    "SELECT count(*) FROM (SELECT 1 FROM feed WHERE state <> 1 AND next_check_at <= ? LIMIT ?)";
constexpr char kNextFeedCheck[] =
    "SELECT next_check_at FROM feed WHERE state <> 1 ORDER BY next_check_at LIMIT 1";
const std::string kHostPauses =
    "SELECT " + Columns<schemas::HostPause>() + " FROM host_pause WHERE until_at > ?";
const std::string kRobots = "SELECT " + Columns<schemas::Robots>() +
                            " FROM robots WHERE until_at > ? ORDER BY until_at DESC LIMIT ?";

const std::string kSelectLinks =
    "SELECT " +
    Columns<schemas::DueLink>({{"site_id", "l.site_id"},
                               {"target_key", "l.target_key"},
                               {"target_links",
                                "CASE WHEN l.target_key IS NULL THEN 0 ELSE (SELECT count(*) FROM "
                                "(SELECT 1 FROM link t WHERE t.site_id = l.site_id AND "
                                "t.target_key = l.target_key LIMIT 1000)) END"}}) +
    ", " + Columns<schemas::SiteLook>({{"site_id", "k.site_id"}, {"target_key", "k.target_key"}}) +
    " FROM link l JOIN site s USING (site_id) LEFT JOIN site_look k ON k.site_id = l.site_id ";
const int kLookColumn = FieldCount<schemas::DueLink>();

const std::string kDueLinks =
    kSelectLinks +
    "WHERE l.blacklisted = 0 AND l.state = ? AND l.next_check_at <= ? ORDER BY l.next_check_at "
    "LIMIT ?";
std::string SelectDueInState(const std::string& state) {
  return kSelectLinks + "WHERE l.blacklisted = 0 AND l.state = " + state +
         " AND l.next_check_at <= ?1 ";
}
// Three walks of the index, merged.
const std::string kDueSettledLinks = SelectDueInState("1") + "UNION ALL " + SelectDueInState("2") +
                                     "UNION ALL " + SelectDueInState("4") +
                                     "ORDER BY next_check_at LIMIT ?2";
static_assert(static_cast<int>(LinkState::kAlive) == 1 &&
                  static_cast<int>(LinkState::kUnknown) == 2 &&
                  static_cast<int>(LinkState::kDead) == 4,
              "the settled states");
// The links of the sample are chosen by a hash of their ids, so that old and new ones are in it.
const std::string kParoleLinks =
    kSelectLinks +
    "WHERE l.site_id = ? AND l.blacklisted = 0 AND NOT coalesce(l.checked_at >= ? AND "
    "l.last_outcome <> ?, 0) ORDER BY l.link_id * 2654435761 % 1000003 LIMIT ?";

constexpr char kParoleSites[] =
    "SELECT s.site_id, s.blacklisted_until_at, (SELECT count(*) FROM link l WHERE l.site_id = "
    "s.site_id AND l.checked_at >= s.blacklisted_until_at AND l.last_outcome <> ?) FROM site s "
    "WHERE s.blacklisted_until_at <= ? AND EXISTS (SELECT 1 FROM link l WHERE l.site_id = "
    "s.site_id AND l.blacklisted = 0) ORDER BY s.blacklisted_until_at LIMIT ?";
constexpr int kSkipped = static_cast<int>(schemas::FetchOutcome::kBlacklisted);

schemas::DueLink GetDueLink(Use& row) {
  auto link = GetRecord<schemas::DueLink>(row);
  link.look = GetOptionalRecord<schemas::SiteLook>(row, kLookColumn);
  return link;
}

std::vector<schemas::DueLink> ReadDueLinks(Use& list) {
  std::vector<schemas::DueLink> links;
  while (list.Step()) links.push_back(GetDueLink(list));
  return links;
}

std::vector<schemas::DueLink> DueInState(Database& database, LinkState state,
                                         schemas::UnixSeconds now, std::int64_t count_max) {
  Use list(database, kDueLinks);
  return ReadDueLinks(list.Int(static_cast<int>(state)).Int(now).Int(count_max));
}

}  // namespace

std::vector<schemas::DueFeed> DueWork::DueFeeds(schemas::UnixSeconds now, DueFrom from,
                                                std::int64_t count_max) {
  Use list(database_, kDueFeeds);
  return GetRecords<schemas::DueFeed>(
      list.Int(now).Int(from.next_check_at).Int(from.id).Int(count_max));
}

std::int64_t DueWork::CountDueFeeds(schemas::UnixSeconds now, std::int64_t count_max) {
  Use count(database_, kCountDueFeeds);
  return count.Int(now).Int(count_max).Step() ? count.GetInt(0) : 0;
}

std::vector<schemas::DueFeed> DueWork::FeedsDueAfter(schemas::UnixSeconds at,
                                                     std::int64_t count_max) {
  Use list(database_, kFeedsDueAfter);
  return GetRecords<schemas::DueFeed>(list.Int(at).Int(at + kSeldomS).Int(count_max));
}

std::vector<schemas::DueLink> DueWork::DueLinks(schemas::UnixSeconds now, std::int64_t count_max,
                                                std::int64_t fresh_percent) {
  const ReadTransaction transaction(database_);
  const auto limit = static_cast<std::size_t>(count_max);
  auto links = DueInState(database_, LinkState::kUnchecked, now, count_max);
  const auto fresh_share = limit * static_cast<std::size_t>(fresh_percent) / 100;
  const auto others_max = limit - std::min(links.size(), fresh_share);
  auto doubtful =
      DueInState(database_, LinkState::kDoubtful, now, static_cast<std::int64_t>(others_max));
  Use list(database_, kDueSettledLinks);
  auto settled = ReadDueLinks(list.Int(now).Int(static_cast<std::int64_t>(others_max)));
  const auto others = std::min(limit, doubtful.size() + settled.size());
  links.resize(std::min(links.size(), std::max(fresh_share, limit - others)));
  // Doubtful links leave the settled ones half of what is theirs.
  const auto room = limit - links.size();
  doubtful.resize(
      std::min(doubtful.size(), std::max(room / 2, room - std::min(room, settled.size()))));
  settled.resize(std::min(settled.size(), room - doubtful.size()));
  for (auto* more : {&doubtful, &settled}) {
    links.insert(links.end(), std::make_move_iterator(more->begin()),
                 std::make_move_iterator(more->end()));
  }
  return links;
}

std::vector<schemas::DueLink> DueWork::ParoleLinks(schemas::UnixSeconds now, std::int64_t sites_max,
                                                   std::int64_t links_max) {
  const ReadTransaction transaction(database_);
  std::vector<schemas::DueLink> links;
  Use sites(database_, kParoleSites);
  sites.Int(kSkipped).Int(now).Int(sites_max);
  while (sites.Step()) {
    Use list(database_, kParoleLinks);
    list.Int(sites.GetInt(0))
        .Int(sites.GetInt(1))
        .Int(kSkipped)
        .Int(std::max<std::int64_t>(0, links_max - sites.GetInt(2)));
    while (list.Step()) {
      links.push_back(GetDueLink(list));
      links.back().on_parole = true;
    }
  }
  return links;
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

void DueWork::Interrupt() { sqlite3_interrupt(database_.handle()); }

}  // namespace saunter::store::sqlite
