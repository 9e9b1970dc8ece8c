#include "store/reader.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "schemas/sql.h"
#include "store/sqlite/reader_connection.h"

namespace saunter::store {
namespace {

using schemas::Id;

#define FEED_COLUMNS                                                                              \
  "f.feed_id, f.url, s.host, s.registrable_domain, f.state, f.title, f.site_url, f.language, "    \
  "f.format, f.category, f.added_at, f.checked_at, f.ok_at, f.changed_at, f.next_check_at, "      \
  "f.next_check_reason, f.etag, f.last_modified, f.body_key, f.unconditional_at, f.error_count, " \
  "f.last_outcome, f.last_status, f.retry_after_at, f.ttl_s, f.update_period_s, f.skip_hours, "   \
  "f.skip_days, f.entry_gap_s, f.newest_published_at, f.redirect_url, f.redirect_count, "         \
  "f.redirect_since_at, f.gone_at "

constexpr char kDueFeeds[] =
    "SELECT " FEED_COLUMNS
    "FROM feed f JOIN site s USING (site_id) WHERE f.state <> 1 AND f.next_check_at <= ? AND "
    "(f.next_check_at, f.feed_id) > (?, ?) ORDER BY f.next_check_at, f.feed_id LIMIT ?";
constexpr char kFeedsDueAfter[] =
    "SELECT " FEED_COLUMNS
    "FROM feed f JOIN site s USING (site_id) WHERE f.state <> 1 AND f.next_check_at > ?1 AND "
    "(f.next_check_at > ?2 OR (f.state = 0 AND f.last_outcome IS NOT 20)) ORDER BY "
    "f.next_check_at DESC LIMIT ?3";
constexpr char kFindFeed[] =
    "SELECT " FEED_COLUMNS "FROM feed f JOIN site s USING (site_id) WHERE f.url = ?";
constexpr char kFindFeedById[] =
    "SELECT " FEED_COLUMNS "FROM feed f JOIN site s USING (site_id) WHERE f.feed_id = ?";
constexpr char kListFeeds[] =
    "SELECT " FEED_COLUMNS
    ", (SELECT count(*) FROM entry e WHERE e.feed_id = f.feed_id) FROM feed f JOIN site s USING "
    "(site_id) WHERE f.feed_id > ? ORDER BY f.feed_id LIMIT ?";
#undef FEED_COLUMNS
constexpr int kFeedColumns = 34;
static_assert(static_cast<int>(schemas::FetchOutcome::kBlacklisted) == 20);
constexpr schemas::UnixSeconds kSeldomS = 400 * 86400;

constexpr char kCountDueFeeds[] =
    "SELECT count(*) FROM (SELECT 1 FROM feed WHERE state <> 1 AND next_check_at <= ? LIMIT ?)";

constexpr char kListFeedUrls[] =
    "SELECT feed_id, url, category IS NOT NULL FROM feed WHERE feed_id > ? ORDER BY feed_id LIMIT "
    "?";

constexpr char kFeedOutlines[] =
    "SELECT feed_id, url, title, site_url, category FROM feed WHERE feed_id > ? ORDER BY feed_id "
    "LIMIT ?";
constexpr char kFeedCategories[] =
    "SELECT feed_id, category FROM feed WHERE category IS NOT NULL ORDER BY feed_id";
constexpr char kFeedsByOutcome[] =
    "SELECT last_outcome, count(*) FROM feed WHERE last_outcome IS NOT NULL GROUP BY 1 ORDER BY 1";
constexpr char kBatches[] =
    "SELECT batch_id, committed_at, crawls, probes, changes, links_new FROM batch WHERE batch_id > "
    "? ORDER BY batch_id LIMIT ?";

constexpr char kNextFeedCheck[] =
    "SELECT next_check_at FROM feed WHERE state <> 1 ORDER BY next_check_at LIMIT 1";
constexpr char kHostPauses[] = "SELECT host, reason, until_at FROM host_pause WHERE until_at > ?";
constexpr char kRobots[] =
    "SELECT origin, outcome, fetched_at, until_at, rules FROM robots WHERE until_at > ? ORDER BY "
    "until_at DESC LIMIT ?";
constexpr char kBlacklist[] =
    "SELECT pattern, source, reason, added_at, until_at FROM blacklist ORDER BY pattern";
constexpr char kFindBlacklist[] =
    "SELECT pattern, source, reason, added_at, until_at FROM blacklist WHERE pattern = ?";
constexpr char kFetches[] =
    "SELECT fetched_at, outcome, status, wire_bytes, body_bytes, duration_ms, entries, "
    "entries_new, reason, next_check_at, next_check_reason FROM fetch WHERE feed_id = ? ORDER BY "
    "fetched_at DESC";

schemas::Feed GetFeed(Use& row) {
  schemas::Feed feed;
  feed.feed_id = row.GetInt(0);
  feed.url = row.GetText(1);
  feed.host = row.GetText(2);
  feed.registrable_domain = row.GetText(3);
  feed.state = static_cast<schemas::FeedState>(row.GetInt(4));
  feed.title = row.GetText(5);
  feed.site_url = row.GetText(6);
  feed.language = row.GetText(7);
  feed.format = row.GetText(8);
  feed.category = row.GetText(9);
  feed.added_at = row.GetInt(10);
  feed.checked_at = row.GetOptionalInt(11);
  feed.ok_at = row.GetOptionalInt(12);
  feed.changed_at = row.GetOptionalInt(13);
  feed.next_check_at = row.GetInt(14);
  feed.next_check_reason = row.GetText(15);
  feed.etag = row.GetText(16);
  feed.last_modified = row.GetText(17);
  feed.body_key = row.GetOptionalInt(18);
  feed.unconditional_at = row.GetOptionalInt(19);
  feed.error_count = static_cast<int>(row.GetInt(20));
  if (const auto outcome = row.GetOptionalInt(21)) {
    feed.last_outcome = static_cast<schemas::FetchOutcome>(*outcome);
  }
  feed.last_status = static_cast<int>(row.GetInt(22));
  feed.retry_after_at = row.GetOptionalInt(23);
  feed.ttl_s = row.GetInt(24);
  feed.update_period_s = row.GetInt(25);
  feed.skip_hours = static_cast<std::uint32_t>(row.GetInt(26));
  feed.skip_days = static_cast<std::uint32_t>(row.GetInt(27));
  feed.entry_gap_s = row.GetInt(28);
  feed.newest_published_at = row.GetOptionalInt(29);
  feed.redirect_url = row.GetText(30);
  feed.redirect_count = static_cast<int>(row.GetInt(31));
  feed.redirect_since_at = row.GetOptionalInt(32);
  feed.gone_at = row.GetOptionalInt(33);
  return feed;
}

schemas::BlacklistEntry GetBlacklistEntry(Use& row) {
  return {.pattern = row.GetText(0),
          .source = static_cast<schemas::BlacklistSource>(row.GetInt(1)),
          .reason = row.GetText(2),
          .added_at = row.GetInt(3),
          .until_at = row.GetOptionalInt(4)};
}

}  // namespace

Reader::Reader(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Reader::~Reader() = default;

Reader::OpenResult Reader::Open(const schemas::StoreSettings& settings) {
  struct stat file{};
  if (stat(settings.path.c_str(), &file) != 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return {missing ? OpenStatus::kMissing : OpenStatus::kUnavailable,
            missing ? settings.path + " does not exist; run `saunter import` or start the crawler"
                    : settings.path + " cannot be reached; check the permissions of its folder",
            nullptr};
  }
  try {
    auto database =
        std::make_unique<Database>(settings.path, Access::kReadOnly,
                                   settings.reader_busy_timeout_ms, settings.reader_query_ms_max);
    auto identity = Identify(*database, settings.path);
    if (identity.status == OpenStatus::kOk && identity.empty) {
      identity = {OpenStatus::kOlderSchema,
                  settings.path + " is empty; run `saunter import` or start the crawler", 0, true};
    }
    if (identity.status != OpenStatus::kOk) return {identity.status, identity.detail, nullptr};
    for (const auto* pragma : {"PRAGMA query_only = ON", "PRAGMA cell_size_check = ON",
                               "PRAGMA mmap_size = 0", "PRAGMA temp_store = MEMORY"}) {
      database->Execute(pragma);
    }
    return {OpenStatus::kOk,
            {},
            std::unique_ptr<Reader>(new Reader(std::make_unique<Connection>(
                std::move(database), settings.path, FileId{file.st_dev, file.st_ino})))};
  } catch (const StoreError& error) {
    return {OpenStatus::kUnavailable, settings.path + ": " + error.what(), nullptr};
  } catch (const SQLite::Exception& exception) {
    return {OpenStatus::kUnavailable,
            settings.path + " cannot be opened: " + exception.what() +
                "; check its permissions and those of its -wal and -shm files",
            nullptr};
  }
}

bool Reader::IsCurrent() {
  struct stat file{};
  if (stat(connection_->path.c_str(), &file) != 0) return false;
  if (!(FileId{file.st_dev, file.st_ino} == connection_->file)) return false;
  return connection_->database->QueryInt("PRAGMA user_version") == schemas::SchemaVersion();
}

void Reader::Interrupt() { sqlite3_interrupt(connection_->database->handle()); }

void Reader::KeepSnapshot() { Use(*connection_->database, "BEGIN").Run(); }

void Reader::DropSnapshot() { EndReading(*connection_->database); }

bool Reader::KeepsSnapshot() const { return IsReading(*connection_->database); }

std::vector<schemas::Feed> Reader::DueFeeds(schemas::UnixSeconds now, DueFrom from,
                                            std::int64_t count_max) {
  std::vector<schemas::Feed> feeds;
  Use list(*connection_->database, kDueFeeds);
  list.Int(now).Int(from.next_check_at).Int(from.id).Int(count_max);
  while (list.Step()) feeds.push_back(GetFeed(list));
  return feeds;
}

std::int64_t Reader::CountDueFeeds(schemas::UnixSeconds now, std::int64_t count_max) {
  Use count(*connection_->database, kCountDueFeeds);
  return count.Int(now).Int(count_max).Step() ? count.GetInt(0) : 0;
}

std::vector<schemas::Feed> Reader::FeedsDueAfter(schemas::UnixSeconds at, std::int64_t count_max) {
  std::vector<schemas::Feed> feeds;
  Use list(*connection_->database, kFeedsDueAfter);
  list.Int(at).Int(at + kSeldomS).Int(count_max);
  while (list.Step()) feeds.push_back(GetFeed(list));
  return feeds;
}

std::optional<schemas::UnixSeconds> Reader::NextFeedCheckAt() {
  Use find(*connection_->database, kNextFeedCheck);
  if (!find.Step()) return std::nullopt;
  return find.GetInt(0);
}

schemas::HostState Reader::HostsInForce(schemas::UnixSeconds now, std::int64_t robots_count_max,
                                        std::int64_t robots_bytes_max) {
  auto& database = *connection_->database;
  const ReadTransaction transaction(database);
  schemas::HostState hosts;
  Use pauses(database, kHostPauses);
  pauses.Int(now);
  while (pauses.Step()) {
    hosts.pauses.push_back({.host = pauses.GetText(0),
                            .reason = static_cast<schemas::PauseReason>(pauses.GetInt(1)),
                            .until_at = pauses.GetInt(2)});
  }
  std::int64_t bytes = 0;
  Use robots(database, kRobots);
  robots.Int(now).Int(robots_count_max);
  while (robots.Step()) {
    hosts.robots.push_back({.origin = robots.GetText(0),
                            .outcome = static_cast<schemas::FetchOutcome>(robots.GetInt(1)),
                            .fetched_at = robots.GetInt(2),
                            .until_at = robots.GetInt(3),
                            .rules = robots.GetText(4)});
    bytes += std::ssize(hosts.robots.back().rules);
    if (bytes > robots_bytes_max) break;
  }
  return hosts;
}

std::vector<schemas::BlacklistEntry> Reader::Blacklist() {
  std::vector<schemas::BlacklistEntry> entries;
  Use list(*connection_->database, kBlacklist);
  while (list.Step()) entries.push_back(GetBlacklistEntry(list));
  return entries;
}

std::optional<schemas::BlacklistEntry> Reader::FindBlacklistEntry(std::string_view pattern) {
  const std::string text(pattern);
  Use find(*connection_->database, kFindBlacklist);
  if (!find.Text(text).Step()) return std::nullopt;
  return GetBlacklistEntry(find);
}

std::optional<schemas::Feed> Reader::FindFeed(std::string_view url) {
  const std::string text(url);
  Use find(*connection_->database, kFindFeed);
  if (!find.Text(text).Step()) return std::nullopt;
  return GetFeed(find);
}

std::optional<schemas::Feed> Reader::FindFeed(schemas::Id feed_id) {
  Use find(*connection_->database, kFindFeedById);
  if (!find.Int(feed_id).Step()) return std::nullopt;
  return GetFeed(find);
}

std::vector<schemas::Feed> Reader::Feeds(Page page) {
  std::vector<schemas::Feed> feeds;
  Use list(*connection_->database, kListFeeds);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    feeds.push_back(GetFeed(list));
    feeds.back().links = list.GetInt(kFeedColumns);
  }
  return feeds;
}

std::vector<FeedUrl> Reader::FeedUrls(Page page) {
  std::vector<FeedUrl> feeds;
  Use list(*connection_->database, kListFeedUrls);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    feeds.push_back(
        {.feed_id = list.GetInt(0), .url = list.GetText(1), .has_category = list.GetInt(2) != 0});
  }
  return feeds;
}

