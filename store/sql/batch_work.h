// Inside store/sql/ and its engines only: what the parts of one write transaction share.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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
#include "store/feedback.h"
#include "store/links.h"
#include "store/rows.h"
#include "store/sql/database.h"
#include "store/writer.h"

namespace saunter::store::sql {

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

// A place that an entry or a move names, and what has to be known of it.
struct Wanted {
  std::string_view site;
  schemas::Key url_key = 0;
  schemas::Id link_id = 0;   // that stands for it so far; 0: none
  schemas::Id namer_id = 0;  // the source that would name the site; 0: that of the link
  SiteRow* row = nullptr;    // of the site, once it was read
};

// An answer of a feed, of a part of a batch.
struct FeedAnswer {
  const schemas::CrawlResult* crawl = nullptr;
  FeedBefore before;
  Lister lister;
  schemas::FeedIntake intake;  // of the lister
  std::vector<const schemas::EntryIntake*> to_read;
  int entries_new = 0;
};

// A link that was probed, as it stood before that.
struct ProbedLink {
  schemas::Id site_id = 0;
  schemas::LinkState state = schemas::LinkState::kUnchecked;
  bool is_blacklisted = false;
  bool site_is_blacklisted = false;
  std::optional<schemas::Key> target_key;
};

// Rows that batches ask for again and again. They are forgotten on rollback, when another writer
// has committed, when they are pruned, and sites and categories when there are too many of them;
// the sites also whenever one goes on the blacklist or comes off. A site that gains its first feed
// or loses its last one is written here, too.
struct WriterCaches {
  Names names;
  std::optional<std::int64_t> weight_week;  // the newest whose weights are decided
  // Never forgotten, but for what another writer has left: what was given out may be asked for.
  std::optional<schemas::Id> next_link_id;
  void Forget() {
    names = Names();
    weight_week.reset();
  }
};

// How far the links of a feed with another category have come. A lost place costs nothing: they are
// gone through anew.
struct CategoryCursor {
  schemas::Id feed_id = 0;
  bool is_past_entries = false;  // then come links that it brought and lists no more
  std::int64_t after = -1;
};

// How far a round of pruning has come. A lost place costs nothing: the round begins anew.
struct PruningCursors {
  schemas::Id category_id = 0;
  schemas::Id site_id = 0;
};

// What of others' turns this connection knows, where several write. nullopt: nothing so far.
struct TurnsSeen {
  std::string writer;                              // how it is known there
  std::optional<std::int64_t> batch_id;            // that it committed last itself
  std::optional<std::int64_t> blacklist_batch_id;  // whose blacklist its owner has
  std::int64_t changes_trimmed_to = 0;             // older changes are gone
};

// What transactions on the one connection share.
class WriteConnection {
 public:
  WriteConnection(Database& database, const schemas::StoreSettings& settings)
      : database_(database), settings_(settings) {}

  Database& database() { return database_; }
  WriterCaches& caches() { return caches_; }
  PruningCursors& cursors() { return cursors_; }
  CategoryCursor& category_cursor() { return category_cursor_; }
  TurnsSeen& turns_seen() { return turns_seen_; }
  [[nodiscard]] const schemas::StoreSettings& settings() const { return settings_; }
  void Renew(const schemas::StoreSettings& settings) {
    const auto before = settings_;
    settings_ = settings;
    settings_.path = before.path;
    settings_.url = before.url;
  }

 private:
  Database& database_;
  schemas::StoreSettings settings_;
  WriterCaches caches_;
  PruningCursors cursors_;
  CategoryCursor category_cursor_;
  TurnsSeen turns_seen_;
};

// Changes of the `total` table, gathered and written once at commit.
class Totals {
 public:
  void Add(const char* name, std::int64_t delta) { deltas_[name] += delta; }
  void Write(Database& database);

