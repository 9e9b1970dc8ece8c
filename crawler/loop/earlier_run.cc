#include "crawler/loop/earlier_run.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace saunter::crawler::loop {
namespace {

constexpr schemas::UnixSeconds kReportIntervalS = 2;  // a busy run reports so often

}  // namespace

schemas::HostState HostsOfEarlierRun(store::DueWork& work, Sharing sharing,
                                     const schemas::FetchSettings& settings,
                                     schemas::UnixSeconds now) {
  auto hosts =
      work.HostsInForce(now, settings.robots_origins_max, settings.robots_memory_bytes_max);
  if (sharing == Sharing::kShared) return hosts;
  const auto stats = work.ReadStats();
  if (!stats.crawler || stats.crawler->stopped_at) return hosts;
  const auto heard_at = std::max(stats.crawler->reported_at, stats.last_batch_at.value_or(0));
  const auto until_at = heard_at + kReportIntervalS + (settings.host_gap_max_ms + 999) / 1000;
  if (until_at <= now || settings.host_gap_max_ms == 0) return hosts;
  spdlog::info("the last run did not stop cleanly; nothing is asked for {} s", until_at - now);
  hosts.pauses.push_back({"*", schemas::PauseReason::kGap, until_at});
  return hosts;
}

LostAnswers FindLostAnswers(store::DueWork& work,
                            const std::map<schemas::Id, schemas::UnixSeconds>& asked,
                            schemas::UnixSeconds now) {
  LostAnswers answers;
  for (const auto& [feed_id, asked_at] : asked) {
    auto feed = work.FindFeed(feed_id);
    const bool is_answered = !feed || feed->checked_at.value_or(0) >= asked_at;
    if (is_answered || feed->next_check_at > now) {
      answers.settled.push_back(feed_id);
    } else {
      answers.lost.push_back({.feed = *std::move(feed), .asked_at = asked_at});
    }
  }
  if (!answers.lost.empty()) {
    spdlog::info(
        "{} feeds were asked before a crash; they are left alone for an hour, or for a day where "
        "they gave no validators",
        answers.lost.size());
  }
  return answers;
}

}  // namespace saunter::crawler::loop
