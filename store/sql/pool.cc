#include "store/sql/pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "store/sql/catalogue.h"
#include "store/sql/fields.h"
#include "store/sql/stored_url.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

// Categories come in one column, parted by a character that no category holds.
constexpr char kCategoryEnd = '\x1f';

std::string SelectLink(Engine engine) {
  return "SELECT " + Columns<schemas::Link>({{"link_id", "l.link_id"},
                                             {"url", UrlOfLink(engine)},
                                             {"site", "s.host"},
                                             {"site_title", kTitleOfFeed},
                                             {"feed_url", "f.url"},
                                             {"published_at", "l.published_at"},
                                             {"language", "l.language"},
                                             {"title", "l.title"}});
}
std::string LinkCategories(Engine engine) {
  switch (engine) {
    case Engine::kSqlite:
      return ", (SELECT group_concat(c.name, char(31)) FROM json_each('[' || l.categories || ']') "
             "j JOIN category c ON c.category_id = j.value)";
    case Engine::kPostgres:
      return ", (SELECT string_agg(c.name, chr(31) ORDER BY j.place) FROM "
             "unnest(string_to_array(l.categories, ',')) WITH ORDINALITY j (value, place) JOIN "
             "category c ON c.category_id = CAST(j.value AS BIGINT))";
  }
  return {};
}
const std::string kFromPool =
    " FROM pool p JOIN link l USING (link_id) JOIN site s ON s.site_id = l.site_id "
    "LEFT JOIN feed f ON f.feed_id = p.feed_id ";
const int kCategoriesColumn = FieldCount<schemas::Link>();

const auto kFindLink = WordedBy([](Engine engine) {
  return SelectLink(engine) + LinkCategories(engine) + kFromPool + "WHERE p.link_id = ?";
});
const auto kFindLinkAlone =
    WordedBy([](Engine engine) { return SelectLink(engine) + kFromPool + "WHERE p.link_id = ?"; });
// The newest rows of the pool by id are the newest to be found; a feed's order settles the rest.
const auto kNewestLinks = WordedBy([](Engine engine) {
  return SelectLink(engine) + LinkCategories(engine) + kFromPool +
         "ORDER BY p.link_id DESC LIMIT ?";
});

constexpr char kLastPoolChange[] = "SELECT max(change_id) FROM pool_change";
// In PostgreSQL's log changes of other kinds stand between those of the pool.
constexpr Worded kFirstPoolChange = {"SELECT min(change_id) FROM pool_change",
                                     "SELECT min(change_id) FROM change"};
const std::string kPool = "SELECT " + Columns<schemas::PoolRow>() +
                          " FROM pool WHERE link_id > ? ORDER BY link_id LIMIT ?";
// The operator's word for a feed that brought or lists a link of the pool: that of the first such
// feed which has one.
std::string SelectFeedCategoryOf(const std::string& link) {
  return "SELECT f.category FROM feed f WHERE f.feed_id IN (SELECT o.feed_id FROM pool o WHERE "
         "o.link_id = " +
         link + " UNION SELECT e.feed_id FROM entry e WHERE e.link_id = " + link +
         " AND e.is_further = 1) AND f.category IS NOT NULL ORDER BY f.feed_id LIMIT 1";
}
const std::string kFeedCategoryOfLink = SelectFeedCategoryOf("?1");
constexpr char kPoolChanges[] =
    "SELECT change_id, link_id, coalesce(last_link_id, link_id) FROM pool_change WHERE change_id > "
    "? ORDER BY change_id LIMIT ?";
const std::string kChangedRows =
    "SELECT " + Columns<schemas::PoolRow>() + ", (" + SelectFeedCategoryOf("p.link_id") +
    ") FROM pool p WHERE p.link_id >= ? AND p.link_id <= ? ORDER BY p.link_id";