 private:
  std::map<std::string, std::int64_t> deltas_;
};

// What one commit adds to the sums of its hour.
struct HourWork {
  std::int64_t crawls = 0;
  std::int64_t probes = 0;
  std::int64_t links_new = 0;
};

// Something is left of removed feeds.
[[nodiscard]] bool IsRemovalLeft(Database& database);  // batch_work_removal.cc
// Links are left whose feed has got another category.
[[nodiscard]] bool IsCategoryLeft(Database& database);  // batch_work_categories.cc

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
  schemas::ChangeOutcome Change(const schemas::EditFeed& change);
  // batch_work_blacklist.cc
  schemas::ChangeOutcome Change(const schemas::AddBlacklist& change);
  schemas::ChangeOutcome Change(const schemas::RemoveBlacklist& change);
  void SetSiteBlacklisting(const SiteBlacklisting& blacklisting);
  void SetLinkBlacklisting(const LinkBlacklisting& blacklisting);
  void WakeFeeds(schemas::Id site_id);
  [[nodiscard]] std::vector<schemas::SiteTally> DrawParole(const ParoleDraw& draw);
  // batch_work_links.cc
  void WriteProbes(const std::vector<schemas::ProbeResult>& probes);
  void WriteStatus(const schemas::CrawlerStatus& status);
  // batch_work_feedback.cc
  std::vector<schemas::FeedbackOutcome> WriteFeedback(
      const std::vector<schemas::Feedback>& feedback);
  schemas::ChangeOutcome Change(const schemas::DecideReports& change);
  void DecideWeights();  // of a week that has begun
  void PruneFeedback();  // a bounded slice of what is no longer needed
  // batch_work_history.cc
  void CountHour(const HourWork& work);
  void NoteOutage(const schemas::CrawlerStatus& status);  // before WriteStatus replaces the last
  // batch_work_hosts.cc
  void WriteHosts(const schemas::HostState& hosts);
  void TrimHosts();  // what is no longer in force
  // batch_work_imports.cc
  schemas::ChangeOutcome Change(const schemas::BeginImport& change);
  schemas::ChangeOutcome Change(const schemas::EndUndo& change);
  void CountImports();
  // batch_work_pruning.cc
  // A bounded slice of categories that no link uses and of sites that have nothing left goes.
  void Prune();
  // batch_work_clock.cc
  [[nodiscard]] bool PullInFar(const PullIn& far);
  // batch_work_removal.cc
  // What is left of removed feeds goes, as many rows as a transaction may remove.
  void ContinueRemovals();
  [[nodiscard]] bool IsRemoving();
  // batch_work_categories.cc
  // Links whose feed has got another category get it, too, as many as a transaction may rewrite.
  void ContinueCategories();
  [[nodiscard]] bool IsSettling();
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
  [[nodiscard]] bool has_changed_blacklist() const { return has_changed_blacklist_; }
  [[nodiscard]] std::int64_t links_new() const { return links_new_; }
  [[nodiscard]] const std::vector<SharedTarget>& targets() const { return targets_; }

