#include "crawler/fetch/fetcher.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <iterator>
#include <map>
#include <utility>

#include "crawler/fetch/address_guard.h"
#include "crawler/fetch/asked_urls.h"
#include "crawler/fetch/block_pace.h"
#include "crawler/fetch/clock.h"
#include "crawler/fetch/guests.h"
#include "crawler/fetch/host_pauses.h"
#include "crawler/fetch/host_queue.h"
#include "crawler/fetch/lookup_limit.h"
#include "crawler/fetch/name_gate.h"
#include "crawler/fetch/outcome.h"
#include "crawler/fetch/response_headers.h"
#include "crawler/fetch/robots_gate.h"
#include "crawler/fetch/target.h"
#include "crawler/fetch/transfer.h"
#include "crawler/fetch/transfers.h"
#include "crawler/url/url.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;

constexpr std::int64_t kLookupWaitMs = 100;  // until threads are counted again
// An address block, or a host, with more waiting than its pace allows for: come back then.
constexpr std::int64_t kCrowdedSeconds = 3600;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool IsPermanent(int status) { return status == 301 || status == 308; }

}  // namespace

class Fetcher::State {
 public:
  State(const schemas::FetchSettings& settings, std::int64_t url_pause_s,
        const schemas::HostState& hosts, Clock clock);

  void TakeUp(const schemas::HostState& hosts);
  void ShareBlocks(std::int64_t crawlers) { blocks_.ShareAmong(crawlers); }
  void TakeOver(State& before) { asked_urls_.TakeOver(std::move(before.asked_urls_)); }
  void Avoid(std::shared_ptr<const AvoidedUrls> avoided) { avoided_ = std::move(avoided); }
  void Submit(Request request);
  std::vector<Response> Poll(std::int64_t timeout_ms, std::size_t transfers_max);
  [[nodiscard]] std::size_t transfers_max() const { return transfers_.count_max(); }
  std::vector<std::uint64_t> TakeBegun() { return std::exchange(begun_, {}); }
  void Wake();
  void PutBack(const std::vector<std::uint64_t>& tickets);
  std::vector<std::uint64_t> Withdraw();
  [[nodiscard]] std::size_t in_flight() const { return transfers_.in_flight(); }
  schemas::HostState TakeNews() { return std::exchange(news_, {}); }
  [[nodiscard]] schemas::HostState InForce() const;
  [[nodiscard]] std::size_t waiting() const {
    return queue_.waiting() + robots_.waiting() + deferred_.size() + names_.waiting();
  }
  [[nodiscard]] std::size_t pending(RequestKind kind) const {
    return pending_[static_cast<std::size_t>(kind)];
  }

 private:
  [[nodiscard]] bool IsAvoided(const Job& job) const;
  void AnswerAvoided(std::unique_ptr<Job> job);
  void Queue(std::unique_ptr<Job> job, HostQueue::Place place);
  void AskRobots(const url::Url& url, std::unique_ptr<Job> job);
  void EndRobots(std::unique_ptr<Job> job);
  void Defer(std::unique_ptr<Job> job, std::int64_t until_ms);
  void QueueDeferred(std::int64_t now_ms);
  void StartReady(std::size_t in_flight_max);
  void Start(std::unique_ptr<Job> job);
  void EndTransfer(EndedTransfer ended);
  void AwaitBlock(std::unique_ptr<Job> job, std::int64_t wait_ms);
  void EndHop(std::unique_ptr<Job> job, TransferResult result);
  void Follow(std::unique_ptr<Job> job, const TransferResult& result);
  void Conclude(std::unique_ptr<Job> job, TransferResult result);
  void HoldHost(const std::string& host, std::int64_t seconds);
  void AnswerHeld(std::unique_ptr<Job> job, std::int64_t until_ms);
  void AnswerBlocked(std::unique_ptr<Job> job, std::string_view refusal);
  [[nodiscard]] std::optional<std::int64_t> AskedLately(const Job& job, std::int64_t now_ms);
  void Answer(std::unique_ptr<Job> job, FetchOutcome outcome);
  [[nodiscard]] std::int64_t WaitMs(std::int64_t deadline_ms, std::size_t in_flight_max) const;

