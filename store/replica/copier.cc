#include "store/replica/copier.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>
#include <vector>

#include "store/replica/change_log.h"
#include "store/replica/rows.h"

namespace saunter::store::replica {
namespace {

using schemas::Id;
using schemas::UnixSeconds;
using sql::Use;

// An idle source is noted as current so often at least.
constexpr UnixSeconds kNoteS = 5;

constexpr char kTellOfPool[] = "INSERT INTO pool_change (link_id, last_link_id) VALUES (?, ?)";
constexpr char kTrimPoolChanges[] =
    "DELETE FROM pool_change WHERE change_id <= (SELECT max(change_id) FROM pool_change) - ?";
constexpr char kTotals[] = "SELECT name, value FROM total";
constexpr char kPutTotal[] =
    "INSERT INTO total (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
    "excluded.value WHERE total.value <> excluded.value";
constexpr char kFirstBatch[] = "SELECT min(batch_id) FROM batch";
constexpr char kTrimBatches[] = "DELETE FROM batch WHERE batch_id < ?";

// One transaction of the copy; gone without a trace unless it is committed.
class CopyTransaction {
 public:
  explicit CopyTransaction(sql::Database& copy) : copy_(copy) { copy_.BeginWriting(); }
  ~CopyTransaction() {
    if (!is_committed_) copy_.Rollback();
  }
  CopyTransaction(const CopyTransaction&) = delete;
  CopyTransaction& operator=(const CopyTransaction&) = delete;

  void Commit() {
    copy_.Commit(sql::Database::Durability::kNormal);
    is_committed_ = true;
  }