 private:
  // batch_work_feeds.cc
  using Crawls = std::vector<schemas::CrawlResult>;
  // The rows of the feeds that answered, of as many as are asked for at once.
  struct AskedFeed {
    const schemas::CrawlResult* crawl = nullptr;
    std::optional<FeedBefore> before;
  };
  std::vector<AskedFeed> NextFeeds(const Crawls& crawls, std::size_t next);
  // Whether the answer goes into this part, and others behind it. One that has nothing to write is
  // taken, too.
  enum class Taking { kNot, kLast, kAndOn };
  Taking TakeAnswer(AskedFeed& asked, Rows& rows, std::vector<FeedAnswer>& answers);
  // Returns how many entries are read for the answers from `first` on, theirs included.
  std::size_t ReadEntriesOf(std::vector<FeedAnswer>& answers, std::size_t first, Rows& rows);
  // The answers that can be read and decided together; `next` goes beyond them.
  std::vector<FeedAnswer> NextPart(const Crawls& crawls, std::size_t& next, Rows& rows);
  static std::vector<Wanted> WantedOf(const std::vector<FeedAnswer>& answers, const Rows& rows);
  void FinishAnswers(const std::vector<FeedAnswer>& answers);
  std::optional<FeedBefore> FindFeedBefore(schemas::Id feed_id);
  void CountState(schemas::FeedState state, std::int64_t delta);
  void UncountFeed(const FeedBefore& before);
  void CountAnswer(const FeedAnswer& answer);
  void WriteFeedRows(const std::vector<const FeedAnswer*>& answers);
  schemas::Id FeedAt(const std::string& url);  // 0 if there is none
  std::string DomainOfSite(schemas::Id site_id);
  // Who lists what the new address answered; nobody, if that is another feed of another domain.
  std::optional<Lister> MoveFeed(const schemas::CrawlResult& crawl, const FeedBefore& before);
  std::optional<Lister> MergeFeed(const schemas::CrawlResult& crawl, const FeedBefore& before,
                                  schemas::Id other);
  bool TakesEntriesAlong(schemas::FeedOwner owner, schemas::Id site_id, schemas::Id new_site_id);
  // batch_work_imports.cc
  // Of an import by its key; 0: an operator's own word, or one that is forgotten.
  [[nodiscard]] schemas::Id ImportOf(schemas::ImportKey import_key);
  void NoteAddedFeed(schemas::Id feed_id, schemas::ImportKey import_key);
  void NoteAddedPattern(const std::string& pattern, schemas::ImportKey import_key);
  // It was there already, and is named again.
  void WantFeed(schemas::Id feed_id, schemas::ImportKey import_key);
  void WantPattern(const std::string& pattern, schemas::ImportKey import_key);
  void HandOnWants(schemas::Id feed_id, schemas::Id kept_id);
  void ForgetWantsOfFeed(schemas::Id feed_id);
  void ForgetWantsOfPattern(const std::string& pattern);
  [[nodiscard]] bool IsForImportAlone(schemas::Id feed_id, schemas::Id import_id);
  [[nodiscard]] bool IsForImportAlone(const std::string& pattern, schemas::Id import_id);
  // batch_work_removal.cc
  void RemoveInPieces(schemas::Id feed_id, const FeedBefore& before);
  void RemovePiece(schemas::Id feed_id);
  void RemoveUnlistedLinks(schemas::Id feed_id, schemas::Id link_id_last);
  void GiveLinksToTheNextLister(schemas::Id feed_id, schemas::Id link_id_last);
  // batch_work_categories.cc
  // Empty: none. False: it is that already.
  bool SetCategory(schemas::Id feed_id, const std::string& category);
  void FillCategory(schemas::Id feed_id, const std::string& category);  // if it has none
  void HandOnCategory(schemas::Id feed_id, schemas::Id kept_id);        // if that has none
  void SettleCategoryPiece(schemas::Id feed_id);
  void ReplaceCategory(schemas::Id feed_id, const std::vector<schemas::Id>& link_ids);
  std::vector<std::string> LeftCategories(schemas::Id feed_id);
  std::optional<schemas::Id> FindWord(const std::string& name);
  schemas::Id OperatorWord(const std::string& name);
  // batch_work_read.cc
  Rows NewRows();
  void ReadIds(Rows& rows);
  // Into the cache.
  void ReadSites(const std::vector<std::string_view>& names);
  SiteRow& SiteOf(const std::string& name, const std::string& registrable_domain);
  void ReadEntries(const std::vector<schemas::Id>& feed_ids, Rows& rows);
  // Sites, links, and what is left of the budgets of those that name new sites.
  void ReadFor(std::vector<Wanted>& wanted, Rows& rows);
  void ReadSitesOf(std::vector<Wanted>& wanted);
  std::vector<schemas::Id> ReadKeys(const std::vector<Wanted>& wanted, Rows& rows);
  void ReadRooms(const std::vector<Wanted>& wanted, Rows& rows, std::vector<schemas::Id>& link_ids);
  // `entries`: how many of the part may change what lists them.
  void ReadLinks(std::vector<schemas::Id> link_ids, std::size_t entries, Rows& rows);
  void ReadNamers(const std::vector<Wanted>& wanted, Rows& rows);
  // Words and languages, and of feeds with new ones how many they have named.
  void ReadNames(const std::vector<FeedAnswer>& answers, Rows& rows);
  [[nodiscard]] std::int64_t UnwrittenLinks(schemas::Id site_id) const;
  // batch_work_write.cc
  void WriteRows(Rows& rows);
  void WriteNames(const Rows& rows);
  void WriteNewLinks(const Rows& rows);
  void WriteStandingLinks(const Rows& rows);
  void WriteStandingLink(const LinkRow& link);
  void WriteEntries(Rows& rows);
  void RemoveLinks(const Rows& rows);
  // batch_work_links.cc
  // Rows of the pool are rows of a table, and not what a view shows of those of "link".
  [[nodiscard]] bool KeepsPoolApart() const { return database_.engine() == Engine::kSqlite; }
  // Of those that are there.
  std::unordered_map<schemas::Id, ProbedLink> ReadProbed(
      const std::vector<schemas::ProbeResult>& probes);
  void WriteProbe(const schemas::ProbeResult& probe, ProbedLink& link);
  void PutInPool(schemas::Id link_id);
  void PutInPoolIfServable(schemas::Id link_id);  // whose state and site allow it
  void TakeOutOfPool(schemas::Id link_id);
  void NotePoolChange(schemas::Id link_id);  // once in a transaction
  void FlushCategories();
  // batch_work_sources.cc
  void SettleSourcesOfSite(schemas::Id site_id);
  void SettleSourcesOfFeed(schemas::Id feed_id);
  void GiveSiteAFeed(const std::string& host, const SiteRow& site);
  void SettleSiteThatLostAFeed(schemas::Id site_id);
  // True if it listed any.
  bool LeaveLinks(schemas::Id feed_id, schemas::Id site_id);
  // batch_work_feedback.cc
  void ReadFeedback(const std::vector<schemas::Feedback>& feedback, FeedbackRows& rows);
  void ReadReportedLinks(const std::set<schemas::Id>& link_ids, FeedbackRows& rows);
  void WriteReports(const FeedbackRows& rows);
  [[nodiscard]] std::vector<ReceiptUse> OldUses();
  [[nodiscard]] std::vector<VoteKey> OldVotes();
  // batch_work_blacklist.cc
  void DeleteRulesUnder(const std::string& domain);
  // batch_work_sites.cc
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
  // That have nothing left to make room with: for strangers, and for their own feeds.
  std::unordered_set<schemas::Id> full_sites_;
  std::unordered_set<schemas::Id> full_for_its_own_;
  std::unordered_map<schemas::Id, std::int64_t> category_deltas_;
  std::optional<std::pair<schemas::Id, schemas::Id>> new_links_;  // in the pool: the first and last
  std::unordered_map<schemas::ImportKey, schemas::Id> imports_;   // as far as they were asked for
  std::unordered_map<schemas::Id, std::int64_t> import_deltas_;   // of import.added
  Totals totals_;
  std::int64_t links_new_ = 0;
  std::int64_t removal_rows_left_;  // that this transaction may still remove, or categorise anew
  bool is_removing_ = true;         // as far as is known
  bool is_settling_ = true;         // the same
  bool has_changed_blacklist_ = false;
};

}  // namespace saunter::store::sql