constexpr Id kLinksPerRead = 1000;
const int kFeedCategoryColumn = FieldCount<schemas::PoolRow>();
// The "+" keeps SQLite's planner from walking the whole pool for each page.
constexpr Worded kFeedCategoriesInSpan = {
    "SELECT p.link_id, f.category, f.feed_id FROM pool p JOIN feed f USING (feed_id) WHERE "
    "p.link_id > ?1 AND p.link_id <= ?2 AND f.category IS NOT NULL UNION ALL SELECT e.link_id, "
    "f.category, f.feed_id FROM entry e JOIN feed f USING (feed_id) WHERE e.link_id > ?1 AND "
    "e.link_id <= ?2 AND e.is_further = 1 AND f.category IS NOT NULL AND +e.link_id IN (SELECT "
    "link_id FROM pool) ORDER BY 1, 3",
    "SELECT p.link_id, f.category, f.feed_id FROM pool p JOIN feed f USING (feed_id) WHERE "
    "p.link_id > ?1 AND p.link_id <= ?2 AND f.category IS NOT NULL UNION ALL SELECT e.link_id, "
    "f.category, f.feed_id FROM entry e JOIN feed f USING (feed_id) WHERE e.link_id > ?1 AND "
    "e.link_id <= ?2 AND e.is_further = 1 AND f.category IS NOT NULL AND EXISTS (SELECT 1 FROM "
    "pool p WHERE p.link_id = e.link_id) ORDER BY 1, 3"};
constexpr char kCategoryName[] = "SELECT name FROM category WHERE category_id = ?";
// Few feeds may have one, so that pages are of feeds: each is read within a query's time.
constexpr char kFeedCategories[] =
    "SELECT feed_id, category FROM feed WHERE feed_id > ? ORDER BY feed_id LIMIT ?";
constexpr std::int64_t kFeedsOfPage = 10000;
constexpr char kFindCategoryByName[] = "SELECT category_id FROM category WHERE name = ?";
constexpr char kNextLink[] =
    "SELECT link_id, first_seen_at FROM link WHERE link_id >= ? ORDER BY link_id LIMIT 1";
constexpr char kLastKnownLink[] = "SELECT max(link_id) FROM link";
const std::string kLeftColumns =
    "SELECT " + Columns<schemas::PoolRow>() +
    ", (SELECT f.category FROM feed f WHERE f.feed_id = l.feed_id), struck_at FROM link l ";
const int kStruckColumn = kFeedCategoryColumn + 1;
// In pages, since each statement has a time limit.
const auto kStruckOnce = WordedBy([](Engine engine) {
  // The "+" keeps SQLite's planner at the index of those that were struck.
  const std::string plain = engine == Engine::kSqlite ? "+" : "";
  return kLeftColumns + "WHERE strikes = 1 AND (struck_at, link_id) > (?, ?) AND " + plain +
         "blacklisted = 0 AND " + plain + "state IN (3, 4) ORDER BY struck_at, link_id LIMIT ?";
});
constexpr std::size_t kStruckOfPage = 10000;
static_assert(static_cast<int>(schemas::LinkState::kDoubtful) == 3 &&
                  static_cast<int>(schemas::LinkState::kDead) == 4,
              "the states in the statement above");
constexpr char kSitesBlacklistedSince[] = "SELECT site_id FROM site WHERE blacklisted_at >= ?";
const std::string kLinksOfBlacklisted =
    kLeftColumns + "WHERE site_id = ? AND blacklisted = 0 AND state IN (0, 1, 2) LIMIT 10000";
// The first comparison is the one that the index stands for.
const std::string kWithheldSince = kLeftColumns +
                                   "WHERE blacklisted >= 2 AND blacklisted = 2 AND state IN (0, 1, "
                                   "2) AND EXISTS (SELECT 1 FROM report r WHERE "
                                   "r.link_id = l.link_id AND r.reported_at >= ?) LIMIT 10000";
const std::string kWeightWeeks =
    "SELECT " + Columns<WeightWeek>() + " FROM weight_week ORDER BY week";
constexpr char kWeightsOfWeek[] =
    "SELECT source_id, weight FROM source_weight WHERE week = ? AND source_id > ? ORDER BY "
    "source_id LIMIT ?";
constexpr std::int64_t kWeightsOfPage = 10000;
const std::string kBatches =
    "SELECT " + Columns<Batch>() + " FROM batch WHERE batch_id > ? ORDER BY batch_id LIMIT ?";

