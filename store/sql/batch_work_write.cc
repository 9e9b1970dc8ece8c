// What was decided of a part of a batch is written here, links and entries in the order of their
// keys.
#include <algorithm>
#include <span>
#include <tuple>
#include <unordered_map>

#include "store/links.h"
#include "store/shards/shards.h"
#include "store/sql/batch_work.h"
#include "store/sql/fields.h"
#include "store/sql/leases.h"
#include "store/sql/put_rows.h"
#include "store/sql/stored_url.h"

namespace saunter::store::sql {
namespace {

using schemas::EntryIntake;
using schemas::Id;

std::string Repeated(const std::string& row) {
  std::string rows = row;
  for (std::size_t i = 1; i < kRowsPerStatement; ++i) rows += ", " + row;
  return rows;
}

const RowStatements kPutNewSites = {
    .one = "INSERT INTO site (site_id, host, registrable_domain, named_by) VALUES (?, ?, ?, ?)",
    .lists =
        "INSERT INTO site (site_id, host, registrable_domain, named_by, shard) SELECT * FROM "
        "unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::bigint[])"};
const RowStatements kPutNewWords = {
    .one = "INSERT INTO category (category_id, name, feed_id) VALUES (?, ?, ?)",
    .lists =
        "INSERT INTO category (category_id, name, feed_id) SELECT * FROM unnest(?::bigint[], "
        "?::text[], ?::bigint[])"};
constexpr char kPutNewLanguage[] = "INSERT INTO language (language, feed_id) VALUES (?, ?)";

const std::string kLinkColumns =
    "link_id, site_id, url_key, source_id, feed_id, is_listed, first_seen_at, next_check_at, url, "
    "categories, " +
    Columns<EntryIntake>();
const std::string kInsertLink = "INSERT INTO link (" + kLinkColumns + ") VALUES ";
const std::string kLinkPlaces =
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " + Placeholders<EntryIntake>() + ")";
const RowStatements kInsertLinks = {
    .one = kInsertLink + kLinkPlaces,
    .many = kInsertLink + Repeated(kLinkPlaces),
    .lists = "COPY link (" + kLinkColumns + ", shard, in_pool) FROM STDIN (FORMAT binary)"};
// PostgreSQL's links say it themselves.
constexpr char kInsertPoolOfLinks[] =
    "INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, language, categories) "
    "SELECT l.link_id, l.site_id, l.source_id, l.feed_id, l.published_at, l.language, l.categories "
    "FROM link l JOIN site s USING (site_id) WHERE l.link_id >= ? AND l.link_id <= ? AND "
    "s.blacklisted_at IS NULL ORDER BY l.link_id";
std::string PutEntry(const std::string& rows) {
  return "INSERT INTO entry (feed_id, guid_key, link_id, content_key, is_further) " + rows +
         " ON CONFLICT (feed_id, guid_key) DO UPDATE SET link_id = excluded.link_id, content_key = "
         "excluded.content_key, is_further = excluded.is_further";
}
const RowStatements kPutEntries = {
    .one = PutEntry("VALUES (?, ?, ?, ?, ?)"),
    .many = PutEntry("VALUES " + Repeated("(?, ?, ?, ?, ?)")),
    .lists = PutEntry("SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], "
                      "?::bigint[])")};
// That were not read. SQLite puts them as it puts the others.
const RowStatements kCopyEntries = {
    .lists =
        "COPY entry (feed_id, guid_key, link_id, content_key, is_further) FROM STDIN (FORMAT "
        "binary)"};
constexpr char kDeleteEntry[] = "DELETE FROM entry WHERE feed_id = ? AND guid_key = ?";
constexpr char kSetListed[] = "UPDATE link SET is_listed = ? WHERE link_id = ?";

// What stands in SET costs its indexes a deletion and an insertion, so each has what changes.
constexpr char kSetAddress[] =
    "UPDATE link SET site_id = ?, url_key = ?, listed_key = ?, url = coalesce(?, url) WHERE "
    "link_id = ?";
constexpr char kSetSource[] = "UPDATE link SET source_id = ?, feed_site_id = ? WHERE link_id = ?";
const std::string kRetell = "UPDATE link SET url = coalesce(?, url), categories = ?, " +
                            Assignments<EntryIntake>() + " WHERE link_id = ?";
constexpr char kFill[] =
    "UPDATE link SET published_at = coalesce(?, published_at), updated_at = coalesce(?, "
    "updated_at), language = coalesce(?, language), author = coalesce(?, author), summary = "
    "coalesce(?, summary) WHERE link_id = ?";
constexpr char kSetCategories[] = "UPDATE link SET categories = ? WHERE link_id = ?";
constexpr char kRefreshPool[] =
    "UPDATE pool SET (site_id, source_id, published_at, language, categories) = (SELECT site_id, "
    "source_id, published_at, language, categories FROM link WHERE link.link_id = pool.link_id) "
    "WHERE link_id = ?";
constexpr char kDeleteLink[] = "DELETE FROM link WHERE link_id = ?";

// The entry by which the feed that brought the link lists it is found among that feed's.
constexpr char kGiveFirstEntry[] =
    "UPDATE entry SET link_id = ?1, is_further = 1 WHERE feed_id = (SELECT feed_id FROM link WHERE "
    "link_id = ?2 AND is_listed = 1) AND link_id = ?2 AND is_further = 0";
constexpr char kGiveFurtherEntries[] =
    "UPDATE entry SET link_id = ? WHERE link_id = ? AND is_further = 1";
constexpr char kForgetFirstEntry[] =
    "DELETE FROM entry WHERE feed_id = (SELECT feed_id FROM link WHERE link_id = ?1 AND is_listed "
    "= 1) AND link_id = ?1 AND is_further = 0";
constexpr char kForgetFurtherEntries[] = "DELETE FROM entry WHERE link_id = ? AND is_further = 1";

// As it is stored.
std::string UrlOf(const LinkRow& link) {
  return link.url.empty() ? std::string() : StoredUrl(link.url, link.site);
}

// What PostgreSQL's link has besides. One site has many of them.
void BindOwn(Use& use, const LinkRow& link, std::unordered_map<Id, int>& shards) {
  const auto [known, is_new] = shards.try_emplace(link.site_id);
  if (is_new) known->second = shards::ShardOf(link.site);
  use.Int(known->second).Int(link.IsInPool() ? 1 : 0);
}

}  // namespace

