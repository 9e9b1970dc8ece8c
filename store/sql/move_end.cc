#include "store/sql/move_end.h"

namespace saunter::store::sql {
namespace {

constexpr Worded kHasUnfinishedMove = {
    .sqlite = "SELECT count(*) FROM sqlite_schema WHERE name = 'unfinished_move'",
    .postgres = "SELECT CASE WHEN to_regclass('unfinished_move') IS NULL THEN 0 ELSE 1 END"};
constexpr char kFindUnfinishedMove[] =
    "SELECT source, batch_id, schema_version FROM unfinished_move";
constexpr char kMakeUnfinishedMove[] =
    "CREATE TABLE unfinished_move (source TEXT NOT NULL, batch_id BIGINT NOT NULL, schema_version "
    "BIGINT NOT NULL)";
constexpr char kPutUnfinishedMove[] =
    "INSERT INTO unfinished_move (source, batch_id, schema_version) VALUES (?, ?, ?)";
constexpr char kDropUnfinishedMove[] = "DROP TABLE unfinished_move";

}  // namespace

std::optional<UnfinishedMove> FindUnfinishedMove(Database& database) {
  {
    Use has(database, kHasUnfinishedMove);
    if (!has.Step() || has.GetInt(0) == 0) return std::nullopt;
  }
  Use find(database, kFindUnfinishedMove);
  if (!find.Step()) return std::nullopt;
  return UnfinishedMove{
      .source = find.GetText(0), .batch_id = find.GetInt(1), .schema_version = find.GetInt(2)};
}

std::string SayUnfinished(Database& database, const std::string& name) {
  const auto move = FindUnfinishedMove(database);
  return name +
         " is no whole database yet: a `saunter db move` fills it; if none runs, one was cut " +
         "short, and goes on with: saunter db move '" + (move ? move->source : "FROM") + "' TO";
}

void MoveEnd::MarkUnfinished(const UnfinishedMove& move) {
  database().Execute(kMakeUnfinishedMove);
  Use put(database(), kPutUnfinishedMove);
  put.Text(move.source).Int(move.batch_id).Int(move.schema_version).Run();
  HideSchema();
}

void MoveEnd::MarkWhole() {
  Settle();
  database().BeginWriting();
  try {
    database().Execute(kDropUnfinishedMove);
    ShowSchema();
    database().Commit(Database::Durability::kFull);
  } catch (const StoreError&) {
    database().Rollback();
    throw;
  }
}

}  // namespace saunter::store::sql
