#include "store/replica/change_log.h"

#include <limits>
#include <optional>
#include <utility>

namespace saunter::store::replica {
namespace {

using schemas::Id;
using sql::Use;

constexpr char kOrigin[] = "SELECT origin FROM origin";
constexpr sql::Worded kClock = {
    "SELECT CAST(strftime('%s', 'now') AS INTEGER)",
    "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)"};
constexpr sql::Worded kIsStandby = {"SELECT 0", "SELECT CAST(pg_is_in_recovery() AS INTEGER)"};
constexpr char kNewestBatchAt[] = "SELECT committed_at FROM batch ORDER BY batch_id DESC LIMIT 1";
constexpr char kNewest[] =
    "SELECT change_id, coalesce(last_id, id) FROM change ORDER BY change_id DESC LIMIT 1";
constexpr char kFirst[] = "SELECT change_id FROM change ORDER BY change_id LIMIT 1";
constexpr char kMark[] = "SELECT coalesce(last_id, id) FROM change WHERE change_id = ?";
constexpr char kChangesAfter[] =
    "SELECT change_id, kind, id, last_id FROM change WHERE change_id > ? ORDER BY change_id LIMIT "
    "?";

constexpr std::int64_t kAllIds = std::numeric_limits<Id>::max();

struct LoggedChange {
  std::int64_t change_id = 0;
  Kind kind = Kind::kPool;
  Id id = 0;
  std::optional<std::int64_t> last_id;

  // The rows that it names.
  [[nodiscard]] IdRange Rows() const {
    switch (kind) {
      case Kind::kPool:
        return {.first = id, .last = last_id.value_or(id)};
      case Kind::kOutage:
        return {.first = -kAllIds, .last = kAllIds};
      case Kind::kLink:
      case Kind::kFeed:
      case Kind::kSite:
      case Kind::kCategory:
      case Kind::kEntries:
      case Kind::kReport:
      case Kind::kHour:
      case Kind::kWeek:
      case Kind::kBatch:
        return {.first = id, .last = id};
    }
    return {.first = id, .last = id};
  }
  // As a number to read and write.
  [[nodiscard]] std::int64_t RowCount() const {
    return kind == Kind::kPool ? last_id.value_or(id) - id + 1 : 1;
  }
};

std::vector<LoggedChange> ReadLog(sql::Database& source, std::int64_t after,
                                  std::int64_t changes_max) {
  std::vector<LoggedChange> log;
  Use list(source, kChangesAfter);
  list.Int(after).Int(changes_max);
  while (list.Step()) {
    log.push_back({.change_id = list.GetInt(0),
                   .kind = static_cast<Kind>(list.GetInt(1)),
                   .id = list.GetInt(2),
                   .last_id = list.GetOptionalInt(3)});
  }
  return log;
}

// How many of them to take: whole transactions, as many as fit, or else the first one, or else all.
std::size_t CountTaken(const std::vector<LoggedChange>& log, bool is_whole, std::int64_t rows_max) {
  std::size_t taken = 0;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    rows += log[i].RowCount();
    if (rows > rows_max && taken > 0) return taken;
    if (log[i].kind == Kind::kBatch) taken = i + 1;
  }
  return is_whole || taken == 0 ? log.size() : taken;
}

}  // namespace

std::int64_t ReadOrigin(sql::Database& source) {
  Use find(source, kOrigin);
  return find.Step() ? find.GetInt(0) : 0;
}

schemas::UnixSeconds ReadClock(sql::Database& source) {
  Use find(source, kClock);
  return find.Step() ? find.GetInt(0) : 0;
}

bool IsStandby(sql::Database& source) {
  Use find(source, kIsStandby);
  return find.Step() && find.GetInt(0) != 0;
}

std::optional<schemas::UnixSeconds> ReadNewestBatchAt(sql::Database& source) {
  Use find(source, kNewestBatchAt);
  if (!find.Step()) return std::nullopt;
  return find.GetInt(0);
}

Position ReadNewest(sql::Database& source) {
  Use find(source, kNewest);
  if (!find.Step()) return {};
  return {.change_id = find.GetInt(0), .mark = find.GetInt(1)};
}

bool IsInLog(sql::Database& source, const Position& position) {
  if (position.change_id == 0) {
    Use first(source, kFirst);
    return !first.Step() || first.GetInt(0) == 1;
  }
  Use find(source, kMark);
  return find.Int(position.change_id).Step() && find.GetInt(0) == position.mark;
}

Changes ReadChanges(sql::Database& source, const Position& after, std::int64_t rows_max) {
  auto log = ReadLog(source, after.change_id, rows_max);
  Changes changes{.rows = {}, .pool = {}, .end = after};
  const bool is_end = std::ssize(log) < rows_max;
  const auto taken = CountTaken(log, is_end, rows_max);
  changes.is_whole = is_end && taken == log.size();
  log.resize(taken);
  for (const auto& change : log) {
    // Whoever is told of the pool reads the link, too.
    const auto kind = change.kind == Kind::kPool ? Kind::kLink : change.kind;
    changes.rows[kind].push_back(change.Rows());
    changes.rows_named += change.RowCount();
    if (change.kind == Kind::kPool) changes.pool.push_back(change.Rows());
  }
  for (auto& [kind, ranges] : changes.rows) ranges = Merged(std::move(ranges));
  changes.count = std::ssize(log);
  if (!log.empty()) {
    const auto& last = log.back();
    changes.end = {.change_id = last.change_id, .mark = last.last_id.value_or(last.id)};
  }
  return changes;
}

}  // namespace saunter::store::replica