std::vector<FeedOutline> Reader::FeedOutlines(Page page) {
  std::vector<FeedOutline> feeds;
  Use list(*connection_->database, kFeedOutlines);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    feeds.push_back({.feed_id = list.GetInt(0),
                     .url = list.GetText(1),
                     .title = list.GetText(2),
                     .site_url = list.GetText(3),
                     .category = list.GetText(4)});
  }
  return feeds;
}

std::vector<std::pair<Id, std::string>> Reader::FeedCategories() {
  std::vector<std::pair<Id, std::string>> rows;
  Use list(*connection_->database, kFeedCategories);
  while (list.Step()) rows.emplace_back(list.GetInt(0), list.GetText(1));
  return rows;
}

std::vector<std::pair<schemas::FetchOutcome, std::int64_t>> Reader::FeedsByOutcome() {
  std::vector<std::pair<schemas::FetchOutcome, std::int64_t>> rows;
  Use list(*connection_->database, kFeedsByOutcome);
  while (list.Step()) {
    rows.emplace_back(static_cast<schemas::FetchOutcome>(list.GetInt(0)), list.GetInt(1));
  }
  return rows;
}

std::vector<Batch> Reader::Batches(Page page) {
  std::vector<Batch> batches;
  Use list(*connection_->database, kBatches);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) {
    batches.push_back({.batch_id = list.GetInt(0),
                       .committed_at = list.GetInt(1),
                       .crawls = list.GetInt(2),
                       .probes = list.GetInt(3),
                       .changes = list.GetInt(4),
                       .links_new = list.GetInt(5)});
  }
  return batches;
}

std::vector<schemas::FetchLog> Reader::Fetches(Id feed_id) {
  std::vector<schemas::FetchLog> fetches;
  Use list(*connection_->database, kFetches);
  list.Int(feed_id);
  while (list.Step()) {
    fetches.push_back({.fetched_at = list.GetInt(0),
                       .outcome = static_cast<schemas::FetchOutcome>(list.GetInt(1)),
                       .status = static_cast<int>(list.GetInt(2)),
                       .wire_bytes = list.GetInt(3),
                       .body_bytes = list.GetInt(4),
                       .duration_ms = list.GetInt(5),
                       .entries = static_cast<int>(list.GetInt(6)),
                       .entries_new = static_cast<int>(list.GetInt(7)),
                       .reason = list.GetText(8),
                       .next_check_at = list.GetInt(9),
                       .next_check_reason = list.GetText(10)});
  }
  return fetches;
}

}  // namespace saunter::store
