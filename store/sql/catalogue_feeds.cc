// Feeds as an operator looks them up.
#include <array>
#include <string>

#include "store/sql/catalogue.h"
#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

std::string SelectListings(const char* links) {
  return "SELECT " + Columns<schemas::FeedListing>({{"title", kTitleOfFeed}, {"links", links}}) +
         " FROM feed f JOIN site s USING (site_id) ";
}
// Counting is most of what a listing costs.
constexpr char kCountEntries[] = "(SELECT count(*) FROM entry e WHERE e.feed_id = f.feed_id)";
const std::string kSelectFeeds = SelectListings(kCountEntries);
const std::string kFindFeed = kSelectFeeds + "WHERE f.url = ? AND " + kStays;
const std::string kFeedById = kSelectFeeds + "WHERE f.feed_id = ? AND " + kStays;
const std::string kFeedByIdUncounted = SelectListings("0") + "WHERE f.feed_id = ? AND " + kStays;
const std::string kListFeeds =
    kSelectFeeds + "WHERE f.feed_id > ? AND " + kStays + "ORDER BY f.feed_id LIMIT ?";
const std::string kListFeedUrls =
    "SELECT feed_id, url FROM feed f WHERE feed_id > ? AND " + kStays + "ORDER BY feed_id LIMIT ?";
const std::string kFeedOutlines = "SELECT " + Columns<FeedOutline>({{"title", kTitleOfFeed}}) +
                                  " FROM feed f WHERE feed_id > ? AND " + kStays +
                                  "ORDER BY feed_id LIMIT ?";
// A feed that was removed has another address.
constexpr char kFindFeedId[] = "SELECT feed_id FROM feed WHERE url = ?";
constexpr char kFeedLanguages[] =
    "SELECT DISTINCT language FROM feed WHERE language IS NOT NULL ORDER BY language";
const std::string kFetches = "SELECT " + Columns<schemas::FetchLog>() +
                             " FROM fetch WHERE feed_id = ? ORDER BY fetched_at DESC";
// Those that it brought and lists, and those that it brought and lists no more.
constexpr char kCountLinksOfFeedAlone[] =
    "SELECT (SELECT count(*) FROM entry e WHERE e.feed_id = ?1 AND e.is_further = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry o WHERE o.link_id = e.link_id AND o.is_further = 1 AND o.feed_id <> ?1)) "
    "+ (SELECT count(*) FROM link l WHERE l.feed_id = ?1 AND l.is_listed = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry o WHERE o.link_id = l.link_id AND o.is_further = 1 AND o.feed_id <> ?1))";

// Words come in one text, with one of these before, between and behind them.
constexpr char kWordEnd = '\x1f';
// What is absent is NULL or 0 and lets every feed pass.
const std::string kFitting =
    "SELECT f.feed_id FROM feed f JOIN site s USING (site_id) WHERE (?1 = 0 OR f.error_count > 0) "
    "AND (?2 = 0 OR (?2 >> coalesce(f.last_outcome, " +
    std::to_string(Choices::kNeverFetched) +
    ")) & 1) AND (?3 = 0 OR (?3 >> f.state) & 1) AND (?4 IS NULL OR instr(?4, char(31) || "
    "coalesce(f.category, '') || char(31)) > 0) AND (?5 IS NULL OR instr(?5, char(31) || "
    "coalesce(f.language, '') || char(31)) > 0 OR instr(?5, char(31) || substr(f.language, 1, "
    "instr(f.language || '-', '-') - 1) || char(31)) > 0) AND (?6 IS NULL OR "
    "coalesce(f.newest_published_at, f.changed_at, f.added_at) < ?6) AND (?7 IS NULL OR f.added_at "
    ">= ?7) AND " +
    kStays;
constexpr char kOnSites[] = "AND f.site_id IN (SELECT value FROM json_each(?8)) ";

std::string KeyOf(FeedOrder order) {
  switch (order) {
    case FeedOrder::kFound:
      break;
    case FeedOrder::kAdded:
      return "f.added_at";
    case FeedOrder::kChecked:
      return "f.checked_at";
    case FeedOrder::kNext:
      return "f.next_check_at";
    case FeedOrder::kNewest:
      return "f.newest_published_at";
    case FeedOrder::kLinks:
      return kCountEntries;
    case FeedOrder::kErrors:
      return "f.error_count";
    case FeedOrder::kHost:
      return "s.host";
    case FeedOrder::kTitle:
      return std::string(kTitleOfFeed) + " COLLATE NOCASE";
  }
  return "f.feed_id";
}

