// What probing asks: due links by doubt and age, samples of parole, looks and decisions; and what
// the operator's patterns are held against.
#include <algorithm>

#include "store/sqlite/reader_connection.h"

namespace saunter::store {
namespace {

using schemas::Id;
using schemas::LinkState;

constexpr char kUrlEnd = '\n';

#define LINK_COLUMNS                                                                           \
  "SELECT l.link_id, l.site_id, l.url, s.host, l.state, l.strikes, l.struck_at, "              \
  "l.check_interval_s, l.next_check_at, l.target_key, CASE WHEN l.target_key IS NULL THEN 0 "  \
  "ELSE (SELECT count(*) FROM (SELECT 1 FROM link t WHERE t.site_id = l.site_id AND "          \
  "t.target_key = l.target_key LIMIT 1000)) END, k.looked_at, k.answer, k.target_key, "        \
  "k.title_key, k.words, k.parked_count, k.parked_at, k.reason FROM link l JOIN site s USING " \
  "(site_id) LEFT JOIN site_look k ON k.site_id = l.site_id "

constexpr char kDueLinks[] = LINK_COLUMNS
    "WHERE l.blacklisted = 0 AND l.state = ? AND l.next_check_at <= ? ORDER BY l.next_check_at "
    "LIMIT ?";
// Three walks of the index, merged; the ninth column is next_check_at.
#define DUE_IN(state) \
  LINK_COLUMNS "WHERE l.blacklisted = 0 AND l.state = " #state " AND l.next_check_at <= ?1 "
constexpr char kDueSettledLinks[] =
    DUE_IN(1) "UNION ALL " DUE_IN(2) "UNION ALL " DUE_IN(4) "ORDER BY 9 LIMIT ?2";
#undef DUE_IN
static_assert(static_cast<int>(LinkState::kAlive) == 1 &&
                  static_cast<int>(LinkState::kUnknown) == 2 &&
                  static_cast<int>(LinkState::kDead) == 4,
              "the settled states");
// The links of the sample are chosen by a hash of their ids, so that old and new ones are in it.
constexpr char kParoleLinks[] = LINK_COLUMNS
    "WHERE l.site_id = ? AND l.blacklisted = 0 AND NOT coalesce(l.checked_at >= ? AND "
    "l.last_outcome <> ?, 0) ORDER BY l.link_id * 2654435761 % 1000003 LIMIT ?";
#undef LINK_COLUMNS
constexpr int kLookColumn = 11;

constexpr char kParoleSites[] =
    "SELECT s.site_id, s.blacklisted_until_at, (SELECT count(*) FROM link l WHERE l.site_id = "
    "s.site_id AND l.checked_at >= s.blacklisted_until_at AND l.last_outcome <> ?) FROM site s "
    "WHERE s.blacklisted_until_at <= ? AND EXISTS (SELECT 1 FROM link l WHERE l.site_id = "
    "s.site_id AND l.blacklisted = 0) ORDER BY s.blacklisted_until_at LIMIT ?";
constexpr char kFindLook[] =
    "SELECT looked_at, answer, target_key, title_key, words, parked_count, parked_at, reason FROM "
    "site_look WHERE site_id = ?";
constexpr char kDecisions[] =
    "SELECT decided_at, kind, reason, links_checked, links_dead, links_discarded, first_dead_at, "
    "last_dead_at, sample_urls FROM decision WHERE site_id = ? ORDER BY decision_id DESC";

constexpr char kTallies[] =
    "SELECT site_id, host, links_unchecked, links_alive, links_unknown, links_doubtful, "
    "links_dead, blacklisted_at FROM site WHERE site_id > ? ORDER BY site_id LIMIT ?";
constexpr char kLinkUrls[] =
    "SELECT link_id, url FROM link WHERE site_id = ? AND link_id > ? ORDER BY link_id LIMIT ?";

constexpr int kSkipped = static_cast<int>(schemas::FetchOutcome::kBlacklisted);

// Columns from `first` on, as kFindLook has them; `looked_at` is NULL where there is no look.
std::optional<schemas::SiteLook> GetLook(Use& row, Id site_id, int first) {
  const auto looked_at = row.GetOptionalInt(first);
  if (!looked_at) return std::nullopt;
  return schemas::SiteLook{.site_id = site_id,
                           .looked_at = *looked_at,
                           .answer = static_cast<schemas::SiteAnswer>(row.GetInt(first + 1)),
                           .target_key = row.GetOptionalInt(first + 2),
                           .title_key = row.GetOptionalInt(first + 3),
                           .words = row.GetText(first + 4),
                           .parked_count = static_cast<int>(row.GetInt(first + 5)),
                           .parked_at = row.GetOptionalInt(first + 6),
                           .reason = row.GetText(first + 7)};
}

schemas::DueLink GetDueLink(Use& row) {
  return {.link_id = row.GetInt(0),
          .site_id = row.GetInt(1),
          .url = row.GetText(2),
          .host = row.GetText(3),
          .state = static_cast<LinkState>(row.GetInt(4)),
          .strikes = static_cast<int>(row.GetInt(5)),
          .struck_at = row.GetOptionalInt(6),
          .check_interval_s = row.GetInt(7),
          .next_check_at = row.GetInt(8),
          .target_key = row.GetOptionalInt(9),
          .target_links = row.GetInt(10),
          .look = GetLook(row, row.GetInt(1), kLookColumn),
          .on_parole = false};
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

std::vector<std::string> SplitUrls(const std::string& joined) {
  std::vector<std::string> urls;
  std::size_t begin = 0;
  while (begin < joined.size()) {
    const auto end = std::min(joined.find(kUrlEnd, begin), joined.size());
    urls.push_back(joined.substr(begin, end - begin));
    begin = end + 1;
  }
  return urls;
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
  return GetLook(find, site_id, 0);
}

std::vector<schemas::SiteDecision> Reader::Decisions(Id site_id) {
  std::vector<schemas::SiteDecision> decisions;
  Use list(*connection_->database, kDecisions);
  list.Int(site_id);
  while (list.Step()) {
    decisions.push_back({.site_id = site_id,
                         .decided_at = list.GetInt(0),
                         .kind = static_cast<schemas::DecisionKind>(list.GetInt(1)),
                         .reason = list.GetText(2),
                         .links_checked = list.GetInt(3),
                         .links_dead = list.GetInt(4),
                         .links_discarded = list.GetInt(5),
                         .first_dead_at = list.GetOptionalInt(6),
                         .last_dead_at = list.GetOptionalInt(7),
                         .sample_urls = SplitUrls(list.GetText(8))});
  }
  return decisions;
}

std::vector<schemas::SiteTally> Reader::Tallies(Page page) {
  std::vector<schemas::SiteTally> tallies;
  Use list(*connection_->database, kTallies);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    tallies.push_back({.site_id = list.GetInt(0),
                       .host = list.GetText(1),
                       .links_unchecked = list.GetInt(2),
                       .links_alive = list.GetInt(3),
                       .links_unknown = list.GetInt(4),
                       .links_doubtful = list.GetInt(5),
                       .links_dead = list.GetInt(6),
                       .blacklisted = list.GetOptionalInt(7).has_value()});
  }
  return tallies;
}

std::vector<LinkUrl> Reader::LinkUrls(Id site_id, Page page) {
  std::vector<LinkUrl> links;
  Use list(*connection_->database, kLinkUrls);
  list.Int(site_id).Int(page.after).Int(page.count_max);
  while (list.Step()) links.push_back({list.GetInt(0), list.GetText(1)});
  return links;
}

}  // namespace saunter::store
