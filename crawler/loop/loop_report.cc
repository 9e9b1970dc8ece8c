#include "crawler/loop/loop_report.h"

#include <spdlog/spdlog.h>

#include <variant>

#include "crawler/judge/judge.h"

namespace saunter::crawler::loop {
namespace {

using schemas::FetchOutcome;

constexpr schemas::UnixSeconds kStatusIntervalS = 2;
constexpr schemas::UnixSeconds kStatusIdleIntervalS = 30;
constexpr schemas::UnixSeconds kNewsIntervalS = 60;

}  // namespace

LoopReport::LoopReport(schemas::UnixSeconds now) : told_at_(now) {
  status_.version = SAUNTER_VERSION;
  status_.started_at = now;
}

void LoopReport::NoteAnswer(const fetch::Response& response) {
  ++answers_;
  sums_.wire_bytes += response.wire_bytes;
  sums_.body_bytes += response.body_bytes;
  if (response.kind == fetch::RequestKind::kFeed && judge::FailedBeforeAnswer(response)) {
    last_failure_ = response.detail;
  }
  is_dirty_ = true;
}

void LoopReport::NoteFeedAnswered(schemas::UnixSeconds at) {
  ++sums_.feeds_fetched;
  status_.fetch_at = at;
}

void LoopReport::NoteFeedJudged(const schemas::CrawlResult& result) {
  ++sums_.feeds_by_outcome[result.fetch.outcome];
  sums_.entries += static_cast<std::int64_t>(result.entries.size());
  if (result.fetch.outcome == FetchOutcome::kOk) {
    ++sums_.feeds_ok;
    status_.fetch_ok_at = result.fetch.fetched_at;
  } else if (result.fetch.outcome == FetchOutcome::kNotModified) {
    ++sums_.feeds_not_modified;
    status_.fetch_ok_at = result.fetch.fetched_at;
  } else {
    ++sums_.feeds_failed;
  }
}

void LoopReport::NoteFeedsBlacklisted(std::size_t count) {
  sums_.feeds_blacklisted += static_cast<std::int64_t>(count);
}

void LoopReport::NoteProbes(const std::vector<ProbeOutput>& results) {
  for (const auto& result : results) {
    const auto* probe = std::get_if<schemas::ProbeResult>(&result);
    if (probe == nullptr) continue;
    ++sums_.probes;
    ++sums_.probes_by_verdict[probe->verdict];
  }
}

void LoopReport::NoteOutage(bool outage, schemas::UnixSeconds now) {
  if (outage == status_.outage_at.has_value()) return;
  is_dirty_ = true;
  if (outage) {
    status_.outage_at = now;
    spdlog::warn(
        "almost no host answers: our own network seems to be down; nothing counts, and a few "
        "are asked now and then; the last failure: {}",
        last_failure_);
  } else {
    status_.outage_at.reset();
    spdlog::info("hosts answer again");
  }
}

void LoopReport::NoteSums(const DueFeeds& due) {
  sites_blacklisted_ = due.sites_blacklisted;
  if (has_feeds_ != due.has_feeds) is_dirty_ = true;
  has_feeds_ = due.has_feeds;
}

std::optional<schemas::CrawlerStatus> LoopReport::DueStatus(const LoopGauges& now_does,
                                                            schemas::UnixSeconds now) {
  const auto since = now - status_.reported_at;
  const auto interval_s = is_dirty_ ? kStatusIntervalS : kStatusIdleIntervalS;
  if (since >= 0 && since < interval_s) return std::nullopt;  // negative: the clock was set back
  // The first row waits a moment for the database to say whether there are feeds.
  const bool is_new = now - status_.started_at < kStatusIntervalS;
  if (!has_feeds_ && is_new && now >= status_.started_at) return std::nullopt;
  status_.reported_at = now;
  is_dirty_ = false;
  return Status(now_does, now);
}

schemas::CrawlerStatus LoopReport::Status(const LoopGauges& now_does,
                                          schemas::UnixSeconds now) const {
  auto status = status_;
  status.reported_at = now;
  status.feeds_due = now_does.feeds_due;
  status.in_flight = now_does.in_flight;
  if (status.outage_at) {
    status.problem =
        "almost no host answers (" + last_failure_ + "); check this machine's network and DNS";
  } else if (!status.fetch_ok_at && status.fetch_at && !last_failure_.empty()) {
    status.problem = "no feed could be fetched yet; the last failure: " + last_failure_;
  } else if (!status.fetch_at && now_does.in_flight == 0 && has_feeds_ == false) {
    status.problem = "there are no feeds to crawl; run `saunter import`";
  }
  return status;
}

schemas::CrawlerStatus LoopReport::LastStatus(const LoopGauges& now_does,
                                              schemas::UnixSeconds now) const {
  auto status = Status(now_does, now);
  status.stopped_at = now;
  status.in_flight = 0;
  return status;
}

std::optional<std::string> LoopReport::DueNews(schemas::UnixSeconds now) {
  const auto since = now - told_at_;
  // Negative: the clock was set back.
  if (since >= 0 && since < kNewsIntervalS) return std::nullopt;
  std::string news;
  const auto add = [&](std::int64_t LoopSums::* count, std::string_view what) {
    const auto more = sums_.*count - told_.*count;
    if (more != 0) news += fmt::format("{}{} {}", news.empty() ? "" : ", ", more, what);
  };
  add(&LoopSums::feeds_ok, "feeds read");
  add(&LoopSums::feeds_not_modified, "feeds unchanged");
  add(&LoopSums::feeds_failed, "feeds failed");
  add(&LoopSums::feeds_blacklisted, "feeds blacklisted");
  add(&LoopSums::entries, "entries");
  add(&LoopSums::probes, "links probed");
  told_ = sums_;
  told_at_ = now;
  if (news.empty()) return std::nullopt;
  return "in the last minute: " + news;
}

std::string LoopReport::Summary() const {
  return fmt::format(
      "{} feeds fetched: {} read, {} unchanged, {} failed; {} blacklisted; {} entries; {} probes; "
      "{} bytes",
      sums_.feeds_fetched, sums_.feeds_ok, sums_.feeds_not_modified, sums_.feeds_failed,
      sums_.feeds_blacklisted, sums_.entries, sums_.probes, sums_.body_bytes);
}

}  // namespace saunter::crawler::loop
