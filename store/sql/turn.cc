#include "store/sql/turn.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "schemas/postgres.h"

namespace saunter::store::sql {
namespace {

// All that is asked at the beginning, in one question. Of a name that comes twice the larger value
// counts. A max() would go on to read the whole index where its plan was made for an empty table.
constexpr char kReadMeta[] =
    "SELECT name, value FROM meta UNION ALL SELECT 'batch_id', coalesce((SELECT batch_id FROM "
    "batch "
    "ORDER BY batch_id DESC LIMIT 1), 0) UNION ALL SELECT 'next_link_id', coalesce((SELECT link_id "
    "FROM link ORDER BY link_id DESC LIMIT 1), 0) + 1 UNION ALL SELECT 'newest_change_id', "
    "coalesce((SELECT change_id FROM change ORDER BY change_id DESC LIMIT 1), 0)";
constexpr char kPutMeta[] =
    "INSERT INTO meta (name, value) VALUES ('next_link_id', ?), ('pruned_category_id', ?), "
    "('pruned_site_id', ?), ('settled_feed_id', ?), ('settled_is_past_entries', ?), "
    "('settled_after', ?), ('blacklist_batch_id', ?), (?, ?) ON CONFLICT (name) DO UPDATE SET "
    "value = "
    "excluded.value WHERE meta.value <> excluded.value";

// Of writers that have not written for so many batches.
constexpr std::int64_t kBatchesRemembered = 100000;
constexpr char kForgetWriters[] =
    "DELETE FROM meta WHERE name >= 'writer ' AND name < 'writer!' AND value < ?";
constexpr char kLastBatchOf[] = "SELECT value FROM meta WHERE name = ?";
// Of a commit whose answer was lost.
constexpr std::chrono::seconds kDoubtMax(15);
constexpr std::chrono::milliseconds kDoubtGap(100);

// No two writers are known by the same.
std::string NewWriter() {
  std::random_device random;
  std::uniform_int_distribution<std::uint64_t> any;
  return "writer " + std::to_string(any(random));
}

// The table "meta", as it stands, and what has just been counted.
struct Meta {
  std::int64_t schema_version = 0;
  std::int64_t batch_id = 0;
  std::int64_t blacklist_batch_id = 0;
  std::int64_t own_batch_id = 0;  // that this writer committed last
  std::int64_t newest_change_id = 0;
  schemas::Id next_link_id = 0;
  PruningCursors pruned;
  CategoryCursor settled;
};

Meta ReadMeta(Database& database, const std::string& writer) {
  Meta meta;
  Use read(database, kReadMeta);
  while (read.Step()) {
    const auto name = read.ViewText(0);
    const auto value = read.GetInt(1);
    if (name == "schema_version") meta.schema_version = value;
    if (name == "batch_id") meta.batch_id = value;
    if (name == "blacklist_batch_id") meta.blacklist_batch_id = value;
    if (name == writer) meta.own_batch_id = value;
    if (name == "newest_change_id") meta.newest_change_id = value;
    if (name == "next_link_id") meta.next_link_id = std::max(meta.next_link_id, value);
    if (name == "pruned_category_id") meta.pruned.category_id = value;
    if (name == "pruned_site_id") meta.pruned.site_id = value;
    if (name == "settled_feed_id") meta.settled.feed_id = value;
    if (name == "settled_is_past_entries") meta.settled.is_past_entries = value != 0;
    if (name == "settled_after") meta.settled.after = value;
  }
  return meta;
}

}  // namespace

Turn BeginTurn(WriteConnection& connection) {
  if (!connection.database().is_shared()) return {};
  auto& seen = connection.turns_seen();
  if (seen.writer.empty()) seen.writer = NewWriter();
  const auto meta = ReadMeta(connection.database(), seen.writer);
  if (meta.schema_version != schemas::PostgresSchemaVersion()) {
    throw StoreError(StoreErrorKind::kOther, "the database was given schema " +
                                                 std::to_string(meta.schema_version) +
                                                 " while this program ran, which writes schema " +
                                                 std::to_string(schemas::PostgresSchemaVersion()) +
                                                 "; start the newer release");
  }
  // A standby that took over without the newest batches, or an older state that was put back, may
  // have a batch of that number from another writer.
  const bool is_older = seen.batch_id && meta.own_batch_id != *seen.batch_id;
  if (is_older) {
    seen.blacklist_batch_id.reset();
    seen.changes_trimmed_to = 0;
  }
  if (is_older || seen.batch_id != meta.batch_id) {
    auto& caches = connection.caches();
    caches.Forget();
    caches.next_link_id = std::max(meta.next_link_id, caches.next_link_id.value_or(0));
    connection.cursors() = meta.pruned;
    connection.category_cursor() = meta.settled;
  }
  return {.blacklist_batch_id = meta.blacklist_batch_id, .newest_change_id = meta.newest_change_id};
}

void EndTurn(WriteConnection& connection, const Turn& turn, std::int64_t batch_id) {
  auto& database = connection.database();
  if (!database.is_shared()) return;
  const auto& seen = connection.turns_seen();
  const auto& pruned = connection.cursors();
  const auto& settled = connection.category_cursor();
  if (!seen.batch_id) Use(database, kForgetWriters).Int(batch_id - kBatchesRemembered).Run();
  Use put(database, kPutMeta);
  put.Int(connection.caches().next_link_id.value_or(0));
  put.Int(pruned.category_id).Int(pruned.site_id);
  put.Int(settled.feed_id).Int(settled.is_past_entries ? 1 : 0).Int(settled.after);
  put.Int(turn.blacklist_batch_id).Text(seen.writer).Int(batch_id).Run();
}

// In a turn of its own: the server may still be at work on the commit, which ends that one's.
bool WasCommitted(WriteConnection& connection, std::int64_t batch_id) {
  auto& database = connection.database();
  const auto deadline = std::chrono::steady_clock::now() + kDoubtMax;
  database.Rollback();
  while (true) {
    try {
      database.BeginWriting();
      std::int64_t last = 0;
      if (Use find(database, kLastBatchOf); find.Text(connection.turns_seen().writer).Step()) {
        last = find.GetInt(0);
      }
      database.Rollback();
      return last == batch_id;
    } catch (const StoreError& error) {
      database.Rollback();
      if (std::chrono::steady_clock::now() > deadline) {
        throw StoreError(StoreErrorKind::kOther,
                         "the connection was lost at a commit, and whether that was made cannot be "
                         "found out (" +
                             std::string(error.what()) + "); start anew once it is there again");
      }
    }
    std::this_thread::sleep_for(kDoubtGap);
  }
}

}  // namespace saunter::store::sql