// A statement for each way to ask, since each is a constant.
struct FittingStatements {
  std::string everywhere;
  std::string on_sites;
};
std::array<FittingStatements, 2UL * kFeedOrderCount> MakeFittingStatements() {
  std::array<FittingStatements, 2UL * kFeedOrderCount> statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const auto key = KeyOf(static_cast<FeedOrder>(i / 2));
    const std::string direction = i % 2 == 0 ? "ASC" : "DESC";
    std::string order = "ORDER BY ";
    order.append(key).append(" ").append(direction);
    order.append(" NULLS LAST, f.feed_id ").append(direction);
    auto& [everywhere, on_sites] = statements[i];
    everywhere.append(kFitting).append(order);
    on_sites.append(kFitting).append(kOnSites).append(order);
  }
  return statements;
}
const auto kFittingStatements = MakeFittingStatements();

const std::string& StatementFor(const FeedSelection& selection) {
  const auto place = 2 * static_cast<std::size_t>(selection.order) +
                     (selection.direction == Direction::kUp ? 0 : 1);
  const auto& statements = kFittingStatements.at(place);
  return selection.site_ids ? statements.on_sites : statements.everywhere;
}

std::string JoinWords(const std::vector<std::string>& words) {
  std::string joined;
  for (const auto& word : words) joined += kWordEnd + word;
  return words.empty() ? joined : joined + kWordEnd;
}

}  // namespace

std::optional<schemas::FeedListing> Catalogue::FindFeed(std::string_view url) {
  const std::string text(url);
  Use find(database_, kFindFeed);
  if (!find.Text(text).Step()) return std::nullopt;
  return GetRecord<schemas::FeedListing>(find);
}

std::vector<schemas::FetchLog> Catalogue::Fetches(Id feed_id) {
  Use list(database_, kFetches);
  return GetRecords<schemas::FetchLog>(list.Int(feed_id));
}

std::vector<schemas::FeedListing> Catalogue::Feeds(Page page) {
  Use list(database_, kListFeeds);
  return GetRecords<schemas::FeedListing>(list.Int(page.after).Int(page.count_max));
}

std::vector<FeedUrl> Catalogue::FeedUrls(Page page) {
  std::vector<FeedUrl> feeds;
  Use list(database_, kListFeedUrls);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    feeds.push_back({list.GetInt(0), list.GetText(1)});
  }
  return feeds;
}

std::vector<FeedOutline> Catalogue::FeedOutlines(Page page) {
  Use list(database_, kFeedOutlines);
  return GetRecords<FeedOutline>(list.Int(page.after).Int(page.count_max));
}

std::optional<Id> Catalogue::FindFeedId(std::string_view url) {
  const std::string text(url);
  Use find(database_, kFindFeedId);
  if (!find.Text(text).Step()) return std::nullopt;
  return find.GetInt(0);
}

std::vector<Id> Catalogue::FittingFeeds(const FeedSelection& selection) {
  const auto categories = JoinWords(selection.categories);
  const auto languages = JoinWords(selection.languages);
  const auto site_ids = '[' + JoinIds(selection.site_ids.value_or(std::vector<Id>())) + ']';
  std::vector<Id> feed_ids;
  Use list(database_, StatementFor(selection));
  list.Int(selection.is_failing ? 1 : 0);
  list.Int(selection.outcomes.bits()).Int(selection.states.bits());
  list.TextOrNull(categories).TextOrNull(languages);
  list.OptionalInt(selection.silent_since).OptionalInt(selection.new_since);
  if (selection.site_ids) list.Text(site_ids);
  while (list.Step()) feed_ids.push_back(list.GetInt(0));
  return feed_ids;
}

std::vector<schemas::FeedListing> Catalogue::FeedsByIds(const std::vector<Id>& feed_ids,
                                                        Counting counting) {
  const ReadTransaction transaction(database_);
  std::vector<schemas::FeedListing> feeds;
  feeds.reserve(feed_ids.size());
  for (const auto feed_id : feed_ids) {
    Use find(database_, counting == Counting::kYes ? kFeedById : kFeedByIdUncounted);
    if (find.Int(feed_id).Step()) feeds.push_back(GetRecord<schemas::FeedListing>(find));
  }
  return feeds;
}

std::vector<std::string> Catalogue::FeedLanguages() {
  std::vector<std::string> languages;
  Use list(database_, kFeedLanguages);
  while (list.Step()) languages.push_back(list.GetText(0));
  return languages;
}

std::int64_t Catalogue::CountLinksOfFeedAlone(Id feed_id) {
  Use count(database_, kCountLinksOfFeedAlone);
  return count.Int(feed_id).Step() ? count.GetInt(0) : 0;
}

}  // namespace saunter::store::sql