  const schemas::FetchSettings settings_;
  const Clock clock_;
  const AddressGuard guard_;
  const std::int64_t url_pause_s_;

  std::atomic<bool> woken_ = false;

  // Confined to the one thread that polls.
  BlockPace blocks_;  // outlives the transfers, which leave their blocks at their end
  Transfers transfers_;
  std::shared_ptr<const AvoidedUrls> avoided_;
  HostQueue queue_;
  HostPauses pauses_;
  AskedUrls asked_urls_;
  NameGate names_;  // its threads are there before lookups_ counts
  LookupLimit lookups_;
  Guests guests_;
  RobotsGate robots_;
  std::multimap<std::int64_t, std::unique_ptr<Job>> deferred_;  // by the time to queue them again
  std::array<std::size_t, kRequestKinds> pending_{};
  bool lookups_full_ = false;  // something waits for a lookup to end
  std::vector<Response> done_;
  std::vector<std::uint64_t> begun_;
  schemas::HostState news_;
};

Fetcher::State::State(const schemas::FetchSettings& settings, std::int64_t url_pause_s,
                      const schemas::HostState& hosts, Clock clock)
    : settings_(settings),
      clock_(std::move(clock)),
      guard_(settings.allow_networks, settings.allow_ports),
      url_pause_s_(url_pause_s),
      blocks_(settings.block_gap_ms, clock_.steady_ms),
      transfers_(settings_, guard_, blocks_),
      queue_(settings.host_gap_min_ms, settings.host_gap_max_ms),
      pauses_(clock_, settings.host_gap_max_ms, queue_),
      asked_urls_(url_pause_s * 1000),
      names_(settings.connect_timeout_ms, [this] { transfers_.Wake(); }),
      lookups_(settings.lookups_max),
      robots_(settings_) {
  TakeUp(hosts);
}

void Fetcher::State::TakeUp(const schemas::HostState& hosts) {
  for (const auto& pause : hosts.pauses) {
    for (auto& job : pauses_.TakeUp(pause)) {
      AnswerHeld(std::move(job), clock_.steady_ms() + (pause.until_at - clock_.unix_s()) * 1000);
    }
  }
  // The newest come first, so they are kept where there are too many.
  for (auto robots = hosts.robots.rbegin(); robots != hosts.robots.rend(); ++robots) {
    robots_.Take(*robots);
  }
}

schemas::HostState Fetcher::State::InForce() const {
  return {.pauses = pauses_.InForce(), .robots = robots_.InForce(clock_.unix_s())};
}

void Fetcher::State::Submit(Request request) {
  assert(request.kind != RequestKind::kRobots);
  ++pending_[static_cast<std::size_t>(request.kind)];
  auto job = std::make_unique<Job>();
  job->response.ticket = request.ticket;
  job->response.kind = request.kind;
  job->response.effective_url = request.url;
  const bool head = request.kind == RequestKind::kProbe && !request.wants_body;
  job->method = head ? Method::kHead : Method::kGet;
  job->url = request.url;
  request.etag = UsableValidator(request.etag);
  request.last_modified = UsableValidator(request.last_modified);
  job->request = std::move(request);
  Queue(std::move(job), HostQueue::Place::kBack);
}

bool Fetcher::State::IsAvoided(const Job& job) const {
  return avoided_ != nullptr && avoided_->Has(job.url, job.request.errand, clock_.unix_s());
}

void Fetcher::State::AnswerAvoided(std::unique_ptr<Job> job) {
  job->response.effective_url = job->url;
  Answer(std::move(job), FetchOutcome::kBlacklisted);
}

