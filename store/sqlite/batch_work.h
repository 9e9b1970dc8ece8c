// Inside store/sqlite/ only: what the parts of one write transaction share.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "schemas/batch.h"
#include "schemas/feed.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/lock.h"
#include "store/writer.h"

namespace saunter::store::sqlite {

// The place of a state's count among those of a site.
inline std::size_t IndexOf(schemas::LinkState state) { return static_cast<std::size_t>(state); }

struct KnownSite {
  schemas::Id site_id = 0;
  bool blacklisted = false;
  bool has_feed = false;
  std::int64_t links = 0;  // or fewer: those that were removed since it was read count
};

struct FeedBefore {
  std::string url;
  schemas::Id site_id = 0;
  std::string host;
  schemas::FeedState state = schemas::FeedState::kActive;
  std::int64_t fetch_count = 0;
  bool was_fetched = false;
  bool was_failing = false;
  bool is_leaving = false;  // it was removed, and what is left of it goes piece by piece
  schemas::FeedIntake intake;
};

// The feed that lists what is written.
struct Lister {
  schemas::Id feed_id = 0;
  schemas::Id site_id = 0;
  std::string host;
  std::string speaks_for = {};  // as in CrawlResult
  bool starts_anew = false;     // what its old address listed was forgotten
};

struct ListedEntry {
  schemas::Id link_id = 0;
  schemas::Key content_key = 0;
  bool is_further = false;     // not the one by which the feed lists a link that it brought
  bool is_listed_now = false;  // by the answer that is written
};
using ListedEntries = std::unordered_map<schemas::Key, ListedEntry>;  // by guid_key

struct WrittenEntry {
  std::optional<schemas::Id> link_id;  // absent: a budget left it out
  bool is_new_link = false;
  bool is_first_listing = false;  // the feed brought the link before, and did not list it any more
  [[nodiscard]] bool IsFurther() const { return !is_new_link && !is_first_listing; }
};

struct ListedBy {
  schemas::Id feed_id = 0;
  schemas::Key guid_key = 0;
};

// A link to be inserted.
struct NewLink {
  schemas::Id link_id = 0;
  schemas::Id site_id = 0;
  schemas::Id source_id = 0;
  schemas::Id feed_id = 0;
  const schemas::EntryIntake* entry = nullptr;
  std::string url;         // as it is stored
  std::string categories;  // as they are stored
};

struct SiteKeyHash {
  std::size_t operator()(const std::pair<schemas::Id, schemas::Key>& key) const {
    return std::hash<schemas::Key>()(key.second ^ (key.first << 20));
  }
};

// What feeds brought and nobody has asked for yet: it is written together, since most of what a
// batch brings is new and asked for by no other part of it.
struct Gathered {
  std::vector<NewLink> links;  // by link_id
  std::vector<std::pair<ListedBy, ListedEntry>> entries;
  std::unordered_set<schemas::Id> feeds;  // of the entries
  std::unordered_map<std::pair<schemas::Id, schemas::Key>, schemas::Id, SiteKeyHash> link_ids;
  std::unordered_map<schemas::Id, std::int64_t> links_of_site;
};

// What is left of the budgets of the feed that is written, see schemas::StoreSettings. What it has
// used so far is counted when it is first needed.
struct Budgets {
  schemas::Id feed_id = 0;
  schemas::FeedIntake intake;
  std::int64_t links_left = 0;
  std::optional<std::int64_t> words_left;
  std::optional<std::int64_t> languages_left;
  std::optional<std::int64_t> sites_left;
};

// A link that stands, with what decides who may rewrite it.
struct StandingLink {
  schemas::Id link_id = 0;
  schemas::Key listed_key = 0;  // under which feeds list it
  schemas::Id site_id = 0;
  std::string host;
  schemas::Id feed_id = 0;     // that brought it
  bool is_listed = false;      // by that feed, or by one that handed it on
  bool was_left = false;       // by that feed's address, for another registrable domain
  bool site_has_feed = false;  // of its own
  bool told_by_site = false;   // one of those brought it or lists it
  schemas::LinkState state = schemas::LinkState::kUnchecked;
};

// Rows that batches ask for again and again. They are forgotten on rollback, when they are pruned,
// and sites and categories when there are too many of them; the sites also whenever one goes on the
// blacklist or comes off. A site that gains its first feed or loses its last one is written here,
// too.
struct WriterCaches {
  std::unordered_map<std::string, KnownSite> sites;
  std::unordered_map<std::string, schemas::Id> categories;
  std::unordered_set<std::string> languages;
  std::optional<schemas::Id> next_link_id;  // never forgotten: what was given out may be asked for
  void Forget() {
    sites.clear();
    categories.clear();
    languages.clear();
  }
};

// How far a round of pruning has come. A lost place costs nothing: the round begins anew.
struct PruningCursors {
  schemas::Id category_id = 0;
  schemas::Id site_id = 0;
};

// What transactions on the one connection share.
class WriteConnection {
 public:
  WriteConnection(std::unique_ptr<WriterLock> lock, std::unique_ptr<Database> database,
                  const schemas::StoreSettings& settings)
      : lock_(std::move(lock)), database_(std::move(database)), settings_(settings) {}