// The current row.
void AddLeft(Use& rows, std::vector<LeftLink>& links) {
  auto& link = links.emplace_back();
  link.row = GetRecord<schemas::PoolRow>(rows);
  link.feed_category = rows.GetText(kFeedCategoryColumn);
}

void AddAllLeft(Use& rows, std::vector<LeftLink>& links) {
  while (rows.Step()) AddLeft(rows, links);
}

schemas::Link GetLink(Use& row) {
  auto link = GetRecord<schemas::Link>(row);
  link.categories = row.GetTexts(kCategoriesColumn, kCategoryEnd);
  return link;
}

}  // namespace

std::int64_t Pool::LastPoolChange() {
  Use find(database_, kLastPoolChange);
  return find.Step() ? find.GetInt(0) : 0;
}

std::vector<schemas::PoolRow> Pool::PoolRows(Page page) {
  Use list(database_, kPool);
  return GetRecords<schemas::PoolRow>(list.Int(page.after).Int(page.count_max));
}

PoolChanges Pool::ChangesAfter(std::int64_t change_id, std::int64_t count_max) {
  const ReadTransaction transaction(database_);
  PoolChanges result{.last_change_id = change_id, .changes = {}};
  if (Use first(database_, kFirstPoolChange); first.Step()) {
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
  Use list(database_, kPoolChanges);
  list.Int(change_id).Int(count_max);
  while (std::ssize(result.changes) < count_max && list.Step()) {
    result.last_change_id = list.GetInt(0);
    AddChanges(result.last_change_id, {.first = list.GetInt(1), .last = list.GetInt(2)},
               result.changes);
  }
  return result;
}

// Of one link, which may have left the pool, or of many that came, as far as they are still there.
void Pool::AddChanges(std::int64_t change_id, ChangedLinks links,
                      std::vector<PoolChange>& changes) {
  const auto count_before = changes.size();
  // Each statement has a time limit, so none reads all that a commit may hold.
  for (Id first = links.first; first <= links.last; first += kLinksPerRead) {
    Use rows(database_, kChangedRows);
    rows.Int(first).Int(std::min(links.last, first + kLinksPerRead - 1));
    while (rows.Step()) {
      auto& change = changes.emplace_back();
      change.change_id = change_id;
      change.row = GetRecord<schemas::PoolRow>(rows);
      change.link_id = change.row->link_id;
      change.feed_category = rows.GetText(kFeedCategoryColumn);
    }
  }
  if (changes.size() > count_before || links.first != links.last) return;
  auto& change = changes.emplace_back();
  change.change_id = change_id;
  change.link_id = links.first;
}

std::vector<std::pair<Id, std::string>> Pool::PoolFeedCategories(LinkSpan span) {
  std::vector<std::pair<Id, std::string>> rows;
  Use list(database_, kFeedCategoriesInSpan);
  list.Int(span.after).Int(span.last);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::string Pool::FeedCategoryOfLink(Id link_id) {
  Use find(database_, kFeedCategoryOfLink);
  return find.Int(link_id).Step() ? find.GetText(0) : std::string();
}

std::vector<std::pair<Id, std::string>> Pool::FeedCategories() {
  const ReadTransaction transaction(database_);
  std::vector<std::pair<Id, std::string>> rows;
  std::int64_t feeds = kFeedsOfPage;
  for (Id after = 0; feeds == kFeedsOfPage;) {
    Use list(database_, kFeedCategories);
    list.Int(after).Int(kFeedsOfPage);
    for (feeds = 0; list.Step(); ++feeds) {
      after = list.GetInt(0);
      if (auto category = list.GetText(1); !category.empty()) {
        rows.emplace_back(after, std::move(category));
      }
    }
  }
  return rows;
}

std::vector<std::pair<Id, std::string>> Pool::CategoryNames(const std::vector<Id>& category_ids) {
  const ReadTransaction transaction(database_);
  std::vector<std::pair<Id, std::string>> rows;
  rows.reserve(category_ids.size());
  FindEach(
      database_, kCategoryName, category_ids,
      [](Use& find, Id category_id) { find.Int(category_id); },
      [&](Use& row, Id category_id) { rows.emplace_back(category_id, row.GetText(0)); });
  return rows;
}

std::optional<Id> Pool::FindCategory(std::string_view name) {
  Use find(database_, kFindCategoryByName);
  if (!find.Text(name).Step()) return std::nullopt;
  return find.GetInt(0);
}

std::optional<schemas::Link> Pool::FindLink(Id link_id) {
  Use find(database_, kFindLink);
  if (!find.Int(link_id).Step()) return std::nullopt;
  return GetLink(find);
}

std::vector<schemas::Link> Pool::FindLinks(const std::vector<Id>& link_ids) {
  std::optional<ReadTransaction> transaction;
  // A single row is one statement.
  if (link_ids.size() > 1) transaction.emplace(database_);
  std::vector<schemas::Link> links;
  links.reserve(link_ids.size());
  FindEach(
      database_, kFindLinkAlone, link_ids, [](Use& find, Id link_id) { find.Int(link_id); },
      [&](Use& row, Id) { links.push_back(GetRecord<schemas::Link>(row)); });
  return links;
}

std::vector<schemas::Link> Pool::NewestLinks(std::int64_t count_max) {
  std::vector<schemas::Link> links;
  Use list(database_, kNewestLinks);
  list.Int(count_max);
  while (list.Step()) links.push_back(GetLink(list));
  return links;
}

Id Pool::NewestLinkBefore(schemas::UnixSeconds at) {
  const ReadTransaction transaction(database_);
  Use last(database_, kLastKnownLink);
  // Every link up to `known` was known, and none after `newest` was.
  Id known = 0;
  Id newest = last.Step() ? last.GetInt(0) : 0;
  while (known < newest) {
    const auto middle = known + (newest - known + 1) / 2;
    Use next(database_, kNextLink);
    if (next.Int(middle).Step() && next.GetInt(1) < at) {
      known = next.GetInt(0);
    } else {
      newest = middle - 1;
    }
  }
  return known;
}

void Pool::AddStruckOnce(schemas::UnixSeconds since, std::vector<LeftLink>& links) {
  schemas::UnixSeconds after_at = since - 1;
  Id after_id = INT64_MAX;
  std::size_t count = kStruckOfPage;
  while (count == kStruckOfPage) {
    const auto before = links.size();
    Use list(database_, kStruckOnce);
    list.Int(after_at).Int(after_id).Int(static_cast<std::int64_t>(kStruckOfPage));
    while (list.Step()) {
      AddLeft(list, links);
      after_at = list.GetInt(kStruckColumn);
      after_id = links.back().row.link_id;
    }
    count = links.size() - before;
  }
}

std::vector<LeftLink> Pool::LinksThatLeft(schemas::UnixSeconds since) {
  const ReadTransaction transaction(database_);
  std::vector<LeftLink> links;
  AddStruckOnce(since, links);
  Use sites(database_, kSitesBlacklistedSince);
  sites.Int(since);
  while (sites.Step()) {
    Use rows(database_, kLinksOfBlacklisted);
    AddAllLeft(rows.Int(sites.GetInt(0)), links);
  }
  Use withheld(database_, kWithheldSince);
  AddAllLeft(withheld.Int(since), links);
  return links;
}

std::vector<WeightWeek> Pool::WeightWeeks() {
  Use list(database_, kWeightWeeks);
  return GetRecords<WeightWeek>(list);
}

std::vector<std::pair<Id, SourceWeight>> Pool::WeightsOf(std::int64_t week) {
  const ReadTransaction transaction(database_);
  std::vector<std::pair<Id, SourceWeight>> rows;
  std::int64_t count = kWeightsOfPage;
  for (Id after = 0; count == kWeightsOfPage;) {
    Use list(database_, kWeightsOfWeek);
    list.Int(week).Int(after).Int(kWeightsOfPage);
    for (count = 0; list.Step(); ++count) {
      after = list.GetInt(0);
      rows.emplace_back(after, static_cast<SourceWeight>(list.GetInt(1)));
    }
  }
  return rows;
}

std::vector<Batch> Pool::Batches(Page page) {
  Use list(database_, kBatches);
  return GetRecords<Batch>(list.Int(page.after).Int(page.count_max));
}

}  // namespace saunter::store::sql
