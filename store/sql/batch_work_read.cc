// What a part of a batch is about is read here, sites, words and links in the order of their keys.
#include <algorithm>
#include <numeric>
#include <string_view>

#include "store/intake.h"
#include "store/sql/batch_work.h"
#include "store/sql/fields.h"
#include "store/sql/leases.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;
using schemas::LinkState;

constexpr std::size_t kCachedRowsMax = 200000;

constexpr char kFindEntries[] =
    "SELECT guid_key, link_id, content_key, is_further FROM entry WHERE feed_id = ? ORDER BY "
    "guid_key";
constexpr char kFindSiteOfHost[] =
    "SELECT site_id, blacklisted_at, CASE WHEN EXISTS (SELECT 1 FROM feed f WHERE f.site_id = "
    "site.site_id) THEN 1 ELSE 0 END, links_unchecked + links_alive + links_unknown + "
    "links_doubtful + links_dead FROM site WHERE "
    "host = ?";
constexpr Worded kInsertSite{
    "INSERT INTO site (host, registrable_domain, named_by) VALUES (?, ?, NULL) RETURNING site_id",
    "INSERT INTO site (host, registrable_domain, shard) VALUES (?, ?, ?) RETURNING site_id"};
constexpr char kFindLinkByKey[] = "SELECT link_id FROM link WHERE site_id = ? AND url_key = ?";
// A link may be listed by all the world: of its further entries no more are counted than can go in
// the part, and no more looked at than some.
constexpr char kFindLink[] =
    "SELECT l.site_id, s.host, s.registrable_domain, l.url_key, l.listed_key, l.source_id, "
    "l.feed_id, f.site_id, l.feed_site_id, l.is_listed, (SELECT count(*) FROM (SELECT 1 FROM entry "
    "e WHERE e.link_id = l.link_id AND e.is_further = 1 LIMIT ?2) few), (SELECT count(*) FROM "
    "(SELECT e.feed_id FROM entry e WHERE e.link_id = l.link_id AND e.is_further = 1 LIMIT 1000) "
    "few JOIN feed o USING (feed_id) WHERE o.site_id = l.site_id), CASE WHEN EXISTS (SELECT 1 "
    "FROM feed o WHERE o.site_id = l.site_id) THEN 1 ELSE 0 END, l.blacklisted, s.blacklisted_at, "
    "l.state, l.categories, CASE WHEN l.published_at IS NULL THEN 1 ELSE 0 END, CASE WHEN "
    "l.updated_at IS NULL THEN 1 ELSE 0 END, CASE WHEN l.language IS NULL THEN 1 ELSE 0 END, CASE "
    "WHEN l.author IS NULL THEN 1 ELSE 0 END, CASE WHEN l.summary IS NULL THEN 1 ELSE 0 END FROM "
    "link l JOIN site s USING (site_id) LEFT JOIN feed f ON f.feed_id = l.feed_id WHERE l.link_id "
    "= ?1";
constexpr char kFindCategory[] = "SELECT category_id FROM category WHERE name = ?";
constexpr char kFindLanguage[] = "SELECT 1 FROM language WHERE language = ?";
constexpr char kCountWords[] = "SELECT count(*) FROM category WHERE feed_id = ?";
constexpr char kCountSites[] = "SELECT count(*) FROM site WHERE named_by = ?";
constexpr char kCountLanguages[] = "SELECT count(*) FROM language";
constexpr char kCountLanguagesOf[] = "SELECT count(*) FROM language WHERE feed_id = ?";
constexpr char kCountLinks[] =
    "SELECT links_unchecked + links_alive + links_unknown + links_doubtful + links_dead FROM site "
    "WHERE site_id = ?";
// The last key, and not max(): see turn.cc.
constexpr char kLastLink[] = "SELECT (SELECT link_id FROM link ORDER BY link_id DESC LIMIT 1)";
constexpr char kLastSite[] = "SELECT (SELECT site_id FROM site ORDER BY site_id DESC LIMIT 1)";
constexpr char kLastCategory[] =
    "SELECT (SELECT category_id FROM category ORDER BY category_id DESC LIMIT 1)";

// What a feed lists would be taken in again.
constexpr char kUnlistedDeadOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ? AND state = 4 AND is_listed = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry e WHERE e.link_id = link.link_id AND e.is_further = 1) ORDER BY link_id "
    "LIMIT ?";
constexpr char kUnlistedOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ? AND state <> 4 AND is_listed = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry e WHERE e.link_id = link.link_id AND e.is_further = 1) ORDER BY link_id "
    "LIMIT ?";