// Puts the job in its host's queue, or answers it where the host must not be asked.
void Fetcher::State::Queue(std::unique_ptr<Job> job, HostQueue::Place place) {
  const std::optional<url::Url> url = url::ParseUrl(job->url);
  if (!url) return Answer(std::move(job), FetchOutcome::kProtocolError);
  if (const auto refusal = RefusalOfTarget(*url, settings_); !refusal.empty()) {
    return AnswerBlocked(std::move(job), refusal);
  }
  if (IsAvoided(*job)) return AnswerAvoided(std::move(job));
  const std::int64_t now_ms = clock_.steady_ms();
  if (const auto until_ms = pauses_.HeldUntil(url->host, now_ms)) {
    return AnswerHeld(std::move(job), *until_ms);
  }
  if (const auto left_s = AskedLately(*job, now_ms)) {
    job->response.asked_lately = true;
    job->response.retry_after_s = left_s;
    return Answer(std::move(job), FetchOutcome::kTooManyRequests);
  }
  if (RobotsGate::Binds(job->request.kind)) {
    const auto ruling = robots_.Judge(*url, clock_.unix_s());
    if (!ruling) return AskRobots(*url, std::move(job));
    if (*ruling != FetchOutcome::kOk) return Answer(std::move(job), *ruling);
  }
  job->host = url->host;
  queue_.Push(std::move(job), place, now_ms);
}

// The seconds until this address may be asked if another feed led there lately. If none did, it is
// noted that this one does now.
std::optional<std::int64_t> Fetcher::State::AskedLately(const Job& job, std::int64_t now_ms) {
  if (job.request.kind != RequestKind::kFeed || url_pause_s_ == 0) return std::nullopt;
  const auto way = job.response.hops.empty() ? AskedUrls::Way::kOwn : AskedUrls::Way::kRedirect;
  const auto left_ms = asked_urls_.Collides(job.url, way, now_ms);
  if (!left_ms) return std::nullopt;
  return (*left_ms + 999) / 1000;
}

void Fetcher::State::AskRobots(const url::Url& url, std::unique_ptr<Job> job) {
  if (auto robots = robots_.Await(url, std::move(job))) {
    Queue(std::move(robots), HostQueue::Place::kFront);
  }
}

// The requests that waited for this robots.txt go on, or share its outcome.
void Fetcher::State::EndRobots(std::unique_ptr<Job> job) {
  auto ended = robots_.End(*job, clock_.unix_s());
  if (ended.news) news_.robots.push_back(std::move(*ended.news));
  for (auto& waiting : ended.jobs) {
    if (ended.news) {
      Queue(std::move(waiting), HostQueue::Place::kBack);
    } else {
      waiting->response.retry_after_s = job->response.retry_after_s;
      waiting->response.detail = job->response.detail;
      Answer(std::move(waiting), job->response.outcome);
    }
  }
}

void Fetcher::State::Defer(std::unique_ptr<Job> job, std::int64_t until_ms) {
  deferred_.emplace(until_ms, std::move(job));
}

void Fetcher::State::QueueDeferred(std::int64_t now_ms) {
  while (!deferred_.empty() && deferred_.begin()->first <= now_ms) {
    auto node = deferred_.extract(deferred_.begin());
    Queue(std::move(node.mapped()), HostQueue::Place::kFront);
  }
}

std::vector<Response> Fetcher::State::Poll(std::int64_t timeout_ms, std::size_t transfers_max) {
  const std::int64_t deadline_ms = SteadyMs() + timeout_ms;
  const std::size_t in_flight_max = std::min(transfers_max, transfers_.count_max());
  while (true) {
    for (auto& ended : transfers_.Run()) EndTransfer(std::move(ended));
    for (auto& [job, result] : names_.Take()) EndHop(std::move(job), std::move(result));
    // Freed slots are used at once; the new requests go out with the next Run.
    StartReady(in_flight_max);
    const bool news = !done_.empty() || !begun_.empty();
    if (news || woken_.exchange(false) || SteadyMs() >= deadline_ms) break;
    transfers_.Wait(WaitMs(deadline_ms, in_flight_max));
  }
  return std::exchange(done_, {});
}

void Fetcher::State::Wake() {
  woken_ = true;
  transfers_.Wake();
}

void Fetcher::State::PutBack(const std::vector<std::uint64_t>& tickets) {
  const std::int64_t now_ms = clock_.steady_ms();
  for (auto& job : transfers_.TakeBack(tickets)) {
    job->asked = false;
    queue_.Return(job->host, now_ms);
    queue_.Push(std::move(job), HostQueue::Place::kFront, now_ms);
  }
}

