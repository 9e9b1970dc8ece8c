#include "store/sql/leases.h"

#include <string>
#include <unordered_set>

#include "store/shards/shards.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

// ?1: a list of ids, ?2: the owner, ?3: the epoch. These are PostgreSQL's alone.
constexpr char kLostFeeds[] =
    "SELECT f.feed_id FROM feed f JOIN shard s ON s.shard = f.shard WHERE f.feed_id = ANY "
    "(string_to_array(?1, ',')::bigint[]) AND (s.owner IS DISTINCT FROM ?2 OR s.epoch > ?3)";
constexpr char kLostLinks[] =
    "SELECT l.link_id FROM link l JOIN shard s ON s.shard = l.shard WHERE l.link_id = ANY "
    "(string_to_array(?1, ',')::bigint[]) AND (s.owner IS DISTINCT FROM ?2 OR s.epoch > ?3)";
constexpr char kLostSites[] =
    "SELECT t.site_id FROM site t JOIN shard s ON s.shard = t.shard WHERE t.site_id = ANY "
    "(string_to_array(?1, ',')::bigint[]) AND (s.owner IS DISTINCT FROM ?2 OR s.epoch > ?3)";
// Of one that is no member any more nothing is noted: its shards are others', and so are the rows.
constexpr char kNoteAsked[] =
    "INSERT INTO asked (feed_id, owner, asked_at) SELECT id, m.owner, clock_now() FROM member m, "
    "unnest(string_to_array(?1, ',')::bigint[]) id WHERE m.owner = ?2 AND m.renewed_until_at > "
    "clock_now() ORDER BY id ON CONFLICT (feed_id) DO UPDATE SET owner = excluded.owner, asked_at "
    "= excluded.asked_at";
constexpr char kForgetAsked[] =
    "DELETE FROM asked WHERE feed_id = ANY (string_to_array(?1, ',')::bigint[]) AND owner = ?2";

void Append(std::string& list, Id id) {
  if (!list.empty()) list += ',';
  list += std::to_string(id);
}

template <typename Items, typename IdOf>
std::string ListOfIds(const Items& items, IdOf id_of) {
  std::string list;
  for (const auto& item : items) Append(list, id_of(item));
  return list;
}

std::unordered_set<Id> FindLostIn(Database& database, const char* sql, const std::string& list,
                                  const schemas::Lease& lease) {
  std::unordered_set<Id> ids;
  if (list.empty()) return ids;
  Use find(database, sql);
  find.Text(list).Int(lease.owner).Int(lease.epoch);
  while (find.Step()) ids.insert(find.GetInt(0));
  return ids;
}

std::string FeedsOf(const schemas::WriteBatch& batch) {
  return ListOfIds(batch.crawls,
                   [](const schemas::CrawlResult& crawl) { return crawl.feed.feed_id; });
}

}  // namespace

Use& BindShard(const Database& database, Use& use, std::string_view site) {
  return database.engine() == Engine::kSqlite ? use : use.Int(shards::ShardOf(site));
}

LostWork FindLostWork(Database& database, const schemas::WriteBatch& batch) {
  const auto& lease = batch.lease;
  if (lease.owner == 0) return {};
  const auto links =
      ListOfIds(batch.probes, [](const schemas::ProbeResult& probe) { return probe.link_id; });
  const auto sites =
      ListOfIds(batch.looks, [](const schemas::SiteLook& look) { return look.site_id; });
  return {.feed_ids = FindLostIn(database, kLostFeeds, FeedsOf(batch), lease),
          .link_ids = FindLostIn(database, kLostLinks, links, lease),
          .site_ids = FindLostIn(database, kLostSites, sites, lease)};
}

void NoteAskedBy(Database& database, Id owner, const std::vector<Id>& feed_ids) {
  const auto list = ListOfIds(feed_ids, [](Id id) { return id; });
  Use(database, kNoteAsked).Text(list).Int(owner).Run();
}

void ForgetAsked(Database& database, const schemas::WriteBatch& batch) {
  if (batch.lease.owner == 0 || batch.crawls.empty()) return;
  const auto list = FeedsOf(batch);
  Use(database, kForgetAsked).Text(list).Int(batch.lease.owner).Run();
}

}  // namespace saunter::store::sql
