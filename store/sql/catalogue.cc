#include "store/sql/catalogue.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <type_traits>

#include "schemas/sql.h"
#include "store/sql/fields.h"
#include "store/sql/stored_url.h"

namespace saunter::store::sql {
namespace {

using schemas::Id;

const std::string kCountFeeds =
    "(SELECT count(*) FROM feed f WHERE f.site_id = s.site_id AND " + kStays + ")";
constexpr char kCountPoolLinks[] =
    "(SELECT count(*) FROM link l JOIN pool p USING (link_id) WHERE l.site_id = s.site_id)";
std::string SelectSites(const std::string& feeds, const char* links_in_pool) {
  return "SELECT " +
         Columns<schemas::SiteListing>({{"feeds", feeds},
                                        {"links_in_pool", links_in_pool},
                                        {"blacklisted", FlagOf("blacklisted_at IS NOT NULL")}}) +
         " FROM site s ";
}
const std::string kSelectSites = SelectSites(kCountFeeds, kCountPoolLinks);
const std::string kFindSite = kSelectSites + "WHERE s.host = ?";
const std::string kFindSiteUncounted = SelectSites(kCountFeeds, "0") + "WHERE s.host = ?";
const std::string kSiteUncounted = SelectSites(kCountFeeds, "0") + "WHERE s.site_id = ?";
const std::string kFeedsOfSite = "SELECT " + Columns<FeedOutline>({{"title", kTitleOfFeed}}) +
                                 " FROM feed f WHERE f.site_id = ? AND " + kStays +
                                 "ORDER BY feed_id LIMIT ?";
// A host's tenants stand behind it in the order of names: "0" comes after "/".
constexpr char kFindSites[] =
    "SELECT site_id, host FROM site WHERE host = ?1 UNION ALL SELECT site_id, host FROM site WHERE "
    "host > ?1 || '/' AND host < ?1 || '0'";
constexpr Worded kFindSitesBelow = {
    "SELECT site_id, name FROM (SELECT site_id, host AS name, substr(host, 1, instr(host || '/', "
    "'/') - 1) AS host FROM site) WHERE host = ?1 OR substr(host, -length(?1) - 1) = '.' || ?1",
    "SELECT site_id, name FROM (SELECT site_id, host AS name, split_part(host, '/', 1) AS host "
    "FROM site) hosts WHERE host = ?1 OR right(host, length(?1) + 1) = '.' || ?1"};
constexpr char kEverySite[] = "SELECT site_id, host FROM site";
constexpr char kFindSiteId[] = "SELECT site_id FROM site WHERE host = ?";
const std::string kBlacklistedSites =
    SelectSites("0", "0") +
    "WHERE s.blacklisted_at IS NOT NULL ORDER BY s.blacklisted_at DESC, s.site_id LIMIT ?";
const std::string kListSites = kSelectSites + "WHERE s.site_id > ? ORDER BY s.site_id LIMIT ?";
const std::string kFindLook =
    "SELECT " + Columns<schemas::SiteLook>() + " FROM site_look WHERE site_id = ?";
const std::string kDecisions = "SELECT " + Columns<schemas::SiteDecision>() +
                               " FROM decision WHERE site_id = ? ORDER BY decision_id DESC";
const std::string kTallies =
    "SELECT " +
    Columns<schemas::SiteTally>({{"blacklisted", FlagOf("blacklisted_at IS NOT NULL")}}) +
    " FROM site WHERE site_id > ? ORDER BY site_id LIMIT ?";
// The page is found in an index, and only its rows are read.
const auto kLinkUrls = WordedBy([](Engine engine) {
  return "SELECT l.link_id, " + UrlOfLink(engine) +
         " FROM link l JOIN site s USING (site_id) WHERE l.link_id IN (SELECT link_id FROM link "
         "WHERE site_id = ? AND link_id > ? ORDER BY link_id LIMIT ?) ORDER BY l.link_id";
});
const std::string kBlacklist =
    "SELECT " + Columns<schemas::BlacklistEntry>() + " FROM blacklist ORDER BY pattern";
constexpr char kTotals[] = "SELECT name, value FROM total";
// As many as the budgets allow, in indices of their own.
constexpr char kCountOpenReports[] = "SELECT count(*) FROM report WHERE decided_at IS NULL";
constexpr char kCountWithheldLinks[] = "SELECT count(*) FROM link WHERE blacklisted >= 2";
constexpr char kLastBatch[] =
    "SELECT batch_id, committed_at FROM batch ORDER BY batch_id DESC LIMIT 1";
const std::string kCrawler = "SELECT " + Columns<schemas::CrawlerStatus>() + " FROM crawler";

std::optional<schemas::CrawlerStatus> ReadCrawler(Database& database) {
  Use row(database, kCrawler);
  if (!row.Step()) return std::nullopt;
  return GetRecord<schemas::CrawlerStatus>(row);
}

std::optional<schemas::SiteLook> FindLook(Database& database, Id site_id) {
  Use find(database, kFindLook);
  if (!find.Int(site_id).Step()) return std::nullopt;
  return GetRecord<schemas::SiteLook>(find);
}

std::vector<schemas::SiteDecision> Decisions(Database& database, Id site_id) {
  Use list(database, kDecisions);
  auto decisions = GetRecords<schemas::SiteDecision>(list.Int(site_id));
  for (auto& decision : decisions) decision.site_id = site_id;
  return decisions;
}

}  // namespace

std::vector<schemas::BlacklistEntry> ReadBlacklist(Database& database) {
  Use list(database, kBlacklist);
  return GetRecords<schemas::BlacklistEntry>(list);
}

schemas::Stats ReadStats(Database& database) {
  const ReadTransaction transaction(database);
  std::map<std::string, std::int64_t, std::less<>> totals;
  Use list(database, kTotals);
  while (list.Step()) totals[list.GetText(0)] = list.GetInt(1);
  schemas::Stats stats;
  VisitFields(stats, [&](std::string_view name, auto& field) {
    if constexpr (std::is_same_v<decltype(field), std::int64_t&>) {
      if (const auto total = totals.find(name); total != totals.end()) field = total->second;
    }
  });
  stats.schema_version = schemas::SchemaVersion();
  if (Use open(database, kCountOpenReports); open.Step()) stats.reports_open = open.GetInt(0);
  if (Use kept(database, kCountWithheldLinks); kept.Step()) stats.links_withheld = kept.GetInt(0);
  stats.crawler = ReadCrawler(database);
  if (Use batch(database, kLastBatch); batch.Step()) {
    stats.batches = batch.GetInt(0);
    stats.last_batch_at = batch.GetInt(1);
  }
  return stats;
}

std::optional<schemas::Site> Catalogue::FindSite(std::string_view host) {
  return FindSiteWith(kFindSite, host);
}

std::optional<schemas::Site> Catalogue::FindSiteUncounted(std::string_view host) {
  return FindSiteWith(kFindSiteUncounted, host);
}

std::optional<Id> Catalogue::FindSiteId(std::string_view host) {
  Use find(database_, kFindSiteId);
  if (!find.Text(host).Step()) return std::nullopt;
  return find.GetInt(0);
}

std::vector<SiteRef> ListSitesUnder(Database& database, std::string_view host) {
  std::vector<SiteRef> sites;
  const auto take = [&](Use& found) {
    while (found.Step()) sites.push_back({found.GetInt(0), found.GetText(1)});
  };
  if (host == "*") {
    Use every(database, kEverySite);
    take(every);
  } else if (host.starts_with("*.")) {
    Use below(database, kFindSitesBelow);
    take(below.Text(host.substr(2)));
  } else {
    Use named(database, kFindSites);
    take(named.Text(host));
  }
  // What is written of them is written in this order, whichever way they were found.
  std::ranges::sort(sites, {}, &SiteRef::site_id);
  return sites;
}

std::vector<SiteRef> Catalogue::SitesUnder(std::string_view host) {
  return ListSitesUnder(database_, host);
}

std::optional<schemas::Site> Catalogue::FindSiteWith(const std::string& sql,
                                                     std::string_view host) {
  const ReadTransaction transaction(database_);
  Use find(database_, sql);
  if (!find.Text(host).Step()) return std::nullopt;
  schemas::Site site{GetRecord<schemas::SiteListing>(find), std::nullopt, {}};
  site.look = FindLook(database_, site.site_id);
  site.decisions = Decisions(database_, site.site_id);
  return site;
}

std::vector<schemas::SiteListing> Catalogue::Sites(Page page) {
  Use list(database_, kListSites);
  return GetRecords<schemas::SiteListing>(list.Int(page.after).Int(page.count_max));
}

std::vector<schemas::SiteListing> Catalogue::SitesUncounted(const std::vector<Id>& site_ids) {
  const ReadTransaction transaction(database_);
  std::vector<schemas::SiteListing> sites;
  FindEach(
      database_, kSiteUncounted, site_ids, [](Use& find, Id site_id) { find.Int(site_id); },
      [&](Use& row, Id) { sites.push_back(GetRecord<schemas::SiteListing>(row)); });
  return sites;
}

std::vector<FeedOutline> Catalogue::FeedsOfSite(Id site_id, std::int64_t count_max) {
  Use list(database_, kFeedsOfSite);
  return GetRecords<FeedOutline>(list.Int(site_id).Int(count_max));
}

std::vector<schemas::SiteTally> Catalogue::Tallies(Page page) {
  Use list(database_, kTallies);
  return GetRecords<schemas::SiteTally>(list.Int(page.after).Int(page.count_max));
}

std::vector<LinkUrl> ListLinkUrls(Database& database, Id site_id, Page page) {
  std::vector<LinkUrl> links;
  Use list(database, kLinkUrls);
  list.Int(site_id).Int(page.after).Int(page.count_max);
  while (list.Step()) links.push_back({list.GetInt(0), list.GetText(1)});
  return links;
}

std::vector<LinkUrl> Catalogue::LinkUrls(Id site_id, Page page) {
  return ListLinkUrls(database_, site_id, page);
}

std::vector<schemas::SiteListing> Catalogue::BlacklistedSites(std::int64_t count_max) {
  Use list(database_, kBlacklistedSites);
  return GetRecords<schemas::SiteListing>(list.Int(count_max));
}

std::vector<schemas::BlacklistEntry> Catalogue::Blacklist() { return ReadBlacklist(database_); }

}  // namespace saunter::store::sql
