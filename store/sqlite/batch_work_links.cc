#include <algorithm>

#include "store/sqlite/batch_work.h"
#include "store/sqlite/fields.h"

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

constexpr char kInsertEntry[] =
    "INSERT INTO entry (link_id, content_key, feed_id, guid_key) VALUES (?, ?, ?, ?)";
constexpr char kUpdateEntry[] =
    "UPDATE entry SET link_id = ?, content_key = ? WHERE feed_id = ? AND guid_key = ?";

const std::string kInsertLink =
    "INSERT INTO link (url_key, site_id, source_id, feed_id, first_seen_at, next_check_at, " +
    Columns<schemas::EntryIntake>() + ") VALUES (?, ?, ?, ?, ?, ?, " +
    Placeholders<schemas::EntryIntake>() + ") ON CONFLICT (url_key) DO NOTHING";
std::string SelectStanding(const std::string& where) {
  return "SELECT l.link_id, coalesce(l.listed_key, l.url_key), l.site_id, s.host, l.feed_id, "
         "l.feed_site_id IS NOT NULL, EXISTS (SELECT 1 FROM feed f WHERE f.site_id = l.site_id), "
         "EXISTS (SELECT 1 FROM feed f WHERE f.site_id = l.site_id AND (f.feed_id = l.feed_id OR "
         "f.feed_id IN (SELECT e.feed_id FROM entry e WHERE e.link_id = l.link_id))), l.state FROM "
         "link l "
         "JOIN site s USING (site_id) WHERE " +
         where;
}
const std::string kFindStandingByKey = SelectStanding("l.url_key = ?");
const std::string kFindStandingById = SelectStanding("l.link_id = ?");
// A link that has moved keeps its new address.
const std::string kUpdateLink = "UPDATE link SET " +
                                Assignments<schemas::EntryIntake>(
                                    {{"url", "CASE WHEN listed_key IS NULL THEN ? ELSE url END"}}) +
                                " WHERE link_id = ?";
constexpr char kFillLink[] =
    "UPDATE link SET published_at = coalesce(published_at, ?), updated_at = "
    "coalesce(updated_at, ?), language = coalesce(language, ?), author = coalesce(author, ?), "
    "summary = coalesce(summary, ?) WHERE link_id = ? AND (published_at IS NULL OR updated_at IS "
    "NULL OR language IS NULL OR author IS NULL OR summary IS NULL)";
constexpr char kRefreshPool[] =
    "UPDATE pool SET (published_at, language) = (SELECT published_at, language FROM link WHERE "
    "link.link_id = pool.link_id) WHERE link_id = ?";

constexpr char kFindCategory[] = "SELECT category_id FROM category WHERE name = ?";
constexpr char kInsertCategory[] = "INSERT INTO category (name, feed_id) VALUES (?, ?)";
constexpr char kClearCategories[] = "DELETE FROM link_category WHERE link_id = ?";
constexpr char kHasCategories[] = "SELECT 1 FROM link_category WHERE link_id = ? LIMIT 1";
constexpr char kInsertLinkCategory[] =
    "INSERT INTO link_category (link_id, category_id) VALUES (?, ?) ON CONFLICT DO NOTHING";

constexpr char kIsListedElsewhere[] =
    "SELECT 1 FROM entry WHERE link_id = ? AND NOT (feed_id = ? AND guid_key = ?) LIMIT 1";
constexpr char kFindOther[] = "SELECT link_id FROM link WHERE url_key = ? AND link_id <> ?";
constexpr char kForgetListedKey[] = "UPDATE link SET listed_key = NULL WHERE link_id = ?";
constexpr char kIsListed[] = "SELECT 1 FROM entry WHERE link_id = ? LIMIT 1";
constexpr char kFindLinkState[] =
    "SELECT l.site_id, l.state, l.blacklisted, s.blacklisted_at FROM link l JOIN site s USING "
    "(site_id) WHERE l.link_id = ?";
constexpr char kDeleteLink[] = "DELETE FROM link WHERE link_id = ?";

const std::string kUpdateVerdict =
    "UPDATE link SET " +
    Assignments<schemas::ProbeResult>({{"checked_at", "coalesce(?, checked_at)"}}) +
    ", alive_at = coalesce(?, alive_at) WHERE link_id = ?";

constexpr char kEndParoleOf[] = "UPDATE link SET on_parole = 0 WHERE link_id = ? AND on_parole = 1";

constexpr char kInsertPool[] =
    "INSERT INTO pool (link_id, site_id, source_id, published_at, language) SELECT link_id, "
    "site_id, source_id, published_at, language FROM link WHERE link_id = ? AND blacklisted = 0 ON "
    "CONFLICT DO NOTHING";