std::vector<std::uint64_t> Fetcher::State::Withdraw() {
  std::vector<std::uint64_t> tickets;
  const auto forget = [&](Job& job) {
    guests_.Leave(job);
    if (job.request.kind == RequestKind::kRobots) return;  // nobody's but what waits for it
    --pending_[static_cast<std::size_t>(job.request.kind)];
    tickets.push_back(job.request.ticket);
  };
  for (const auto& job : queue_.Withdraw(clock_.steady_ms())) forget(*job);
  for (const auto& job : robots_.Withdraw()) forget(*job);
  // A redirect that asks for some seconds was asked for.
  std::erase_if(deferred_, [&](auto& deferred) {
    auto& job = *deferred.second;
    if (!job.response.hops.empty()) return false;
    forget(job);
    return true;
  });
  return tickets;
}

std::int64_t Fetcher::State::WaitMs(std::int64_t deadline_ms, std::size_t in_flight_max) const {
  const std::int64_t now_ms = clock_.steady_ms();
  std::int64_t wait_ms = deadline_ms - SteadyMs();
  if (lookups_full_) return std::clamp<std::int64_t>(wait_ms, 0, kLookupWaitMs);
  if (const auto at_ms = names_.NextDeadlineMs()) wait_ms = std::min(wait_ms, *at_ms - SteadyMs());
  if (!deferred_.empty()) wait_ms = std::min(wait_ms, deferred_.begin()->first - now_ms);
  if (pauses_.quiet_until_ms() > now_ms) {
    wait_ms = std::min(wait_ms, pauses_.quiet_until_ms() - now_ms);
  } else if (const auto turn_ms = queue_.NextTurnMs();
             turn_ms && transfers_.in_flight() < in_flight_max) {
    wait_ms = std::min(wait_ms, *turn_ms - now_ms);
  }
  return std::clamp<std::int64_t>(wait_ms, 0, 3600000);
}

void Fetcher::State::StartReady(std::size_t in_flight_max) {
  const std::int64_t now_ms = clock_.steady_ms();
  lookups_full_ = false;
  QueueDeferred(now_ms);
  if (now_ms < pauses_.quiet_until_ms() || transfers_.in_flight() >= in_flight_max ||
      queue_.waiting() == 0)
    return;
  const std::size_t room = lookups_.Room(transfers_.in_flight(), transfers_.unseen());
  lookups_full_ = room == 0;
  const std::size_t lookups_end = transfers_.in_flight() + room;
  while (transfers_.in_flight() < std::min(in_flight_max, lookups_end)) {
    std::unique_ptr<Job> job = queue_.Pop(now_ms);
    if (job == nullptr) return;
    if (const auto until_ms = pauses_.HeldUntil(job->host, now_ms)) {  // since it was queued
      queue_.Return(job->host, now_ms);
      AnswerHeld(std::move(job), *until_ms);
    } else if (IsAvoided(*job)) {
      queue_.Return(job->host, now_ms);
      AnswerAvoided(std::move(job));
    } else {
      Start(std::move(job));
    }
  }
}

void Fetcher::State::Start(std::unique_ptr<Job> job) {
  const bool robots = job->request.kind == RequestKind::kRobots;
  // Something waits for what robots.txt says.
  const bool asked_again = robots || queue_.HasWaiting(job->host);
  const auto connection = asked_again ? Transfer::Connection::kKeep : Transfer::Connection::kClose;
  if (!job->asked && !robots) begun_.push_back(job->request.ticket);
  job->asked = true;
  transfers_.Start(std::move(job), connection);
}

void Fetcher::State::EndTransfer(EndedTransfer ended) {
  const TransferResult& result = ended.result;
  const std::string& host = ended.job->host;
  const std::int64_t now_ms = clock_.steady_ms();
  lookups_.NoteEnd(result.outcome, result.status);
  if (result.promised_ms) {
    queue_.Return(host, now_ms);
    return AwaitBlock(std::move(ended.job), *result.promised_ms - now_ms);
  }
  queue_.Release(host, result.duration_ms, now_ms);
  if (result.outcome != FetchOutcome::kDnsFailure) {
    return EndHop(std::move(ended.job), std::move(ended.result));
  }
  // That the name does not resolve is not known yet to be the name's fault.
  if (auto known = names_.Await(std::move(ended))) {
    EndHop(std::move(known->job), std::move(known->result));
  }
}

