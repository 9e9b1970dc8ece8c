#include "crawler/loop/crawl_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "crawler/write/wal_level.h"

namespace saunter::crawler::loop {
namespace {

using schemas::FetchOutcome;

constexpr std::size_t kFeedsKnownMax = 20000;
constexpr std::size_t kLinksKnownMax = 10000;
constexpr std::int64_t kRefill = 4000;
constexpr std::int64_t kParoleSitesMax = 64;
constexpr std::size_t kFeedsPendingMax = 2048;
constexpr std::size_t kProbesPendingPerSlot = 16;
constexpr std::int64_t kOthersLookMs = 10;
constexpr std::int64_t kFarLookIntervalS = 3600;
constexpr std::int64_t kFarLookFeeds = 500;
constexpr schemas::UnixSeconds kStatusIntervalS = 2;
constexpr schemas::UnixSeconds kStatusIdleIntervalS = 30;

// What hosts asked of an earlier run. Ordinary gaps are not written while they pass, for they are
// over in seconds: a run that stops cleanly notes those that are left, and after one that ended
// without a word, whose last requests nobody knows, every host is owed the longest gap since.
schemas::HostState HostsInForce(store::Reader& reader, const schemas::FetchSettings& settings,
                                schemas::UnixSeconds now) {
  auto hosts =
      reader.HostsInForce(now, settings.robots_origins_max, settings.robots_memory_bytes_max);
  const auto stats = reader.ReadStats();
  if (!stats.crawler || stats.crawler->stopped_at) return hosts;
  const auto heard_at = std::max(stats.crawler->reported_at, stats.last_batch_at.value_or(0));
  const auto until_at = heard_at + kStatusIntervalS + (settings.host_gap_max_ms + 999) / 1000;
  if (until_at <= now || settings.host_gap_max_ms == 0) return hosts;
  spdlog::info("the last run ended without a word; nothing is asked for {} s", until_at - now);
  hosts.pauses.push_back({"*", schemas::PauseReason::kGap, until_at});
  return hosts;
}

}  // namespace

CrawlLoop::CrawlLoop(const schemas::Settings& settings, std::unique_ptr<store::Reader> reader,
                     write::WriterThread& writer, schemas::UnixSeconds now, fetch::Clock clock)
    : settings_(settings),
      reader_(std::move(reader)),
      writer_(writer),
      clock_(std::move(clock)),
      fetcher_(NewFetcher(settings, HostsInForce(*reader_, settings.fetch, now))),
      random_(std::random_device{}()),
      probes_(random_()),
      asked_log_(settings.store.path),
      judge_(std::make_unique<judge::JudgeThread>(settings)) {
  status_.version = SAUNTER_VERSION;
  status_.started_at = now;
  SettleLostAnswers(now);
}

std::unique_ptr<fetch::Fetcher> CrawlLoop::NewFetcher(const schemas::Settings& settings,
                                                      const schemas::HostState& hosts) const {
  return std::make_unique<fetch::Fetcher>(settings.fetch, settings.schedule.interval_min_s, hosts,
                                          clock_);
}

void CrawlLoop::SettleLostAnswers(schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  for (const auto& [feed_id, asked_at] : asked_log_.found()) {
    const auto feed = reader_->FindFeed(feed_id);
    const bool answered = !feed || feed->checked_at.value_or(0) >= asked_at;
    if (answered || feed->next_check_at > now) {
      asked_log_.Settle({feed_id});
      continue;
    }
    feeds_.Mark(feed_id);
    outbox_.emplace_back(judge::JudgeLostAnswer(*feed, asked_at, Inputs(*blacklist, now, false)));
  }
  if (outbox_.empty()) return;
  spdlog::info(
      "{} feeds were asked before a crash; they are left alone for an hour, or for a day where "
      "they gave no validators",
      outbox_.size());
}

judge::JudgeInputs CrawlLoop::Inputs(const health::Blacklist& blacklist, schemas::UnixSeconds now,
                                     bool outage) {
  return {.settings = settings_,
          .blacklist = blacklist,
          .now = now,
          .random = std::uniform_real_distribution<double>(0, 1)(random_),
          .outage = outage};
}

bool CrawlLoop::Idle() const {
  return feeds_.Known() == 0 && probes_.Known() == 0 && InFlight() == 0 &&
         writer_.QueueLength() == 0 && outbox_.empty();
}

void CrawlLoop::StopAsking() {
  asking_ = false;
  for (const auto ticket : fetcher_->Withdraw()) {
    feeds_out_.erase(ticket);
    probes_.Withdraw(ticket);
  }
}

void CrawlLoop::Reload(const schemas::Settings& settings) { next_settings_ = settings; }

bool CrawlLoop::Turn(schemas::UnixSeconds now, std::int64_t timeout_ms) {
  TakeCommits();
  TakeJudged();
  if (asked_log_failed_at_ != now) asked_log_failed_at_.reset();
  if (due_limit_ && feeds_asked_at_ > 0 && Idle()) timeout_ms = 0;
  if (next_settings_ && InFlight() == 0 && judge_->Held() == 0) {
    settings_ = std::move(*next_settings_);
    next_settings_.reset();
    fetcher_ = NewFetcher(settings_, fetcher_->InForce());
    judge_ = std::make_unique<judge::JudgeThread>(settings_);
    spdlog::info("settings reloaded");
  }
  if (asking_) {
    Refill(now);
    if (!next_settings_ && !WritesAreHeldUp()) {
      SubmitFeeds(now);
      const auto wal_level = write::WalLevelOf(writer_.WalBytes(), settings_.store);
      if (wal_level < write::WalLevel::kNoProbes) SubmitProbes(now);
    }
  }
  if (!HandOver()) return false;
  const bool nothing_to_ask =
      InFlight() == 0 && judge_->Held() == 0 && feeds_.Waiting() == 0 && probes_.Waiting() == 0;
  if (due_limit_ && nothing_to_ask) writer_.Hurry();
  const bool waits_for_others =
      !outbox_.empty() || judge_->Held() > 0 ||
      (InFlight() == 0 && (feeds_.Known() > 0 || probes_.Known() > probes_.HeldBack()));
  auto responses =
      Poll(now, waits_for_others ? std::min<std::int64_t>(timeout_ms, kOthersLookMs) : timeout_ms);
  NoteAsked(now);
  // Before the results that came with it, so that no commit has those alone.
  if (auto news = fetcher_->TakeNews(); !news.Empty()) outbox_.emplace_back(std::move(news));
  for (auto& response : responses) {
    if (response.kind == fetch::RequestKind::kProbe) {
      TakeProbeAnswer(response, now);
    } else if (auto feed = feeds_out_.extract(response.ticket)) {
      TakeFeedAnswer(std::move(feed.mapped()), std::move(response), now);
    }
  }
  JudgeSuspects();
  judge_->Put(std::exchange(answered_, {}));
  SettleProbes(now);
  NoteOutage(now);
  ReportStatus(now);
  return HandOver() && !writer_.Failed();
}

void CrawlLoop::NoteAsked(schemas::UnixSeconds now) {
  std::vector<AskedFeed> asked;
  for (const auto ticket : fetcher_->TakeBegun()) {
    const auto feed = feeds_out_.find(ticket);
    if (feed != feeds_out_.end()) asked.push_back({feed->second.feed.feed_id, now});
  }
  if (!asked.empty() && !asked_log_.Note(asked)) asked_log_failed_at_ = now;
}

void CrawlLoop::TakeCommits() {
  for (const auto& committed : writer_.TakeCommitted()) {
    asked_log_.Settle(committed.feed_ids);
    for (const auto id : committed.feed_ids) feeds_.Forget(id);
    for (const auto id : committed.link_ids) probes_.Forget(id);
  }
}

bool CrawlLoop::HandOver() {
  while (!outbox_.empty()) {
    switch (writer_.TryPut(outbox_.front())) {
      case write::PutStatus::kTaken:
        outbox_.pop_front();
        break;
      case write::PutStatus::kFull:
        return true;
      case write::PutStatus::kClosed:
        return false;
    }
  }
  return true;
}

std::vector<fetch::Response> CrawlLoop::Poll(schemas::UnixSeconds now, std::int64_t timeout_ms) {
  if (WritesAreHeldUp()) return fetcher_->Poll(timeout_ms, 0);
  // With --once nobody waits for the network to come back: what fails is due again later.
  if (outage_.Outage() && !due_limit_) return fetcher_->Poll(timeout_ms, outage_.TrialSize(now));
  return fetcher_->Poll(timeout_ms);
}

std::int64_t CrawlLoop::AddFeeds(std::vector<schemas::DueFeed> feeds, std::int64_t count_max) {
  std::int64_t count = 0;
  for (auto& feed : feeds) {
    if (count == count_max) break;
    if (feeds_.Add(std::move(feed))) ++count;
  }
  return count;
}

// All that is due, as fast as the places free up.
void CrawlLoop::RefillFeeds(schemas::UnixSeconds due, schemas::UnixSeconds now) {
  auto found = reader_->DueFeeds(due, feeds_read_to_, kRefill);
  if (std::ssize(found) < kRefill) {
    // All are read: from the beginning again, but not before a second has passed.
    feeds_read_to_ = {};
    feeds_asked_at_ = now;
  } else {
    feeds_read_to_ = {found.back().next_check_at, found.back().feed_id};
  }
  AddFeeds(std::move(found), kRefill);
}

// What is due, at the pace that its number asks for; and what no clock that was set back may keep.
void CrawlLoop::RefillFeedsByPace(schemas::UnixSeconds now) {
  const auto& schedule = settings_.schedule;
  const auto all = reader_->ReadStats().feeds;
  const auto add = [&](std::vector<schemas::DueFeed> feeds, std::int64_t waiting) {
    pace_.Take(AddFeeds(std::move(feeds), pace_.Allowance(waiting, all, schedule)));
  };
  if (pace_.Allowance(1, all, schedule) == 0) return;
  const auto known = static_cast<std::int64_t>(feeds_.Known());
  const auto waiting = reader_->CountDueFeeds(now, known + kRefill) - known;
  feeds_held_back_ = std::max<std::int64_t>(waiting, 0);
  if (waiting > 0) {
    add(reader_->DueFeeds(now, {}, known + pace_.Allowance(waiting, all, schedule)), waiting);
    feeds_held_back_ -= static_cast<std::int64_t>(feeds_.Known()) - known;
  }
  if (pace_.elapsed_s() < far_look_s_) return;
  auto far = reader_->FeedsDueAfter(FarAhead(now, schedule), kFarLookFeeds);
  if (far.empty()) far_look_s_ = pace_.elapsed_s() + kFarLookIntervalS;
  const auto found = std::ssize(far);
  add(std::move(far), found);
}

void CrawlLoop::Refill(schemas::UnixSeconds now) {
  const auto due = std::min(now, due_limit_.value_or(now));
  if (pace_.Tick(now, settings_.schedule) == Pace::Clock::kLeapt) {
    far_look_s_ = 0;
    spdlog::warn("the clock leapt: no feed is asked until none can have been asked just before");
  }
  // With --once what was due at its beginning is read once, and again to see that nothing is left.
  const bool all_read = due_limit_ && feeds_asked_at_ > 0 && feeds_.Known() > 0;
  if (feeds_.Waiting() < static_cast<std::size_t>(kRefill) / 2 && feeds_.Known() < kFeedsKnownMax &&
      feeds_asked_at_ != now && !all_read) {
    if (due_limit_) {
      RefillFeeds(due, now);
    } else {
      const auto known_before = feeds_.Known();
      RefillFeedsByPace(now);
      const bool paced = settings_.schedule.start_spread_s > 0;
      if (paced || feeds_.Known() == known_before) feeds_asked_at_ = now;
    }
  }
  if (settings_.health.probes_in_flight_max > 0 &&
      probes_.Waiting() < static_cast<std::size_t>(kRefill) / 2 &&
      probes_.Known() < kLinksKnownMax && links_asked_at_ != now) {
    bool found = false;
    const auto& health = settings_.health;
    const auto count_max = static_cast<std::int64_t>(probes_.Known()) + kRefill;
    for (auto& link : reader_->ParoleLinks(due, kParoleSitesMax, health.parole_links)) {
      found |= probes_.Add(std::move(link));
    }
    for (auto& link : reader_->DueLinks(due, count_max, health.fresh_probes_percent)) {
      found |= probes_.Add(std::move(link));
    }
    if (!found) links_asked_at_ = now;
  }
}

// What was fetched could not be judged or written yet: nothing more is asked.
bool CrawlLoop::WritesAreHeldUp() const {
  return !outbox_.empty() || judge_->Full() || asked_log_failed_at_ || writer_.Trouble() ||
         write::WalLevelOf(writer_.WalBytes(), settings_.store) == write::WalLevel::kNoFeeds;
}

void CrawlLoop::SubmitFeeds(schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  while (feeds_out_.size() < kFeedsPendingMax) {
    auto feed = feeds_.Next();
    if (!feed) return;
    if (const auto match = blacklist->MatchUrl(feed->url)) {
      feeds_.Answered(feed->host);
      ++sums_.feeds_blacklisted;
      outbox_.emplace_back(judge::SkipFeed(*feed, *match, now));
      continue;
    }
    auto request = judge::FeedRequest(*feed, ++last_ticket_, now);
    fetcher_->Submit(request);
    status_dirty_ = true;  // soon after a request the row tells that somebody was here
    feeds_out_.emplace(last_ticket_, FeedInFlight{std::move(*feed), std::move(request)});
  }
}

void CrawlLoop::SubmitProbes(schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  const auto pending_max =
      kProbesPendingPerSlot * static_cast<std::size_t>(settings_.health.probes_in_flight_max);
  std::vector<ProbeOutput> skipped;
  while (probes_.Out() < pending_max) {
    auto request = probes_.Next(*blacklist, now, settings_.health, skipped);
    if (!request) break;
    fetcher_->Submit(std::move(*request));
    status_dirty_ = true;
  }
  PutAll(std::move(skipped));
}

void CrawlLoop::NoteAnswer(const std::string& host, bool failed, schemas::UnixSeconds now) {
  const bool outage_before = outage_.Outage();
  outage_.Note(host, failed, now);
  if (outage_before && !outage_.Outage()) {  // what failed in it says nothing of what comes
    feed_guard_ = {};
  }
}

void CrawlLoop::TakeFeedAnswer(FeedInFlight asked, fetch::Response response,
                               schemas::UnixSeconds now) {
  feeds_.Answered(asked.feed.host);
  const bool failed = judge::FailedBeforeAnswer(response);
  feed_guard_.Note(asked.feed.host, failed, now);
  NoteAnswer(asked.feed.host, failed, now);
  probes_.NoteHost(asked.feed.host, failed, now);
  if (failed) last_failure_ = response.detail;
  if (failed && !outage_.Outage()) {
    suspect_feeds_.push_back({std::move(asked), std::move(response), now});
  } else {
    JudgeAnswer(std::move(asked), std::move(response), now);
  }
}

// A failure counts once some host has answered after it, or there is nobody left who could.
void CrawlLoop::JudgeSuspects() {
  const bool nobody_waits = !asking_ || (feeds_.Waiting() == 0 && probes_.Waiting() == 0);
  const bool nobody_left = InFlight() == 0 && nobody_waits;
  auto begin =
      std::partition(suspect_feeds_.begin(), suspect_feeds_.end(), [&](const auto& suspect) {
        return !nobody_left && !outage_.Outage() && !outage_.AnsweredSince(suspect.at);
      });
  for (auto suspect = begin; suspect != suspect_feeds_.end(); ++suspect) {
    JudgeAnswer(std::move(suspect->asked), std::move(suspect->response), suspect->at);
  }
  suspect_feeds_.erase(begin, suspect_feeds_.end());
}

void CrawlLoop::JudgeAnswer(FeedInFlight asked, fetch::Response response,
                            schemas::UnixSeconds now) {
  ++sums_.feeds_fetched;
  sums_.wire_bytes += response.wire_bytes;
  sums_.body_bytes += response.body_bytes;
  status_.fetch_at = now;
  status_dirty_ = true;
  const bool outage = outage_.Outage() || feed_guard_.Outage(now);
  answered_.push_back({.feed = std::move(asked.feed),
                       .request = std::move(asked.request),
                       .response = std::move(response),
                       .blacklist = writer_.blacklist(),
                       .now = now,
                       .random = std::uniform_real_distribution<double>(0, 1)(random_),
                       .outage = outage});
}

void CrawlLoop::TakeJudged() {
  for (auto& result : judge_->Take()) {
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
    outbox_.emplace_back(std::move(result));
  }
}

void CrawlLoop::TakeProbeAnswer(const fetch::Response& response, schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  const bool failed = judge::FailedBeforeAnswer(response);
  // Dead links on dead hosts come in rows: they begin no outage, yet a trial may be a probe.
  if (!failed || outage_.Outage()) NoteAnswer(probes_.HostOf(response.ticket), failed, now);
  sums_.wire_bytes += response.wire_bytes;
  sums_.body_bytes += response.body_bytes;
  status_dirty_ = true;
  std::vector<ProbeOutput> results;
  probes_.Take(response, Inputs(*blacklist, now, false), results);
  CountProbes(results);
  PutAll(std::move(results));
}

// A failure counts once it is clear that it was not our own network's; in the end, all that are
// held, for nothing comes that could tell more.
void CrawlLoop::SettleProbes(schemas::UnixSeconds now) {
  const bool ends = due_limit_ ? probes_.Waiting() == 0 : !asking_;
  const auto held = ends && InFlight() == 0 ? ProbeStream::Held::kAll : ProbeStream::Held::kDue;
  const auto blacklist = writer_.blacklist();
  if (outage_.Outage()) probes_.NoteOutage(now);
  std::vector<ProbeOutput> results;
  probes_.Settle(held, Inputs(*blacklist, now, false), results);
  CountProbes(results);
  PutAll(std::move(results));
}

void CrawlLoop::CountProbes(const std::vector<ProbeOutput>& results) {
  for (const auto& result : results) {
    const auto* probe = std::get_if<schemas::ProbeResult>(&result);
    if (probe == nullptr) continue;
    ++sums_.probes;
    ++sums_.probes_by_verdict[probe->verdict];
  }
}

void CrawlLoop::PutAll(std::vector<ProbeOutput> results) {
  for (auto& result : results) {
    std::visit([&](auto& kind) { outbox_.emplace_back(std::move(kind)); }, result);
  }
}

void CrawlLoop::NoteOutage(schemas::UnixSeconds now) {
  const bool outage = outage_.Outage() || feed_guard_.Outage(now);
  if (outage && !status_.outage_at) {
    status_.outage_at = now;
    status_dirty_ = true;
    spdlog::warn(
        "almost no host answers: our own network seems to be down; nothing counts, and a few "
        "are asked now and then; the last failure: {}",
        last_failure_);
  } else if (!outage && status_.outage_at) {
    status_.outage_at.reset();
    status_dirty_ = true;
    spdlog::info("hosts answer again");
  }
}

schemas::CrawlerStatus CrawlLoop::Status(schemas::UnixSeconds now) {
  auto status = status_;
  status.reported_at = now;
  status.feeds_due = FeedsDue();
  status.in_flight = static_cast<std::int64_t>(InFlight());
  if (status.outage_at) {
    status.problem =
        "almost no host answers (" + last_failure_ + "); check this machine's network and DNS";
  } else if (!status.fetch_ok_at && status.fetch_at && !last_failure_.empty()) {
    status.problem = "no feed could be fetched yet; the last failure: " + last_failure_;
  } else if (!status.fetch_at && InFlight() == 0 && !reader_->NextFeedCheckAt()) {
    status.problem = "there are no feeds to crawl; run `saunter import`";
  }
  return status;
}

void CrawlLoop::ReportStatus(schemas::UnixSeconds now) {
  const auto since = now - status_.reported_at;
  const auto interval_s = status_dirty_ ? kStatusIntervalS : kStatusIdleIntervalS;
  if (since >= 0 && since < interval_s) return;  // negative: the clock was set back
  status_.reported_at = now;
  status_dirty_ = false;
  outbox_.emplace_back(Status(now));
}

void CrawlLoop::Finish(schemas::UnixSeconds now) {
  auto status = Status(now);
  status.stopped_at = now;
  status.in_flight = 0;
  auto hosts = fetcher_->InForce();
  hosts.robots.clear();  // written when they came
  if (!hosts.Empty()) outbox_.emplace_back(std::move(hosts));
  outbox_.emplace_back(std::move(status));
  for (auto& result : std::exchange(outbox_, {})) {
    // A writer that has failed has said so; there is nobody left to tell.
    if (!writer_.Put(std::move(result))) return;
  }
}

LoopGauges CrawlLoop::Gauges() {
  return {.feeds_due = FeedsDue(),
          .links_due = static_cast<std::int64_t>(probes_.Waiting()),
          .in_flight = static_cast<std::int64_t>(InFlight()),
          .sites_blacklisted = reader_->ReadStats().sites_blacklisted,
          .outage = status_.outage_at.has_value()};
}

std::string CrawlLoop::Summary() const {
  return fmt::format(
      "{} feeds fetched: {} read, {} unchanged, {} failed; {} blacklisted; {} entries; {} probes; "
      "{} bytes",
      sums_.feeds_fetched, sums_.feeds_ok, sums_.feeds_not_modified, sums_.feeds_failed,
      sums_.feeds_blacklisted, sums_.entries, sums_.probes, sums_.body_bytes);
}

}  // namespace saunter::crawler::loop
