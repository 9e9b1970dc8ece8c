// What a new run must know of the one before it.
//
// Thread safety: that of the DueWork. Errors: StoreError.
#pragma once

#include <map>
#include <vector>

#include "schemas/feed.h"
#include "schemas/host.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/due_work.h"

namespace saunter::crawler::loop {

// What hosts asked of an earlier run. Ordinary gaps are not written while they pass, since they are
// over in seconds: a run that stops cleanly notes those that are left. After a run that did not,
// nobody knows its last requests, and every host is owed the longest gap since; where several
// crawlers share the database, leases see to that.
enum class Sharing { kAlone, kShared };
[[nodiscard]] schemas::HostState HostsOfEarlierRun(store::DueWork& work, Sharing sharing,
                                                   const schemas::FetchSettings& settings,
                                                   schemas::UnixSeconds now);

// A feed that was asked before a crash, and whose answer was lost.
struct LostAnswer {
  schemas::DueFeed feed;
  schemas::UnixSeconds asked_at = 0;
};
struct LostAnswers {
  std::vector<LostAnswer> lost;
  // Feeds whose answers are in the database, that were removed, or that are not due yet.
  std::vector<schemas::Id> settled;
};
// `asked`: what the list of asked feeds held, see asked_log.h.
[[nodiscard]] LostAnswers FindLostAnswers(store::DueWork& work,
                                          const std::map<schemas::Id, schemas::UnixSeconds>& asked,
                                          schemas::UnixSeconds now);

}  // namespace saunter::crawler::loop