  Database& database() { return *database_; }
  WriterCaches& caches() { return caches_; }
  PruningCursors& cursors() { return cursors_; }
  [[nodiscard]] const schemas::StoreSettings& settings() const { return settings_; }
  void Renew(const schemas::StoreSettings& settings) {
    const auto path = settings_.path;
    settings_ = settings;
    settings_.path = path;
    sqlite3_busy_timeout(database_->handle(), static_cast<int>(settings.busy_timeout_ms));
  }

 private:
  std::unique_ptr<WriterLock> lock_;  // released last
  std::unique_ptr<Database> database_;
  schemas::StoreSettings settings_;
  WriterCaches caches_;
  PruningCursors cursors_;
};

// Changes of the `total` table, gathered and written once at commit.
class Totals {
 public:
  void Add(const char* name, std::int64_t delta) { deltas_[name] += delta; }
  void Write(Database& database);

 private:
  std::map<std::string, std::int64_t> deltas_;
};

using StateDeltas = std::array<std::int64_t, schemas::kLinkStateCount>;

// Something is left of removed feeds.
[[nodiscard]] bool IsRemovalLeft(Database& database);  // batch_work_removal.cc

// One transaction's work on rows. The methods stand in batch_work_*.cc by subject.
class BatchWork {
 public:
  BatchWork(WriteConnection& connection, schemas::UnixSeconds now)
      : connection_(connection),
        database_(connection.database()),
        now_(now),
        removal_rows_left_(connection.settings().removal_rows_max) {}

  // batch_work_feeds.cc
  void WriteCrawls(const std::vector<schemas::CrawlResult>& crawls);
  schemas::ChangeOutcome Change(const schemas::AddFeed& change);
  schemas::ChangeOutcome Change(const schemas::RemoveFeed& change);
  schemas::ChangeOutcome Change(const schemas::SetFeedState& change);
  // batch_work_blacklist.cc
  schemas::ChangeOutcome Change(const schemas::AddBlacklist& change);
  schemas::ChangeOutcome Change(const schemas::RemoveBlacklist& change);
  void SetSiteBlacklisting(const SiteBlacklisting& blacklisting);
  void SetLinkBlacklisting(const LinkBlacklisting& blacklisting);
  void WakeFeeds(schemas::Id site_id);
  [[nodiscard]] std::vector<schemas::SiteTally> DrawParole(const ParoleDraw& draw);
  // batch_work_links.cc
  void WriteProbe(const schemas::ProbeResult& probe);
  void WriteStatus(const schemas::CrawlerStatus& status);
  // batch_work_hosts.cc
  void WriteHosts(const schemas::HostState& hosts);
  void TrimHosts();  // what is no longer in force
  // batch_work_pruning.cc
  // A bounded slice of categories that no link uses and of sites that have nothing left goes.
  void Prune();
  // batch_work_clock.cc
  [[nodiscard]] bool PullInFar(const PullIn& far);
  // batch_work_removal.cc
  // What is left of removed feeds goes, as many rows as a transaction may remove.
  void ContinueRemovals();
  [[nodiscard]] bool IsRemoving();
  // batch_work_sites.cc
  void WriteLook(const schemas::SiteLook& look);
  void PutDecision(const schemas::SiteDecision& decision);
  [[nodiscard]] std::vector<schemas::DeadListing> DeadListings(schemas::Id site_id);
  [[nodiscard]] schemas::ParoleTally CountProbedSince(schemas::Id site_id,
                                                      schemas::UnixSeconds since_at);
  void DoubtDeadLinks(schemas::Id site_id);
  void LookAgainAt(const SharedTarget& target);
  void LookAgainAtNew(const SharedTarget& target);