void BatchWork::WriteRows(Rows& rows) {
  WriteNames(rows);
  WriteNewLinks(rows);
  WriteStandingLinks(rows);
  WriteEntries(rows);
  RemoveLinks(rows);
  for (const auto& [site_id, deltas] : rows.site_deltas) {
    for (std::size_t i = 0; i < deltas.size(); ++i) site_deltas_[site_id][i] += deltas[i];
  }
  for (const auto& [category_id, delta] : rows.category_deltas) {
    category_deltas_[category_id] += delta;
  }
  judged_sites_.insert(judged_sites_.end(), rows.judged_sites.begin(), rows.judged_sites.end());
  links_new_ += rows.links_new;
  removal_rows_left_ = rows.removals_left;
  connection_.caches().next_link_id = rows.next_link_id;
}

void BatchWork::WriteNames(const Rows& rows) {
  PutRows(database_, rows.new_sites, kPutNewSites, [&](Use& put, const NewSite& site) {
    put.Int(site.site_id).Text(site.name).Text(site.registrable_domain);
    BindShard(database_, put.OptionalInt(site.named_by), site.name);
  });
  totals_.Add("sites", std::ssize(rows.new_sites));
  PutRows(database_, rows.new_words, kPutNewWords, [](Use& put, const NewWord& word) {
    put.Int(word.category_id).Text(word.name).Int(word.feed_id);
  });
  for (const auto& language : rows.new_languages) {
    const std::string name(language.language);
    Use(database_, kPutNewLanguage).Text(name).Int(language.feed_id).Run();
  }
}

void BatchWork::WriteNewLinks(const Rows& rows) {
  std::vector<const LinkRow*> links;
  std::deque<std::string> texts;  // bound text is not copied
  links.reserve(rows.new_links.size());
  for (const auto& link : rows.new_links) {
    if (!link.is_removed) links.push_back(&link);
  }
  if (links.empty()) return;
  std::unordered_map<Id, int> shards;
  PutRows(database_, links, kInsertLinks, [&](Use& insert, const LinkRow* link) {
    const auto& entry = *link->told;
    insert.Int(link->link_id).Int(link->site_id).Int(link->url_key).Int(link->source_id);
    insert.Int(link->feed_id).Int(link->is_listed ? 1 : 0).Int(now_).Int(link->next_check_at);
    insert.Text(texts.emplace_back(UrlOf(*link)));
    insert.TextOrNull(texts.emplace_back(JoinIds(link->category_ids)));
    BindRecord(insert, entry);
    if (!KeepsPoolApart()) BindOwn(insert, *link, shards);
  });
  totals_.Add("links", std::ssize(links));
  const Id first = links.front()->link_id;
  const Id last = links.back()->link_id;
  if (KeepsPoolApart()) {
    Use(database_, kInsertPoolOfLinks).Int(first).Int(last).Run();
    totals_.Add("links_in_pool", database_.Changes());
  } else {
    totals_.Add("links_in_pool",
                std::ranges::count_if(links, [](const auto* link) { return link->IsInPool(); }));
  }
  new_links_ = {new_links_ ? new_links_->first : first, last};
}

void BatchWork::WriteStandingLinks(const Rows& rows) {
  std::vector<const LinkRow*> links;
  for (const auto& [link_id, link] : rows.links) {
    if (!link.is_removed) links.push_back(&link);
  }
  std::sort(links.begin(), links.end(),
            [](const auto* one, const auto* other) { return one->link_id < other->link_id; });
  for (const auto* link : links) WriteStandingLink(*link);
}

