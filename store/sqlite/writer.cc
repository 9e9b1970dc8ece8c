#include "store/sqlite/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "schemas/sql.h"
#include "store/sqlite/catalogue.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/migration.h"
#include "store/sqlite/restore.h"
#include "store/sqlite/upkeep.h"

namespace saunter::store {
namespace sqlite {
namespace {

constexpr std::int64_t kStartCheckMs = 1500;
constexpr std::size_t kDetailBytesMax = 300;

constexpr char kAddTotal[] =
    "INSERT INTO total (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value "
    "+ excluded.value";
constexpr char kInsertBatch[] =
    "INSERT INTO batch (committed_at, crawls, probes, changes, links_new) VALUES (?, ?, ?, ?, ?) "
    "RETURNING batch_id";
constexpr char kTrimBatches[] = "DELETE FROM batch WHERE batch_id <= ?";
constexpr char kTrimPoolChanges[] =
    "DELETE FROM pool_change WHERE change_id <= (SELECT max(change_id) FROM pool_change) - ?";
constexpr char kParoleAfter[] =
    "SELECT site_id, host FROM site WHERE blacklisted_until_at > ? ORDER BY blacklisted_until_at "
    "DESC LIMIT ?";
constexpr char kCheckpointPassive[] = "PRAGMA wal_checkpoint(PASSIVE)";

// An empty file with the right mode, so that SQLite gives -wal and -shm the same.
bool CreateFile(const std::string& path, std::string& detail) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kDatabaseFileMode);
  if (descriptor < 0) {
    detail = "cannot create " + path + ": " + std::generic_category().message(errno);
    return false;
  }
  close(descriptor);
  AdoptDirectoryOwner(path);
  return true;
}

// Bounded, so that a large database is writable soon; `saunter db check` looks at all of it.
std::string QuickCheck(Database& database) {
  std::string found;
  database.SetDeadlineIn(kStartCheckMs);
  try {
    found = database.QueryText("PRAGMA quick_check(1)");
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kInterrupted) throw;
    found = "ok";
  }
  database.SetDeadlineIn(0);
  return found == "ok" ? std::string() : found.substr(0, kDetailBytesMax);
}

}  // namespace

void SetWriterPragmas(Database& database, const schemas::StoreSettings& settings) {
  database.Execute("PRAGMA page_size = 4096");
  // journal_mode does not wait out the busy timeout: a reader that opens at this moment may make
  // it fail once, which is an error of the open and tried again by the caller.
  if (database.QueryText("PRAGMA journal_mode = WAL") != "wal") {
    throw StoreError(StoreErrorKind::kOther, "database: the file system cannot hold a WAL");
  }
  for (const auto* pragma :
       {"PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON", "PRAGMA cell_size_check = ON",
        "PRAGMA mmap_size = 0", "PRAGMA temp_store = MEMORY", "PRAGMA secure_delete = OFF",
        "PRAGMA cache_size = -65536", "PRAGMA journal_size_limit = 67108864",
        "PRAGMA wal_autocheckpoint = 1000"}) {
    database.Execute(pragma);
  }
  int persist = 1;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  database.SetBusyTimeout(settings.busy_timeout_ms);
}

void Totals::Write(Database& database) {
  for (const auto& [name, delta] : deltas_) {
    if (delta != 0) Use(database, kAddTotal).Text(name).Int(delta).Run();
  }
  deltas_.clear();
}

Writer::Writer(std::unique_ptr<WriteConnection> connection) : connection_(std::move(connection)) {}
Writer::~Writer() = default;

std::unique_ptr<store::WriteTransaction> Writer::Begin(schemas::UnixSeconds now) {
  return std::make_unique<WriteTransaction>(*connection_, now);
}

bool Writer::IsRemoving() { return IsRemovalLeft(connection_->database()); }

bool Writer::IsSettling() { return IsCategoryLeft(connection_->database()); }

void Writer::Renew(const schemas::StoreSettings& settings) { connection_->Renew(settings); }

Checkpoint Writer::CheckpointPassive() {
  Use checkpoint(connection_->database(), kCheckpointPassive);
  if (!checkpoint.Step()) return {};
  return {.pages = checkpoint.GetInt(1), .pages_moved = checkpoint.GetInt(2)};
}

void Writer::CheckpointTruncate() {
  connection_->database().QueryInt("PRAGMA wal_checkpoint(TRUNCATE)");
}