  // batch_work_links.cc
  // Writes the gathered sums of sites and categories. TouchedSites() reads them, so call it after
  // this.
  void FlushSites();
  [[nodiscard]] std::vector<schemas::SiteTally> TouchedSites();
  void NoteNewLinks();  // for readers
  Totals& totals() { return totals_; }
  [[nodiscard]] std::int64_t links_new() const { return links_new_; }
  [[nodiscard]] const std::vector<SharedTarget>& targets() const { return targets_; }

 private:
  // batch_work_feeds.cc
  void WriteCrawl(const schemas::CrawlResult& crawl);
  std::optional<FeedBefore> FindFeedBefore(schemas::Id feed_id);
  void CountState(schemas::FeedState state, std::int64_t delta);
  void UncountFeed(const FeedBefore& before);
  void WriteFeedRow(const schemas::CrawlResult& crawl, const FeedBefore& before, int entries_new);
  int WriteEntries(const Lister& lister, const std::vector<schemas::EntryIntake>& entries);
  schemas::Id FeedAt(const std::string& url);  // 0 if there is none
  std::string DomainOfSite(schemas::Id site_id);
  // Who lists what the new address answered; nobody, if that is another feed of another domain.
  std::optional<Lister> MoveFeed(const schemas::CrawlResult& crawl, const FeedBefore& before);
  std::optional<Lister> MergeFeed(const schemas::CrawlResult& crawl, const FeedBefore& before,
                                  schemas::Id other);
  bool TakesEntriesAlong(schemas::FeedOwner owner, schemas::Id site_id, schemas::Id new_site_id);
  // batch_work_removal.cc
  void RemoveInPieces(schemas::Id feed_id, const FeedBefore& before);
  void RemovePiece(schemas::Id feed_id);
  void RemoveUnlistedLinks(schemas::Id feed_id, schemas::Id link_id_last);
  void GiveLinksToTheNextLister(schemas::Id feed_id, schemas::Id link_id_last);
  // batch_work_links.cc
  KnownSite* FindSite(const std::string& host);  // null: there is none
  KnownSite& InsertSite(const std::string& host, const std::string& registrable_domain,
                        std::optional<schemas::Id> named_by);
  KnownSite& SiteOf(const std::string& host, const std::string& registrable_domain);
  std::optional<StandingLink> FindStanding(schemas::Id link_id);
  // `before`: how the feed listed it so far, null: it did not.
  WrittenEntry WriteEntry(const Lister& lister, const schemas::EntryIntake& entry,
                          const ListedEntry* before);
  WrittenEntry TakeLink(const Lister& lister, const schemas::EntryIntake& entry);
  bool MayRename(const Lister& lister, const StandingLink& link, const schemas::EntryIntake& entry,
                 const ListedEntry& before);
  // False: a budget has no place for it.
  bool RenameLink(const StandingLink& link, const schemas::EntryIntake& entry);
  void RefreshPool(schemas::Id link_id);  // and tell readers
  // The feed did not list this link under this identity so far.
  void ListStanding(const Lister& lister, const StandingLink& link,
                    const schemas::EntryIntake& entry);
  void UpdateLink(schemas::Id link_id, const schemas::EntryIntake& entry);
  void FillLink(schemas::Id link_id, const schemas::EntryIntake& entry);
  void RemoveLinkIfUnlisted(schemas::Id link_id);
  void RemoveLink(schemas::Id link_id);
  void PutInPool(schemas::Id link_id);
  void TakeOutOfPool(schemas::Id link_id);
  void NotePoolChange(schemas::Id link_id);  // once in a transaction
  // batch_work_intake.cc
  schemas::Id NextLinkId();
  // `site`: where the key is looked for; null: nowhere. The link may be a gathered one.
  std::optional<schemas::Id> LinkWithKey(const KnownSite* site, schemas::Key url_key);
  // `entry` lives until what was gathered is written.
  schemas::Id GatherLink(const Lister& lister, const schemas::EntryIntake& entry, KnownSite& site);
  void GatherEntry(const ListedBy& listing, const ListedEntry& entry);
  // Before anything that reads links, their entries or the pool.
  void WriteGathered();
  // batch_work_categories.cc
  std::optional<schemas::Id> CategoryOf(const std::string& name);  // nothing: a budget is used up
  std::vector<schemas::Id> CategoriesOf(const std::vector<std::string>& names);
  std::vector<schemas::Id> CategoriesOfLink(schemas::Id link_id);
  // False: the link has them all.
  bool AddCategories(schemas::Id link_id, const std::vector<std::string>& names);
  void CountCategories(const std::vector<schemas::Id>& ids, std::int64_t delta);
  void FlushCategories();
  // batch_work_entries.cc
  ListedEntries FindEntries(schemas::Id feed_id);
  // The feed lists the link under this identity from now on.
  void PutEntry(const Lister& lister, const schemas::EntryIntake& entry,
                const WrittenEntry& written, const ListedEntry* before);
  WrittenEntry KeepEntry(const Lister& lister, const schemas::EntryIntake& entry,
                         const ListedEntry& before);
  void SetListed(schemas::Id link_id, bool is_listed);  // by the feed that brought it
  bool IsListed(schemas::Id link_id);
  // By another entry than that one, which is `before`.
  bool IsListedElsewhere(const StandingLink& link, schemas::Id feed_id, schemas::Key guid_key,
                         const ListedEntry& before);
  void GiveEntries(schemas::Id to_link_id, schemas::Id link_id);
  void ForgetEntriesOfLink(schemas::Id link_id);
  void ForgetUnlisted(schemas::Id feed_id, const ListedEntries& entries);
  // batch_work_budgets.cc
  // For an answer that was read.
  void BeginBudgets(schemas::Id feed_id, const schemas::FeedIntake& intake);
  bool MayNameWord();
  bool MayNameSite(const Lister& lister);
  bool KnowsLanguage(const std::string& language);
  std::int64_t SitesLeft(schemas::Id source_id);  // that it may be the first to name
  [[nodiscard]] std::int64_t UnwrittenLinks(schemas::Id site_id) const;
  // True if the site may have another link, which a feed of that other site lists.
  bool MakeRoom(KnownSite& site, schemas::Id lister_site_id);
  // batch_work_sources.cc
  // In its row alone; the pool follows by MoveInPool, which is false for a link that is not there.
  void SetSource(schemas::Id link_id);
  bool MoveInPool(schemas::Id link_id);
  void SettleSourcesOfSite(schemas::Id site_id);
  void SettleSourcesOfFeed(schemas::Id feed_id);
  void GiveSiteAFeed(const std::string& host, const KnownSite& site);
  void SettleSiteThatLostAFeed(schemas::Id site_id);
  // True if it listed any.
  bool LeaveLinks(schemas::Id feed_id, schemas::Id site_id);
  void TakeUpLink(schemas::Id link_id);
  // batch_work_blacklist.cc
  void DeleteRulesUnder(const std::string& domain);
  // batch_work_sites.cc
  // False: a budget has no place for it at its new address, and it stays where it is.
  bool MoveLink(schemas::Id link_id, schemas::Id site_id, schemas::LinkState state,
                const schemas::LinkMove& move);
  void NoteTarget(SharedTarget target);

