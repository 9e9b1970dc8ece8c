// Feeds, sites and the blacklist as an operator looks them up, for lists and for single rows.
//
// Every call is one short read transaction. All queries go by an index or a primary key unless
// their comment says scan.
//
// Thread safety: one thread at a time. Errors: what goes wrong while reading is thrown as
// StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/blacklist.h"
#include "schemas/feed.h"
#include "schemas/fields.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/feed_selection.h"
#include "store/page.h"

namespace saunter::store {

// A feed as a list of feeds shows it.
struct FeedOutline {
  schemas::Id feed_id = 0;
  std::string url;
  std::string title;
  std::string site_url;
  std::string category;
};

template <schemas::RowOf<FeedOutline> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("feed_id", row.feed_id);
  visit("url", row.url, schemas::Presence::kAlways);
  visit("title", row.title);
  visit("site_url", row.site_url);
  visit("category", row.category);
}

class Catalogue {
 public:
  virtual ~Catalogue() = default;

  [[nodiscard]] virtual std::optional<schemas::FeedListing> FindFeed(std::string_view url) = 0;
  [[nodiscard]] virtual std::vector<schemas::FetchLog> Fetches(
      schemas::Id feed_id) = 0;  // newest first
  [[nodiscard]] virtual std::vector<schemas::FeedListing> Feeds(Page page) = 0;
  [[nodiscard]] virtual std::optional<schemas::Id> FindFeedId(std::string_view url) = 0;
  // Feeds that fit, in the order that is asked for. Scan of the feeds, or of those on the sites
  // that it names.
  [[nodiscard]] virtual std::vector<schemas::Id> FittingFeeds(const FeedSelection& selection) = 0;
  // In the order given; those that are not there are left out.
  [[nodiscard]] virtual std::vector<schemas::FeedListing> FeedsByIds(
      const std::vector<schemas::Id>& feed_ids, Counting counting) = 0;
  // Of feeds, each once. Scan of the feeds.
  [[nodiscard]] virtual std::vector<std::string> FeedLanguages() = 0;
  // Links that would go with the feed: it brought them, and no other lists them.
  [[nodiscard]] virtual std::int64_t CountLinksOfFeedAlone(schemas::Id feed_id) = 0;
  // For an import: counting entries, as a listing does, would cost seconds.
  [[nodiscard]] virtual std::vector<FeedUrl> FeedUrls(Page page) = 0;
  [[nodiscard]] virtual std::vector<FeedOutline> FeedOutlines(Page page) = 0;  // paused ones too

  [[nodiscard]] virtual std::optional<schemas::Site> FindSite(std::string_view host) = 0;
  // The same without links_in_pool, which FindSite counts: the time does not grow with the links.
  [[nodiscard]] virtual std::optional<schemas::Site> FindSiteUncounted(std::string_view host) = 0;
  [[nodiscard]] virtual std::optional<schemas::Id> FindSiteId(std::string_view host) = 0;
  // A host's site and those of its tenants; "*.example.org" names those of hosts below it, too, and
  // is a scan of the sites.
  [[nodiscard]] virtual std::vector<SiteRef> SitesUnder(std::string_view host) = 0;
  [[nodiscard]] virtual std::vector<schemas::SiteListing> Sites(Page page) = 0;
  // These, in the order given and without links_in_pool; those that are not there are left out.
  [[nodiscard]] virtual std::vector<schemas::SiteListing> SitesUncounted(
      const std::vector<schemas::Id>& site_ids) = 0;
  // Feeds that stand on a site, by feed_id; paused ones too.
  [[nodiscard]] virtual std::vector<FeedOutline> FeedsOfSite(schemas::Id site_id,
                                                             std::int64_t count_max) = 0;
  [[nodiscard]] virtual std::vector<schemas::SiteTally> Tallies(Page page) = 0;  // by site_id
  [[nodiscard]] virtual std::vector<LinkUrl> LinkUrls(schemas::Id site_id, Page page) = 0;
  // Blacklisted sites, the newest verdict first, without feeds and links_in_pool. Scan of the
  // sites.
  [[nodiscard]] virtual std::vector<schemas::SiteListing> BlacklistedSites(
      std::int64_t count_max) = 0;

  [[nodiscard]] virtual std::vector<schemas::BlacklistEntry> Blacklist() = 0;  // by pattern
  [[nodiscard]] virtual schemas::Stats ReadStats() = 0;
};

}  // namespace saunter::store
