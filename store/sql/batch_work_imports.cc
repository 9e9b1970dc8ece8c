// What imports added, and who else wants it.

#include "store/sql/batch_work.h"

namespace saunter::store::sql {
namespace {

using schemas::ChangeOutcome;
using schemas::Id;

constexpr char kInsertImport[] =
    "INSERT INTO import (import_key, kind, source, started_at) VALUES (?, ?, ?, ?) ON CONFLICT "
    "(import_key) DO NOTHING";
constexpr char kTrimImports[] =
    "DELETE FROM import WHERE import_id <= (SELECT import_id FROM import ORDER BY import_id DESC "
    "LIMIT 1 OFFSET ?)";
constexpr char kFindImportByKey[] = "SELECT import_id FROM import WHERE import_key = ?";
constexpr char kAddToImport[] = "UPDATE import SET added = added + ? WHERE import_id = ?";
constexpr char kFindOpenImport[] =
    "SELECT CASE WHEN undone_at IS NULL THEN 1 ELSE 0 END FROM import WHERE import_id = ?";
constexpr char kSetUndone[] = "UPDATE import SET undone_at = ? WHERE import_id = ?";

// The same statements for feeds and for entries of the blacklist. Of those who named it later 0
// stands for several, of whom nothing more is known.
struct WantTable {
  const char* insert;
  const char* find;
  const char* set_later;
  const char* forget;
  const char* leave_later;    // the import no longer wants what others added
  const char* forget_rest;    // what is left of the import and of nobody that is known
  const char* give_to_later;  // and what is left goes to who named it later
};
constexpr WantTable kFeedWants = {
    "INSERT INTO import_feed (feed_id, import_id) VALUES (?, ?)",
    "SELECT import_id, later_import_id FROM import_feed WHERE feed_id = ?",
    "UPDATE import_feed SET later_import_id = ? WHERE feed_id = ?",
    "DELETE FROM import_feed WHERE feed_id = ?",
    "UPDATE import_feed SET later_import_id = NULL WHERE later_import_id = ? AND later_import_id "
    "<> 0",
    "DELETE FROM import_feed WHERE import_id = ? AND (later_import_id IS NULL OR later_import_id "
    "NOT IN (SELECT import_id FROM import))",
    "UPDATE import_feed SET import_id = later_import_id, later_import_id = NULL WHERE import_id = "
    "?"};
constexpr WantTable kPatternWants = {
    "INSERT INTO import_pattern (pattern, import_id) VALUES (?, ?) ON CONFLICT (pattern) DO UPDATE "
    "SET import_id = excluded.import_id, later_import_id = NULL",
    "SELECT import_id, later_import_id FROM import_pattern WHERE pattern = ?",
    "UPDATE import_pattern SET later_import_id = ? WHERE pattern = ?",
    "DELETE FROM import_pattern WHERE pattern = ?",
    "UPDATE import_pattern SET later_import_id = NULL WHERE later_import_id = ? AND "
    "later_import_id <> 0",
    "DELETE FROM import_pattern WHERE import_id = ? AND (later_import_id IS NULL OR "
    "later_import_id NOT IN (SELECT import_id FROM import))",
    "UPDATE import_pattern SET import_id = later_import_id, later_import_id = NULL WHERE import_id "
    "= ?"};
constexpr Id kSeveral = 0;

void Bind(Use& use, Id feed_id) { use.Int(feed_id); }
void Bind(Use& use, const std::string& pattern) { use.Text(pattern); }

// Who wants a thing that an import added.
struct Wanting {
  Id import_id = 0;
  std::optional<Id> later_import_id;
};

template <typename Thing>
std::optional<Wanting> FindWanting(Database& database, const WantTable& table, const Thing& thing) {
  Use find(database, table.find);
  Bind(find, thing);
  if (!find.Step()) return std::nullopt;
  return Wanting{.import_id = find.GetInt(0), .later_import_id = find.GetOptionalInt(1)};
}

template <typename Thing>
void ForgetWanting(Database& database, const WantTable& table, const Thing& thing) {
  Use forget(database, table.forget);
  Bind(forget, thing);
  forget.Run();
}

// Somebody names what is there already: an import, or with 0 an operator.
template <typename Thing>
void Want(Database& database, const WantTable& table, const Thing& thing, Id import_id) {
  const auto wanting = FindWanting(database, table, thing);
  if (!wanting || wanting->import_id == import_id || wanting->later_import_id == import_id) return;
  if (import_id == 0) {
    ForgetWanting(database, table, thing);
    return;
  }
  Use set(database, table.set_later);
  set.Int(wanting->later_import_id ? kSeveral : import_id);
  Bind(set, thing);
  set.Run();
}

template <typename Thing>
bool IsWantedByItAlone(Database& database, const WantTable& table, const Thing& thing,
                       Id import_id) {
  const auto wanting = FindWanting(database, table, thing);
  return wanting && wanting->import_id == import_id && !wanting->later_import_id;
}

}  // namespace

ChangeOutcome BatchWork::Change(const schemas::BeginImport& change) {
  Use(database_, kInsertImport)
      .Int(change.import_key)
      .Int(static_cast<int>(change.kind))
      .Text(change.source)
      .Int(change.started_at)
      .Run();
  if (database_.Changes() == 0) return ChangeOutcome::kAlreadyKnown;
  Use(database_, kTrimImports).Int(connection_.settings().imports_kept).Run();
  return ChangeOutcome::kDone;
}

// What it added and others want has come to be theirs.
ChangeOutcome BatchWork::Change(const schemas::EndUndo& change) {
  {
    Use find(database_, kFindOpenImport);
    if (!find.Int(change.import_id).Step()) return ChangeOutcome::kNotFound;
    if (find.GetInt(0) == 0) return ChangeOutcome::kAlreadyKnown;
  }
  for (const auto& table : {kFeedWants, kPatternWants}) {
    for (const auto* statement : {table.leave_later, table.forget_rest, table.give_to_later}) {
      Use(database_, statement).Int(change.import_id).Run();
    }
  }
  Use(database_, kSetUndone).Int(change.undone_at).Int(change.import_id).Run();
  return ChangeOutcome::kDone;
}

Id BatchWork::ImportOf(schemas::ImportKey import_key) {
  if (import_key == 0) return 0;
  auto& known = imports_[import_key];
  if (known == 0) {
    if (Use find(database_, kFindImportByKey); find.Int(import_key).Step()) known = find.GetInt(0);
  }
  return known;
}

void BatchWork::NoteAddedFeed(Id feed_id, schemas::ImportKey import_key) {
  const Id import_id = ImportOf(import_key);
  if (import_id == 0) return;
  Use(database_, kFeedWants.insert).Int(feed_id).Int(import_id).Run();
  ++import_deltas_[import_id];
}

void BatchWork::NoteAddedPattern(const std::string& pattern, schemas::ImportKey import_key) {
  const Id import_id = ImportOf(import_key);
  if (import_id == 0) return ForgetWanting(database_, kPatternWants, pattern);
  Use(database_, kPatternWants.insert).Text(pattern).Int(import_id).Run();
  ++import_deltas_[import_id];
}

void BatchWork::WantFeed(Id feed_id, schemas::ImportKey import_key) {
  Want(database_, kFeedWants, feed_id, ImportOf(import_key));
}

void BatchWork::WantPattern(const std::string& pattern, schemas::ImportKey import_key) {
  Want(database_, kPatternWants, pattern, ImportOf(import_key));
}

// Whoever wanted the one wants the other now.
void BatchWork::HandOnWants(Id feed_id, Id kept_id) {
  const auto wanting = FindWanting(database_, kFeedWants, feed_id);
  Want(database_, kFeedWants, kept_id, wanting ? wanting->import_id : 0);
  if (wanting && wanting->later_import_id) {
    Want(database_, kFeedWants, kept_id, *wanting->later_import_id);
  }
}

void BatchWork::ForgetWantsOfFeed(Id feed_id) { ForgetWanting(database_, kFeedWants, feed_id); }

void BatchWork::ForgetWantsOfPattern(const std::string& pattern) {
  ForgetWanting(database_, kPatternWants, pattern);
}

bool BatchWork::IsForImportAlone(Id feed_id, Id import_id) {
  return IsWantedByItAlone(database_, kFeedWants, feed_id, import_id);
}

bool BatchWork::IsForImportAlone(const std::string& pattern, Id import_id) {
  return IsWantedByItAlone(database_, kPatternWants, pattern, import_id);
}

void BatchWork::CountImports() {
  for (const auto& [import_id, added] : import_deltas_) {
    Use(database_, kAddToImport).Int(added).Int(import_id).Run();
  }
  import_deltas_.clear();
}

}  // namespace saunter::store::sql
