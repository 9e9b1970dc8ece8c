#include <algorithm>

#include "store/sqlite/batch_work.h"
#include "store/sqlite/fields.h"
#include "store/sqlite/stored_url.h"

namespace saunter::store::sqlite {
namespace {

using schemas::Id;
using schemas::LinkState;

constexpr std::size_t kCachedRowsMax = 200000;

constexpr char kFindSiteOfHost[] =
    "SELECT site_id, blacklisted_at, EXISTS (SELECT 1 FROM feed f WHERE f.site_id = site.site_id), "
    "links_unchecked + links_alive + links_unknown + links_doubtful + links_dead FROM site WHERE "
    "host = ?";
constexpr char kInsertSite[] =
    "INSERT INTO site (host, registrable_domain, named_by) VALUES (?, ?, ?)";

constexpr char kFindStanding[] =
    "SELECT coalesce(l.listed_key, l.url_key), l.site_id, s.host, l.feed_id, l.is_listed, "
    "l.feed_site_id IS NOT NULL, EXISTS (SELECT 1 FROM feed f WHERE f.site_id = l.site_id), "
    "EXISTS (SELECT 1 FROM feed f WHERE f.site_id = l.site_id AND (f.feed_id = l.feed_id OR "
    "f.feed_id IN (SELECT e.feed_id FROM entry e WHERE e.link_id = l.link_id AND e.is_further = "
    "1))), l.state FROM link l JOIN site s USING (site_id) WHERE l.link_id = ?";
// A link that has moved keeps its new address.
const std::string kUpdateLink =
    "UPDATE link SET url = CASE WHEN listed_key IS NULL THEN ? ELSE "
    "url END, categories = ?, " +
    Assignments<schemas::EntryIntake>() + " WHERE link_id = ?";
constexpr char kFillLink[] =
    "UPDATE link SET published_at = coalesce(published_at, ?), updated_at = "
    "coalesce(updated_at, ?), language = coalesce(language, ?), author = coalesce(author, ?), "
    "summary = coalesce(summary, ?) WHERE link_id = ? AND (published_at IS NULL OR updated_at IS "
    "NULL OR language IS NULL OR author IS NULL OR summary IS NULL)";
constexpr char kRefreshPool[] =
    "UPDATE pool SET (published_at, language, categories) = (SELECT published_at, language, "
    "categories FROM link WHERE link.link_id = pool.link_id) WHERE link_id = ?";
constexpr char kForgetListedKey[] = "UPDATE link SET listed_key = NULL WHERE link_id = ?";
constexpr char kFindLinkState[] =
    "SELECT l.site_id, l.state, l.blacklisted, s.blacklisted_at, l.categories FROM link l JOIN "
    "site s USING (site_id) WHERE l.link_id = ?";
constexpr char kDeleteLink[] = "DELETE FROM link WHERE link_id = ?";

constexpr char kLeadsTo[] = "SELECT 1 FROM link WHERE link_id = ? AND target_key = ?";
const std::string kUpdateVerdict =
    "UPDATE link SET " +
    Assignments<schemas::ProbeResult>({{"checked_at", "coalesce(?, checked_at)"}}) +
    ", alive_at = coalesce(?, alive_at) WHERE link_id = ?";

constexpr char kEndParoleOf[] = "UPDATE link SET on_parole = 0 WHERE link_id = ? AND on_parole = 1";

constexpr char kInsertPool[] =
    "INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, language, categories) "
    "SELECT link_id, site_id, source_id, feed_id, published_at, language, categories FROM link "
    "WHERE link_id = ? AND blacklisted = 0 ON CONFLICT DO NOTHING";
constexpr char kDeletePool[] = "DELETE FROM pool WHERE link_id = ?";
constexpr char kInsertPoolChange[] =
    "INSERT INTO pool_change (link_id, last_link_id) VALUES (?, ?)";

constexpr char kUpdateSiteTally[] =
    "UPDATE site SET links_unchecked = links_unchecked + ?, links_alive = links_alive + ?, "
    "links_unknown = links_unknown + ?, links_doubtful = links_doubtful + ?, links_dead = "
    "links_dead + ? WHERE site_id = ?";
const std::string kReadSiteTally =
    "SELECT " + Columns<schemas::SiteTally>({{"blacklisted", "blacklisted_at IS NOT NULL"}}) +
    " FROM site WHERE site_id = ?";

// What a crawler has not done yet leaves what the last one did.
const std::string kPutStatus =
    "INSERT INTO crawler (crawler_id, " + Columns<schemas::CrawlerStatus>() + ") VALUES (1, " +
    Placeholders<schemas::CrawlerStatus>() + ") ON CONFLICT (crawler_id) DO UPDATE SET " +
    ExcludedAssignments<schemas::CrawlerStatus>(
        {{"fetch_at", "coalesce(excluded.fetch_at, fetch_at)"},
         {"fetch_ok_at", "coalesce(excluded.fetch_ok_at, fetch_ok_at)"}});

// Whether the feed speaks for the link's site.
bool IsOwn(const Lister& lister, const StandingLink& link) {
  return link.host == lister.host || link.host == lister.speaks_for;
}

// Whether this feed's word on the link goes before others': its own site's does, and while that has
// no feed, the word of the feed that brought the link.
bool MayRewrite(const Lister& lister, const StandingLink& link) {
  return IsOwn(lister, link) || (lister.feed_id == link.feed_id && !link.site_has_feed);
}

}  // namespace

KnownSite* BatchWork::FindSite(const std::string& host) {
  auto& sites = connection_.caches().sites;
  if (const auto known = sites.find(host); known != sites.end()) return &known->second;
  Use find(database_, kFindSiteOfHost);
  if (!find.Text(host).Step()) return nullptr;
  if (sites.size() >= kCachedRowsMax) sites.clear();
  KnownSite site{.site_id = find.GetInt(0),
                 .blacklisted = find.GetOptionalInt(1).has_value(),
                 .has_feed = find.GetInt(2) != 0,
                 .links = find.GetInt(3)};
  site.links += UnwrittenLinks(site.site_id);
  return &sites.emplace(host, site).first->second;
}

KnownSite& BatchWork::InsertSite(const std::string& host, const std::string& registrable_domain,
                                 std::optional<Id> named_by) {
  Use(database_, kInsertSite).Text(host).Text(registrable_domain).OptionalInt(named_by).Run();
  totals_.Add("sites", 1);
  auto& sites = connection_.caches().sites;
  if (sites.size() >= kCachedRowsMax) sites.clear();
  return sites.insert_or_assign(host, KnownSite{.site_id = database_.LastInsertId()}).first->second;
}

KnownSite& BatchWork::SiteOf(const std::string& host, const std::string& registrable_domain) {
  if (auto* known = FindSite(host)) return *known;
  return InsertSite(host, registrable_domain, std::nullopt);
}

void BatchWork::NotePoolChange(Id link_id) {
  if (!noted_links_.insert(link_id).second) return;
  Use(database_, kInsertPoolChange).Int(link_id).OptionalInt(std::nullopt).Run();
}

// Ids are given out in their order, so that what is new stands together.
void BatchWork::NoteNewLinks() {
  if (!new_links_) return;
  Use(database_, kInsertPoolChange).Int(new_links_->first).Int(new_links_->second).Run();
  new_links_.reset();
}

void BatchWork::PutInPool(Id link_id) {
  Use(database_, kInsertPool).Int(link_id).Run();
  if (database_.Changes() == 0) return;
  totals_.Add("links_in_pool", 1);
  NotePoolChange(link_id);
}

void BatchWork::TakeOutOfPool(Id link_id) {
  Use(database_, kDeletePool).Int(link_id).Run();
  if (database_.Changes() == 0) return;
  totals_.Add("links_in_pool", -1);
  NotePoolChange(link_id);
}

void BatchWork::RefreshPool(Id link_id) {
  Use(database_, kRefreshPool).Int(link_id).Run();
  if (database_.Changes() > 0) NotePoolChange(link_id);
}

void BatchWork::UpdateLink(Id link_id, const schemas::EntryIntake& entry) {
  const auto category_ids = CategoriesOf(entry.categories);
  CountCategories(CategoriesOfLink(link_id), -1);
  CountCategories(category_ids, 1);
  const auto url = StoredUrl(entry.url, entry.host);
  const auto categories = JoinIds(category_ids);
  {
    Use update(database_, kUpdateLink);
    update.Text(url).TextOrNull(categories);
    BindRecord(update, entry).Int(link_id).Run();
  }
  RefreshPool(link_id);
}

// Adds what nobody has said of a link so far.
void BatchWork::FillLink(Id link_id, const schemas::EntryIntake& entry) {
  Use(database_, kFillLink)
      .OptionalInt(entry.published_at)
      .OptionalInt(entry.updated_at)
      .TextOrNull(entry.language)
      .TextOrNull(entry.author)
      .TextOrNull(entry.summary)
      .Int(link_id)
      .Run();
  bool changed = database_.Changes() > 0;
  if (!entry.categories.empty() && CategoriesOfLink(link_id).empty()) {
    changed = AddCategories(link_id, entry.categories) || changed;
  }
  if (changed) RefreshPool(link_id);
}

// A site's first word on a link that strangers brought replaces theirs.
void BatchWork::ListStanding(const Lister& lister, const StandingLink& link,
                             const schemas::EntryIntake& entry) {
  const bool own = IsOwn(lister, link);
  if (own && !link.told_by_site) {
    UpdateLink(link.link_id, entry);
  } else {
    FillLink(link.link_id, entry);
    if (own && AddCategories(link.link_id, entry.categories)) RefreshPool(link.link_id);
  }
  if (link.was_left && link.feed_id == lister.feed_id) TakeUpLink(link.link_id);
}

std::optional<StandingLink> BatchWork::FindStanding(Id link_id) {
  Use find(database_, kFindStanding);
  if (!find.Int(link_id).Step()) return std::nullopt;
  return StandingLink{.link_id = link_id,
                      .listed_key = find.GetInt(0),
                      .site_id = find.GetInt(1),
                      .host = find.GetText(2),
                      .feed_id = find.GetInt(3),
                      .is_listed = find.GetInt(4) != 0,
                      .was_left = find.GetInt(5) != 0,
                      .site_has_feed = find.GetInt(6) != 0,
                      .told_by_site = find.GetInt(7) != 0,
                      .state = static_cast<LinkState>(find.GetInt(8))};
}

// A new link, unless it stands already or a budget has no place for it.
WrittenEntry BatchWork::TakeLink(const Lister& lister, const schemas::EntryIntake& entry) {
  auto* site = FindSite(entry.host);
  if (const auto link_id = LinkWithKey(site, entry.url_key)) {
    WriteGathered();
    const auto standing = FindStanding(*link_id);
    if (!standing) return {};  // it was found a moment ago
    ListStanding(lister, *standing, entry);
    return {.link_id = *link_id,
            .is_first_listing = standing->feed_id == lister.feed_id && !standing->is_listed};
  }
  auto& over = budgets_.intake;
  if (budgets_.links_left <= 0) {
    ++over.links_over_day;
    return {};
  }
  if (site == nullptr) {
    if (!MayNameSite(lister)) {
      ++over.links_over_sites;
      return {};
    }
    site = &InsertSite(entry.host, entry.registrable_domain, lister.site_id);
  }
  if (site->links >= connection_.settings().site_links_max && !MakeRoom(*site, lister.site_id)) {
    ++over.links_over_site;
    return {};
  }
  return {.link_id = GatherLink(lister, entry, *site), .is_new_link = true};
}

// The same post under another address of its publisher, and nobody else knows of either. What was
// found dead at the old one may live at the new one: that is another link.
bool BatchWork::MayRename(const Lister& lister, const StandingLink& link,
                          const schemas::EntryIntake& entry, const ListedEntry& before) {
  if (!MayRewrite(lister, link) || !IsServable(link.state)) return false;
  if (DomainOfSite(link.site_id) != entry.registrable_domain) return false;
  const auto other = LinkWithKey(FindSite(entry.host), entry.url_key);
  if (other && *other != link.link_id) return false;
  return !IsListedElsewhere(link, lister.feed_id, entry.guid_key, before);
}

bool BatchWork::RenameLink(const StandingLink& link, const schemas::EntryIntake& entry) {
  if (!MoveLink(link.link_id, link.site_id, link.state,
                {.url = entry.url,
                 .url_key = entry.url_key,
                 .host = entry.host,
                 .registrable_domain = entry.registrable_domain})) {
    return false;
  }
  Use(database_, kForgetListedKey).Int(link.link_id).Run();
  UpdateLink(link.link_id, entry);
  return true;
}

WrittenEntry BatchWork::WriteEntry(const Lister& lister, const schemas::EntryIntake& entry,
                                   const ListedEntry* before) {
  if (before) WriteGathered();
  const auto listed = before ? FindStanding(before->link_id) : std::nullopt;
  if (listed && listed->listed_key == entry.url_key) {
    if (MayRewrite(lister, *listed)) {
      UpdateLink(listed->link_id, entry);
    } else {
      FillLink(listed->link_id, entry);
    }
    return KeepEntry(lister, entry, *before);
  }
  if (listed && MayRename(lister, *listed, entry, *before) && RenameLink(*listed, entry)) {
    return KeepEntry(lister, entry, *before);
  }
  auto taken = TakeLink(lister, entry);
  if (!taken.link_id) return taken;
  if (before && before->link_id == *taken.link_id) return KeepEntry(lister, entry, *before);
  PutEntry(lister, entry, taken, before);
  // The same post under another URL: the old address goes unless another entry lists it.
  if (listed && MayRewrite(lister, *listed)) {
    WriteGathered();
    RemoveLinkIfUnlisted(listed->link_id);
  }
  return taken;
}

void BatchWork::RemoveLinkIfUnlisted(Id link_id) {
  if (!IsListed(link_id)) RemoveLink(link_id);
}

void BatchWork::RemoveLink(Id link_id) {
  {
    Use find(database_, kFindLinkState);
    if (!find.Int(link_id).Step()) return;
    --site_deltas_[find.GetInt(0)][static_cast<std::size_t>(find.GetInt(1))];
    CountCategories(SplitIds(find.GetText(4)), -1);
  }
  TakeOutOfPool(link_id);
  Use(database_, kDeleteLink).Int(link_id).Run();
  totals_.Add("links", -1);
}

void BatchWork::WriteProbe(const schemas::ProbeResult& probe) {
  Id site_id = 0;
  LinkState before = LinkState::kUnchecked;
  bool site_blacklisted = false;
  bool servable_place = false;
  {
    Use find(database_, kFindLinkState);
    if (!find.Int(probe.link_id).Step()) return;  // removed while it was probed
    site_id = find.GetInt(0);
    before = static_cast<LinkState>(find.GetInt(1));
    site_blacklisted = find.GetOptionalInt(3).has_value();
    servable_place = find.GetInt(2) == 0 && !site_blacklisted;
  }
  // One that led there before has been looked at with all that led there then.
  const bool leads_there_now =
      probe.target_key && probe.verdict == schemas::Verdict::kAlive &&
      !Use(database_, kLeadsTo).Int(probe.link_id).Int(*probe.target_key).Step();
  Use update(database_, kUpdateVerdict);
  BindRecord(update, probe);
  update.OptionalInt(probe.verdict == schemas::Verdict::kAlive ? probe.checked_at : std::nullopt);
  update.Int(probe.link_id).Run();
  if (site_blacklisted && probe.checked_at) Use(database_, kEndParoleOf).Int(probe.link_id).Run();
  if (before != probe.state) {
    auto& deltas = site_deltas_[site_id];
    --deltas[IndexOf(before)];
    ++deltas[IndexOf(probe.state)];
    if (!IsServable(probe.state)) {
      TakeOutOfPool(probe.link_id);
    } else if (servable_place) {
      PutInPool(probe.link_id);
    }
  }
  // A blacklisted site is judged by the sample that is probed on parole.
  if (before != probe.state || site_blacklisted) judged_sites_.push_back(site_id);
  if (leads_there_now) {
    NoteTarget({.site_id = site_id, .target_key = *probe.target_key, .link_id = probe.link_id});
  }
  if (probe.move) MoveLink(probe.link_id, site_id, probe.state, *probe.move);
}

void BatchWork::WriteStatus(const schemas::CrawlerStatus& status) {
  Use put(database_, kPutStatus);
  BindRecord(put, status).Run();
}

void BatchWork::FlushSites() {
  static constexpr std::array<const char*, schemas::kLinkStateCount> kTotalNames = {
      "links_unchecked", "links_alive", "links_unknown", "links_doubtful", "links_dead"};
  for (const auto& [site_id, deltas] : site_deltas_) {
    Use update(database_, kUpdateSiteTally);
    for (std::size_t i = 0; i < deltas.size(); ++i) {
      update.Int(deltas[i]);
      totals_.Add(kTotalNames[i], deltas[i]);
    }
    update.Int(site_id).Run();
  }
  site_deltas_.clear();
  FlushCategories();
}

std::vector<schemas::SiteTally> BatchWork::TouchedSites() {
  std::sort(judged_sites_.begin(), judged_sites_.end());
  judged_sites_.erase(std::unique(judged_sites_.begin(), judged_sites_.end()), judged_sites_.end());
  std::vector<schemas::SiteTally> tallies;
  tallies.reserve(judged_sites_.size());
  for (const Id site_id : judged_sites_) {
    Use read(database_, kReadSiteTally);
    if (read.Int(site_id).Step()) tallies.push_back(GetRecord<schemas::SiteTally>(read));
  }
  judged_sites_.clear();
  return tallies;
}

}  // namespace saunter::store::sqlite
