#include "store/sql/write_transaction.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "store/sql/catalogue.h"
#include "store/sql/leases.h"

namespace saunter::store::sql {
namespace {

constexpr char kAddTotal[] =
    "INSERT INTO total (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
    "total.value + excluded.value";
constexpr char kInsertBatch[] =
    "INSERT INTO batch (committed_at, crawls, probes, changes, links_new) VALUES (?, ?, ?, ?, ?) "
    "RETURNING batch_id";
constexpr char kTrimBatches[] = "DELETE FROM batch WHERE batch_id <= ?";
constexpr char kTrimPoolChanges[] =
    "DELETE FROM pool_change WHERE change_id <= (SELECT max(change_id) FROM pool_change) - ?";
// To PostgreSQL the changes of the pool are some of those in a longer log. What is gone stays in
// the index for as long as an old snapshot may see it, and is not walked again.
constexpr char kTrimChanges[] = "DELETE FROM change WHERE change_id > ? AND change_id <= ?";
constexpr char kParoleAfter[] =
    "SELECT site_id, host FROM site WHERE blacklisted_until_at > ? ORDER BY blacklisted_until_at "
    "DESC, site_id DESC LIMIT ?";

}  // namespace

void Totals::Write(Database& database) {
  for (const auto& [name, delta] : deltas_) {
    if (delta != 0) Use(database, kAddTotal).Text(name).Int(delta).Run();
  }
  deltas_.clear();
}

WriteTransaction::WriteTransaction(WriteConnection& connection, schemas::UnixSeconds now)
    : connection_(connection), work_(connection, now), now_(now) {
  connection_.database().BeginWriting();
  try {
    turn_ = BeginTurn(connection_);
  } catch (const StoreError&) {
    connection_.database().Rollback();
    throw;
  }
  cursors_ = connection_.cursors();
  category_cursor_ = connection_.category_cursor();
}

WriteTransaction::~WriteTransaction() {
  if (committed_) return;
  connection_.database().Rollback();
  connection_.caches().Forget();
  connection_.cursors() = cursors_;
  connection_.category_cursor() = category_cursor_;
}

LostWork WriteTransaction::FindLost(const schemas::WriteBatch& batch) {
  return FindLostWork(connection_.database(), batch);
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
  ForgetAsked(connection_.database(), batch);
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

bool WriteTransaction::IsBlacklistNews() const {
  if (!connection_.database().is_shared()) return false;
  return connection_.turns_seen().blacklist_batch_id != turn_.blacklist_batch_id;
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
  if (DoesUpkeep()) {
    work_.DecideWeights();
    work_.Prune();
    work_.PruneFeedback();
    work_.TrimHosts();
  }
  work_.NoteNewLinks();
  work_.CountImports();
  work_.totals().Write(database);
  work_.CountHour({.crawls = crawls_, .probes = probes_, .links_new = work_.links_new()});
  const auto batch_id = Use(database, kInsertBatch)
                            .Int(now_)
                            .Int(crawls_)
                            .Int(probes_)
                            .Int(changes_)
                            .Int(work_.links_new())
                            .RunReturning()
                            .value_or(0);
  if (DoesUpkeep()) {
    Use(database, kTrimBatches).Int(batch_id - settings.batches_kept).Run();
    TrimChanges();
  }
  if (work_.has_changed_blacklist()) turn_.blacklist_batch_id = batch_id;
  EndTurn(connection_, turn_, batch_id);
  try {
    database.Commit(durability);
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::kLost || !WasCommitted(connection_, batch_id)) throw;
  }
  committed_ = true;
  auto& seen = connection_.turns_seen();
  seen.batch_id = batch_id;
  seen.blacklist_batch_id = turn_.blacklist_batch_id;
  if (DoesUpkeep()) seen.changes_trimmed_to = std::max(seen.changes_trimmed_to, TrimsTo());
  return batch_id;
}

bool WriteTransaction::DoesUpkeep() const { return connection_.settings().removal_rows_max > 0; }

std::int64_t WriteTransaction::TrimsTo() const {
  return turn_.newest_change_id - connection_.settings().pool_changes_kept;
}

void WriteTransaction::TrimChanges() {
  auto& database = connection_.database();
  if (!database.is_shared()) {
    Use(database, kTrimPoolChanges).Int(connection_.settings().pool_changes_kept).Run();
    return;
  }
  const auto from = connection_.turns_seen().changes_trimmed_to;
  if (TrimsTo() > from) Use(database, kTrimChanges).Int(from).Int(TrimsTo()).Run();
}

}  // namespace saunter::store::sql