constexpr char kOnlyStrangersListOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ?1 AND feed_id NOT IN (SELECT feed_id FROM feed "
    "WHERE site_id = ?1) AND NOT EXISTS (SELECT 1 FROM entry e JOIN feed f ON f.feed_id = "
    "e.feed_id WHERE e.link_id = link.link_id AND e.is_further = 1 AND f.site_id = ?1) ORDER BY "
    "link_id LIMIT ?2";
static_assert(static_cast<int>(LinkState::kDead) == 4, "the state in the statements above");

std::int64_t Count(Database& database, const char* statement, Id id) {
  Use count(database, statement);
  return count.Int(id).Step() ? count.GetInt(0) : 0;
}

std::int64_t CountAll(Database& database, const char* statement) {
  Use count(database, statement);
  return count.Step() ? count.GetInt(0) : 0;
}

bool KnowsNames(const Names& names, const schemas::EntryIntake& entry) {
  const auto knows = [&](const auto& word) { return names.categories.contains(word); };
  return (entry.language.empty() || names.languages.contains(entry.language)) &&
         std::all_of(entry.categories.begin(), entry.categories.end(), knows);
}

Id IdAfter(Database& database, const char* last) {
  Use find(database, last);
  return (find.Step() ? find.GetInt(0) : 0) + 1;
}

template <typename Value>
void SortOnce(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void AddIds(Database& database, const char* statement, Id site_id, std::int64_t count,
            std::vector<Id>& ids) {
  Use find(database, statement);
  find.Int(site_id).Int(count - std::ssize(ids));
  while (std::ssize(ids) < count && find.Step()) ids.push_back(find.GetInt(0));
}

// The current row of kFindLink.
void AddLink(Use& row, Id link_id, Rows& rows) {
  auto& link = rows.links[link_id];
  link.link_id = link_id;
  link.site_id = row.GetInt(0);
  link.site = rows.texts.emplace_back(row.ViewText(1));
  link.registrable_domain = rows.texts.emplace_back(row.ViewText(2));
  link.url_key = row.GetInt(3);
  link.listed_key = row.GetOptionalInt(4);
  link.source_id = row.GetInt(5);
  link.feed_id = row.GetInt(6);
  link.lister_site_id = row.GetOptionalInt(7);
  link.feed_site_id = row.GetOptionalInt(8);
  link.is_listed = row.GetInt(9) != 0;
  link.further = row.GetInt(10);
  link.further_by_site = row.GetInt(11);
  link.site_has_feed = row.GetInt(12) != 0;
  link.is_blacklisted = row.GetInt(13) != 0;
  link.site_is_blacklisted = row.GetOptionalInt(14).has_value();
  link.state = static_cast<LinkState>(row.GetInt(15));
  link.category_ids = SplitIds(row.ViewText(16));
  link.absent = {.published_at = row.GetInt(17) != 0,
                 .updated_at = row.GetInt(18) != 0,
                 .language = row.GetInt(19) != 0,
                 .author = row.GetInt(20) != 0,
                 .summary = row.GetInt(21) != 0};
  link.was_in_pool = link.IsInPool();
  rows.link_ids.emplace(std::pair(link.site_id, link.url_key), link_id);
}

}  // namespace

void BatchWork::ReadEntries(const std::vector<Id>& feed_ids, Rows& rows) {
  for (const Id feed_id : feed_ids) rows.entries.try_emplace(feed_id);
  ReadEach(
      database_, kFindEntries, feed_ids, [](Use& find, Id feed_id) { find.Int(feed_id); },
      [&](Use& row, Id feed_id) {
        rows.entries.find(feed_id)->second.emplace(row.GetInt(0),
                                                   EntryRow{.link_id = row.GetInt(1),
                                                            .content_key = row.GetInt(2),
                                                            .is_further = row.GetInt(3) != 0,
                                                            .is_stored = true});
      });
}

void BatchWork::ReadSites(const std::vector<std::string_view>& names) {
  auto& sites = connection_.caches().names.sites;
  FindEach(
      database_, kFindSiteOfHost, names, [](Use& find, std::string_view name) { find.Text(name); },
      [&](Use& row, std::string_view name) {
        SiteRow site{.site_id = row.GetInt(0),
                     .is_blacklisted = row.GetOptionalInt(1).has_value(),
                     .has_feed = row.GetInt(2) != 0,
                     .links = row.GetInt(3)};
        site.links += UnwrittenLinks(site.site_id);
        sites.emplace(name, site);
      });
}

SiteRow& BatchWork::SiteOf(const std::string& name, const std::string& registrable_domain) {
  auto& sites = connection_.caches().names.sites;
  if (sites.size() >= kCachedRowsMax) sites.clear();
  if (!sites.contains(name)) ReadSites({name});
  if (const auto known = sites.find(name); known != sites.end()) return known->second;
  Use insert(database_, kInsertSite);
  insert.Text(name).Text(registrable_domain);
  const Id site_id = BindShard(database_, insert, name).RunReturning().value_or(0);
  totals_.Add("sites", 1);
  return sites.insert_or_assign(name, SiteRow{.site_id = site_id}).first->second;
}

std::int64_t BatchWork::UnwrittenLinks(Id site_id) const {
  const auto deltas = site_deltas_.find(site_id);
  if (deltas == site_deltas_.end()) return 0;
  return std::accumulate(deltas->second.begin(), deltas->second.end(), std::int64_t{0});
}

Rows BatchWork::NewRows() {
  auto& names = connection_.caches().names;
  if (names.sites.size() >= kCachedRowsMax) names.sites.clear();
  if (names.categories.size() >= kCachedRowsMax) names.categories.clear();
  return {names, connection_.settings(), now_};
}

// No id of a link is given out a second time while the writer runs.
void BatchWork::ReadIds(Rows& rows) {
  auto& next_link_id = connection_.caches().next_link_id;
  if (!next_link_id) next_link_id = IdAfter(database_, kLastLink);
  rows.next_link_id = *next_link_id;
  rows.next_site_id = IdAfter(database_, kLastSite);
  rows.next_category_id = IdAfter(database_, kLastCategory);
  rows.removals_left = removal_rows_left_;
}

void BatchWork::ReadFor(std::vector<Wanted>& wanted, Rows& rows) {
  ReadIds(rows);
  rows.link_ids.reserve(wanted.size());
  ReadSitesOf(wanted);
  auto link_ids = ReadKeys(wanted, rows);
  ReadRooms(wanted, rows, link_ids);
  ReadLinks(std::move(link_ids), wanted.size(), rows);
  ReadNamers(wanted, rows);
}

// Of those that name a site that nobody knows: what they have named, and what the sources have that
// links of theirs count for, since these name the site where a link moves there.
void BatchWork::ReadNamers(const std::vector<Wanted>& wanted, Rows& rows) {
  std::unordered_set<Id> namers;
  for (const auto& want : wanted) {
    if (want.row == nullptr) namers.insert(want.namer_id);
  }
  std::vector<Id> source_ids;
  for (const auto& want : wanted) {
    if (!namers.contains(want.namer_id)) continue;
    if (want.namer_id != 0) source_ids.push_back(want.namer_id);
    if (want.row != nullptr && want.row->has_feed) source_ids.push_back(want.row->site_id);
    for (const auto* link : {rows.FindLink(want.link_id), rows.FindLink(want.row, want.url_key)}) {
      if (link != nullptr) source_ids.push_back(link->source_id);
    }
  }
  SortOnce(source_ids);
  FindEach(
      database_, kCountSites, source_ids, [](Use& count, Id source_id) { count.Int(source_id); },
      [&](Use& row, Id source_id) { rows.sites_named[source_id] = row.GetInt(0); });
}

void BatchWork::ReadSitesOf(std::vector<Wanted>& wanted) {
  auto& sites = connection_.caches().names.sites;
  std::vector<std::string_view> unknown;
  for (const auto& want : wanted) {
    if (!sites.contains(want.site)) unknown.push_back(want.site);
  }
  SortOnce(unknown);
  ReadSites(unknown);
  for (auto& want : wanted) {
    const auto found = sites.find(want.site);
    want.row = found == sites.end() ? nullptr : &found->second;
  }
}

// The links that are wanted: by their keys, and those that were listed so far.
std::vector<Id> BatchWork::ReadKeys(const std::vector<Wanted>& wanted, Rows& rows) {
  std::vector<Id> link_ids;
  std::vector<std::pair<Id, schemas::Key>> keys;
  keys.reserve(wanted.size());
  for (const auto& want : wanted) {
    if (want.link_id != 0) link_ids.push_back(want.link_id);
    if (want.row != nullptr && want.row->links > 0) {
      keys.emplace_back(want.row->site_id, want.url_key);
    }
  }
  SortOnce(keys);
  FindEach(
      database_, kFindLinkByKey, keys,
      [](Use& find, const auto& key) { find.Int(key.first).Int(key.second); },
      [&](Use& row, const auto& key) {
        const Id link_id = row.GetInt(0);
        rows.link_ids.emplace(key, link_id);
        link_ids.push_back(link_id);
      });
  return link_ids;
}

// What could go, where more is wanted than a site may have.
void BatchWork::ReadRooms(const std::vector<Wanted>& wanted, Rows& rows,
                          std::vector<Id>& link_ids) {
  const auto links_max = connection_.settings().site_links_max;
  std::unordered_map<SiteRow*, std::pair<std::int64_t, bool>> sites;  // wanted, by its own
  for (const auto& want : wanted) {
    auto* site = want.row;
    // What stands needs no place.
    if (site == nullptr || rows.link_ids.contains({site->site_id, want.url_key})) continue;
    auto& [count, is_own] = sites[site];
    ++count;
    is_own = is_own || want.namer_id == site->site_id;
  }
  for (const auto& [site, want] : sites) {
    const auto& [wanted_links, is_own] = want;
    if (site->links + wanted_links <= links_max) continue;
    site->links = Count(database_, kCountLinks, site->site_id) + UnwrittenLinks(site->site_id);
    const auto over = site->links + wanted_links - links_max;
    const auto count = std::min(removal_rows_left_, over + RoomAtOnce(links_max));
    if (over <= 0 || count <= 0) continue;
    auto& room = rows.rooms[site->site_id];
    if (!full_sites_.contains(site->site_id)) {
      AddIds(database_, kUnlistedDeadOfSite, site->site_id, count, room.unlisted);
      AddIds(database_, kUnlistedOfSite, site->site_id, count, room.unlisted);
      if (room.unlisted.empty()) full_sites_.insert(site->site_id);
    }
    if (is_own && !full_for_its_own_.contains(site->site_id)) {
      AddIds(database_, kOnlyStrangersListOfSite, site->site_id, count, room.only_strangers);
      if (room.only_strangers.empty()) full_for_its_own_.insert(site->site_id);
    }
    link_ids.insert(link_ids.end(), room.unlisted.begin(), room.unlisted.end());
    link_ids.insert(link_ids.end(), room.only_strangers.begin(), room.only_strangers.end());
  }
}

void BatchWork::ReadLinks(std::vector<Id> link_ids, std::size_t entries, Rows& rows) {
  const auto further_max = static_cast<std::int64_t>(entries) + 2;
  SortOnce(link_ids);
  FindEach(
      database_, kFindLink, link_ids,
      [&](Use& find, Id link_id) { find.Int(link_id).Int(further_max); },
      [&](Use& row, Id link_id) { AddLink(row, link_id, rows); });
}

void BatchWork::ReadNames(const std::vector<FeedAnswer>& answers, Rows& rows) {
  auto& names = rows.names;
  std::vector<std::string_view> unknown;
  std::vector<std::string_view> spoken;
  std::vector<std::pair<Id, const schemas::EntryIntake*>> naming;  // what has not been known yet
  for (const auto& answer : answers) {
    for (const auto* entry : answer.to_read) {
      if (KnowsNames(names, *entry)) continue;
      naming.emplace_back(answer.lister.feed_id, entry);
      unknown.insert(unknown.end(), entry->categories.begin(), entry->categories.end());
      if (!names.languages.contains(entry->language)) spoken.push_back(entry->language);
    }
  }
  SortOnce(unknown);
  const auto bind = [](Use& find, std::string_view name) { find.Text(name); };
  FindEach(database_, kFindCategory, unknown, bind,
           [&](Use& row, std::string_view name) { names.categories.emplace(name, row.GetInt(0)); });
  SortOnce(spoken);
  FindEach(database_, kFindLanguage, spoken, bind,
           [&](Use&, std::string_view name) { names.languages.emplace(name); });
  bool languages_counted = false;
  for (const auto& [feed_id, entry] : naming) {
    if (rows.feed_names.contains(feed_id) || KnowsNames(names, *entry)) continue;
    rows.feed_names.emplace(feed_id,
                            FeedNames{.words = Count(database_, kCountWords, feed_id),
                                      .languages = Count(database_, kCountLanguagesOf, feed_id)});
    if (!languages_counted) rows.languages = CountAll(database_, kCountLanguages);
    languages_counted = true;
  }
}

}  // namespace saunter::store::sql