// Nothing was asked, because the block's pace forbids it. A long wait is left to the caller.
void Fetcher::State::AwaitBlock(std::unique_ptr<Job> job, std::int64_t wait_ms) {
  const std::int64_t now_ms = clock_.steady_ms();
  if (wait_ms > std::max(settings_.host_gap_max_ms, settings_.block_gap_ms)) {
    return AnswerHeld(std::move(job), now_ms + kCrowdedSeconds * 1000);
  }
  job->block_promised = true;
  Defer(std::move(job), now_ms + wait_ms);
}

void Fetcher::State::EndHop(std::unique_ptr<Job> job, TransferResult result) {
  Response& response = job->response;
  job->block_promised = false;
  response.effective_url = job->url;
  if (result.status != 0) response.status = result.status;
  response.wire_bytes += result.wire_bytes;
  response.duration_ms += result.duration_ms;
  response.retry_after_s = RetryAfterSeconds(result.headers, clock_.unix_s());
  const bool asks_for_less = result.status == 429 || result.status == 503;
  const auto wait_s = response.retry_after_s.value_or(0);
  if (asks_for_less && wait_s > 0) HoldHost(job->host, wait_s);
  if (result.outcome == FetchOutcome::kOk && IsRedirect(result.status) &&
      !result.headers.location.empty()) {
    Follow(std::move(job), result);
  } else {
    Conclude(std::move(job), std::move(result));
  }
}

void Fetcher::State::Follow(std::unique_ptr<Job> job, const TransferResult& result) {
  Response& response = job->response;
  response.hops.push_back({result.status, job->url});
  const std::optional<url::Url> target = url::ResolveUrl(job->url, result.headers.location);
  const std::string url = target ? target->ToString() : std::string();
  const bool loop =
      std::ranges::any_of(response.hops, [&](const Hop& hop) { return hop.url == url; });
  if (!target || loop ||
      static_cast<std::int64_t>(response.hops.size()) > settings_.redirects_max) {
    TransferResult bad;
    bad.outcome = FetchOutcome::kBadRedirect;
    bad.problem = !target ? "it redirects to what is no web address; only http and https are asked"
                  : loop  ? "it redirects in a circle"
                          : "it redirects more often than fetch.redirects_max allows";
    return Conclude(std::move(job), std::move(bad));
  }
  // RFC 9110, 10.2.3: with a redirect, Retry-After is the least time before the next request. If
  // that is longer than any gap here, the caller has to come back later.
  if (response.retry_after_s.value_or(0) * 1000 > settings_.host_gap_max_ms) {
    return Answer(std::move(job), FetchOutcome::kUnexpectedStatus);
  }
  guests_.Leave(*job);
  if (target->host != job->host && !guests_.Enter(target->host, *job)) {
    return AnswerHeld(std::move(job), clock_.steady_ms() + kCrowdedSeconds * 1000);
  }
  job->only_permanent_hops = job->only_permanent_hops && IsPermanent(result.status);
  if (job->only_permanent_hops) response.permanent_url = url;
  job->url = url;
  if (const auto wait_s = response.retry_after_s.value_or(0); wait_s > 0) {
    return Defer(std::move(job), clock_.steady_ms() + wait_s * 1000);
  }
  Queue(std::move(job), HostQueue::Place::kFront);
}

