// A read-only connection with prepared statements: what the API, the crawl loop and the CLI ask.
//
// Every call is one short read transaction; nothing stays open between calls, so a reader never
// holds the WAL back, except for a snapshot that its owner keeps for a moment. All queries go by an
// index or a primary key unless their comment says scan.
//
// Thread safety: one thread at a time; open one Reader a thread. Errors: what can be wrong with a
// file is OpenStatus; what goes wrong while reading is thrown as StoreError.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/blacklist.h"
#include "schemas/feed.h"
#include "schemas/fields.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/due_work.h"
#include "store/status.h"

namespace saunter::store {

// No snapshot is used for longer: so much later a checkpoint finds no reader in its way.
inline constexpr std::chrono::milliseconds kSnapshotAgeMax(5);

struct Page {
  schemas::Id after = 0;  // rows with an id above this one
  std::int64_t count_max = 1000;
};

// A change of the pool, with what the choice needs to know of the link.
struct PoolChange : schemas::PoolChange {
  std::vector<schemas::Id> category_ids;  // empty if the link left
  std::string feed_category;              // the operator's word for a feed that lists it
};

// Links with an id above `after`, up to `last`.
struct LinkSpan {
  schemas::Id after = 0;
  schemas::Id last = 0;
};

struct PoolChanges {
  // False: changes after `after` were trimmed, or there are none to follow; load the pool anew.
  bool complete = true;
  std::vector<PoolChange> changes;
};

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

// What a commit held.
struct Batch {
  std::int64_t batch_id = 0;
  schemas::UnixSeconds committed_at = 0;
  std::int64_t crawls = 0;
  std::int64_t probes = 0;
  std::int64_t changes = 0;
  std::int64_t links_new = 0;
};

template <schemas::RowOf<Batch> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("batch_id", row.batch_id);
  visit("committed_at", row.committed_at);
  visit("crawls", row.crawls);
  visit("probes", row.probes);
  visit("changes", row.changes);
  visit("links_new", row.links_new);
}

// What an import must know of a feed: counting its entries, as a listing does, would cost seconds.
struct FeedUrl {
  schemas::Id feed_id = 0;
  std::string url;
  bool has_category = false;
};

struct LinkUrl {
  schemas::Id link_id = 0;
  std::string url;
};

class Reader final : public DueWork {
 public:
  struct OpenResult {
    OpenStatus status = OpenStatus::kOk;
    std::string detail;  // for a person, with what to do
    std::unique_ptr<Reader> reader;
  };
  static OpenResult Open(const schemas::StoreSettings& settings);
  ~Reader() override;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // True while the path still names the file that was opened, with the schema it had then.
  [[nodiscard]] bool IsCurrent();

  // From here on all calls read in one transaction, which the first of them begins.
  void KeepSnapshot();
  void DropSnapshot();
  [[nodiscard]] bool KeepsSnapshot() const;

  // --- crawl loop
  [[nodiscard]] std::vector<schemas::DueFeed> DueFeeds(schemas::UnixSeconds now, DueFrom from,
                                                       std::int64_t count_max) override;
  [[nodiscard]] std::int64_t CountDueFeeds(schemas::UnixSeconds now,
                                           std::int64_t count_max) override;
  [[nodiscard]] std::vector<schemas::DueFeed> FeedsDueAfter(schemas::UnixSeconds at,
                                                            std::int64_t count_max) override;
  [[nodiscard]] std::vector<schemas::DueLink> DueLinks(schemas::UnixSeconds now,
                                                       std::int64_t count_max,
                                                       std::int64_t fresh_percent) override;
  [[nodiscard]] std::vector<schemas::DueLink> ParoleLinks(schemas::UnixSeconds now,
                                                          std::int64_t sites_max,
                                                          std::int64_t links_max) override;
  [[nodiscard]] std::optional<schemas::UnixSeconds> NextFeedCheckAt() override;
  [[nodiscard]] schemas::HostState HostsInForce(schemas::UnixSeconds now,
                                                std::int64_t robots_count_max,
                                                std::int64_t robots_bytes_max) override;
  void Interrupt() override;
  [[nodiscard]] std::vector<schemas::BlacklistEntry> Blacklist();
  [[nodiscard]] std::optional<schemas::BlacklistEntry> FindBlacklistEntry(std::string_view pattern);