void BatchWork::WriteStandingLink(const LinkRow& link) {
  const auto& changes = link.changes;
  const auto url = UrlOf(link);
  if (changes.address) {
    Use set(database_, kSetAddress);
    set.Int(link.site_id).Int(link.url_key).OptionalInt(link.listed_key).TextOrNull(url);
    set.Int(link.link_id).Run();
  }
  if (changes.source) {
    Use set(database_, kSetSource);
    set.Int(link.source_id).OptionalInt(link.feed_site_id).Int(link.link_id).Run();
  }
  if (changes.listing) {
    Use(database_, kSetListed).Int(link.is_listed ? 1 : 0).Int(link.link_id).Run();
  }
  const auto categories = JoinIds(link.category_ids);
  if (link.told != nullptr) {
    Use retell(database_, kRetell);
    retell.TextOrNull(url).TextOrNull(categories);
    BindRecord(retell, *link.told).Int(link.link_id).Run();
  } else if (changes.words) {
    Use(database_, kSetCategories).TextOrNull(categories).Int(link.link_id).Run();
  }
  if (link.told == nullptr && link.filled != nullptr) {
    Use fill(database_, kFill);
    fill.OptionalInt(link.filled->published_at).OptionalInt(link.filled->updated_at);
    fill.TextOrNull(link.filled->language).TextOrNull(link.filled->author);
    fill.TextOrNull(link.filled->summary).Int(link.link_id).Run();
  }
  if (link.was_in_pool && !link.IsInPool()) return TakeOutOfPool(link.link_id);
  if (!link.was_in_pool && link.IsInPool()) return PutInPool(link.link_id);
  const bool is_seen = changes.address || changes.source || changes.words || link.told != nullptr ||
                       link.filled != nullptr;
  if (!is_seen || !link.was_in_pool) return;
  if (KeepsPoolApart()) {
    Use(database_, kRefreshPool).Int(link.link_id).Run();
    if (database_.Changes() == 0) return;
  }
  NotePoolChange(link.link_id);
}

void BatchWork::WriteEntries(Rows& rows) {
  for (const auto& [to, from] : rows.entries_given) {
    Use(database_, kGiveFirstEntry).Int(to).Int(from).Run();
    Use(database_, kGiveFurtherEntries).Int(to).Int(from).Run();
  }
  for (const Id link_id : rows.emptied) {
    Use(database_, kForgetFirstEntry).Int(link_id).Run();
    Use(database_, kForgetFurtherEntries).Int(link_id).Run();
  }
  for (const auto& entry : rows.forgotten) {
    Use(database_, kDeleteEntry).Int(entry.feed_id).Int(entry.guid_key).Run();
  }
  for (const Id link_id : rows.unlisted) Use(database_, kSetListed).Int(0).Int(link_id).Run();
  auto& changed = rows.changed_entries;
  std::sort(changed.begin(), changed.end(), [](const auto& one, const auto& other) {
    return std::tie(one.feed_id, one.guid_key) < std::tie(other.feed_id, other.guid_key);
  });
  std::vector<std::pair<EntryKey, const EntryRow*>> entries;
  entries.reserve(changed.size());
  for (const auto& key : changed) {
    const auto& of_feed = rows.entries.at(key.feed_id);
    const auto row = of_feed.find(key.guid_key);
    if (row == of_feed.end()) continue;
    if (rows.FindLink(row->second.link_id) != nullptr) {
      entries.emplace_back(key, &row->second);
    } else {
      // Its link went later in the part; what it listed before is not what it lists now.
      Use(database_, kDeleteEntry).Int(key.feed_id).Int(key.guid_key).Run();
    }
  }
  const auto bind = [](Use& put, const auto& entry) {
    const auto& [key, row] = entry;
    put.Int(key.feed_id).Int(key.guid_key).Int(row->link_id).Int(row->content_key);
    put.Int(row->is_further ? 1 : 0);
  };
  auto is_put = entries.end();
  if (database_.engine() == Engine::kPostgres) {
    is_put = std::stable_partition(entries.begin(), entries.end(),
                                   [](const auto& entry) { return entry.second->is_stored; });
  }
  PutRows(database_, std::span(entries.begin(), is_put), kPutEntries, bind);
  PutRows(database_, std::span(is_put, entries.end()), kCopyEntries, bind);
}

void BatchWork::RemoveLinks(const Rows& rows) {
  std::vector<Id> link_ids;
  for (const auto& [link_id, link] : rows.links) {
    if (link.is_removed) link_ids.push_back(link_id);
  }
  std::sort(link_ids.begin(), link_ids.end());
  for (const Id link_id : link_ids) {
    TakeOutOfPool(link_id);
    Use(database_, kDeleteLink).Int(link_id).Run();
    totals_.Add("links", -1);
  }
}

}  // namespace saunter::store::sql
