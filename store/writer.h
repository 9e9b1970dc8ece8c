// A read-write connection: schema, and batches as transactions.
//
// A batch is one transaction. Between Apply and Commit the caller sees what the batch touched and
// may add decisions that need those sums (the blacklist); a WriteTransaction that is destroyed
// without Commit is rolled back and leaves nothing.
//
// A file of SQLite has one Writer at a time, which holds the lock beside it until it is destroyed.
// Any number of them may write to one database of PostgreSQL: they take turns, a batch each.
//
// Thread safety: one thread at a time. Ownership: a Writer has the connection until it is
// destroyed. Errors: what can be wrong with a database is OpenStatus; what goes wrong in a
// transaction is thrown as StoreError and rolls back, but for kUnsynced.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "schemas/batch.h"
#include "schemas/blacklist.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/site.h"
#include "schemas/units.h"
#include "store/page.h"
#include "store/status.h"

namespace saunter::store {

// A page that links of a site redirect to, one more since this batch.
struct SharedTarget {
  schemas::Id site_id = 0;
  schemas::Key target_key = 0;
  schemas::Id link_id = 0;  // of the one
  std::int64_t links = 0;   // with it
};

// What a batch did, for the decisions and acknowledgements that follow it.
struct AppliedBatch {
  std::vector<schemas::SiteTally> touched_sites;            // sites that may have to be judged
  std::vector<SharedTarget> targets;                        // that more living links lead to now
  std::vector<schemas::ChangeOutcome> change_outcomes;      // one for each of WriteBatch::changes
  std::vector<schemas::FeedbackOutcome> feedback_outcomes;  // one for each of WriteBatch::feedback
  std::int64_t links_new = 0;
  // Something is left of removed feeds; it goes with the next batches, empty ones included.
  bool is_removing = false;
  // The same of links whose feed has got another category.
  bool is_settling = false;
};

// What a batch holds of feeds, links and sites that its lease does not hold any more.
struct LostWork {
  std::unordered_set<schemas::Id> feed_ids;
  std::unordered_set<schemas::Id> link_ids;
  std::unordered_set<schemas::Id> site_ids;
  [[nodiscard]] bool Empty() const {
    return feed_ids.empty() && link_ids.empty() && site_ids.empty();
  }
};

// A site's or link's place on the blacklist, as the matcher judges it. nullopt: not on it.
struct SiteBlacklisting {
  schemas::Id site_id = 0;
  std::optional<schemas::BlacklistEntry> entry;
};
struct LinkBlacklisting {
  schemas::Id link_id = 0;
  bool blacklisted = false;
};

struct ParoleDraw {
  std::int64_t sites_max = 0;  // at once
  std::int64_t links_max = 0;  // a site
};

// What waits longer than anything is ever put off, as by a clock that was years ahead. A site's
// turn may be far in the future, and what was done not be at all.
struct PullIn {
  schemas::UnixSeconds links_after = 0;  // that are looked at later than this
  std::int64_t links_within_s = 0;       // from now, they are looked at instead
  schemas::UnixSeconds hosts_after = 0;  // pauses and robots.txt that hold for longer
  std::int64_t rows_max = 0;             // of links in one state, of pauses and of robots.txt
};

// How far a checkpoint came: readers hold back what they still read.
struct Checkpoint {
  std::int64_t pages = 0;  // in the WAL
  std::int64_t pages_moved = 0;
  [[nodiscard]] bool Whole() const { return pages_moved >= pages; }
};

class WriteTransaction {
 public:
  virtual ~WriteTransaction() = default;

  // What another crawler holds by now, as it stands until the commit: nothing of it may be applied.
  [[nodiscard]] virtual LostWork FindLost(const schemas::WriteBatch& batch) = 0;
  // Writes the operator's changes, feeds, entries, links, verdicts, tallies, the pool and hosts.
  virtual AppliedBatch Apply(const schemas::WriteBatch& batch) = 0;

  // All entries, ordered by pattern, as they stand in this transaction.
  [[nodiscard]] virtual std::vector<schemas::BlacklistEntry> Blacklist() = 0;
  // Another writer may have changed them since this one's last commit, or since it was opened.
  [[nodiscard]] virtual bool IsBlacklistNews() const = 0;
  virtual void PutBlacklistEntry(const schemas::BlacklistEntry& entry) = 0;
  virtual void RemoveBlacklistEntry(std::string_view pattern) = 0;
  // The newest decisions of a site are kept.
  virtual void PutDecision(const schemas::SiteDecision& decision) = 0;

  // Every dead link of a site with every feed that lists it, by link.
  [[nodiscard]] virtual std::vector<schemas::DeadListing> DeadListings(schemas::Id site_id) = 0;
  // The site's links that were probed since then.
  [[nodiscard]] virtual schemas::ParoleTally CountProbedSince(schemas::Id site_id,
                                                              schemas::UnixSeconds since_at) = 0;
  // What is known of the site's dead links is forgotten: they are doubtful, and looked at again
  // within a day.
  virtual void DoubtDeadLinks(schemas::Id site_id) = 0;
  // Living links that redirect there, or the one that is new, are looked at again at once.
  virtual void LookAgainAt(const SharedTarget& target) = 0;
  virtual void LookAgainAtNew(const SharedTarget& target) = 0;