  // --- the pool
  [[nodiscard]] std::int64_t LastPoolChange();                  // newest change_id, 0 if none
  [[nodiscard]] std::vector<schemas::PoolRow> Pool(Page page);  // by link_id
  [[nodiscard]] PoolChanges ChangesAfter(std::int64_t change_id, std::int64_t count_max);
  // (link_id, category_id) of pool links, by link_id: those of the next `count_max` pool rows.
  struct PoolCategory {
    schemas::Id link_id = 0;
    schemas::Id category_id = 0;
  };
  [[nodiscard]] std::vector<PoolCategory> PoolCategories(Page page);
  // The same between two links, whatever happens to the pool between two calls.
  [[nodiscard]] std::vector<PoolCategory> PoolCategories(LinkSpan span);
  // The operator's category of pool links that have one: of a link in several such feeds the
  // first feed's comes first.
  [[nodiscard]] std::vector<std::pair<schemas::Id, std::string>> PoolFeedCategories(LinkSpan span);
  // The same for one link, empty if there is none.
  [[nodiscard]] std::string FeedCategoryOfLink(schemas::Id link_id);
  // Feeds to which an operator gave a category: feed_id, category. Scan of the feeds.
  [[nodiscard]] std::vector<std::pair<schemas::Id, std::string>> FeedCategories();
  [[nodiscard]] std::vector<std::pair<schemas::Id, std::string>> Categories();  // scan
  [[nodiscard]] std::vector<std::pair<schemas::Id, std::string>> CategoriesAfter(
      schemas::Id category_id);
  [[nodiscard]] std::vector<std::pair<schemas::Id, std::string>> PoolSites();  // scan: id, host

  // --- single rows
  [[nodiscard]] std::optional<schemas::Link> FindLink(schemas::Id link_id);  // in the pool only
  // The same for several, as of one commit; those that left the pool are left out. Without their
  // categories.
  [[nodiscard]] std::vector<schemas::Link> FindLinks(const std::vector<schemas::Id>& link_ids);
  [[nodiscard]] std::optional<schemas::FeedListing> FindFeed(std::string_view url);
  [[nodiscard]] std::optional<schemas::DueFeed> FindFeed(schemas::Id feed_id) override;
  [[nodiscard]] std::vector<schemas::FetchLog> Fetches(schemas::Id feed_id);  // newest first
  [[nodiscard]] std::optional<schemas::Site> FindSite(std::string_view host);
  [[nodiscard]] std::optional<schemas::SiteLook> FindLook(schemas::Id site_id);
  // What the rule decided about a site, newest first.
  [[nodiscard]] std::vector<schemas::SiteDecision> Decisions(schemas::Id site_id);
  [[nodiscard]] schemas::Stats ReadStats() override;

  // --- listings
  [[nodiscard]] std::vector<schemas::FeedListing> Feeds(Page page);
  [[nodiscard]] std::vector<FeedUrl> FeedUrls(Page page);
  [[nodiscard]] std::vector<schemas::SiteListing> Sites(Page page);
  [[nodiscard]] std::vector<schemas::SiteTally> Tallies(Page page);  // by site_id
  [[nodiscard]] std::vector<LinkUrl> LinkUrls(schemas::Id site_id, Page page);
  [[nodiscard]] std::vector<FeedOutline> FeedOutlines(Page page);  // paused ones too
  [[nodiscard]] std::vector<schemas::Link> NewestLinks(std::int64_t count_max);
  // Blacklisted sites, the newest verdict first. Scan of the sites.
  [[nodiscard]] std::vector<schemas::SiteListing> BlacklistedSites(std::int64_t count_max);
  [[nodiscard]] std::vector<Batch> Batches(Page page);
  // How many feeds ended their last fetch in which way. Scan of the feeds.
  [[nodiscard]] std::vector<std::pair<schemas::FetchOutcome, std::int64_t>> FeedsByOutcome();

  // --- upkeep
  // Everything wrong with the file: integrity, foreign keys, totals against counts. Scan, slow.
  [[nodiscard]] std::vector<std::string> Check();
  // A consistent copy while the writer goes on. The target must not exist.
  void Backup(const std::string& path);

 private:
  class Connection;
  explicit Reader(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace saunter::store