  WriteConnection& connection_;
  Database& database_;
  schemas::UnixSeconds now_;
  std::unordered_map<schemas::Id, StateDeltas> site_deltas_;
  std::vector<schemas::Id> judged_sites_;  // there may be something to judge; with repeats
  std::vector<SharedTarget> targets_;
  std::unordered_set<schemas::Id> noted_links_;  // whose place in the pool has changed
  // The rule's entries by each domain that they are of or below, once they were needed.
  std::optional<std::unordered_multimap<std::string, std::string>> rules_below_;
  Budgets budgets_;
  // That have nothing left to make room with: for strangers, and for their own feeds.
  std::unordered_set<schemas::Id> full_sites_;
  std::unordered_set<schemas::Id> full_for_its_own_;
  Gathered gathered_;
  std::deque<schemas::EntryIntake> without_language_;  // entries whose language is one too many
  std::unordered_map<schemas::Id, std::int64_t> category_deltas_;
  std::optional<std::pair<schemas::Id, schemas::Id>> new_links_;  // in the pool: the first and last
  Totals totals_;
  std::int64_t links_new_ = 0;
  std::int64_t removal_rows_left_;  // that this transaction may still remove
  bool is_removing_ = true;         // as far as is known
};

}  // namespace saunter::store::sqlite
