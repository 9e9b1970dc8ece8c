// One transaction of the writer, and all that can ride in it.
//
// Thread safety: values, no sharing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schemas/blacklist.h"
#include "schemas/feed.h"
#include "schemas/feedback.h"
#include "schemas/host.h"
#include "schemas/import.h"
#include "schemas/link.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"

namespace saunter::schemas {

// Whose the address is that a feed has moved to, as far as names say; a registrable domain has one
// owner unless it is shared.
enum class FeedOwner { kSame, kOther };

// Everything one fetch of one feed changes; written whole or not at all.
struct CrawlResult {
  FeedChange feed;
  FeedOwner owner = FeedOwner::kSame;
  std::string speaks_for = {};  // a site besides the feed's own; empty: none
  FetchLog fetch;
  std::vector<EntryIntake> entries;  // empty unless the body was new and parsed
};

struct AddFeed {
  std::string url;  // normalised, see crawler/url/url.h
  std::string host;
  std::string registrable_domain;
  std::string title;
  std::string site_url;
  std::string category;
  UnixSeconds added_at = 0;
  UnixSeconds next_check_at = 0;
  ImportKey import_key = 0;
};
struct RemoveFeed {
  std::string url;
  Id import_id = 0;  // only if that import added it and nobody else wants it; 0: in any case
};
struct SetFeedState {
  std::string url;
  FeedState state = FeedState::kActive;
};
// What is absent stays as it is. An empty text takes back what an operator said: the feed has its
// own title again, or no category.
struct EditFeed {
  std::string url;
  std::optional<std::string> title;
  std::optional<std::string> category;
};
struct AddBlacklist {
  BlacklistEntry entry;
  ImportKey import_key = 0;
};
struct RemoveBlacklist {
  std::string pattern;
  Id import_id = 0;  // as of RemoveFeed
};
// Before the first change of an import: what comes with its key belongs to it.
struct BeginImport {
  ImportKey import_key = 0;
  ImportKind kind = ImportKind::kFeeds;
  std::string source;
  UnixSeconds started_at = 0;
};
// What the import added and nobody else wants has been removed.
struct EndUndo {
  Id import_id = 0;
  UnixSeconds undone_at = 0;
};
// An operator has looked at what readers reported of a link.
struct DecideReports {
  Id link_id = 0;
  ReportDecision decision = ReportDecision::kDismissed;
};
using OperatorChange = std::variant<AddFeed, RemoveFeed, SetFeedState, EditFeed, AddBlacklist,
                                    RemoveBlacklist, DecideReports, BeginImport, EndUndo>;

// kWanted: it stays, since somebody else wants it.
enum class ChangeOutcome : int {
  kDone = 0,
  kAlreadyKnown = 1,
  kNotFound = 2,
  kBlacklisted = 3,
  kWanted = 4
};
std::string_view ToString(ChangeOutcome outcome);

// As whom a crawler asked what it asked, where several share a database: it holds shards, and each
// of them since an epoch. An owner's id is never given out again; epochs grow.
struct Lease {
  Id owner = 0;            // 0: nobody shares the database, and everything is its
  std::int64_t epoch = 0;  // of the shards that it knows it holds, none is of a later one

  friend bool operator==(const Lease&, const Lease&) = default;
};

// One transaction of the writer.
struct WriteBatch {
  Lease lease = {};  // under which crawls, probes and looks were asked; see store/leases.h
  std::vector<CrawlResult> crawls;
  std::vector<ProbeResult> probes;
  HostState hosts;
  std::vector<SiteLook> looks;
  std::vector<Feedback> feedback;
  std::vector<OperatorChange> changes;
  std::optional<CrawlerStatus> status;
  bool pulls_in_far = false;  // what a clock that was wrong put off for years, a piece of it
};

}  // namespace saunter::schemas