void Writer::Compact() {
  auto& database = connection_->database();
  // The copy is an attached database, and would be held in memory.
  sqlite3_limit(database.handle(), SQLITE_LIMIT_ATTACHED, 1);
  database.Execute("PRAGMA temp_store = FILE");
  // Copying takes indexes as they are.
  if (database.QueryText("PRAGMA integrity_check(1)") != "ok") database.Execute("REINDEX");
  database.Execute("VACUUM");
  database.Execute("PRAGMA temp_store = MEMORY");
  sqlite3_limit(database.handle(), SQLITE_LIMIT_ATTACHED, 0);
  RecountTotals(database);
  CheckpointTruncate();
}

std::int64_t Writer::WalBytes() const {
  struct stat wal{};
  return stat((connection_->settings().path + "-wal").c_str(), &wal) == 0 ? wal.st_size : 0;
}

std::int64_t Writer::StatementsRun() const { return connection_->database().statements_run(); }

WriteTransaction::WriteTransaction(WriteConnection& connection, schemas::UnixSeconds now)
    : connection_(connection), work_(connection, now), now_(now) {
  connection_.database().BeginWriting();
}

WriteTransaction::~WriteTransaction() {
  if (committed_) return;
  connection_.database().Rollback();
  connection_.caches().Forget();
}

AppliedBatch WriteTransaction::Apply(const schemas::WriteBatch& batch) {
  AppliedBatch applied;
  applied.change_outcomes.reserve(batch.changes.size());
  for (const auto& change : batch.changes) {
    applied.change_outcomes.push_back(
        std::visit([&](const auto& kind) { return work_.Change(kind); }, change));
  }
  work_.ContinueRemovals();
  work_.ContinueCategories();
  work_.WriteCrawls(batch.crawls);
  work_.WriteProbes(batch.probes);
  applied.feedback_outcomes = work_.WriteFeedback(batch.feedback);
  work_.WriteHosts(batch.hosts);
  for (const auto& look : batch.looks) work_.WriteLook(look);
  if (batch.status) {
    work_.NoteOutage(*batch.status);
    work_.WriteStatus(*batch.status);
  }
  work_.FlushSites();
  applied.touched_sites = work_.TouchedSites();
  applied.targets = work_.targets();
  applied.links_new = work_.links_new();
  applied.is_removing = work_.IsRemoving();
  applied.is_settling = work_.IsSettling();
  crawls_ += static_cast<std::int64_t>(batch.crawls.size());
  probes_ += static_cast<std::int64_t>(batch.probes.size());
  changes_ += static_cast<std::int64_t>(batch.changes.size());
  return applied;
}

std::vector<schemas::BlacklistEntry> WriteTransaction::Blacklist() {
  return ReadBlacklist(connection_.database());
}

void WriteTransaction::PutBlacklistEntry(const schemas::BlacklistEntry& entry) {
  work_.Change(schemas::AddBlacklist{entry});
}

void WriteTransaction::RemoveBlacklistEntry(std::string_view pattern) {
  work_.Change(schemas::RemoveBlacklist{std::string(pattern)});
}

void WriteTransaction::PutDecision(const schemas::SiteDecision& decision) {
  work_.PutDecision(decision);
}

std::vector<schemas::DeadListing> WriteTransaction::DeadListings(schemas::Id site_id) {
  return work_.DeadListings(site_id);
}

schemas::ParoleTally WriteTransaction::CountProbedSince(schemas::Id site_id,
                                                        schemas::UnixSeconds since_at) {
  return work_.CountProbedSince(site_id, since_at);
}

void WriteTransaction::DoubtDeadLinks(schemas::Id site_id) { work_.DoubtDeadLinks(site_id); }

void WriteTransaction::LookAgainAt(const SharedTarget& target) { work_.LookAgainAt(target); }
void WriteTransaction::LookAgainAtNew(const SharedTarget& target) { work_.LookAgainAtNew(target); }

std::vector<SiteRef> WriteTransaction::SitesUnder(std::string_view host) {
  return ListSitesUnder(connection_.database(), host);
}

std::vector<LinkUrl> WriteTransaction::LinkUrls(schemas::Id site_id, Page page) {
  return ListLinkUrls(connection_.database(), site_id, page);
}

void WriteTransaction::SetSiteBlacklisting(const SiteBlacklisting& blacklisting) {
  work_.SetSiteBlacklisting(blacklisting);
}

void WriteTransaction::SetLinkBlacklisting(const LinkBlacklisting& blacklisting) {
  work_.SetLinkBlacklisting(blacklisting);
}