 private:
  sql::Database& copy_;
  bool is_committed_ = false;
};

// Sums, and what the crawler says of itself: a few rows, which change with every batch.
const CopiedTable kCrawler = {.name = "crawler",
                              .kind = Kind::kBatch,
                              .group = "crawler_id",
                              .key = {"crawler_id"},
                              .order = {"crawler_id"},
                              .columns = {{.name = "crawler_id"},
                                          {.name = "version", .type = ColumnType::kText},
                                          {.name = "started_at"},
                                          {.name = "stopped_at"},
                                          {.name = "reported_at"},
                                          {.name = "fetch_at"},
                                          {.name = "fetch_ok_at"},
                                          {.name = "feeds_due"},
                                          {.name = "in_flight"},
                                          {.name = "outage_at"},
                                          {.name = "problem", .type = ColumnType::kText}}};

// Their statements are found by their addresses, so that they live as long as any connection.
const std::deque<RowCopier>& Copiers() {
  static const auto kCopiers = [] {
    std::deque<RowCopier> copiers;
    for (const auto& table : CopiedTables()) copiers.emplace_back(table);
    return copiers;
  }();
  return kCopiers;
}

std::int64_t CopyWhatChangesAlways(sql::Database& source, sql::Database& copy) {
  static const RowCopier kCrawlerCopier(kCrawler);
  NamedIds unused;
  auto rows = kCrawlerCopier.CopyGroups(source, copy, {{.first = 1, .last = 1}}, unused);
  Use list(source, kTotals);
  for (; list.Step(); ++rows) {
    Use(copy, kPutTotal).Text(list.ViewText(0)).Int(list.GetInt(1)).Run();
  }
  return rows;
}

// One that is behind is not taken for a database that was put back.
void WaitForStandby(sql::Database& source, const Position& position) {
  if (!IsStandby(source) || ReadNewest(source).change_id >= position.change_id) return;
  throw StoreError(
      StoreErrorKind::kBusy,
      "the server that answers at store.url is a standby which has not come as far as "
      "the copy; check that it follows its primary, or let store.url name the primary");
}

// When the source was as it is seen now. A standby cannot tell how far behind its primary it is
// but by what it was given last.
UnixSeconds ReadAsOf(sql::Database& source, const CopyRow& row, UnixSeconds now) {
  if (!IsStandby(source)) return now;
  return std::min(now, ReadNewestBatchAt(source).value_or(row.current_at));
}

// The source trims its batches, one with each that it adds, and tells of none.
void TrimBatches(sql::Database& source, sql::Database& copy) {
  Use first(source, kFirstBatch);
  if (first.Step()) Use(copy, kTrimBatches).Int(first.GetInt(0)).Run();
}

}  // namespace

Copier::Copier(sql::CopyFile& file, const schemas::ReplicaSettings& settings,
               std::int64_t pool_changes_kept)
    : file_(file), settings_(settings), pool_changes_kept_(pool_changes_kept) {}

std::optional<CopyRow> Copier::State() {
  auto* copy = file_.InUse();
  return copy == nullptr ? std::nullopt : ReadCopyRow(*copy);
}

StepReport Copier::Step(sql::Database& source, UnixSeconds now) {
  if (file_.HasNew()) return Fill(source, now);
  auto* copy = file_.InUse();
  if (copy == nullptr) return BeginFilling(source, "there is no copy yet");
  const auto row = ReadCopyRow(*copy);
  if (!row) return BeginFilling(source, "the copy is of another release");
  const sql::ReadTransaction snapshot(source);
  if (ReadOrigin(source) != row->origin) {
    return BeginFilling(source, "the copy is of another database");
  }
  if (!IsInLog(source, row->position)) {
    WaitForStandby(source, row->position);
    return BeginFilling(source,
                        "the copy is further behind than the log of the database reaches, or the "
                        "database was put back to an older state");
  }
  return Follow(source, *copy, *row, now);
}

StepReport Copier::Follow(sql::Database& source, sql::Database& copy, CopyRow row,
                          UnixSeconds now) {
  auto changes = ReadChanges(source, row.position, settings_.batch_rows_max);
  StepReport report{.kind = changes.is_whole ? StepKind::kCurrent : StepKind::kBehind,
                    .changes = changes.count};
  report.as_of = ReadAsOf(source, row, now);
  const auto note_s = std::min(kNoteS, settings_.stale_max_s / 2);
  const bool is_to_note = report.as_of < row.current_at || report.as_of - row.current_at >= note_s;
  if (changes.count == 0 && !is_to_note) return report;
  CopyTransaction transaction(copy);
  if (changes.count > 0) {
    report.rows = CopyRows(source, copy, changes);
    TellOfPool(copy, changes);
  }
  row.position = changes.end;
  if (changes.is_whole) {
    row.current_at = report.as_of;
    row.source_at = report.as_of == now ? ReadClock(source) : report.as_of;
  } else {
    report.changes_behind = ReadNewest(source).change_id - row.position.change_id;
  }
  WriteCopyRow(copy, row);
  transaction.Commit();
  return report;
}

// What a row names may have come later than what was read of the log, as the row is read as it
// stands now. It is copied along: readers find a link's site, feed and categories at any time.
std::int64_t Copier::CopyRows(sql::Database& source, sql::Database& copy, Changes& changes) {
  NamedIds named;
  std::int64_t rows = 0;
  for (const auto& table : Copiers()) {
    const auto kind = table.table().kind;
    if (!changes.is_whole) {
      auto& ranges = changes.rows[kind];
      for (const Id id : named[kind]) {
        if (id != 0 && !table.HasGroup(copy, id)) ranges.push_back({.first = id, .last = id});
      }
      ranges = Merged(std::move(ranges));
    }
    const auto ranges = changes.rows.find(kind);
    if (ranges == changes.rows.end() || ranges->second.empty()) continue;
    rows += table.CopyGroups(source, copy, ranges->second, named);
  }
  if (changes.rows.contains(Kind::kBatch)) TrimBatches(source, copy);
  return rows + CopyWhatChangesAlways(source, copy);
}

void Copier::TellOfPool(sql::Database& copy, const Changes& changes) {
  if (changes.pool.empty()) return;
  for (const auto& links : changes.pool) {
    Use tell(copy, kTellOfPool);
    tell.Int(links.first);
    tell.OptionalInt(links.first == links.last ? std::nullopt : std::optional(links.last)).Run();
  }
  Use(copy, kTrimPoolChanges).Int(pool_changes_kept_).Run();
}

// The newest change is noted first: whatever changes while the tables are gone through is in the
// log behind it.
StepReport Copier::BeginFilling(sql::Database& source, std::string why) {
  file_.DropNew();
  const sql::ReadTransaction snapshot(source);
  const CopyRow row{
      .origin = ReadOrigin(source), .position = ReadNewest(source), .filling = FillingPlace()};
  auto& copy = file_.New();
  CopyTransaction transaction(copy);
  WriteCopyRow(copy, row);
  transaction.Commit();
  return {.kind = StepKind::kBegan, .why = std::move(why)};
}

StepReport Copier::Fill(sql::Database& source, UnixSeconds now) {
  const auto row = ReadCopyRow(file_.New());
  const sql::ReadTransaction snapshot(source);
  if (!row) return BeginFilling(source, "what was begun cannot be gone on with");
  if (ReadOrigin(source) != row->origin || !IsInLog(source, row->position)) {
    WaitForStandby(source, row->position);
    return BeginFilling(source,
                        "the log of the database no longer has the change at which filling began; "
                        "give store.pool_changes_kept a larger number where the crawler runs");
  }
  if (row->filling) return FillPage(source, *row);
  auto report = Follow(source, file_.New(), *row, now);
  if (report.kind == StepKind::kBehind) {
    report.kind = StepKind::kFilling;
  } else {
    file_.PutNewInPlace(replace_report_);
    report.kind = StepKind::kReplaced;
  }
  return report;
}

StepReport Copier::FillPage(sql::Database& source, CopyRow row) {
  auto& copy = file_.New();
  assert(row.filling.has_value());
  auto& place = *row.filling;
  CopyTransaction transaction(copy);
  const auto page =
      Copiers()[place.table].CopyPage(source, copy, place.after, settings_.batch_rows_max);
  place.after = page.last;
  if (page.rows < settings_.batch_rows_max) place = {.table = place.table + 1, .after = {}};
  if (place.table == Copiers().size()) {
    CopyWhatChangesAlways(source, copy);
    row.filling.reset();
  }
  WriteCopyRow(copy, row);
  transaction.Commit();
  return {.kind = StepKind::kFilling,
          .rows = page.rows,
          .changes_behind = ReadNewest(source).change_id - row.position.change_id};
}

}  // namespace saunter::store::replica
