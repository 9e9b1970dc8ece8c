#include "store/move/move.h"

#include <deque>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "schemas/database_url.h"
#include "store/move/compare.h"
#include "store/move/copy.h"
#include "store/move/table.h"
#include "store/postgres/move_end.h"
#include "store/sqlite/move_end.h"

namespace saunter::store::move {
namespace {

constexpr std::size_t kDifferencesMax = 20;
constexpr char kNewestBatch[] = "SELECT coalesce(max(batch_id), 0) FROM batch";
// What a database without a feed begins with.
constexpr char kForgetTotals[] = "DELETE FROM total";
constexpr char kAgain[] =
    "; once that is put right, run the same command again: it goes on from what is copied";

schemas::StoreSettings SettingsOf(const MoveOptions& options, const std::string& name) {
  auto settings = options.settings;
  settings.path = schemas::IsDatabaseUrl(name) ? std::string() : name;
  settings.url = schemas::IsDatabaseUrl(name) ? name : std::string();
  return settings;
}

sql::OpenedMoveEnd OpenSource(const schemas::StoreSettings& settings) {
  return settings.url.empty() ? sqlite::OpenMoveSource(settings)
                              : postgres::OpenMoveSource(settings);
}

sql::OpenedMoveEnd OpenTarget(const schemas::StoreSettings& settings) {
  return settings.url.empty() ? sqlite::OpenMoveTarget(settings, {})
                              : postgres::OpenMoveTarget(settings, {});
}

// However the operator wrote it this time.
std::string SourceName(const std::string& from) {
  if (schemas::IsDatabaseUrl(from)) return schemas::WithoutPassword(from);
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(from, error);
  return error ? from : path.string();
}

std::int64_t AskNumber(sql::Database& database, const char* sql) {
  sql::Use ask(database, sql);
  return ask.Step() ? ask.GetInt(0) : 0;
}

class Mover {
 public:
  Mover(const MoveOptions& options, const MoveReport& report, sql::MoveEnd& source,
        sql::MoveEnd& copy)
      : options_(options),
        report_(report),
        source_(source),
        copy_(copy),
        name_(schemas::IsDatabaseUrl(options.to) ? schemas::WithoutPassword(options.to)
                                                 : options.to),
        tables_(source.database().engine() == sql::Engine::kSqlite
                    ? MovedTables(source.database(), copy.database())
                    : MovedTables(copy.database(), source.database())) {}

  Moved Run() {
    Moved moved;
    if (auto refused = Prepare(); !refused.empty()) {
      moved.status = OpenStatus::kForeign;
      moved.detail = std::move(refused);
      return moved;
    }
    for (const auto& table : tables_) {
      progress_.rows_total += AskNumber(source_.database(), table.count.c_str());
      progress_.rows += AskNumber(copy_.database(), table.count.c_str());
    }
    moved.rows_before = progress_.rows;
    Copy(moved);
    Compare(moved);
    if (!source_.IsAlone() || !copy_.IsAlone()) {
      throw StoreError(StoreErrorKind::kLost, "the connection to the server was lost for a moment");
    }
    if (moved.differences.empty()) copy_.MarkWhole();
    return moved;
  }

 private:
  // Why the copy cannot be made there; empty: it can, and has begun.
  std::string Prepare() {
    const sql::UnfinishedMove wanted = {.source = SourceName(options_.from),
                                        .batch_id = AskNumber(source_.database(), kNewestBatch),
                                        .schema_version = copy_.schema_version()};
    const auto found = sql::FindUnfinishedMove(copy_.database());
    if (!found) return Begin(wanted);
    if (found->source != wanted.source) {
      return name_ + " holds a part of " + found->source +
             " already: name that one as FROM to go on, or another target";
    }
    if (found->schema_version != wanted.schema_version) {
      return name_ + " was begun by another release; " + HowToEmpty();
    }
    if (found->batch_id != wanted.batch_id) {
      return wanted.source + " was written since a part of it was copied to " + name_ + "; " +
             HowToEmpty();
    }
    return {};
  }

  std::string Begin(const sql::UnfinishedMove& move) {
    auto& database = copy_.database();
    for (const auto& table : tables_) {
      if (AskNumber(database, table.has_rows.c_str()) == 0) continue;
      return name_ + " holds a database already (there are rows in its table " + table.name +
             "); " + HowToEmpty();
    }
    database.BeginWriting();
    try {
      database.Execute(kForgetTotals);
      copy_.MarkUnfinished(move);
      database.Commit(sql::Database::Durability::kNormal);
    } catch (const StoreError&) {
      database.Rollback();
      throw;
    }
    return {};
  }

  std::string HowToEmpty() const {
    return copy_.database().engine() == sql::Engine::kSqlite
               ? "name a file that does not exist yet, or remove this one with its -wal and -shm"
               : "name an empty database (createdb), or make this one anew (dropdb, createdb)";
  }

  void Report() {
    if (report_) report_(progress_);
  }
  void Note(std::int64_t rows) {
    progress_.table_rows += rows;
    progress_.rows += rows;
    Report();
  }

  void Copy(Moved& moved) {
    progress_.step = MoveStep::kCopy;
    Copying copying{.source = source_.database(),
                    .copy = copy_.database(),
                    .piece_rows_max = options_.piece_rows_max,
                    .note = [this](std::int64_t rows) { Note(rows); }};
    for (const auto& table : tables_) {
      progress_.table = table.name;
      progress_.table_rows = 0;
      CopyRows(copying, table);
    }
    moved.texts_cleaned = copying.texts_cleaned;
  }

  void Compare(Moved& moved) {
    progress_.step = MoveStep::kCompare;
    progress_.rows = 0;
    Comparing comparing{.source = source_.database(),
                        .copy = copy_.database(),
                        .piece_rows_max = options_.piece_rows_max,
                        .note = [this](std::int64_t rows) { Note(rows); },
                        .differences_max = kDifferencesMax};
    for (const auto& table : tables_) {
      progress_.table = table.name;
      progress_.table_rows = 0;
      moved.tables.push_back({table.name, CompareRows(comparing, table)});
      moved.rows += moved.tables.back().rows;
    }
    moved.differences = std::move(comparing.differences);
  }

  const MoveOptions& options_;
  const MoveReport& report_;
  sql::MoveEnd& source_;
  sql::MoveEnd& copy_;
  const std::string name_;  // of the copy
  const std::deque<Table> tables_;
  MoveProgress progress_;
};

}  // namespace

Moved Move(const MoveOptions& options, const MoveReport& report) {
  Moved moved;
  const auto from = SettingsOf(options, options.from);
  const auto to = SettingsOf(options, options.to);
  if (from.url.empty() == to.url.empty()) {
    moved.status = OpenStatus::kForeign;
    moved.detail = from.url.empty() ? "both are files: `saunter db backup` copies one"
                                    : "both are databases of PostgreSQL: pg_dump copies one";
    return moved;
  }
  const auto source = OpenSource(from);
  if (source.status != OpenStatus::kOk) return {.status = source.status, .detail = source.detail};
  const auto copy = OpenTarget(to);
  if (copy.status != OpenStatus::kOk) return {.status = copy.status, .detail = copy.detail};
  try {
    return Mover(options, report, *source.end, *copy.end).Run();
  } catch (const StoreError& error) {
    return {.status = OpenStatus::kUnavailable, .detail = error.what() + std::string(kAgain)};
  }
}

}  // namespace saunter::store::move
