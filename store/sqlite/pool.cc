#include "store/sqlite/pool.h"

#include <algorithm>
#include <charconv>

#include "store/sqlite/fields.h"

namespace saunter::store::sqlite {
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
    "SELECT c.change_id, c.link_id, p.site_id, p.source_id, p.published_at, p.language, (SELECT "
    "group_concat(lc.category_id) FROM link_category lc WHERE lc.link_id = p.link_id), (" +
    SelectFeedCategoryOf("p.link_id") +
    ") FROM pool_change c LEFT JOIN pool p USING (link_id) WHERE c.change_id > ? ORDER BY "
    "c.change_id LIMIT ?";
// The "+" keeps the planner from walking the whole pool for each page.
constexpr char kCategoriesInSpan[] =
    "SELECT lc.link_id, lc.category_id FROM link_category lc WHERE lc.link_id > ? AND lc.link_id "
    "<= ? AND +lc.link_id IN (SELECT link_id FROM pool) ORDER BY lc.link_id, lc.category_id";
constexpr char kFeedCategoriesInSpan[] =
    "SELECT e.link_id, f.category FROM entry e JOIN feed f ON f.feed_id = e.feed_id AND f.category "
    "IS NOT NULL WHERE e.link_id > ? AND e.link_id <= ? AND +e.link_id IN (SELECT link_id FROM "
    "pool) ORDER BY e.link_id, e.feed_id";
constexpr char kCategoryName[] = "SELECT name FROM category WHERE category_id = ?";
constexpr char kFeedCategories[] =
    "SELECT feed_id, category FROM feed WHERE category IS NOT NULL ORDER BY feed_id";
constexpr char kFindCategoryByName[] = "SELECT category_id FROM category WHERE name = ?";
const std::string kBatches =
    "SELECT " + Columns<Batch>() + " FROM batch WHERE batch_id > ? ORDER BY batch_id LIMIT ?";

// Pool rows that fit a choice: of the category, or all.
constexpr char kCountFittingSources[] =
    "SELECT count(DISTINCT source_id) FROM pool WHERE ?1 IS NULL OR link_id IN (SELECT link_id "
    "FROM link_category WHERE category_id = ?1)";
constexpr char kFittingSource[] =
    "SELECT source_id, count(*) FROM pool WHERE ?1 IS NULL OR link_id IN (SELECT link_id FROM "
    "link_category WHERE category_id = ?1) GROUP BY source_id ORDER BY source_id LIMIT 1 OFFSET ?2";
constexpr char kFittingLink[] =
    "SELECT link_id FROM pool WHERE source_id = ?2 AND (?1 IS NULL OR link_id IN (SELECT link_id "
    "FROM link_category WHERE category_id = ?1)) ORDER BY link_id LIMIT 1 OFFSET ?3";

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
  link.categories = row.GetTexts(kCategoriesColumn, kCategoryEnd);
  return link;
}

// The row that stands at a place in [0, 1) of so many.
std::int64_t RowAt(double place, std::int64_t rows) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(place * static_cast<double>(rows)), 0,
                                  rows - 1);
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
  PoolChanges result;
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
  while (list.Step()) {
    PoolChange change;
    change.change_id = list.GetInt(0);
    change.link_id = list.GetInt(1);
    if (const auto site_id = list.GetOptionalInt(2)) {
      change.row = schemas::PoolRow{.link_id = change.link_id,
                                    .site_id = *site_id,
                                    .source_id = list.GetInt(3),
                                    .published_at = list.GetOptionalInt(4),
                                    .language = list.GetText(5)};
      change.category_ids = SplitIds(list.GetText(6));
      change.feed_category = list.GetText(7);
    }
    result.changes.push_back(std::move(change));
  }
  return result;
}

std::vector<PoolCategory> Pool::PoolCategories(LinkSpan span) {
  std::vector<PoolCategory> rows;
  Use list(database_, kCategoriesInSpan);
  list.Int(span.after).Int(span.last);
  while (list.Step()) rows.push_back({list.GetInt(0), list.GetInt(1)});
  return rows;
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
  std::vector<std::pair<Id, std::string>> rows;
  Use list(database_, kFeedCategories);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::vector<std::pair<Id, std::string>> Pool::CategoryNames(const std::vector<Id>& category_ids) {
  const ReadTransaction transaction(database_);
  std::vector<std::pair<Id, std::string>> rows;
  rows.reserve(category_ids.size());
  for (const auto category_id : category_ids) {
    Use find(database_, kCategoryName);
    if (find.Int(category_id).Step()) rows.emplace_back(category_id, find.GetText(0));
  }
  return rows;
}

std::optional<Id> Pool::FindCategory(std::string_view name) {
  const std::string text(name);
  Use find(database_, kFindCategoryByName);
  if (!find.Text(text).Step()) return std::nullopt;
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
  for (const Id link_id : link_ids) {
    Use find(database_, kFindLinkAlone);
    if (find.Int(link_id).Step()) links.push_back(GetRecord<schemas::Link>(find));
  }
  return links;
}

std::vector<schemas::Link> Pool::NewestLinks(std::int64_t count_max) {
  std::vector<schemas::Link> links;
  Use list(database_, kNewestLinks);
  list.Int(count_max);
  while (list.Step()) links.push_back(GetLink(list));
  return links;
}

std::optional<schemas::Link> Pool::ChooseFairly(const FairChoice& choice) {
  const ReadTransaction transaction(database_);
  Use count(database_, kCountFittingSources);
  count.OptionalInt(choice.category_id).Step();
  const auto sources = count.GetInt(0);
  if (sources == 0) return std::nullopt;
  Use source(database_, kFittingSource);
  if (!source.OptionalInt(choice.category_id).Int(RowAt(choice.source_place, sources)).Step()) {
    return std::nullopt;
  }
  Use link(database_, kFittingLink);
  link.OptionalInt(choice.category_id)
      .Int(source.GetInt(0))
      .Int(RowAt(choice.link_place, source.GetInt(1)));
  if (!link.Step()) return std::nullopt;
  return FindLink(link.GetInt(0));
}

std::vector<Batch> Pool::Batches(Page page) {
  Use list(database_, kBatches);
  return GetRecords<Batch>(list.Int(page.after).Int(page.count_max));
}

}  // namespace saunter::store::sqlite
