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
                             " FROM \"fetch\" WHERE feed_id = ? ORDER BY fetched_at DESC";
// Those that it brought and lists, and those that it brought and lists no more.
constexpr char kCountLinksOfFeedAlone[] =
    "SELECT (SELECT count(*) FROM entry e WHERE e.feed_id = ?1 AND e.is_further = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry o WHERE o.link_id = e.link_id AND o.is_further = 1 AND o.feed_id <> ?1)) "
    "+ (SELECT count(*) FROM link l WHERE l.feed_id = ?1 AND l.is_listed = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry o WHERE o.link_id = l.link_id AND o.is_further = 1 AND o.feed_id <> ?1))";

// Words come in one text, with one of these before, between and behind them.
constexpr char kWordEnd = '\x1f';
std::string IsAmong(Engine engine, const std::string& words, const std::string& word) {
  switch (engine) {
    case Engine::kSqlite:
      return "instr(" + words + ", char(31) || " + word + " || char(31)) > 0";
    case Engine::kPostgres:
      return "strpos(" + words + ", chr(31) || " + word + " || chr(31)) > 0";
  }
  return {};
}
std::string FirstPartOfLanguage(Engine engine) {
  switch (engine) {
    case Engine::kSqlite:
      return "substr(f.language, 1, instr(f.language || '-', '-') - 1)";
    case Engine::kPostgres:
      return "split_part(f.language, '-', 1)";
  }
  return {};
}
// What is absent is NULL or 0 and lets every feed pass.
std::string Fitting(Engine engine) {
  return "SELECT f.feed_id FROM feed f JOIN site s USING (site_id) WHERE (?1 = 0 OR f.error_count "
         "> 0) AND (?2 = 0 OR (?2 >> CAST(coalesce(f.last_outcome, " +
         std::to_string(Choices::kNeverFetched) +
         ") AS INTEGER)) & 1 = 1) AND (?3 = 0 OR (?3 >> CAST(f.state AS INTEGER)) & 1 = 1) AND "
         "(CAST(?4 AS TEXT) IS NULL OR " +
         IsAmong(engine, "?4", "coalesce(f.category, '')") + ") AND (CAST(?5 AS TEXT) IS NULL OR " +
         IsAmong(engine, "?5", "coalesce(f.language, '')") + " OR " +
         IsAmong(engine, "?5", FirstPartOfLanguage(engine)) +
         ") AND (CAST(?6 AS BIGINT) IS NULL OR coalesce(f.newest_published_at, f.changed_at, "
         "f.added_at) < ?6) AND "
         "(CAST(?7 AS BIGINT) IS NULL OR f.added_at >= ?7) AND " +
         kStays;
}
std::string OnSites(Engine engine) {
  switch (engine) {
    case Engine::kSqlite:
      return "AND f.site_id IN (SELECT value FROM json_each(?8)) ";
    case Engine::kPostgres:
      return "AND f.site_id IN (SELECT CAST(value AS BIGINT) FROM "
             "json_array_elements_text(CAST(?8 AS JSON))) ";
  }
  return {};
}

std::string TitleKey(Engine engine) {
  switch (engine) {
    case Engine::kSqlite:
      return std::string(kTitleOfFeed) + " COLLATE NOCASE";
    case Engine::kPostgres:
      return "lower(" + std::string(kTitleOfFeed) + ")";
  }
  return {};
}

std::string KeyOf(FeedOrder order, Engine engine) {
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
      return TitleKey(engine);
  }
  return "f.feed_id";
}

// A statement for each way to ask, since each is a constant.
struct FittingStatements {
  WordedParts everywhere;
  WordedParts on_sites;
};
std::array<FittingStatements, 2UL * kFeedOrderCount> MakeFittingStatements() {
  std::array<FittingStatements, 2UL * kFeedOrderCount> statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::string direction = i % 2 == 0 ? " ASC" : " DESC";
    const auto order = [&](Engine engine) {
      return std::string("ORDER BY ")
          .append(KeyOf(static_cast<FeedOrder>(i / 2), engine))
          .append(direction)
          .append(" NULLS LAST, f.feed_id")
          .append(direction);
    };
    statements[i] = {
        .everywhere = WordedBy([&](Engine engine) { return Fitting(engine) + order(engine); }),
        .on_sites = WordedBy(
            [&](Engine engine) { return Fitting(engine) + OnSites(engine) + order(engine); })};
  }
  return statements;
}
const auto kFittingStatements = MakeFittingStatements();

const WordedParts& StatementFor(const FeedSelection& selection) {
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
  Use find(database_, kFindFeed);
  if (!find.Text(url).Step()) return std::nullopt;
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
  Use find(database_, kFindFeedId);
  if (!find.Text(url).Step()) return std::nullopt;
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
  FindEach(
      database_, counting == Counting::kYes ? kFeedById : kFeedByIdUncounted, feed_ids,
      [](Use& find, Id feed_id) { find.Int(feed_id); },
      [&](Use& row, Id) { feeds.push_back(GetRecord<schemas::FeedListing>(row)); });
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
