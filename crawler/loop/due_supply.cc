#include "crawler/loop/due_supply.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace saunter::crawler::loop {

DueSupply::DueSupply(DueConnections connections)
    : feeds_(std::move(connections.feeds), "due feeds"),
      links_(std::move(connections.links), "due links") {}

void DueSupply::Take(FeedStream& feeds, ProbeStream& probes, LoopReport& report,
                     const schemas::Lease& lease, const schemas::Settings& settings,
                     schemas::UnixSeconds now) {
  if (auto answer = feeds_.Take(now)) {
    auto* due = answer->items ? &std::get<DueFeeds>(*answer->items) : nullptr;
    if (due != nullptr) report.NoteSums(*due);
    if (due != nullptr && due->lease.owner == lease.owner) {
      if (due->hosts) hosts_ = std::move(due->hosts);
      feeds.TakeDue(std::move(*due), settings.schedule);
    } else {
      feeds.DueFailed();
    }
  }
  if (auto answer = links_.Take(now)) {
    auto* due = answer->items ? &std::get<DueLinks>(*answer->items) : nullptr;
    if (due != nullptr && due->lease.owner == lease.owner) {
      probes.TakeDue(std::move(*due));
    } else {
      probes.DueFailed();
    }
  }
}

void DueSupply::Ask(FeedStream& feeds, ProbeStream& probes, const Wanted& wanted,
                    const schemas::Settings& settings, schemas::UnixSeconds now) {
  if (feeds_.IsReady(now)) {
    if (auto query = feeds.Want(now, settings.schedule)) {
      query->lease = wanted.lease;
      if (wanted.hosts_epoch) {
        query->hosts = {.epoch = *wanted.hosts_epoch,
                        .robots_count_max = settings.fetch.robots_origins_max,
                        .robots_bytes_max = settings.fetch.robots_memory_bytes_max};
      }
      feeds_.Ask(*query);
    }
  }
  if (links_.IsReady(now)) {
    const auto due_at = std::min(now, wanted.due_limit.value_or(now));
    if (auto query = probes.Want(due_at, now, settings.health)) {
      query->lease = wanted.lease;
      links_.Ask(*query);
    }
  }
}

void DueSupply::Interrupt() {
  feeds_.Interrupt();
  links_.Interrupt();
}

}  // namespace saunter::crawler::loop