constexpr char kInsertNewPool[] =
    "INSERT INTO pool (link_id, site_id, source_id, published_at, language) VALUES (?, ?, ?, ?, ?)";
constexpr char kDeletePool[] = "DELETE FROM pool WHERE link_id = ?";
constexpr char kInsertPoolChange[] = "INSERT INTO pool_change (link_id) VALUES (?)";

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

// Whether this feed's word on the link goes before others': its own site's does, and while that has
// no feed, the word of the feed that brought the link.
bool MayRewrite(const Lister& lister, const StandingLink& link) {
  return schemas::SpeaksFor(lister.host, link.host) ||
         (lister.feed_id == link.feed_id && !link.site_has_feed);
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
  Use(database_, kInsertPoolChange).Int(link_id).Run();
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

std::optional<Id> BatchWork::CategoryOf(const std::string& name) {
  auto& categories = connection_.caches().categories;
  if (const auto known = categories.find(name); known != categories.end()) return known->second;
  Id category_id = 0;
  if (Use find(database_, kFindCategory); find.Text(name).Step()) {
    category_id = find.GetInt(0);
  } else {
    if (!MayNameWord()) return std::nullopt;
    Use(database_, kInsertCategory).Text(name).Int(budgets_.feed_id).Run();
    category_id = database_.LastInsertId();
  }
  if (categories.size() >= kCachedRowsMax) categories.clear();
  categories.emplace(name, category_id);
  return category_id;
}

void BatchWork::AddCategories(Id link_id, const std::vector<std::string>& categories) {
  for (const auto& name : categories) {
    const auto category_id = CategoryOf(name);
    if (category_id) Use(database_, kInsertLinkCategory).Int(link_id).Int(*category_id).Run();
  }
}

// Nothing if the link stands already.
std::optional<Id> BatchWork::InsertLink(const Lister& lister, const schemas::EntryIntake& entry,
                                        KnownSite& site) {
  const Id source_id = site.has_feed ? site.site_id : lister.site_id;
  Use insert(database_, kInsertLink);
  insert.Int(entry.url_key).Int(site.site_id).Int(source_id).Int(lister.feed_id);
  insert.Int(now_).Int(entry.next_check_at);
  BindRecord(insert, entry).Run();
  if (database_.Changes() == 0) return std::nullopt;
  const Id link_id = database_.LastInsertId();
  ++site_deltas_[site.site_id][IndexOf(LinkState::kUnchecked)];
  ++site.links;
  --budgets_.links_left;
  ++budgets_.intake.intake_links;
  totals_.Add("links", 1);
  ++links_new_;
  AddCategories(link_id, entry.categories);
  if (!site.blacklisted) {
    Use(database_, kInsertNewPool)
        .Int(link_id)
        .Int(site.site_id)
        .Int(source_id)
        .OptionalInt(entry.published_at)
        .TextOrNull(entry.language)
        .Run();
    totals_.Add("links_in_pool", 1);
    NotePoolChange(link_id);
  }
  return link_id;
}

void BatchWork::RefreshPool(Id link_id) {
  Use(database_, kRefreshPool).Int(link_id).Run();
  if (database_.Changes() > 0) NotePoolChange(link_id);
}

void BatchWork::UpdateLink(Id link_id, const schemas::EntryIntake& entry) {
  Use update(database_, kUpdateLink);
  BindRecord(update, entry).Int(link_id).Run();
  Use(database_, kClearCategories).Int(link_id).Run();
  AddCategories(link_id, entry.categories);
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
  const bool changed = database_.Changes() > 0;
  const bool lacks_categories =
      !entry.categories.empty() && !Use(database_, kHasCategories).Int(link_id).Step();
  if (lacks_categories) AddCategories(link_id, entry.categories);
  if (!changed && !lacks_categories) return;
  RefreshPool(link_id);
}

// A site's first word on a link that strangers brought replaces theirs.
void BatchWork::ListStanding(const Lister& lister, const StandingLink& link,
                             const schemas::EntryIntake& entry) {
  const bool own = schemas::SpeaksFor(lister.host, link.host);
  if (own && !link.told_by_site) {
    UpdateLink(link.link_id, entry);
  } else {
    FillLink(link.link_id, entry);
    if (own && !entry.categories.empty()) {
      AddCategories(link.link_id, entry.categories);
      RefreshPool(link.link_id);
    }
  }
  if (link.was_left && link.feed_id == lister.feed_id) TakeUpLink(link.link_id);
}

std::optional<StandingLink> BatchWork::FindStanding(const std::string& statement,
                                                    std::int64_t key) {
  Use find(database_, statement);
  if (!find.Int(key).Step()) return std::nullopt;
  return StandingLink{.link_id = find.GetInt(0),
                      .listed_key = find.GetInt(1),
                      .site_id = find.GetInt(2),
                      .host = find.GetText(3),
                      .feed_id = find.GetInt(4),
                      .was_left = find.GetInt(5) != 0,
                      .site_has_feed = find.GetInt(6) != 0,
                      .told_by_site = find.GetInt(7) != 0,
                      .state = static_cast<LinkState>(find.GetInt(8))};
}

// A new link, unless it stands already or a budget has no place for it.
WrittenEntry BatchWork::TakeLink(const Lister& lister, const schemas::EntryIntake& entry) {
  auto& over = budgets_.intake;
  auto* site = FindSite(entry.host);
  std::int64_t* left_out = nullptr;
  if (budgets_.links_left <= 0) {
    left_out = &over.links_over_day;
  } else if (site == nullptr) {
    if (MayNameSite(lister)) {
      site = &InsertSite(entry.host, entry.registrable_domain, lister.site_id);
    } else {
      left_out = &over.links_over_sites;
    }
  }
  const bool is_full = site != nullptr && site->links >= connection_.settings().site_links_max;
  if (left_out == nullptr && !is_full) {
    if (const auto link_id = InsertLink(lister, entry, *site)) return {link_id, true};
  }
  if (const auto standing = FindStanding(kFindStandingByKey, entry.url_key)) {
    ListStanding(lister, *standing, entry);
    return {standing->link_id, false};
  }
  if (left_out == nullptr && MakeRoom(*site, lister.site_id)) {
    if (const auto link_id = InsertLink(lister, entry, *site)) return {link_id, true};
  }
  ++(left_out == nullptr ? over.links_over_site : *left_out);
  return {};
}

std::optional<Id> BatchWork::OtherWithKey(schemas::Key url_key, Id link_id) {
  Use find(database_, kFindOther);
  if (!find.Int(url_key).Int(link_id).Step()) return std::nullopt;
  return find.GetInt(0);
}

// The same post under another address of its publisher, and nobody else knows of either. What was
// found dead at the old one may live at the new one: that is another link.
bool BatchWork::MayRename(const Lister& lister, const StandingLink& link,
                          const schemas::EntryIntake& entry) {
  if (!MayRewrite(lister, link) || !IsServable(link.state)) return false;
  if (DomainOfSite(link.site_id) != entry.registrable_domain) return false;
  if (OtherWithKey(entry.url_key, link.link_id)) return false;
  Use elsewhere(database_, kIsListedElsewhere);
  return !elsewhere.Int(link.link_id).Int(lister.feed_id).Int(entry.guid_key).Step();
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
                                   const std::optional<ListedEntry>& before) {
  const auto put = [&](Id link_id) {
    Use(database_, before ? kUpdateEntry : kInsertEntry)
        .Int(link_id)
        .Int(entry.content_key)
        .Int(lister.feed_id)
        .Int(entry.guid_key)
        .Run();
  };
  const auto listed = before ? FindStanding(kFindStandingById, before->link_id) : std::nullopt;
  if (listed && listed->listed_key == entry.url_key) {
    if (MayRewrite(lister, *listed)) {
      UpdateLink(listed->link_id, entry);
    } else {
      FillLink(listed->link_id, entry);
    }
    put(listed->link_id);
    return {listed->link_id, false};
  }
  if (listed && MayRename(lister, *listed, entry) && RenameLink(*listed, entry)) {
    put(listed->link_id);
    return {listed->link_id, false};
  }
  const auto taken = TakeLink(lister, entry);
  if (!taken.link_id) return taken;
  put(*taken.link_id);
  // The same post under another URL: the old address goes unless another entry lists it.
  if (listed && MayRewrite(lister, *listed)) RemoveLinkIfUnlisted(listed->link_id);
  return taken;
}

void BatchWork::RemoveLinkIfUnlisted(Id link_id) {
  if (!Use(database_, kIsListed).Int(link_id).Step()) RemoveLink(link_id);
}

void BatchWork::RemoveLink(Id link_id) {
  {
    Use find(database_, kFindLinkState);
    if (!find.Int(link_id).Step()) return;
    --site_deltas_[find.GetInt(0)][static_cast<std::size_t>(find.GetInt(1))];
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
  if (probe.target_key && probe.verdict == schemas::Verdict::kAlive) {
    NoteTarget(site_id, *probe.target_key);
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
