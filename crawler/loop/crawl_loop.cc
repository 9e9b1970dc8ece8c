#include "crawler/loop/crawl_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "crawler/judge/judge.h"
#include "crawler/loop/earlier_run.h"
#include "crawler/write/wal_level.h"

namespace saunter::crawler::loop {
namespace {

// So long the pump waits for answers of the web while the judge, the writer or a due reader has
// something for it at any moment.
constexpr std::int64_t kOthersWaitMs = 10;
// A clock is believed once it has gone on so long without a leap: at a start, too, it may be wrong.
constexpr std::int64_t kPullInIntervalS = 3600;

}  // namespace

CrawlLoop::CrawlLoop(const schemas::Settings& settings, DueConnections connections,
                     write::WriterThread& writer, schemas::UnixSeconds now, fetch::Clock clock)
    : CrawlLoop(settings, std::move(connections), writer, std::make_unique<LeaseKeeper>(), now,
                std::move(clock)) {}

CrawlLoop::CrawlLoop(const schemas::Settings& settings, DueConnections connections,
                     write::WriterThread& writer, std::unique_ptr<LeaseKeeper> own_keeper,
                     schemas::UnixSeconds now, fetch::Clock clock)
    : CrawlLoop(settings, std::move(connections), writer, *own_keeper, now, std::move(clock)) {
  own_keeper_ = std::move(own_keeper);
}

CrawlLoop::CrawlLoop(const schemas::Settings& settings, DueConnections connections,
                     write::WriterThread& writer, LeaseKeeper& keeper, schemas::UnixSeconds now,
                     fetch::Clock clock)
    : settings_(settings),
      writer_(writer),
      keeper_(keeper),
      random_(std::random_device{}()),
      feeds_(random_()),
      probes_(random_()),
      report_(now),
      outbox_(writer),
      pull_in_s_(kPullInIntervalS),
      fetching_(settings,
                HostsOfEarlierRun(*connections.feeds,
                                  keeper.is_shared() ? Sharing::kShared : Sharing::kAlone,
                                  settings.fetch, now),
                keeper, std::move(clock)),
      judge_(std::make_unique<judge::JudgeThread>(settings)) {
  SettleLostAnswers(*connections.feeds, now);
  supply_ = std::make_unique<DueSupply>(std::move(connections));
}

void CrawlLoop::SettleLostAnswers(store::DueWork& work, schemas::UnixSeconds now) {
  const auto blacklist = writer_.blacklist();
  const auto answers = FindLostAnswers(work, fetching_.FoundAsked(), now);
  fetching_.Settle(answers.settled);
  for (const auto& [feed, asked_at] : answers.lost) {
    feeds_.Mark(feed.feed_id);
    outbox_.Put(judge::JudgeLostAnswer(feed, asked_at, Inputs(*blacklist, now)));
  }
}

bool CrawlLoop::Turn(schemas::UnixSeconds now, std::int64_t timeout_ms) {
  TakeCommits();
  TakeJudged();
  TakeSettings();
  supply_->Take(feeds_, probes_, report_, lease_, settings_, now);
  if (keeper_.is_shared()) FollowLease();
  if (asking_ && MayAsk()) {
    Refill(now);
    Submit(now);
  }
  if (!outbox_.HandOver()) return false;
  Poll(now, WaitMs(timeout_ms));
  SettleFeeds();
  SettleProbes(now);
  report_.NoteOutage(outage_.FeedsDoubted(now), now);
  if (auto status = report_.DueStatus(Gauges(), now)) outbox_.Put(*std::move(status));
  if (const auto news = report_.DueNews(now)) spdlog::info(*news);
  return outbox_.HandOver() && !writer_.Failed();
}

void CrawlLoop::TakeCommits() {
  for (const auto& committed : writer_.TakeCommitted()) {
    fetching_.Settle(committed.feed_ids);
    // What is known now was asked under another lease, and its answer is still to come.
    if (committed.owner == lease_.owner) {
      for (const auto id : committed.feed_ids) feeds_.Forget(id);
      for (const auto id : committed.link_ids) probes_.Forget(id);
    }
    if (!committed.has_changes) continue;
    // What they wake may be due since long.
    feeds_.StartOver();
    probes_.StartOver();
  }
}

void CrawlLoop::TakeJudged() {
  auto results = judge_->Take();
  for (const auto& result : results) report_.NoteFeedJudged(result);
  outbox_.PutAll(std::move(results));
}

void CrawlLoop::TakeSettings() {
  if (!next_settings_ || InFlight() > 0 || judge_->Held() > 0) return;
  settings_ = std::move(*next_settings_);
  next_settings_.reset();
  fetching_.Renew(settings_);
  judge_ = std::make_unique<judge::JudgeThread>(settings_);
  spdlog::info("settings reloaded");
}

void CrawlLoop::Reload(const schemas::Settings& settings) {
  next_settings_ = settings;
  writer_.Renew(settings);
  // What waits for its host is not waited for.
  for (const auto ticket : fetching_.fetcher().Withdraw()) {
    feeds_.AskLater(ticket);
    probes_.AskLater(ticket);
  }
}

void CrawlLoop::Refill(schemas::UnixSeconds now) {
  const auto clock = feeds_.Tick(now, settings_.schedule);
  if (clock == Pace::Clock::kLeapt) {
    spdlog::warn("the clock leapt: no feed is asked until none can have been asked just before");
  }
  PullInWhenDue(clock);
  supply_->Ask(feeds_, probes_,
               {.lease = lease_, .hosts_epoch = hosts_epoch_, .due_limit = due_limit_}, settings_,
               now);
}

void CrawlLoop::PullInWhenDue(Pace::Clock clock) {
  const bool is_due = feeds_.elapsed_s() >= pull_in_s_;
  const bool has_leapt = clock == Pace::Clock::kLeapt;
  if (is_due && !has_leapt && !due_limit_) outbox_.Put(write::PullIn{});
  if (is_due || has_leapt) pull_in_s_ = feeds_.elapsed_s() + kPullInIntervalS;
}

// What was fetched could not be judged or written yet: nothing more is asked.
bool CrawlLoop::WritesAreHeldUp(schemas::UnixSeconds now) const {
  return !MayAsk() || !outbox_.Empty() || judge_->Full() || fetching_.ListFailed(now) ||
         writer_.Trouble() ||
         write::WalLevelOf(writer_.WalBytes(), settings_.store) == write::WalLevel::kNoFeeds;
}

void CrawlLoop::Submit(schemas::UnixSeconds now) {
  if (next_settings_ || WritesAreHeldUp(now)) return;
  const auto blacklist = writer_.blacklist();
  std::vector<schemas::CrawlResult> skipped_feeds;
  while (auto request = feeds_.Next(*blacklist, now, skipped_feeds)) Send(*std::move(request));
  report_.NoteFeedsBlacklisted(skipped_feeds.size());
  outbox_.PutAll(std::move(skipped_feeds));
  if (write::WalLevelOf(writer_.WalBytes(), settings_.store) >= write::WalLevel::kNoProbes) return;
  std::vector<ProbeOutput> skipped_links;
  while (auto request = probes_.Next(*blacklist, now, settings_.health, skipped_links)) {
    Send(*std::move(request));
  }
  outbox_.PutAll(std::move(skipped_links));
}

void CrawlLoop::Send(fetch::Request request) {
  fetching_.fetcher().Submit(std::move(request));
  report_.NoteRequest();
}

std::size_t CrawlLoop::TransfersMax(schemas::UnixSeconds now) {
  if (WritesAreHeldUp(now)) return 0;
  // With --once nobody waits for the network to come back: what fails is due again later.
  const bool tries = outage_.Down() && !due_limit_;
  return tries ? outage_.TrialSize(now) : std::numeric_limits<std::size_t>::max();
}

void CrawlLoop::Poll(schemas::UnixSeconds now, std::int64_t timeout_ms) {
  auto& fetcher = fetching_.fetcher();
  fetching_.Heed(writer_.blacklist());
  auto responses = fetcher.Poll(timeout_ms, TransfersMax(now));
  fetching_.NoteBegun(feeds_, now);
  // Before the results that came with it, so that no commit has those alone.
  if (auto news = fetcher.TakeNews(); !news.Empty()) outbox_.Put(std::move(news));
  for (auto& response : responses) TakeAnswer(std::move(response), now);
  outage_.Tick(now);
}

void CrawlLoop::TakeAnswer(fetch::Response response, schemas::UnixSeconds now) {
  report_.NoteAnswer(response);
  if (response.kind != fetch::RequestKind::kProbe) {
    return feeds_.Take(std::move(response), outage_, now);
  }
  const auto blacklist = writer_.blacklist();
  std::vector<ProbeOutput> results;
  probes_.Take(response, outage_, Inputs(*blacklist, now), results);
  PutProbes(std::move(results));
}

// A failure counts once it is clear that it was not our own network's; in the end, all that are
// held, since nothing comes that could tell more.
void CrawlLoop::SettleFeeds() {
  const bool nobody_left = InFlight() == 0 && (!asking_ || NothingWaits());
  feeds_.Settle(nobody_left ? FeedStream::Left::kNobody : FeedStream::Left::kSomebody, outage_);
  auto answered = feeds_.TakeAnswered(writer_.blacklist());
  for (const auto& feed : answered) report_.NoteFeedAnswered(feed.now);
  judge_->Put(std::move(answered));
}

void CrawlLoop::SettleProbes(schemas::UnixSeconds now) {
  const bool ends = due_limit_ ? probes_.Waiting() == 0 && !supply_->ReadsLinks() : !asking_;
  const auto held = ends && InFlight() == 0 ? ProbeStream::Held::kAll : ProbeStream::Held::kDue;
  const auto blacklist = writer_.blacklist();
  std::vector<ProbeOutput> results;
  probes_.Settle(held, outage_, Inputs(*blacklist, now), results);
  PutProbes(std::move(results));
}

void CrawlLoop::PutProbes(std::vector<ProbeOutput> results) {
  report_.NoteProbes(results);
  outbox_.PutAll(std::move(results));
}

judge::JudgeInputs CrawlLoop::Inputs(const health::Blacklist& blacklist, schemas::UnixSeconds now) {
  return {.settings = settings_,
          .blacklist = blacklist,
          .now = now,
          .random = std::uniform_real_distribution<double>(0, 1)(random_),
          .outage = false};
}

bool CrawlLoop::NothingWaits() const {
  return feeds_.Waiting() == 0 && probes_.Waiting() == 0 && !supply_->IsBusy();
}

std::int64_t CrawlLoop::WaitMs(std::int64_t timeout_ms) const {
  // With --once, all is done.
  if (due_limit_ && feeds_.WasReadToEnd() && Idle()) return 0;
  const bool nothing_to_ask = InFlight() == 0 && judge_->Held() == 0 && NothingWaits();
  if (due_limit_ && nothing_to_ask) writer_.Hurry();
  const bool waits_for_reads = (supply_->ReadsFeeds() && feeds_.ReadyHosts() == 0) ||
                               (supply_->ReadsLinks() && probes_.ReadyHosts() == 0);
  const bool waits_for_others =
      waits_for_reads || !outbox_.Empty() || judge_->Held() > 0 ||
      (InFlight() == 0 && (feeds_.Known() > 0 || probes_.Known() > probes_.HeldBack()));
  return waits_for_others ? std::min(timeout_ms, kOthersWaitMs) : timeout_ms;
}

void CrawlLoop::LimitTo(schemas::UnixSeconds at) {
  due_limit_ = at;
  feeds_.LimitTo(at);
}

bool CrawlLoop::Idle() const {
  return !WaitsForLease() && feeds_.Known() == 0 && probes_.Known() == 0 && feeds_.Crowded() == 0 &&
         probes_.Crowded() == 0 && InFlight() == 0 && !supply_->IsBusy() &&
         writer_.QueueLength() == 0 && outbox_.Empty();
}

void CrawlLoop::StopAsking() {
  asking_ = false;
  supply_->Interrupt();
  for (const auto ticket : fetching_.fetcher().Withdraw()) {
    feeds_.Withdraw(ticket);
    probes_.Withdraw(ticket);
  }
}

void CrawlLoop::Finish(schemas::UnixSeconds now) {
  auto hosts = fetching_.fetcher().InForce();
  hosts.robots.clear();  // written when they came
  if (!hosts.Empty()) outbox_.Put(std::move(hosts));
  outbox_.Put(report_.LastStatus(Gauges(), now));
  outbox_.Flush();
}

WorkSigns CrawlLoop::Signs() const {
  const auto& sums = report_.sums();
  const auto wal = write::WalLevelOf(writer_.WalBytes(), settings_.store);
  const bool is_held_up = !MayAsk() || outage_.Down() || writer_.Trouble() ||
                          wal == write::WalLevel::kNoFeeds || !asking_;
  const bool may_probe =
      wal < write::WalLevel::kNoProbes && settings_.health.probes_in_flight_max > 0;
  const bool has_work = InFlight() > 0 || judge_->Held() > 0 || !outbox_.Empty() ||
                        feeds_.ReadyHosts() > 0 || (may_probe && probes_.ReadyHosts() > 0);
  return {.done = sums.feeds_fetched + sums.feeds_blacklisted + sums.probes + report_.answers(),
          .has_work = has_work && !is_held_up};
}

LoopGauges CrawlLoop::Gauges() const {
  return {.feeds_due = feeds_.Due(),
          .links_due = static_cast<std::int64_t>(probes_.Waiting()),
          .in_flight = static_cast<std::int64_t>(InFlight()),
          .sites_blacklisted = report_.sites_blacklisted(),
          .outage = report_.outage()};
}

}  // namespace saunter::crawler::loop
