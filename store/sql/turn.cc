#include "store/sql/turn.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "schemas/postgres.h"

namespace saunter::store::sql {
namespace {

// All that is asked at the beginning, in one question. Of a name that comes twice the larger value
// counts.
constexpr char kReadMeta[] =
    "SELECT name, value FROM meta UNION ALL SELECT 'batch_id', coalesce(max(batch_id), 0) FROM "
    "batch UNION ALL SELECT 'next_link_id', coalesce(max(link_id), 0) + 1 FROM link";
constexpr char kPutMeta[] =
    "INSERT INTO meta (name, value) VALUES ('next_link_id', ?), ('pruned_category_id', ?), "
    "('pruned_site_id', ?), ('settled_feed_id', ?), ('settled_is_past_entries', ?), "
    "('settled_after', ?), ('blacklist_batch_id', ?) ON CONFLICT (name) DO UPDATE SET value = "
    "excluded.value WHERE meta.value <> excluded.value";

// The table "meta", as it stands, and what has just been counted.
struct Meta {
  std::int64_t schema_version = 0;
  std::int64_t batch_id = 0;
  std::int64_t blacklist_batch_id = 0;
  schemas::Id next_link_id = 0;
  PruningCursors pruned;
  CategoryCursor settled;
};

Meta ReadMeta(Database& database) {
  Meta meta;
  Use read(database, kReadMeta);
  while (read.Step()) {
    const auto name = read.ViewText(0);
    const auto value = read.GetInt(1);
    if (name == "schema_version") meta.schema_version = value;
    if (name == "batch_id") meta.batch_id = value;
    if (name == "blacklist_batch_id") meta.blacklist_batch_id = value;
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
  const auto meta = ReadMeta(connection.database());
  if (meta.schema_version != schemas::PostgresSchemaVersion()) {
    throw StoreError(StoreErrorKind::kOther, "the database was given schema " +
                                                 std::to_string(meta.schema_version) +
                                                 " while this program ran, which writes schema " +
                                                 std::to_string(schemas::PostgresSchemaVersion()) +
                                                 "; start the newer release");
  }
  if (connection.turns_seen().batch_id != meta.batch_id) {
    auto& caches = connection.caches();
    caches.Forget();
    caches.next_link_id = std::max(meta.next_link_id, caches.next_link_id.value_or(0));
    connection.cursors() = meta.pruned;
    connection.category_cursor() = meta.settled;
  }
  return {.blacklist_batch_id = meta.blacklist_batch_id};
}

void EndTurn(WriteConnection& connection, const Turn& turn) {
  if (!connection.database().is_shared()) return;
  const auto& pruned = connection.cursors();
  const auto& settled = connection.category_cursor();
  Use put(connection.database(), kPutMeta);
  put.Int(connection.caches().next_link_id.value_or(0));
  put.Int(pruned.category_id).Int(pruned.site_id);
  put.Int(settled.feed_id).Int(settled.is_past_entries ? 1 : 0).Int(settled.after);
  put.Int(turn.blacklist_batch_id).Run();
}

}  // namespace saunter::store::sql
