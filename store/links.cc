#include "store/links.h"

#include <algorithm>
#include <utility>

namespace saunter::store {
namespace {

using schemas::EntryIntake;
using schemas::Id;

constexpr std::size_t kWordsMax = 32;  // of a link, whoever lists it

// Ids stand in their order, each once. False: it is there already.
bool Insert(std::vector<Id>& ids, Id id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place != ids.end() && *place == id) return false;
  ids.insert(place, id);
  return true;
}

void CountWords(Rows& rows, const std::vector<Id>& category_ids, std::int64_t delta) {
  for (const Id category_id : category_ids) rows.category_deltas[category_id] += delta;
}

void CountState(Rows& rows, const LinkRow& link, std::int64_t delta) {
  rows.site_deltas[link.site_id][IndexOf(link.state)] += delta;
}

Absent AbsentIn(const EntryIntake& entry) {
  return {.published_at = !entry.published_at,
          .updated_at = !entry.updated_at,
          .language = entry.language.empty(),
          .author = entry.author.empty(),
          .summary = entry.summary.empty()};
}

// What an entry can say in the place of what is absent.
bool CanFill(const Absent& absent, const EntryIntake& entry) {
  return (absent.published_at && entry.published_at) || (absent.updated_at && entry.updated_at) ||
         (absent.language && !entry.language.empty()) || (absent.author && !entry.author.empty()) ||
         (absent.summary && !entry.summary.empty());
}

// Those of the links that can still go, as many as are wanted. True once there is a place.
bool RemoveSome(Rows& rows, SiteRow& site, std::vector<Id>& link_ids,
                bool (*may_go)(const LinkRow&)) {
  const auto links_max = rows.settings.site_links_max;
  auto wanted = site.links - links_max + RoomAtOnce(links_max);
  auto next = link_ids.begin();
  for (; next != link_ids.end() && wanted > 0 && rows.removals_left > 0; ++next) {
    auto* link = rows.FindLink(*next);
    if (link == nullptr || link->site_id != site.site_id || !may_go(*link)) continue;
    rows.emptied.push_back(link->link_id);
    RemoveLink(rows, *link);
    rows.removals_left -= 1 + link->further + (link->is_listed ? 1 : 0);
    --wanted;
  }
  link_ids.erase(link_ids.begin(), next);
  return site.links < links_max;
}

}  // namespace

LinkRow* Rows::FindLink(Id link_id) {
  LinkRow* link = nullptr;
  if (!new_links.empty() && link_id >= new_links.front().link_id) {
    const auto place = static_cast<std::size_t>(link_id - new_links.front().link_id);
    if (place < new_links.size()) link = &new_links[place];
  } else if (const auto found = links.find(link_id); found != links.end()) {
    link = &found->second;
  }
  return link == nullptr || link->is_removed ? nullptr : link;
}

LinkRow* Rows::FindLink(const SiteRow* site, schemas::Key url_key) {
  if (site == nullptr) return nullptr;
  const auto found = link_ids.find({site->site_id, url_key});
  return found == link_ids.end() ? nullptr : FindLink(found->second);
}

bool IsOwn(const Lister& lister, const LinkRow& link) {
  return link.site == lister.host || link.site == lister.speaks_for;
}

bool MayRewrite(const Lister& lister, const LinkRow& link) {
  return IsOwn(lister, link) || (lister.feed_id == link.feed_id && !link.site_has_feed);
}

Id SourceOf(const LinkRow& link) {
  if (link.site_has_feed) return link.site_id;
  if (link.feed_site_id) return *link.feed_site_id;
  return link.lister_site_id.value_or(link.site_id);
}

SiteRow& AddSite(Rows& rows, const Address& address, Id named_by) {
  const Id site_id = rows.next_site_id++;
  ++rows.sites_named[named_by];
  const auto added =
      rows.names.sites.insert_or_assign(std::string(address.site), SiteRow{.site_id = site_id});
  rows.new_sites.push_back({.site_id = site_id,
                            .name = added.first->first,
                            .registrable_domain = address.registrable_domain,
                            .named_by = named_by});
  return added.first->second;
}

bool MayNameSite(const Rows& rows, Id source_id) {
  const auto named = rows.sites_named.find(source_id);
  return named != rows.sites_named.end() && named->second < rows.settings.source_sites_max;
}

bool MakeRoom(Rows& rows, SiteRow& site, Id lister_site_id) {
  if (site.links < rows.settings.site_links_max) return true;
  const auto found = rows.rooms.find(site.site_id);
  if (found == rows.rooms.end()) return false;
  auto& room = found->second;
  if (RemoveSome(rows, site, room.unlisted,
                 [](const LinkRow& link) { return !link.IsListedAtAll(); })) {
    return true;
  }
  // Nobody shuts a site out of its own place.
  return lister_site_id == site.site_id &&
         RemoveSome(rows, site, room.only_strangers,
                    [](const LinkRow& link) { return !link.IsToldBySite(); });
}

LinkRow& AddLink(Rows& rows, const Lister& lister, const EntryIntake& entry, SiteRow& site,
                 std::vector<Id> category_ids) {
  auto& link = rows.new_links.emplace_back();
  link.link_id = rows.next_link_id++;
  link.site_id = site.site_id;
  link.site = entry.host;
  link.registrable_domain = entry.registrable_domain;
  link.url_key = entry.url_key;
  link.source_id = site.has_feed ? site.site_id : lister.site_id;
  link.feed_id = lister.feed_id;
  link.lister_site_id = lister.site_id;
  link.is_listed = true;
  link.site_has_feed = site.has_feed;
  link.site_is_blacklisted = site.is_blacklisted;
  link.category_ids = std::move(category_ids);
  link.absent = AbsentIn(entry);
  link.is_new = true;
  link.url = entry.url;
  link.told = &entry;
  link.next_check_at = entry.next_check_at;
  rows.link_ids.insert_or_assign({site.site_id, entry.url_key}, link.link_id);
  ++site.links;
  ++rows.links_new;
  CountState(rows, link, 1);
  CountWords(rows, link.category_ids, 1);
  return link;
}