  // Sites whose name or host is `host` or, if `host` begins with "*.", whose host is the rest of it
  // or below that; "*" is every site. All but the first are scans.
  [[nodiscard]] virtual std::vector<SiteRef> SitesUnder(std::string_view host) = 0;
  // Links of a site with link_id > after, in order, at most `count_max`.
  [[nodiscard]] virtual std::vector<LinkUrl> LinkUrls(schemas::Id site_id, Page page) = 0;
  // Takes the site's links out of the pool, or puts the servable ones back.
  virtual void SetSiteBlacklisting(const SiteBlacklisting& blacklisting) = 0;
  // A link that comes off it is looked at again within a day.
  virtual void SetLinkBlacklisting(const LinkBlacklisting& blacklisting) = 0;
  // Feeds of the site that were put off because the blacklist had them have their turn.
  virtual void WakeFeeds(schemas::Id site_id) = 0;
  // Draws the samples of blacklisted sites whose time to be looked at again has come: once each,
  // and then what is missing, should links have gone. Returns the sites of which nothing was left
  // to be drawn, so that no probe will have them judged.
  [[nodiscard]] virtual std::vector<schemas::SiteTally> DrawParole(const ParoleDraw& draw) = 0;

  // Gives back what a clock that was wrong put off; of hosts, what is too long is forgotten. False
  // once nothing is left of it.
  [[nodiscard]] virtual bool PullInFar(const PullIn& far) = 0;
  // Sites that the rule has blacklisted and whose parole begins after `at`, the last one first.
  [[nodiscard]] virtual std::vector<SiteRef> SitesOnParoleAfter(schemas::UnixSeconds at,
                                                                std::int64_t count_max) = 0;

  // Returns the batch_id. With Durability::kFull the commit has reached the disk on return.
  enum class Durability { kNormal, kFull };
  virtual std::int64_t Commit(Durability durability) = 0;
};

class Writer {
 public:
  virtual ~Writer() = default;

  // Waits for its turn, as long as the busy timeout. `now` is the time that rows and the batch
  // carry.
  [[nodiscard]] virtual std::unique_ptr<WriteTransaction> Begin(schemas::UnixSeconds now) = 0;

  // Something is left of feeds that were removed; each batch takes a piece of it along.
  [[nodiscard]] virtual bool IsRemoving() = 0;
  // The same of links whose feed has got another category.
  [[nodiscard]] virtual bool IsSettling() = 0;

  // New settings for the batches from now on; the database stays the one that was opened.
  virtual void Renew(const schemas::StoreSettings& settings) = 0;

  // Moves committed pages into the database file as far as no reader holds them back.
  virtual Checkpoint CheckpointPassive() = 0;
  // The same, but waits for readers up to the busy timeout and, if none holds back anything then,
  // empties the WAL.
  virtual void CheckpointTruncate() = 0;
  // Writes the file anew without its free pages, mends indexes that are not as their tables, and
  // counts anew what is kept as a sum. Needs room for two more copies of it for a while,
  // one of them in the folder for temporary files; long, and readers read on.
  virtual void Compact() = 0;
  // Size of the WAL file, 0 if there is none.
  [[nodiscard]] virtual std::int64_t WalBytes() const = 0;
  // SQL statements run on this connection since it was opened.
  [[nodiscard]] virtual std::int64_t StatementsRun() const = 0;
};

struct OpenedWriter {
  OpenStatus status = OpenStatus::kOk;
  std::string detail;  // for a person, with what to do
  std::unique_ptr<Writer> writer;
};

// How far a migration is. On a large database one statement may run for minutes.
struct MigrationProgress {
  int script = 0;      // the schema version that it makes
  int scripts = 0;     // the version that this build wants
  int statement = 0;   // that runs, from 1
  int statements = 0;  // of this script
};
// Called at the beginning of each statement and, while it runs, many times a second. It must not
// throw and must not use the database.
using MigrationReport = std::function<void(const MigrationProgress&)>;

// Takes the lock of a file, creates or migrates the database, and checks a file after an unclean
// stop. `program` is named to whoever finds the lock taken or waits for a turn. Migrating survives
// a kill at any point: the next call goes on from the last whole script. Of PostgreSQL's database
// only migrating is for one program alone: kLocked.
//
// The database at store.url, or, where that is empty, the file at store.path.
[[nodiscard]] OpenedWriter OpenWriter(const schemas::StoreSettings& settings,
                                      std::string_view program, const MigrationReport& report = {});
// The file at store.path, whatever store.url says.
[[nodiscard]] OpenedWriter OpenFileWriter(const schemas::StoreSettings& settings,
                                          std::string_view program,
                                          const MigrationReport& report = {});

}  // namespace saunter::store
