#include "store/reader.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "schemas/sql.h"
#include "store/sqlite/fields.h"
#include "store/sqlite/reader_connection.h"

namespace saunter::store {
namespace {

using schemas::Id;

const std::string kSelectDueFeeds =
    "SELECT " + Columns<schemas::DueFeed>() + " FROM feed f JOIN site s USING (site_id) ";
const std::string kDueFeeds =
    kSelectDueFeeds +
    "WHERE f.state <> 1 AND f.next_check_at <= ? AND (f.next_check_at, f.feed_id) > (?, ?) ORDER "
    "BY f.next_check_at, f.feed_id LIMIT ?";
const std::string kFeedsDueAfter =
    kSelectDueFeeds +
    "WHERE f.state <> 1 AND f.next_check_at > ?1 AND (f.next_check_at > ?2 OR (f.state = 0 AND "
    "f.last_outcome IS NOT 20)) ORDER BY f.next_check_at DESC LIMIT ?3";
const std::string kFindDueFeed = kSelectDueFeeds + "WHERE f.feed_id = ?";
const std::string kSelectFeeds =
    "SELECT " +
    Columns<schemas::FeedListing>(
        {{"links", "(SELECT count(*) FROM entry e WHERE e.feed_id = f.feed_id)"}}) +
    " FROM feed f JOIN site s USING (site_id) ";
const std::string kFindFeed = kSelectFeeds + "WHERE f.url = ?";
const std::string kListFeeds = kSelectFeeds + "WHERE f.feed_id > ? ORDER BY f.feed_id LIMIT ?";
static_assert(static_cast<int>(schemas::FetchOutcome::kBlacklisted) == 20);
constexpr schemas::UnixSeconds kSeldomS = 400 * 86400;

constexpr char kCountDueFeeds[] =
    "SELECT count(*) FROM (SELECT 1 FROM feed WHERE state <> 1 AND next_check_at <= ? LIMIT ?)";

constexpr char kListFeedUrls[] =
    "SELECT feed_id, url, category IS NOT NULL FROM feed WHERE feed_id > ? ORDER BY feed_id LIMIT "
    "?";

const std::string kFeedOutlines =
    "SELECT " + Columns<FeedOutline>() + " FROM feed WHERE feed_id > ? ORDER BY feed_id LIMIT ?";
constexpr char kFeedCategories[] =
    "SELECT feed_id, category FROM feed WHERE category IS NOT NULL ORDER BY feed_id";
constexpr char kFeedsByOutcome[] =
    "SELECT last_outcome, count(*) FROM feed WHERE last_outcome IS NOT NULL GROUP BY 1 ORDER BY 1";
const std::string kBatches =
    "SELECT " + Columns<Batch>() + " FROM batch WHERE batch_id > ? ORDER BY batch_id LIMIT ?";

constexpr char kNextFeedCheck[] =
    "SELECT next_check_at FROM feed WHERE state <> 1 ORDER BY next_check_at LIMIT 1";
const std::string kHostPauses =
    "SELECT " + Columns<schemas::HostPause>() + " FROM host_pause WHERE until_at > ?";
const std::string kRobots = "SELECT " + Columns<schemas::Robots>() +
                            " FROM robots WHERE until_at > ? ORDER BY until_at DESC LIMIT ?";
const std::string kBlacklist =
    "SELECT " + Columns<schemas::BlacklistEntry>() + " FROM blacklist ORDER BY pattern";
const std::string kFindBlacklist =
    "SELECT " + Columns<schemas::BlacklistEntry>() + " FROM blacklist WHERE pattern = ?";
const std::string kFetches = "SELECT " + Columns<schemas::FetchLog>() +
                             " FROM fetch WHERE feed_id = ? ORDER BY fetched_at DESC";

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

std::vector<schemas::DueFeed> Reader::DueFeeds(schemas::UnixSeconds now, DueFrom from,
                                               std::int64_t count_max) {
  Use list(*connection_->database, kDueFeeds);
  return GetRecords<schemas::DueFeed>(
      list.Int(now).Int(from.next_check_at).Int(from.id).Int(count_max));
}

std::int64_t Reader::CountDueFeeds(schemas::UnixSeconds now, std::int64_t count_max) {
  Use count(*connection_->database, kCountDueFeeds);
  return count.Int(now).Int(count_max).Step() ? count.GetInt(0) : 0;
}

std::vector<schemas::DueFeed> Reader::FeedsDueAfter(schemas::UnixSeconds at,
                                                    std::int64_t count_max) {
  Use list(*connection_->database, kFeedsDueAfter);
  return GetRecords<schemas::DueFeed>(list.Int(at).Int(at + kSeldomS).Int(count_max));
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
  hosts.pauses = GetRecords<schemas::HostPause>(pauses.Int(now));
  std::int64_t bytes = 0;
  Use robots(database, kRobots);
  robots.Int(now).Int(robots_count_max);
  while (robots.Step()) {
    hosts.robots.push_back(GetRecord<schemas::Robots>(robots));
    bytes += std::ssize(hosts.robots.back().rules);
    if (bytes > robots_bytes_max) break;
  }
  return hosts;
}

std::vector<schemas::BlacklistEntry> Reader::Blacklist() {
  Use list(*connection_->database, kBlacklist);
  return GetRecords<schemas::BlacklistEntry>(list);
}

std::optional<schemas::BlacklistEntry> Reader::FindBlacklistEntry(std::string_view pattern) {
  const std::string text(pattern);
  Use find(*connection_->database, kFindBlacklist);
  if (!find.Text(text).Step()) return std::nullopt;
  return GetRecord<schemas::BlacklistEntry>(find);
}

std::optional<schemas::FeedListing> Reader::FindFeed(std::string_view url) {
  const std::string text(url);
  Use find(*connection_->database, kFindFeed);
  if (!find.Text(text).Step()) return std::nullopt;
  return GetRecord<schemas::FeedListing>(find);
}

std::optional<schemas::DueFeed> Reader::FindFeed(schemas::Id feed_id) {
  Use find(*connection_->database, kFindDueFeed);
  if (!find.Int(feed_id).Step()) return std::nullopt;
  return GetRecord<schemas::DueFeed>(find);
}

std::vector<schemas::FeedListing> Reader::Feeds(Page page) {
  Use list(*connection_->database, kListFeeds);
  return GetRecords<schemas::FeedListing>(list.Int(page.after).Int(page.count_max));
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
  Use list(*connection_->database, kFeedOutlines);
  return GetRecords<FeedOutline>(list.Int(page.after).Int(page.count_max));
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
  Use list(*connection_->database, kBatches);
  return GetRecords<Batch>(list.Int(page.after).Int(page.count_max));
}

std::vector<schemas::FetchLog> Reader::Fetches(Id feed_id) {
  Use list(*connection_->database, kFetches);
  return GetRecords<schemas::FetchLog>(list.Int(feed_id));
}

}  // namespace saunter::store
