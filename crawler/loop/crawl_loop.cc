#include "crawler/loop/crawl_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "crawler/judge/judge.h"
#include "crawler/loop/earlier_run.h"
#include "crawler/write/wal_level.h"

namespace saunter::crawler::loop {
namespace {

constexpr std::size_t kProbesPendingPerSlot = 16;
// So long the pump waits for answers of the web while the judge, the writer or a due reader has
// something for it at any moment.
constexpr std::int64_t kOthersWaitMs = 10;

}  // namespace

CrawlLoop::CrawlLoop(const schemas::Settings& settings, DueConnections connections,
                     write::WriterThread& writer, schemas::UnixSeconds now, fetch::Clock clock)
    : settings_(settings),
      writer_(writer),
      clock_(std::move(clock)),
      random_(std::random_device{}()),
      feeds_(random_()),
      probes_(random_()),
      report_(now),
      asked_log_(settings.store.path) {
  fetcher_ = NewFetcher(HostsOfEarlierRun(*connections.feeds, settings_.fetch, now));
  judge_.emplace(settings_);
  SettleLostAnswers(*connections.feeds, now);
  due_feeds_ = std::make_unique<DueReader>(std::move(connections.feeds), "due feeds");
  due_links_ = std::make_unique<DueReader>(std::move(connections.links), "due links");
}

std::unique_ptr<fetch::Fetcher> CrawlLoop::NewFetcher(const schemas::HostState& hosts) const {
  return std::make_unique<fetch::Fetcher>(settings_.fetch, settings_.schedule.interval_min_s, hosts,
                                          clock_);
}

void CrawlLoop::SettleLostAnswers(store::DueWork& work, schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  const auto answers = FindLostAnswers(work, asked_log_.found(), now);
  asked_log_.Settle(answers.settled);
  for (const auto& [feed, asked_at] : answers.lost) {
    feeds_.Mark(feed.feed_id);
    outbox_.emplace_back(judge::JudgeLostAnswer(feed, asked_at, Inputs(*blacklist, now)));
  }
}

judge::JudgeInputs CrawlLoop::Inputs(const health::Blacklist& blacklist, schemas::UnixSeconds now) {
  return {.settings = settings_,
          .blacklist = blacklist,
          .now = now,
          .random = std::uniform_real_distribution<double>(0, 1)(random_),
          .outage = false};
}

void CrawlLoop::LimitTo(schemas::UnixSeconds at) {
  due_limit_ = at;
  feeds_.LimitTo(at);
}

bool CrawlLoop::Idle() const {
  return feeds_.Known() == 0 && probes_.Known() == 0 && InFlight() == 0 && !due_feeds_->IsBusy() &&
         !due_links_->IsBusy() && writer_.QueueLength() == 0 && outbox_.empty();
}

void CrawlLoop::StopAsking() {
  asking_ = false;
  due_feeds_->Interrupt();
  due_links_->Interrupt();
  for (const auto ticket : fetcher_->Withdraw()) {
    feeds_.Withdraw(ticket);
    probes_.Withdraw(ticket);
  }
}

bool CrawlLoop::Turn(schemas::UnixSeconds now, std::int64_t timeout_ms) {
  TakeCommits();
  TakeJudged();
  TakeSettings();
  TakeDue(now);
  if (asked_log_failed_at_ != now) asked_log_failed_at_.reset();
  if (asking_) {
    Refill(now);
    Submit(now);
  }
  if (!HandOver()) return false;
  auto responses = Poll(now, WaitMs(timeout_ms));
  NoteAsked(now);
  // Before the results that came with it, so that no commit has those alone.
  if (auto news = fetcher_->TakeNews(); !news.Empty()) outbox_.emplace_back(std::move(news));
  for (auto& response : responses) TakeAnswer(std::move(response), now);
  Settle(now);
  if (auto status = report_.DueStatus(Gauges(), now)) outbox_.emplace_back(*std::move(status));
  return HandOver() && !writer_.Failed();
}

void CrawlLoop::TakeCommits() {
  for (const auto& committed : writer_.TakeCommitted()) {
    asked_log_.Settle(committed.feed_ids);
    for (const auto id : committed.feed_ids) feeds_.Forget(id);
    for (const auto id : committed.link_ids) probes_.Forget(id);
  }
}

void CrawlLoop::TakeJudged() {
  for (auto& result : judge_->Take()) {
    report_.NoteFeedJudged(result);
    outbox_.emplace_back(std::move(result));
  }
}

void CrawlLoop::TakeSettings() {
  if (!next_settings_ || InFlight() > 0 || judge_->Held() > 0) return;
  settings_ = std::move(*next_settings_);
  next_settings_.reset();
  fetcher_ = NewFetcher(fetcher_->InForce());
  judge_.emplace(settings_);
  spdlog::info("settings reloaded");
}

void CrawlLoop::TakeDue(schemas::UnixSeconds now) {
  if (auto answer = due_feeds_->Take(now); answer && answer->items) {
    auto& due = std::get<DueFeeds>(*answer->items);
    report_.NoteSums(due);
    feeds_.TakeDue(std::move(due), settings_.schedule);
  } else if (answer) {
    feeds_.DueFailed();
  }
  if (auto answer = due_links_->Take(now); answer && answer->items) {
    probes_.TakeDue(std::get<DueLinks>(*std::move(answer->items)));
  } else if (answer) {
    probes_.DueFailed();
  }
}

void CrawlLoop::Refill(schemas::UnixSeconds now) {
  if (feeds_.Tick(now, settings_.schedule) == Pace::Clock::kLeapt) {
    spdlog::warn("the clock leapt: no feed is asked until none can have been asked just before");
  }
  if (due_feeds_->IsReady(now)) {
    if (auto query = feeds_.Want(now, settings_.schedule)) due_feeds_->Ask(*std::move(query));
  }
  if (due_links_->IsReady(now)) {
    const auto due_at = std::min(now, due_limit_.value_or(now));
    if (auto query = probes_.Want(due_at, now, settings_.health)) due_links_->Ask(*query);
  }
}

// What was fetched could not be judged or written yet: nothing more is asked.
bool CrawlLoop::WritesAreHeldUp() const {
  return !outbox_.empty() || judge_->Full() || asked_log_failed_at_ || writer_.Trouble() ||
         write::WalLevelOf(writer_.WalBytes(), settings_.store) == write::WalLevel::kNoFeeds;
}

void CrawlLoop::Submit(schemas::UnixSeconds now) {
  if (next_settings_ || WritesAreHeldUp()) return;
  const auto blacklist = writer_.blacklist();
  std::vector<schemas::CrawlResult> skipped_feeds;
  while (auto request = feeds_.Next(*blacklist, now, skipped_feeds)) {
    fetcher_->Submit(*std::move(request));
    report_.NoteRequest();
  }
  report_.NoteFeedsBlacklisted(skipped_feeds.size());
  for (auto& skipped : skipped_feeds) outbox_.emplace_back(std::move(skipped));
  if (write::WalLevelOf(writer_.WalBytes(), settings_.store) >= write::WalLevel::kNoProbes) return;
  const auto pending_max =
      kProbesPendingPerSlot * static_cast<std::size_t>(settings_.health.probes_in_flight_max);
  std::vector<ProbeOutput> skipped_links;
  while (probes_.Out() < pending_max) {
    auto request = probes_.Next(*blacklist, now, settings_.health, skipped_links);
    if (!request) break;
    fetcher_->Submit(*std::move(request));
    report_.NoteRequest();
  }
  Put(std::move(skipped_links));
}

bool CrawlLoop::NothingWaits() const {
  return feeds_.Waiting() == 0 && probes_.Waiting() == 0 && !due_feeds_->IsBusy() &&
         !due_links_->IsBusy();
}

std::int64_t CrawlLoop::WaitMs(std::int64_t timeout_ms) const {
  // With --once, all is done.
  if (due_limit_ && feeds_.WasReadToEnd() && Idle()) return 0;
  const bool nothing_to_ask = InFlight() == 0 && judge_->Held() == 0 && NothingWaits();
  if (due_limit_ && nothing_to_ask) writer_.Hurry();
  const bool waits_for_reads = (due_feeds_->IsBusy() && feeds_.Waiting() == 0) ||
                               (due_links_->IsBusy() && probes_.Waiting() == 0);
  const bool waits_for_others =
      waits_for_reads || !outbox_.empty() || judge_->Held() > 0 ||
      (InFlight() == 0 && (feeds_.Known() > 0 || probes_.Known() > probes_.HeldBack()));
  return waits_for_others ? std::min(timeout_ms, kOthersWaitMs) : timeout_ms;
}

std::vector<fetch::Response> CrawlLoop::Poll(schemas::UnixSeconds now, std::int64_t timeout_ms) {
  if (WritesAreHeldUp()) return fetcher_->Poll(timeout_ms, 0);
  // With --once nobody waits for the network to come back: what fails is due again later.
  if (outage_.Down() && !due_limit_) return fetcher_->Poll(timeout_ms, outage_.TrialSize(now));
  return fetcher_->Poll(timeout_ms);
}

void CrawlLoop::NoteAsked(schemas::UnixSeconds now) {
  std::vector<AskedFeed> asked;
  for (const auto feed_id : feeds_.FeedsOf(fetcher_->TakeBegun())) asked.push_back({feed_id, now});
  if (!asked.empty() && !asked_log_.Note(asked)) asked_log_failed_at_ = now;
}

void CrawlLoop::TakeAnswer(fetch::Response response, schemas::UnixSeconds now) {
  using Asked = OutageWatch::Asked;
  const bool is_probe = response.kind == fetch::RequestKind::kProbe;
  const auto host = is_probe ? probes_.HostOf(response.ticket) : feeds_.HostOf(response.ticket);
  if (host.empty()) return;  // taken back
  const bool failed = judge::FailedBeforeAnswer(response);
  outage_.Note(is_probe ? Asked::kLink : Asked::kFeed, host, failed, now);
  report_.NoteAnswer(response);
  if (!is_probe) {
    if (failed) report_.NoteFailure(response.detail);
    feeds_.Take(std::move(response), outage_, now);
    return;
  }
  const auto blacklist = writer_.blacklist();
  std::vector<ProbeOutput> results;
  probes_.Take(response, Inputs(*blacklist, now), results);
  report_.NoteProbes(results);
  Put(std::move(results));
}

// A failure counts once it is clear that it was not our own network's; in the end, all that are
// held, since nothing comes that could tell more.
void CrawlLoop::Settle(schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  outage_.Tick(now);
  const bool nobody_left = InFlight() == 0 && (!asking_ || NothingWaits());
  feeds_.Settle(nobody_left ? FeedStream::Left::kNobody : FeedStream::Left::kSomebody, outage_);
  auto answered = feeds_.TakeAnswered(blacklist);
  for (const auto& feed : answered) report_.NoteFeedAnswered(feed.now);
  judge_->Put(std::move(answered));

  const bool ends = due_limit_ ? probes_.Waiting() == 0 && !due_links_->IsBusy() : !asking_;
  const auto held = ends && InFlight() == 0 ? ProbeStream::Held::kAll : ProbeStream::Held::kDue;
  std::vector<ProbeOutput> results;
  probes_.Settle(held, outage_.LinksDoubtedAt(), Inputs(*blacklist, now), results);
  report_.NoteProbes(results);
  Put(std::move(results));
  report_.NoteOutage(outage_.FeedsDoubted(now), now);
}

void CrawlLoop::Put(std::vector<ProbeOutput> results) {
  for (auto& result : results) {
    std::visit([&](auto& kind) { outbox_.emplace_back(std::move(kind)); }, result);
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

void CrawlLoop::Finish(schemas::UnixSeconds now) {
  auto status = report_.Status(Gauges(), now);
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

LoopGauges CrawlLoop::Gauges() const {
  return {.feeds_due = feeds_.Due(),
          .links_due = static_cast<std::int64_t>(probes_.Waiting()),
          .in_flight = static_cast<std::int64_t>(InFlight()),
          .sites_blacklisted = report_.sites_blacklisted(),
          .outage = report_.outage()};
}

}  // namespace saunter::crawler::loop
