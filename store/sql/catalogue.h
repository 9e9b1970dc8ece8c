// Inside store/sql/ and its engines only: feeds, sites and the blacklist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/catalogue.h"
#include "store/sql/database.h"

namespace saunter::store::sql {

// All entries, by pattern.
[[nodiscard]] std::vector<schemas::BlacklistEntry> ReadBlacklist(Database& database);
[[nodiscard]] schemas::Stats ReadStats(Database& database);

// The links of a site, by id.
[[nodiscard]] std::vector<LinkUrl> ListLinkUrls(Database& database, schemas::Id site_id, Page page);
// As Catalogue::SitesUnder; "*" names every site.
[[nodiscard]] std::vector<SiteRef> ListSitesUnder(Database& database, std::string_view host);

// One that was removed is no feed any more, even if something of it is left. For a feed f.
inline const std::string kStays =
    "NOT EXISTS (SELECT 1 FROM removal r WHERE r.feed_id = f.feed_id) ";

// What an operator calls it goes before what it calls itself. For a feed f.
inline constexpr char kTitleOfFeed[] = "coalesce(f.given_title, f.title)";

// All but the totals, which the Reader gives for several windows.
class Catalogue : public virtual store::Catalogue {
 public:
  explicit Catalogue(Database& database) : database_(database) {}

  std::optional<schemas::FeedListing> FindFeed(std::string_view url) override;
  std::vector<schemas::FetchLog> Fetches(schemas::Id feed_id) override;
  std::vector<schemas::FeedListing> Feeds(Page page) override;
  std::optional<schemas::Id> FindFeedId(std::string_view url) override;
  std::vector<schemas::Id> FittingFeeds(const FeedSelection& selection) override;
  std::vector<schemas::FeedListing> FeedsByIds(const std::vector<schemas::Id>& feed_ids,
                                               Counting counting) override;
  std::vector<std::string> FeedLanguages() override;
  std::int64_t CountLinksOfFeedAlone(schemas::Id feed_id) override;
  std::vector<FeedUrl> FeedUrls(Page page) override;
  std::vector<FeedOutline> FeedOutlines(Page page) override;
  std::optional<schemas::Site> FindSite(std::string_view host) override;
  std::optional<schemas::Site> FindSiteUncounted(std::string_view host) override;
  std::optional<schemas::Id> FindSiteId(std::string_view host) override;
  std::vector<SiteRef> SitesUnder(std::string_view host) override;
  std::vector<schemas::SiteListing> Sites(Page page) override;
  std::vector<schemas::SiteListing> SitesUncounted(
      const std::vector<schemas::Id>& site_ids) override;
  std::vector<FeedOutline> FeedsOfSite(schemas::Id site_id, std::int64_t count_max) override;
  std::vector<schemas::SiteTally> Tallies(Page page) override;
  std::vector<LinkUrl> LinkUrls(schemas::Id site_id, Page page) override;
  std::vector<schemas::SiteListing> BlacklistedSites(std::int64_t count_max) override;
  std::vector<schemas::BlacklistEntry> Blacklist() override;

 private:
  std::optional<schemas::Site> FindSiteWith(const std::string& sql, std::string_view host);

  Database& database_;
};

}  // namespace saunter::store::sql