void Retell(Rows& rows, LinkRow& link, const EntryIntake& entry, std::vector<Id> category_ids) {
  CountWords(rows, link.category_ids, -1);
  CountWords(rows, category_ids, 1);
  link.category_ids = std::move(category_ids);
  link.changes.words = true;
  link.told = &entry;
  link.filled = nullptr;
  link.absent = AbsentIn(entry);
  // One that has moved keeps its new address.
  if (!link.listed_key) link.url = entry.url;
}

void Fill(Rows& rows, LinkRow& link, const EntryIntake& entry) {
  auto& absent = link.absent;
  if (!CanFill(absent, entry)) return;
  EntryIntake* filled = link.filled;
  if (filled == nullptr) {
    filled = &rows.made_entries.emplace_back();
    if (link.told != nullptr) {
      *filled = *link.told;
      link.told = filled;
    }
    link.filled = filled;
  }
  if (absent.published_at) filled->published_at = entry.published_at;
  if (absent.updated_at) filled->updated_at = entry.updated_at;
  if (absent.language) filled->language = entry.language;
  if (absent.author) filled->author = entry.author;
  if (absent.summary) filled->summary = entry.summary;
  absent.published_at = absent.published_at && !entry.published_at;
  absent.updated_at = absent.updated_at && !entry.updated_at;
  absent.language = absent.language && entry.language.empty();
  absent.author = absent.author && entry.author.empty();
  absent.summary = absent.summary && entry.summary.empty();
}

void AddWords(Rows& rows, LinkRow& link, const std::vector<Id>& category_ids) {
  for (const Id category_id : category_ids) {
    if (link.category_ids.size() >= kWordsMax) return;
    if (!Insert(link.category_ids, category_id)) continue;
    ++rows.category_deltas[category_id];
    link.changes.words = true;
  }
}

void ReplaceWords(Rows& rows, LinkRow& link, const std::vector<Id>& before,
                  std::optional<Id> after) {
  auto words = link.category_ids;
  std::erase_if(words, [&](Id word) {
    return word != after && std::find(before.begin(), before.end(), word) != before.end();
  });
  if (after && words.size() < kWordsMax) Insert(words, *after);
  if (words == link.category_ids) return;
  CountWords(rows, link.category_ids, -1);
  CountWords(rows, words, 1);
  link.category_ids = std::move(words);
  link.changes.words = true;
}

void SetListed(LinkRow& link, bool is_listed) {
  if (link.is_listed == is_listed) return;
  link.is_listed = is_listed;
  link.changes.listing = true;
}

void CountFurther(LinkRow& link, Id lister_site_id, std::int64_t delta) {
  link.further += delta;
  if (lister_site_id == link.site_id) link.further_by_site += delta;
}

void TakeUp(LinkRow& link) {
  link.feed_site_id.reset();
  link.source_id = SourceOf(link);
  link.changes.source = true;
}

void RemoveLink(Rows& rows, LinkRow& link) {
  link.is_removed = true;
  CountState(rows, link, -1);
  CountWords(rows, link.category_ids, -1);
  if (auto* site = rows.FindSite(link.site)) --site->links;
}

bool MoveLink(Rows& rows, LinkRow& link, const Address& address) {
  auto* site = rows.FindSite(address.site);
  if (auto* other = rows.FindLink(site, address.url_key); other != nullptr && other != &link) {
    rows.entries_given.emplace_back(other->link_id, link.link_id);
    other->further += link.further + (link.is_listed ? 1 : 0);
    RemoveLink(rows, link);
    return true;
  }
  if (site == nullptr) {
    // By moving, too, a source names only so many sites that nobody knew.
    if (!MayNameSite(rows, link.source_id)) return false;
    site = &AddSite(rows, address, link.source_id);
  }
  const bool is_elsewhere = site->site_id != link.site_id;
  if (is_elsewhere && !MakeRoom(rows, *site, link.site_id)) return false;
  if (address.url_key != link.url_key && !link.listed_key) link.listed_key = link.url_key;
  const auto mapped = rows.link_ids.find({link.site_id, link.url_key});
  if (mapped != rows.link_ids.end() && mapped->second == link.link_id) rows.link_ids.erase(mapped);
  rows.link_ids.insert_or_assign({site->site_id, address.url_key}, link.link_id);
  link.url = address.url;
  link.url_key = address.url_key;
  link.changes.address = true;
  if (!is_elsewhere) return true;
  CountState(rows, link, -1);
  if (auto* left = rows.FindSite(link.site)) --left->links;
  ++site->links;
  link.site_id = site->site_id;
  link.site = address.site;
  link.registrable_domain = address.registrable_domain;
  link.site_has_feed = site->has_feed;
  link.site_is_blacklisted = site->is_blacklisted;
  link.further_by_site = 0;
  CountState(rows, link, 1);
  link.source_id = SourceOf(link);
  link.changes.source = true;
  rows.judged_sites.push_back(link.site_id);
  return true;
}

}  // namespace saunter::store