std::vector<SiteRef> WriteTransaction::SitesOnParoleAfter(schemas::UnixSeconds at,
                                                          std::int64_t count_max) {
  std::vector<SiteRef> sites;
  Use find(connection_.database(), kParoleAfter);
  find.Int(at).Int(count_max);
  while (find.Step()) sites.push_back({find.GetInt(0), find.GetText(1)});
  return sites;
}

std::int64_t WriteTransaction::Commit(Durability durability) {
  auto& database = connection_.database();
  const auto& settings = connection_.settings();
  work_.FlushSites();
  work_.DecideWeights();
  work_.Prune();
  work_.PruneFeedback();
  work_.NoteNewLinks();
  work_.CountImports();
  work_.totals().Write(database);
  work_.TrimHosts();
  work_.CountHour({.crawls = crawls_, .probes = probes_, .links_new = work_.links_new()});
  const auto batch_id = Use(database, kInsertBatch)
                            .Int(now_)
                            .Int(crawls_)
                            .Int(probes_)
                            .Int(changes_)
                            .Int(work_.links_new())
                            .RunReturning()
                            .value_or(0);
  Use(database, kTrimBatches).Int(batch_id - settings.batches_kept).Run();
  Use(database, kTrimPoolChanges).Int(settings.pool_changes_kept).Run();
  database.Commit(durability);
  committed_ = true;
  return batch_id;
}

}  // namespace sqlite

namespace {

OpenedWriter Refuse(OpenStatus status, std::string detail) {
  return {status, std::move(detail), nullptr};
}

OpenStatus StatusOf(const StoreError& error) {
  return error.kind() == StoreErrorKind::kCorrupt ? OpenStatus::kCorrupt : OpenStatus::kUnavailable;
}

}  // namespace

OpenedWriter sqlite::OpenLocked(std::unique_ptr<WriterLock> lock,
                                const schemas::StoreSettings& settings,
                                const MigrationReport& report) {
  std::string detail;
  if (struct stat found{}; lstat(settings.path.c_str(), &found) != 0 && errno == ENOENT) {
    if (!CreateFile(settings.path, detail)) return Refuse(OpenStatus::kUnavailable, detail);
  }
  try {
    auto database =
        std::make_unique<Database>(settings.path, Access::kReadWrite, settings.busy_timeout_ms, 0);
    const auto identity = Identify(*database, settings.path);
    switch (identity.status) {
      case OpenStatus::kOk:
      case OpenStatus::kOlderSchema:
        break;
      case OpenStatus::kMissing:
      case OpenStatus::kNotADatabase:
      case OpenStatus::kForeign:
      case OpenStatus::kNewerSchema:
      case OpenStatus::kLocked:
      case OpenStatus::kCorrupt:
      case OpenStatus::kUnavailable:
        return Refuse(identity.status, identity.detail);
    }
    SetWriterPragmas(*database, settings);
    if (lock->after_unclean_stop()) {
      if (const auto damage = QuickCheck(*database); !damage.empty()) {
        lock->ReleaseAs(WriterLock::Release::kUnclean);
        return Refuse(OpenStatus::kCorrupt, settings.path + " is damaged (" + damage +
                                                "); stop here, restore a backup: saunter db "
                                                "restore FILE");
      }
    }
    if (identity.schema_version < schemas::SchemaVersion()) Migrate(*database, report);
    return {OpenStatus::kOk,
            {},
            std::make_unique<Writer>(
                std::make_unique<WriteConnection>(std::move(lock), std::move(database), settings))};
  } catch (const StoreError& error) {
    return Refuse(StatusOf(error), settings.path + ": " + error.what());
  } catch (const SQLite::Exception& exception) {
    return Refuse(OpenStatus::kUnavailable, settings.path + ": " + exception.what());
  }
}

OpenedWriter OpenWriter(const schemas::StoreSettings& settings, std::string_view program,
                        const MigrationReport& report) {
  auto lock = std::make_unique<sqlite::WriterLock>();
  switch (lock->Take(settings.path, program)) {
    case sqlite::WriterLock::Result::kTaken:
      break;
    case sqlite::WriterLock::Result::kHeld:
      return Refuse(OpenStatus::kLocked, settings.path + " is being written by " + lock->detail());
    case sqlite::WriterLock::Result::kFailed:
      return Refuse(OpenStatus::kUnavailable, lock->detail());
  }
  try {
    sqlite::SettleRestore(settings.path);
  } catch (const StoreError& error) {
    return Refuse(StatusOf(error), settings.path + ": " + error.what());
  }
  return sqlite::OpenLocked(std::move(lock), settings, report);
}

}  // namespace saunter::store
