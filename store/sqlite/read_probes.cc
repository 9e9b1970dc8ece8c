// What probing asks: due links by doubt and age, samples of parole, looks and decisions; and what
// the operator's patterns are held against.
#include <algorithm>

#include "store/sqlite/fields.h"
#include "store/sqlite/reader_connection.h"

namespace saunter::store {
namespace {

using schemas::Id;
using schemas::LinkState;

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
const std::string kFindLook =
    "SELECT " + Columns<schemas::SiteLook>() + " FROM site_look WHERE site_id = ?";
const std::string kDecisions = "SELECT " + Columns<schemas::SiteDecision>() +
                               " FROM decision WHERE site_id = ? ORDER BY decision_id DESC";

const std::string kTallies =
    "SELECT " + Columns<schemas::SiteTally>({{"blacklisted", "blacklisted_at IS NOT NULL"}}) +
    " FROM site WHERE site_id > ? ORDER BY site_id LIMIT ?";
constexpr char kLinkUrls[] =
    "SELECT link_id, url FROM link WHERE site_id = ? AND link_id > ? ORDER BY link_id LIMIT ?";

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

std::vector<schemas::DueLink> Reader::DueLinks(schemas::UnixSeconds now, std::int64_t count_max,
                                               std::int64_t fresh_percent) {
  auto& database = *connection_->database;
  const ReadTransaction transaction(database);
  const auto limit = static_cast<std::size_t>(count_max);
  auto links = DueInState(database, LinkState::kUnchecked, now, count_max);
  const auto fresh_share = limit * static_cast<std::size_t>(fresh_percent) / 100;
  const auto others_max = limit - std::min(links.size(), fresh_share);
  auto doubtful =
      DueInState(database, LinkState::kDoubtful, now, static_cast<std::int64_t>(others_max));
  Use list(database, kDueSettledLinks);
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

std::vector<schemas::DueLink> Reader::ParoleLinks(schemas::UnixSeconds now, std::int64_t sites_max,
                                                  std::int64_t links_max) {
  auto& database = *connection_->database;
  const ReadTransaction transaction(database);
  std::vector<schemas::DueLink> links;
  Use sites(database, kParoleSites);
  sites.Int(kSkipped).Int(now).Int(sites_max);
  while (sites.Step()) {
    Use list(database, kParoleLinks);
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

std::optional<schemas::SiteLook> Reader::FindLook(Id site_id) {
  Use find(*connection_->database, kFindLook);
  if (!find.Int(site_id).Step()) return std::nullopt;
  return GetRecord<schemas::SiteLook>(find);
}

std::vector<schemas::SiteDecision> Reader::Decisions(Id site_id) {
  Use list(*connection_->database, kDecisions);
  auto decisions = GetRecords<schemas::SiteDecision>(list.Int(site_id));
  for (auto& decision : decisions) decision.site_id = site_id;
  return decisions;
}

std::vector<schemas::SiteTally> Reader::Tallies(Page page) {
  Use list(*connection_->database, kTallies);
  return GetRecords<schemas::SiteTally>(list.Int(page.after).Int(page.count_max));
}

std::vector<LinkUrl> Reader::LinkUrls(Id site_id, Page page) {
  std::vector<LinkUrl> links;
  Use list(*connection_->database, kLinkUrls);
  list.Int(site_id).Int(page.after).Int(page.count_max);
  while (list.Step()) links.push_back({list.GetInt(0), list.GetText(1)});
  return links;
}

}  // namespace saunter::store
