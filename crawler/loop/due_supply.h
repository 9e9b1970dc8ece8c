// Keeps the streams supplied with due work: takes to each reader what its stream wants to know, and
// to each stream what its reader has read.
//
// Thread safety: one thread; the queries run on two others. Ownership: it owns the readers and
// their connections. Errors: StoreError for a database that cannot be read for good, thrown by
// Take.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "crawler/loop/due_reader.h"
#include "crawler/loop/feed_stream.h"
#include "crawler/loop/loop_report.h"
#include "crawler/loop/probe_stream.h"
#include "schemas/batch.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/due_work.h"

namespace saunter::crawler::loop {

// One connection for each kind of work, so that neither waits for the other's queries.
struct DueConnections {
  std::unique_ptr<store::DueWork> feeds;
  std::unique_ptr<store::DueWork> links;
};

class DueSupply {
 public:
  explicit DueSupply(DueConnections connections);

  // Gives the streams what was read, and the report the sums that came with it. Of what was read
  // under the lease of another owner than `lease` nothing is given.
  void Take(FeedStream& feeds, ProbeStream& probes, LoopReport& report, const schemas::Lease& lease,
            const schemas::Settings& settings, schemas::UnixSeconds now);
  // What hosts asked, if it was read.
  [[nodiscard]] std::optional<HostsAt> TakeHosts() { return std::exchange(hosts_, std::nullopt); }
  // Asks for what the streams want of the shards under the lease, and for what hosts asked if there
  // is an epoch of which that is not known. Links that are due after `due_limit` are not asked for.
  struct Wanted {
    schemas::Lease lease;
    std::optional<std::int64_t> hosts_epoch;
    std::optional<schemas::UnixSeconds> due_limit;
  };
  void Ask(FeedStream& feeds, ProbeStream& probes, const Wanted& wanted,
           const schemas::Settings& settings, schemas::UnixSeconds now);
  // Ends the queries that run; nothing more will be asked.
  void Interrupt();

  // A query is out, or its answer was not taken.
  [[nodiscard]] bool ReadsFeeds() const { return feeds_.IsBusy(); }
  [[nodiscard]] bool ReadsLinks() const { return links_.IsBusy(); }
  [[nodiscard]] bool IsBusy() const { return ReadsFeeds() || ReadsLinks(); }

 private:
  DueReader feeds_;
  DueReader links_;
  std::optional<HostsAt> hosts_;
};

}  // namespace saunter::crawler::loop
