#include <charconv>
#include <functional>
#include <map>

#include "schemas/sql.h"
#include "store/sqlite/fields.h"
#include "store/sqlite/reader_connection.h"

namespace saunter::store {
namespace {

using schemas::Id;

// Categories come in one column, parted by a character that no category holds.
constexpr char kCategoryEnd = '\x1f';

const std::string kLinkColumns = Columns<schemas::Link>({{"link_id", "l.link_id"},
                                                         {"site", "s.host"},
                                                         {"published_at", "l.published_at"},
                                                         {"language", "l.language"}});
const std::string kLinkCategories =
    ", (SELECT group_concat(c.name, char(31)) FROM link_category lc JOIN category c USING "
    "(category_id) WHERE lc.link_id = l.link_id)";
const std::string kFromPool =
    " FROM pool p JOIN link l USING (link_id) JOIN site s ON s.site_id = l.site_id ";
const int kCategoriesColumn = FieldCount<schemas::Link>();

const std::string kFindLink =
    "SELECT " + kLinkColumns + kLinkCategories + kFromPool + "WHERE p.link_id = ?";
const std::string kFindLinkAlone = "SELECT " + kLinkColumns + kFromPool + "WHERE p.link_id = ?";
// The newest rows of the pool by id are the newest to be found; a feed's order settles the rest.
const std::string kNewestLinks =
    "SELECT " + kLinkColumns + kLinkCategories + kFromPool + "ORDER BY p.link_id DESC LIMIT ?";

constexpr char kLastPoolChange[] = "SELECT max(change_id) FROM pool_change";
constexpr char kFirstPoolChange[] = "SELECT min(change_id) FROM pool_change";
const std::string kPool = "SELECT " + Columns<schemas::PoolRow>() +
                          " FROM pool WHERE link_id > ? ORDER BY link_id LIMIT ?";
std::string SelectFeedCategoryOf(const std::string& link) {
  return "SELECT f.category FROM entry e JOIN feed f USING (feed_id) WHERE e.link_id = " + link +
         " AND f.category IS NOT NULL ORDER BY e.feed_id LIMIT 1";
}
const std::string kFeedCategoryOfLink = SelectFeedCategoryOf("?");
const std::string kPoolChanges =
    "SELECT c.change_id, c.link_id, p.site_id, p.published_at, p.language, (SELECT "
    "group_concat(lc.category_id) FROM link_category lc WHERE lc.link_id = p.link_id), (" +
    SelectFeedCategoryOf("p.link_id") +
    ") FROM pool_change c LEFT JOIN pool p USING (link_id) WHERE c.change_id > ? ORDER BY "
    "c.change_id LIMIT ?";
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

const std::string kSelectSites =
    "SELECT " +
    Columns<schemas::SiteListing>(
        {{"feeds", "(SELECT count(*) FROM feed f WHERE f.site_id = s.site_id)"},
         {"links_in_pool",
          "(SELECT count(*) FROM link l JOIN pool p USING (link_id) WHERE l.site_id = s.site_id)"},
         {"blacklisted", "blacklisted_at IS NOT NULL"}}) +
    " FROM site s ";
const std::string kFindSite = kSelectSites + "WHERE s.host = ?";
const std::string kBlacklistedSites =
    kSelectSites +
    "WHERE s.blacklisted_at IS NOT NULL ORDER BY s.blacklisted_at DESC, s.site_id LIMIT ?";
const std::string kListSites = kSelectSites + "WHERE s.site_id > ? ORDER BY s.site_id LIMIT ?";

constexpr char kTotals[] = "SELECT name, value FROM total";
constexpr char kLastBatch[] =
    "SELECT batch_id, committed_at FROM batch ORDER BY batch_id DESC LIMIT 1";
const std::string kCrawler = "SELECT " + Columns<schemas::CrawlerStatus>() + " FROM crawler";

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

schemas::Link GetLink(Use& row) {
  auto link = GetRecord<schemas::Link>(row);
  link.categories = SplitCategories(row.GetText(kCategoriesColumn));
  return link;
}

std::optional<schemas::CrawlerStatus> ReadCrawler(Database& database) {
  Use row(database, kCrawler);
  if (!row.Step()) return std::nullopt;
  return GetRecord<schemas::CrawlerStatus>(row);
}

}  // namespace

std::int64_t Reader::LastPoolChange() {
  Use find(*connection_->database, kLastPoolChange);
  return find.Step() ? find.GetInt(0) : 0;
}

std::vector<schemas::PoolRow> Reader::Pool(Page page) {
  Use list(*connection_->database, kPool);
  return GetRecords<schemas::PoolRow>(list.Int(page.after).Int(page.count_max));
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
    if (find.Int(link_id).Step()) links.push_back(GetRecord<schemas::Link>(find));
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
  schemas::Site site{GetRecord<schemas::SiteListing>(find), std::nullopt, {}};
  site.look = FindLook(site.site_id);
  site.decisions = Decisions(site.site_id);
  return site;
}

std::vector<schemas::SiteListing> Reader::Sites(Page page) {
  Use list(*connection_->database, kListSites);
  return GetRecords<schemas::SiteListing>(list.Int(page.after).Int(page.count_max));
}

std::vector<schemas::SiteListing> Reader::BlacklistedSites(std::int64_t count_max) {
  Use list(*connection_->database, kBlacklistedSites);
  return GetRecords<schemas::SiteListing>(list.Int(count_max));
}

schemas::Stats Reader::ReadStats() {
  auto& database = *connection_->database;
  const ReadTransaction transaction(database);
  std::map<std::string, std::int64_t, std::less<>> totals;
  Use list(database, kTotals);
  while (list.Step()) totals[list.GetText(0)] = list.GetInt(1);
  schemas::Stats stats;
  VisitFields(stats, [&](std::string_view name, auto& field) {
    if constexpr (std::is_same_v<decltype(field), std::int64_t&>) {
      if (const auto total = totals.find(name); total != totals.end()) field = total->second;
    }
  });
  stats.schema_version = schemas::SchemaVersion();
  stats.crawler = ReadCrawler(database);
  if (Use batch(database, kLastBatch); batch.Step()) {
    stats.batches = batch.GetInt(0);
    stats.last_batch_at = batch.GetInt(1);
  }
  return stats;
}

}  // namespace saunter::store
