#include "crawler/loop/due_supply.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace saunter::crawler::loop {

DueSupply::DueSupply(DueConnections connections)
    : feeds_(std::move(connections.feeds), "due feeds"),
      links_(std::move(connections.links), "due links") {}

void DueSupply::Take(FeedStream& feeds, ProbeStream& probes, LoopReport& report,
                     const schemas::Settings& settings, schemas::UnixSeconds now) {
  if (auto answer = feeds_.Take(now); answer && answer->items) {
    auto& due = std::get<DueFeeds>(*answer->items);
    report.NoteSums(due);
    feeds.TakeDue(std::move(due), settings.schedule);
  } else if (answer) {
    feeds.DueFailed();
  }
  if (auto answer = links_.Take(now); answer && answer->items) {
    probes.TakeDue(std::get<DueLinks>(*std::move(answer->items)));
  } else if (answer) {
    probes.DueFailed();
  }
}

void DueSupply::Ask(FeedStream& feeds, ProbeStream& probes, const schemas::Settings& settings,
                    schemas::UnixSeconds now, std::optional<schemas::UnixSeconds> due_limit) {
  if (feeds_.IsReady(now)) {
    if (auto query = feeds.Want(now, settings.schedule)) feeds_.Ask(*query);
  }
  if (links_.IsReady(now)) {
    const auto due_at = std::min(now, due_limit.value_or(now));
    if (auto query = probes.Want(due_at, now, settings.health)) links_.Ask(*query);
  }
}

void DueSupply::Interrupt() {
  feeds_.Interrupt();
  links_.Interrupt();
}

}  // namespace saunter::crawler::loop
