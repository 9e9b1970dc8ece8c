#include <algorithm>
#include <tuple>

#include "store/sqlite/batch_work.h"
#include "store/sqlite/fields.h"
#include "store/sqlite/stored_url.h"

namespace saunter::store::sqlite {
namespace {

using schemas::Id;

// Rows that one statement writes: what a statement costs by itself is shared by so many.
constexpr int kRowsPerStatement = 16;

std::string Repeated(const std::string& row, int count) {
  std::string rows = row;
  for (int i = 1; i < count; ++i) rows += ", " + row;
  return rows;
}

constexpr char kFindLinkByKey[] = "SELECT link_id FROM link WHERE site_id = ? AND url_key = ?";
constexpr char kLastLink[] = "SELECT max(link_id) FROM link";
std::string InsertLinks(int count) {
  return "INSERT INTO link (link_id, site_id, url_key, source_id, feed_id, is_listed, "
         "first_seen_at, next_check_at, url, categories, " +
         Columns<schemas::EntryIntake>() + ") VALUES " +
         Repeated("(?, ?, ?, ?, ?, 1, ?, ?, ?, ?, " + Placeholders<schemas::EntryIntake>() + ")",
                  count);
}
const std::string kInsertLink = InsertLinks(1);
const std::string kInsertLinks = InsertLinks(kRowsPerStatement);
constexpr char kInsertPoolOfLinks[] =
    "INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, language, categories) "
    "SELECT l.link_id, l.site_id, l.source_id, l.feed_id, l.published_at, l.language, l.categories "
    "FROM link l JOIN site s USING (site_id) WHERE l.link_id >= ? AND l.link_id <= ? AND "
    "s.blacklisted_at IS NULL ORDER BY l.link_id";
std::string PutEntries(int count) {
  return "INSERT INTO entry (feed_id, guid_key, link_id, content_key, is_further) VALUES " +
         Repeated("(?, ?, ?, ?, ?)", count) +
         " ON CONFLICT (feed_id, guid_key) DO UPDATE SET link_id = excluded.link_id, content_key = "
         "excluded.content_key, is_further = excluded.is_further";
}
const std::string kPutEntry = PutEntries(1);
const std::string kPutEntries = PutEntries(kRowsPerStatement);

// Runs `many` over as many rows as it takes at a time, and `one` over those that are left.
template <typename Row, typename Bind>
void WriteRows(Database& database, const std::vector<Row>& rows, const std::string& many,
               const std::string& one, Bind bind) {
  std::size_t at = 0;
  while (at < rows.size()) {
    const bool is_full = rows.size() - at >= kRowsPerStatement;
    const std::size_t end = at + (is_full ? kRowsPerStatement : 1);
    Use write(database, is_full ? many : one);
    for (; at < end; ++at) bind(write, rows[at]);
    write.Run();
  }
}

}  // namespace

// No id is given out a second time while the writer runs.
Id BatchWork::NextLinkId() {
  auto& next = connection_.caches().next_link_id;
  if (!next) {
    Use last(database_, kLastLink);
    next = (last.Step() ? last.GetInt(0) : 0) + 1;
  }
  return (*next)++;
}

std::optional<Id> BatchWork::LinkWithKey(const KnownSite* site, schemas::Key url_key) {
  if (site == nullptr) return std::nullopt;
  if (const auto gathered = gathered_.link_ids.find({site->site_id, url_key});
      gathered != gathered_.link_ids.end()) {
    return gathered->second;
  }
  const auto count = gathered_.links_of_site.find(site->site_id);
  if (count != gathered_.links_of_site.end() && count->second >= site->links) return std::nullopt;
  if (site->links == 0) return std::nullopt;
  Use find(database_, kFindLinkByKey);
  if (!find.Int(site->site_id).Int(url_key).Step()) return std::nullopt;
  return find.GetInt(0);
}

Id BatchWork::GatherLink(const Lister& lister, const schemas::EntryIntake& entry, KnownSite& site) {
  const Id link_id = NextLinkId();
  const auto category_ids = CategoriesOf(entry.categories);
  CountCategories(category_ids, 1);
  gathered_.links.push_back({.link_id = link_id,
                             .site_id = site.site_id,
                             .source_id = site.has_feed ? site.site_id : lister.site_id,
                             .feed_id = lister.feed_id,
                             .entry = &entry,
                             .url = StoredUrl(entry.url, entry.host),
                             .categories = JoinIds(category_ids)});
  gathered_.link_ids.emplace(std::pair(site.site_id, entry.url_key), link_id);
  ++gathered_.links_of_site[site.site_id];
  ++site_deltas_[site.site_id][IndexOf(schemas::LinkState::kUnchecked)];
  ++site.links;
  --budgets_.links_left;
  ++budgets_.intake.intake_links;
  totals_.Add("links", 1);
  ++links_new_;
  return link_id;
}

void BatchWork::GatherEntry(const ListedBy& listing, const ListedEntry& entry) {
  gathered_.entries.emplace_back(listing, entry);
  gathered_.feeds.insert(listing.feed_id);
}

// Each table in the order of its keys.
void BatchWork::WriteGathered() {
  auto& [links, entries, feeds, link_ids, links_of_site] = gathered_;
  if (!links.empty()) {
    WriteRows(database_, links, kInsertLinks, kInsertLink, [&](Use& insert, const NewLink& link) {
      insert.Int(link.link_id).Int(link.site_id).Int(link.entry->url_key).Int(link.source_id);
      insert.Int(link.feed_id).Int(now_).Int(link.entry->next_check_at).Text(link.url);
      BindRecord(insert.TextOrNull(link.categories), *link.entry);
    });
    const Id first = links.front().link_id;
    const Id last = links.back().link_id;
    Use(database_, kInsertPoolOfLinks).Int(first).Int(last).Run();
    totals_.Add("links_in_pool", database_.Changes());
    new_links_ = {new_links_ ? new_links_->first : first, last};
  }
  std::sort(entries.begin(), entries.end(), [](const auto& one, const auto& other) {
    return std::tie(one.first.feed_id, one.first.guid_key) <
           std::tie(other.first.feed_id, other.first.guid_key);
  });
  WriteRows(database_, entries, kPutEntries, kPutEntry, [](Use& put, const auto& row) {
    const auto& [listing, entry] = row;
    put.Int(listing.feed_id).Int(listing.guid_key);
    put.Int(entry.link_id).Int(entry.content_key).Int(entry.is_further ? 1 : 0);
  });
  links.clear();
  entries.clear();
  feeds.clear();
  link_ids.clear();
  links_of_site.clear();
}

}  // namespace saunter::store::sqlite
