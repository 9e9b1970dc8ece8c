#include <charconv>
#include <map>

#include "schemas/sql.h"
#include "store/sqlite/reader_connection.h"

namespace saunter::store {
namespace {

using schemas::Id;

// Categories come in one column, parted by a character that no category holds.
constexpr char kCategoryEnd = '\x1f';

#define LINK_COLUMNS                                                            \
  "l.link_id, l.url, l.title, s.host, l.author, l.published_at, l.updated_at, " \
  "l.first_seen_at, l.language, l.summary"
#define LINK_CATEGORIES                                                                   \
  ", (SELECT group_concat(c.name, char(31)) FROM link_category lc JOIN category c USING " \
  "(category_id) WHERE lc.link_id = l.link_id)"
#define LINKS " FROM pool p JOIN link l USING (link_id) JOIN site s ON s.site_id = l.site_id "

constexpr char kFindLink[] = "SELECT " LINK_COLUMNS LINK_CATEGORIES LINKS "WHERE p.link_id = ?";
constexpr char kFindLinkAlone[] = "SELECT " LINK_COLUMNS LINKS "WHERE p.link_id = ?";
// The newest rows of the pool by id are the newest to be found; a feed's order settles the rest.
constexpr char kNewestLinks[] =
    "SELECT " LINK_COLUMNS LINK_CATEGORIES LINKS "ORDER BY p.link_id DESC LIMIT ?";
#undef LINK_COLUMNS
#undef LINK_CATEGORIES
#undef LINKS

constexpr char kLastPoolChange[] = "SELECT max(change_id) FROM pool_change";
constexpr char kFirstPoolChange[] = "SELECT min(change_id) FROM pool_change";
constexpr char kPool[] =
    "SELECT link_id, site_id, published_at, language FROM pool WHERE link_id > ? ORDER BY link_id "
    "LIMIT ?";
#define FEED_CATEGORY_OF(link)                                                         \
  "SELECT f.category FROM entry e JOIN feed f USING (feed_id) WHERE e.link_id = " link \
  " AND "                                                                              \
  "f.category IS NOT NULL ORDER BY e.feed_id LIMIT 1"
constexpr char kPoolChanges[] =
    "SELECT c.change_id, c.link_id, p.site_id, p.published_at, p.language, (SELECT "
    "group_concat(lc.category_id) FROM link_category lc WHERE lc.link_id = p.link_id), "
    "(" FEED_CATEGORY_OF("p.link_id") ") FROM pool_change c LEFT JOIN pool p USING (link_id) WHERE "
    "c.change_id > ? ORDER BY c.change_id LIMIT ?";
constexpr char kFeedCategoryOfLink[] = FEED_CATEGORY_OF("?");
#undef FEED_CATEGORY_OF
// The "+" keeps the planner from walking the whole pool for each page.
constexpr char kPoolCategories[] =
    "SELECT lc.link_id, lc.category_id FROM link_category lc WHERE lc.link_id > ?1 AND lc.link_id "
    "<= coalesce((SELECT link_id FROM pool WHERE link_id > ?1 ORDER BY link_id LIMIT 1 OFFSET "
    "?2), 9223372036854775807) AND +lc.link_id IN (SELECT link_id FROM pool) ORDER BY lc.link_id, "
    "lc.category_id";
constexpr char kCategoriesInSpan[] =
    "SELECT lc.link_id, lc.category_id FROM link_category lc WHERE lc.link_id > ? AND lc.link_id "
    "<= ? AND +lc.link_id IN (SELECT link_id FROM pool) ORDER BY lc.link_id, lc.category_id";
constexpr char kFeedCategoriesInSpan[] =
    "SELECT e.link_id, f.category FROM entry e JOIN feed f ON f.feed_id = e.feed_id AND f.category "
    "IS NOT NULL WHERE e.link_id > ? AND e.link_id <= ? AND +e.link_id IN (SELECT link_id FROM "
    "pool) ORDER BY e.link_id, e.feed_id";
constexpr char kCategoriesAfter[] =
    "SELECT category_id, name FROM category WHERE category_id > ? ORDER BY category_id";
constexpr char kCategories[] = "SELECT category_id, name FROM category ORDER BY category_id";
constexpr char kPoolSites[] =
    "SELECT site_id, host FROM site WHERE blacklisted_at IS NULL ORDER BY site_id";

#define SITE_COLUMNS                                                                         \
  "s.site_id, s.host, s.links_unchecked, s.links_alive, s.links_unknown, s.links_doubtful, " \
  "s.links_dead, s.registrable_domain, s.blacklisted_at, s.blacklisted_until_at, "           \
  "s.blacklist_pattern, s.blacklist_reason, (SELECT count(*) FROM feed f WHERE f.site_id = " \
  "s.site_id), (SELECT count(*) FROM link l JOIN pool p USING (link_id) WHERE l.site_id = "  \
  "s.site_id) FROM site s "
constexpr char kFindSite[] = "SELECT " SITE_COLUMNS "WHERE s.host = ?";
constexpr char kBlacklistedSites[] =
    "SELECT " SITE_COLUMNS
    "WHERE s.blacklisted_at IS NOT NULL ORDER BY s.blacklisted_at DESC, "
    "s.site_id LIMIT ?";
constexpr char kListSites[] =
    "SELECT " SITE_COLUMNS "WHERE s.site_id > ? ORDER BY s.site_id LIMIT ?";
#undef SITE_COLUMNS

constexpr char kTotals[] = "SELECT name, value FROM total";
constexpr char kLastBatch[] =
    "SELECT batch_id, committed_at FROM batch ORDER BY batch_id DESC LIMIT 1";
constexpr char kCrawler[] =
    "SELECT version, started_at, stopped_at, reported_at, fetch_at, fetch_ok_at, feeds_due, "
    "in_flight, outage_at, problem FROM crawler";

std::vector<std::string> SplitCategories(const std::string& joined) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin < joined.size()) {
    const auto end = std::min(joined.find(kCategoryEnd, begin), joined.size());
    names.push_back(joined.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::vector<Id> SplitIds(const std::string& joined) {
  std::vector<Id> ids;
  const auto* at = joined.data();
  const auto* const end = at + joined.size();
  while (at < end) {
    Id id = 0;
    at = std::from_chars(at, end, id).ptr;
    ids.push_back(id);
    if (at < end) ++at;  // the comma
  }
  return ids;
}

// Without its categories.
schemas::Link GetLinkAlone(Use& row) {
  return {.link_id = row.GetInt(0),
          .url = row.GetText(1),
          .title = row.GetText(2),
          .site = row.GetText(3),
          .author = row.GetText(4),
          .published_at = row.GetOptionalInt(5),
          .updated_at = row.GetOptionalInt(6),
          .first_seen_at = row.GetInt(7),
          .language = row.GetText(8),
          .summary = row.GetText(9),
          .categories = {}};
}

schemas::Link GetLink(Use& row) {
  auto link = GetLinkAlone(row);
  link.categories = SplitCategories(row.GetText(10));
  return link;
}

schemas::Site GetSite(Use& row) {
  schemas::Site site;
  site.tally = {.site_id = row.GetInt(0),
                .host = row.GetText(1),
                .links_unchecked = row.GetInt(2),
                .links_alive = row.GetInt(3),
                .links_unknown = row.GetInt(4),
                .links_doubtful = row.GetInt(5),
                .links_dead = row.GetInt(6),
                .blacklisted = row.GetOptionalInt(8).has_value()};
  site.registrable_domain = row.GetText(7);
  site.blacklisted_at = row.GetOptionalInt(8);
  site.blacklisted_until_at = row.GetOptionalInt(9);
  site.blacklist_pattern = row.GetText(10);
  site.blacklist_reason = row.GetText(11);
  site.feeds = row.GetInt(12);
  site.links_in_pool = row.GetInt(13);
  return site;
}

std::optional<schemas::CrawlerStatus> ReadCrawler(Database& database) {
  Use row(database, kCrawler);
  if (!row.Step()) return std::nullopt;
  return schemas::CrawlerStatus{.version = row.GetText(0),
                                .started_at = row.GetInt(1),
                                .stopped_at = row.GetOptionalInt(2),
                                .reported_at = row.GetInt(3),
                                .fetch_at = row.GetOptionalInt(4),
                                .fetch_ok_at = row.GetOptionalInt(5),
                                .feeds_due = row.GetInt(6),
                                .in_flight = row.GetInt(7),
                                .outage_at = row.GetOptionalInt(8),
                                .problem = row.GetText(9)};
}

}  // namespace

std::int64_t Reader::LastPoolChange() {
  Use find(*connection_->database, kLastPoolChange);
  return find.Step() ? find.GetInt(0) : 0;
}

std::vector<schemas::PoolRow> Reader::Pool(Page page) {
  std::vector<schemas::PoolRow> rows;
  Use list(*connection_->database, kPool);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    rows.push_back({.link_id = list.GetInt(0),
                    .site_id = list.GetInt(1),
                    .published_at = list.GetOptionalInt(2),
                    .language = list.GetText(3)});
  }
  return rows;
}

PoolChanges Reader::ChangesAfter(std::int64_t change_id, std::int64_t count_max) {
  const ReadTransaction transaction(*connection_->database);
  PoolChanges result;
  if (Use first(*connection_->database, kFirstPoolChange); first.Step()) {
    const auto oldest = first.GetOptionalInt(0);
    if (oldest && *oldest > change_id + 1) {
      result.complete = false;
      return result;
    }
  }
  if (LastPoolChange() < change_id) {
    result.complete = false;  // another history: the file was replaced in place
    return result;
  }
  Use list(*connection_->database, kPoolChanges);
  list.Int(change_id).Int(count_max);
  while (list.Step()) {
    PoolChange change;
    change.change_id = list.GetInt(0);
    change.link_id = list.GetInt(1);
    if (const auto site_id = list.GetOptionalInt(2)) {
      change.row = schemas::PoolRow{.link_id = change.link_id,
                                    .site_id = *site_id,
                                    .published_at = list.GetOptionalInt(3),
                                    .language = list.GetText(4)};
      change.category_ids = SplitIds(list.GetText(5));
      change.feed_category = list.GetText(6);
    }
    result.changes.push_back(std::move(change));
  }
  return result;
}

std::vector<Reader::PoolCategory> Reader::PoolCategories(Page page) {
  std::vector<PoolCategory> rows;
  Use list(*connection_->database, kPoolCategories);
  list.Int(page.after).Int(page.count_max - 1);
  while (list.Step()) rows.push_back({list.GetInt(0), list.GetInt(1)});
  return rows;
}

std::vector<Reader::PoolCategory> Reader::PoolCategories(LinkSpan span) {
  std::vector<PoolCategory> rows;
  Use list(*connection_->database, kCategoriesInSpan);
  list.Int(span.after).Int(span.last);
  while (list.Step()) rows.push_back({list.GetInt(0), list.GetInt(1)});
  return rows;
}

std::vector<std::pair<Id, std::string>> Reader::PoolFeedCategories(LinkSpan span) {
  std::vector<std::pair<Id, std::string>> rows;
  Use list(*connection_->database, kFeedCategoriesInSpan);
  list.Int(span.after).Int(span.last);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::string Reader::FeedCategoryOfLink(Id link_id) {
  Use find(*connection_->database, kFeedCategoryOfLink);
  return find.Int(link_id).Step() ? find.GetText(0) : std::string();
}

std::vector<std::pair<Id, std::string>> Reader::Categories() {
  std::vector<std::pair<Id, std::string>> rows;
  Use list(*connection_->database, kCategories);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::vector<std::pair<Id, std::string>> Reader::CategoriesAfter(Id category_id) {
  std::vector<std::pair<Id, std::string>> rows;
  Use list(*connection_->database, kCategoriesAfter);
  list.Int(category_id);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::vector<std::pair<Id, std::string>> Reader::PoolSites() {
  std::vector<std::pair<Id, std::string>> rows;
  Use list(*connection_->database, kPoolSites);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::optional<schemas::Link> Reader::FindLink(Id link_id) {
  Use find(*connection_->database, kFindLink);
  if (!find.Int(link_id).Step()) return std::nullopt;
  return GetLink(find);
}

std::vector<schemas::Link> Reader::FindLinks(const std::vector<Id>& link_ids) {
  std::optional<ReadTransaction> transaction;
  // A single row is one statement.
  if (link_ids.size() > 1) transaction.emplace(*connection_->database);
  std::vector<schemas::Link> links;
  links.reserve(link_ids.size());
  for (const Id link_id : link_ids) {
    Use find(*connection_->database, kFindLinkAlone);
    if (find.Int(link_id).Step()) links.push_back(GetLinkAlone(find));
  }
  return links;
}

std::vector<schemas::Link> Reader::NewestLinks(std::int64_t count_max) {
  std::vector<schemas::Link> links;
  Use list(*connection_->database, kNewestLinks);
  list.Int(count_max);
  while (list.Step()) links.push_back(GetLink(list));
  return links;
}

std::optional<schemas::Site> Reader::FindSite(std::string_view host) {
  const std::string text(host);
  Use find(*connection_->database, kFindSite);
  if (!find.Text(text).Step()) return std::nullopt;
  auto site = GetSite(find);
  site.look = FindLook(site.tally.site_id);
  site.decisions = Decisions(site.tally.site_id);
  return site;
}

std::vector<schemas::Site> Reader::Sites(Page page) {
  std::vector<schemas::Site> sites;
  Use list(*connection_->database, kListSites);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) sites.push_back(GetSite(list));
  return sites;
}

std::vector<schemas::Site> Reader::BlacklistedSites(std::int64_t count_max) {
  std::vector<schemas::Site> sites;
  Use list(*connection_->database, kBlacklistedSites);
  list.Int(count_max);
  while (list.Step()) sites.push_back(GetSite(list));
  return sites;
}

schemas::Stats Reader::ReadStats() {
  auto& database = *connection_->database;
  const ReadTransaction transaction(database);
  std::map<std::string, std::int64_t> totals;
  Use list(database, kTotals);
  while (list.Step()) totals[list.GetText(0)] = list.GetInt(1);
  schemas::Stats stats{.schema_version = schemas::SchemaVersion(),
                       .feeds = totals["feeds"],
                       .feeds_paused = totals["feeds_paused"],
                       .feeds_gone = totals["feeds_gone"],
                       .feeds_never_fetched = totals["feeds_never_fetched"],
                       .feeds_failing = totals["feeds_failing"],
                       .sites = totals["sites"],
                       .sites_blacklisted = totals["sites_blacklisted"],
                       .links = totals["links"],
                       .links_unchecked = totals["links_unchecked"],
                       .links_alive = totals["links_alive"],
                       .links_unknown = totals["links_unknown"],
                       .links_doubtful = totals["links_doubtful"],
                       .links_dead = totals["links_dead"],
                       .links_in_pool = totals["links_in_pool"],
                       .batches = 0,
                       .last_batch_at = std::nullopt,
                       .crawler = ReadCrawler(database)};
  if (Use batch(database, kLastBatch); batch.Step()) {
    stats.batches = batch.GetInt(0);
    stats.last_batch_at = batch.GetInt(1);
  }
  return stats;
}

}  // namespace saunter::store