void Fetcher::State::Conclude(std::unique_ptr<Job> job, TransferResult result) {
  const FetchOutcome outcome = result.outcome == FetchOutcome::kOk
                                   ? OutcomeOfStatus(result.status, job->request, result.headers)
                                   : result.outcome;
  if (job->method == Method::kHead && GetMayTellMore(outcome) &&
      !pauses_.HeldUntil(job->host, clock_.steady_ms())) {
    // From the first hop, since the server may answer a GET differently at each hop.
    guests_.Leave(*job);
    job->method = Method::kGet;
    job->url = job->request.url;
    job->response.hops.clear();
    job->response.permanent_url.clear();
    job->response.status = 0;
    job->only_permanent_hops = true;
    return Queue(std::move(job), HostQueue::Place::kFront);
  }
  Response& response = job->response;
  response.challenge = result.headers.challenge;
  response.server_at = ParseHttpDate(result.headers.date, clock_.unix_s());
  response.fresh_for_s = FreshForSeconds(result.headers, clock_.unix_s());
  response.etag = UsableValidator(result.headers.etag);
  response.last_modified = UsableValidator(result.headers.last_modified);
  response.content_type = std::move(result.headers.content_type);
  response.content_language = std::move(result.headers.content_language);
  response.link = std::move(result.headers.link);
  response.body_bytes = result.body_bytes;
  if (outcome == FetchOutcome::kBlockedAddress) {
    return AnswerBlocked(std::move(job), result.problem);
  }
  response.detail = result.problem;
  if (outcome == FetchOutcome::kOk) response.body = std::move(result.body);
  Answer(std::move(job), outcome);
}

void Fetcher::State::AnswerBlocked(std::unique_ptr<Job> job, std::string_view refusal) {
  Response& response = job->response;
  response.detail = (response.hops.empty() ? "" : "behind a redirect, ") + std::string(refusal);
  Answer(std::move(job), FetchOutcome::kBlockedAddress);
}

void Fetcher::State::HoldHost(const std::string& host, std::int64_t seconds) {
  auto held = pauses_.Hold(host, seconds);
  std::ranges::move(held.news, std::back_inserter(news_.pauses));
  for (auto& job : held.jobs) AnswerHeld(std::move(job), held.until_ms);
}

void Fetcher::State::AnswerHeld(std::unique_ptr<Job> job, std::int64_t until_ms) {
  job->response.retry_after_s = (until_ms - clock_.steady_ms() + 999) / 1000;
  Answer(std::move(job), FetchOutcome::kTooManyRequests);
}

void Fetcher::State::Answer(std::unique_ptr<Job> job, FetchOutcome outcome) {
  guests_.Leave(*job);
  Response& response = job->response;
  response.outcome = outcome;
  if (response.kind == RequestKind::kRobots) return EndRobots(std::move(job));
  if (response.detail.empty()) response.detail = Describe(response);
  --pending_[static_cast<std::size_t>(response.kind)];
  done_.push_back(std::move(response));
}

Fetcher::Fetcher(const schemas::FetchSettings& settings, std::int64_t url_pause_s,
                 const schemas::HostState& hosts, Clock clock)
    : state_(std::make_unique<State>(settings, url_pause_s, hosts, std::move(clock))) {}
Fetcher::~Fetcher() = default;
void Fetcher::TakeOver(Fetcher& before) { state_->TakeOver(*before.state_); }
void Fetcher::TakeUp(const schemas::HostState& hosts) { state_->TakeUp(hosts); }
void Fetcher::ShareBlocks(std::int64_t crawlers) { state_->ShareBlocks(crawlers); }
void Fetcher::Avoid(std::shared_ptr<const AvoidedUrls> avoided) {
  state_->Avoid(std::move(avoided));
}
void Fetcher::Submit(Request request) { state_->Submit(std::move(request)); }

std::vector<Response> Fetcher::Poll(std::int64_t timeout_ms) {
  return state_->Poll(timeout_ms, state_->transfers_max());
}
std::vector<Response> Fetcher::Poll(std::int64_t timeout_ms, std::size_t transfers_max) {
  return state_->Poll(timeout_ms, transfers_max);
}
std::vector<std::uint64_t> Fetcher::TakeBegun() { return state_->TakeBegun(); }
void Fetcher::PutBack(const std::vector<std::uint64_t>& tickets) { state_->PutBack(tickets); }
void Fetcher::Wake() { state_->Wake(); }
std::vector<std::uint64_t> Fetcher::Withdraw() { return state_->Withdraw(); }
schemas::HostState Fetcher::TakeNews() { return state_->TakeNews(); }
schemas::HostState Fetcher::InForce() const { return state_->InForce(); }
std::size_t Fetcher::InFlight() const { return state_->in_flight(); }
std::size_t Fetcher::Waiting() const { return state_->waiting(); }
std::size_t Fetcher::Pending(RequestKind kind) const { return state_->pending(kind); }

}  // namespace saunter::crawler::fetch
