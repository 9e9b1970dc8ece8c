#include "crawler/fetch/fetcher.h"

#include <curl/curl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "crawler/fetch/address_guard.h"
#include "crawler/fetch/asked_urls.h"
#include "crawler/fetch/host_queue.h"
#include "crawler/fetch/lookup_limit.h"
#include "crawler/fetch/response_headers.h"
#include "crawler/fetch/transfer.h"
#include "crawler/url.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;

constexpr std::int64_t kHoldSecondsMax = 7 * 86400;  // a host's Retry-After is kept no longer
constexpr std::int64_t kLookupWaitMs = 100;          // until threads are counted again
constexpr std::size_t kSpareConnections = 32;        // kept for hosts that are asked again

std::int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

schemas::UnixSeconds WallSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void InitialiseLibrary() {
  static const CURLcode code = [] {
    // CURLOPT_NOSIGNAL leaves SIGPIPE to the program; a peer that goes away must not end it.
    std::signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  }();
  if (code != CURLE_OK) throw std::runtime_error("curl_global_init failed");
}

// No more transfers than the descriptors that this process may have allow for.
std::size_t TransfersMax(const schemas::FetchSettings& settings) {
  rlimit limit{};
  auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(settings.transfers_max, 1));
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::size_t allowed = limit.rlim_cur > 66 ? (limit.rlim_cur - 64) / 2 : 1;
  return std::min(wanted, allowed);
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool IsPermanent(int status) { return status == 301 || status == 308; }

// What a whole answer with this status means for this request.
FetchOutcome OutcomeOfStatus(int status, const Request& request, const ResponseHeaders& headers) {
  if (headers.challenge) return FetchOutcome::kRefusedByServer;
  const bool conditional = !request.etag.empty() || !request.last_modified.empty();
  switch (status) {
    case 206:  // only probes ask for a part
      return request.kind == RequestKind::kProbe ? FetchOutcome::kOk
                                                 : FetchOutcome::kUnexpectedStatus;
    case 304:
      return conditional ? FetchOutcome::kNotModified : FetchOutcome::kUnexpectedStatus;
    case 401:
    case 403:
    case 407:
    case 451:
      return FetchOutcome::kRefusedByServer;
    case 404:
      return FetchOutcome::kNotFound;
    case 410:
      return FetchOutcome::kGone;
    case 429:
      return FetchOutcome::kTooManyRequests;
    default:
      if (status >= 200 && status < 300) return FetchOutcome::kOk;
      return status >= 500 && status < 600 ? FetchOutcome::kServerError
                                           : FetchOutcome::kUnexpectedStatus;
  }
}

// Whether a GET may tell more than this answer to a HEAD. Not where the server could not be
// reached or asks for less.
bool GetMayTellMore(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kOk:
    case FetchOutcome::kNotModified:
    case FetchOutcome::kTooManyRequests:
    case FetchOutcome::kDnsFailure:
    case FetchOutcome::kTimeout:
    case FetchOutcome::kTlsFailure:
    case FetchOutcome::kTlsNameMismatch:
    case FetchOutcome::kBlockedAddress:
    case FetchOutcome::kNotAFeed:
    case FetchOutcome::kParseLimit:
    case FetchOutcome::kBlacklisted:
    case FetchOutcome::kDisallowedByRobots:
    case FetchOutcome::kLost:
      return false;
    case FetchOutcome::kGone:
    case FetchOutcome::kNotFound:
    case FetchOutcome::kRefusedByServer:
    case FetchOutcome::kServerError:
    case FetchOutcome::kUnexpectedStatus:
    case FetchOutcome::kConnectFailure:
    case FetchOutcome::kBodyTooLarge:
    case FetchOutcome::kHeadersTooLarge:
    case FetchOutcome::kBadRedirect:
    case FetchOutcome::kProtocolError:
      return true;
  }
  return false;
}

// In words of our own. Refused, silent and blocked addresses read alike, so that nobody can use
// this text to look at a network from the inside.
std::string Describe(const Response& response) {
  std::string status = "HTTP " + std::to_string(response.status);
  switch (response.outcome) {
    case FetchOutcome::kOk:
      return status;
    case FetchOutcome::kNotModified:
      return status + ", not modified";
    case FetchOutcome::kUnexpectedStatus:
      if (response.status == 304) return "HTTP 304, though nothing was asked on a condition";
      return status;
    case FetchOutcome::kRefusedByServer:
      return response.challenge ? status + ", a test for browsers" : status;
    case FetchOutcome::kTooManyRequests:
      if (response.asked_lately) return "its address was asked for another feed a while ago";
      if (response.status != 429) return "the host asked for a pause that is not over";
      return status;
    case FetchOutcome::kGone:
    case FetchOutcome::kNotFound:
    case FetchOutcome::kServerError:
      return status;
    case FetchOutcome::kDnsFailure:
      return "the host's name does not resolve";
    case FetchOutcome::kConnectFailure:
    case FetchOutcome::kTimeout:
    case FetchOutcome::kBlockedAddress:
      return "the host did not answer";
    case FetchOutcome::kTlsFailure:
      return "no secure connection: the certificate or the handshake is bad";
    case FetchOutcome::kTlsNameMismatch:
      return "no secure connection: the certificate is for another name";
    case FetchOutcome::kBodyTooLarge:
      return "the body is larger than the limit";
    case FetchOutcome::kHeadersTooLarge:
      return "the headers are larger than the limit";
    case FetchOutcome::kBadRedirect:
      return "the redirects lead nowhere: a loop, too many, or no web address";
    case FetchOutcome::kProtocolError:
      return "the answer is not HTTP, or it is broken";
    case FetchOutcome::kNotAFeed:
    case FetchOutcome::kParseLimit:
    case FetchOutcome::kBlacklisted:
    case FetchOutcome::kDisallowedByRobots:
    case FetchOutcome::kLost:
      break;  // never this room's verdict
  }
  return status;
}

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

}  // namespace

class Fetcher::State {
 public:
  State(const schemas::FetchSettings& settings, std::int64_t url_pause_s);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Submit(Request request);
  std::vector<Response> Poll(std::int64_t timeout_ms, Starts starts);
  std::vector<std::uint64_t> TakeBegun() { return std::exchange(begun_, {}); }
  void Wake();
  std::vector<std::uint64_t> Withdraw();
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  [[nodiscard]] std::size_t waiting() const { return queue_.waiting(); }
  [[nodiscard]] std::size_t pending(RequestKind kind) const {
    return pending_[static_cast<std::size_t>(kind)];
  }

 private:
  void Queue(std::unique_ptr<Job> job, HostQueue::Place place);
  void StartReady();
  void Start(std::unique_ptr<Job> job);
  void Collect();
  void EndHop(std::unique_ptr<Job> job, TransferResult result);
  void Follow(std::unique_ptr<Job> job, const TransferResult& result);
  void Conclude(std::unique_ptr<Job> job, TransferResult result);
  void HoldHost(const std::string& host, std::int64_t seconds);
  void AnswerHeld(std::unique_ptr<Job> job, std::int64_t until_ms);
  [[nodiscard]] bool AskedLately(const Job& job, std::int64_t now_ms);
  void Answer(std::unique_ptr<Job> job, FetchOutcome outcome);
  [[nodiscard]] std::int64_t WaitMs(std::int64_t deadline_ms) const;
  void Check(CURLMcode code) const;

  const schemas::FetchSettings settings_;
  const AddressGuard guard_;
  const std::size_t transfers_max_;
  const std::int64_t url_pause_s_;

  std::atomic<bool> woken_ = false;

  // Confined to the one thread that polls.
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> in_flight_;
  HostQueue queue_;
  AskedUrls asked_urls_;
  LookupLimit lookups_;
  std::size_t unseen_ = 0;                // transfers that curl has not yet looked at
  bool lookups_full_ = false;             // something waits for a lookup to end
  std::array<std::size_t, 3> pending_{};  // by RequestKind
  std::vector<Response> done_;
  std::vector<std::uint64_t> begun_;
};

Fetcher::State::State(const schemas::FetchSettings& settings, std::int64_t url_pause_s)
    : settings_(settings),
      guard_(settings.allow_networks, settings.allow_ports),
      transfers_max_(TransfersMax(settings)),
      url_pause_s_(url_pause_s),
      queue_(settings.host_gap_min_ms, settings.host_gap_max_ms),
      asked_urls_(url_pause_s * 1000),
      lookups_(settings.lookups_max) {
  InitialiseLibrary();
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) throw std::runtime_error("curl_multi_init failed");
  Check(curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING));
  Check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                          static_cast<long>(transfers_max_ + kSpareConnections)));
}

Fetcher::State::~State() {
  for (const auto& [handle, transfer] : in_flight_) curl_multi_remove_handle(multi_.get(), handle);
}

void Fetcher::State::Check(CURLMcode code) const {
  if (code != CURLM_OK) {
    throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
  }
}

void Fetcher::State::Submit(Request request) {
  ++pending_[static_cast<std::size_t>(request.kind)];
  auto job = std::make_unique<Job>();
  job->response.ticket = request.ticket;
  job->response.kind = request.kind;
  job->response.effective_url = request.url;
  job->method = request.kind == RequestKind::kProbe ? Method::kHead : Method::kGet;
  job->url = request.url;
  request.etag = UsableValidator(request.etag);
  request.last_modified = UsableValidator(request.last_modified);
  job->request = std::move(request);
  Queue(std::move(job), HostQueue::Place::kBack);
}

// Puts the job in its host's queue, or answers it where the host must not be asked.
void Fetcher::State::Queue(std::unique_ptr<Job> job, HostQueue::Place place) {
  const std::optional<Url> url = ParseUrl(job->url);
  if (!url) return Answer(std::move(job), FetchOutcome::kProtocolError);
  if (!guard_.AllowsPort(url->port)) return Answer(std::move(job), FetchOutcome::kBlockedAddress);
  const std::int64_t now_ms = SteadyMs();
  if (const auto until_ms = queue_.HeldUntil(url->host, now_ms)) {
    return AnswerHeld(std::move(job), *until_ms);
  }
  if (AskedLately(*job, now_ms)) {
    job->response.asked_lately = true;
    job->response.retry_after_s = url_pause_s_;
    return Answer(std::move(job), FetchOutcome::kTooManyRequests);
  }
  job->host = url->host;
  queue_.Push(std::move(job), place, now_ms);
}

// Whether another feed led to this address a while ago. If not, this one does now.
bool Fetcher::State::AskedLately(const Job& job, std::int64_t now_ms) {
  if (job.request.kind != RequestKind::kFeed || url_pause_s_ == 0) return false;
  const auto way = job.response.hops.empty() ? AskedUrls::Way::kOwn : AskedUrls::Way::kRedirect;
  return asked_urls_.Collides(job.url, way, now_ms);
}

std::vector<Response> Fetcher::State::Poll(std::int64_t timeout_ms, Starts starts) {
  const std::int64_t deadline_ms = SteadyMs() + timeout_ms;
  const bool begins = starts == Starts::kAllowed;
  while (true) {
    int running = 0;
    Check(curl_multi_perform(multi_.get(), &running));
    unseen_ = 0;
    Collect();
    // What was freed is used at once; it goes out with the next perform.
    if (begins) StartReady();
    const bool news = !done_.empty() || !begun_.empty();
    if (news || woken_.exchange(false) || SteadyMs() >= deadline_ms) break;
    const int wait_ms = static_cast<int>(
        begins ? WaitMs(deadline_ms) : std::max<std::int64_t>(deadline_ms - SteadyMs(), 0));
    Check(curl_multi_poll(multi_.get(), nullptr, 0, wait_ms, nullptr));
  }
  return std::exchange(done_, {});
}

void Fetcher::State::Wake() {
  woken_ = true;
  curl_multi_wakeup(multi_.get());
}

std::vector<std::uint64_t> Fetcher::State::Withdraw() {
  std::vector<std::uint64_t> tickets;
  for (const auto& job : queue_.Withdraw(SteadyMs())) {
    --pending_[static_cast<std::size_t>(job->request.kind)];
    tickets.push_back(job->request.ticket);
  }
  return tickets;
}

std::int64_t Fetcher::State::WaitMs(std::int64_t deadline_ms) const {
  std::int64_t until_ms = deadline_ms;
  if (lookups_full_) return std::clamp<std::int64_t>(until_ms - SteadyMs(), 0, kLookupWaitMs);
  if (in_flight_.size() < transfers_max_) {
    until_ms = std::min(until_ms, queue_.NextTurnMs().value_or(until_ms));
  }
  return std::clamp<std::int64_t>(until_ms - SteadyMs(), 0, 3600000);
}

void Fetcher::State::StartReady() {
  const std::int64_t now_ms = SteadyMs();
  lookups_full_ = false;
  if (in_flight_.size() >= transfers_max_ || queue_.waiting() == 0) return;
  const std::size_t room = lookups_.Room(in_flight_.size(), unseen_);
  lookups_full_ = room == 0;
  const std::size_t lookups_end = in_flight_.size() + room;
  while (in_flight_.size() < std::min(transfers_max_, lookups_end)) {
    std::unique_ptr<Job> job = queue_.Pop(now_ms);
    if (job == nullptr) return;
    Start(std::move(job));
  }
}

void Fetcher::State::Start(std::unique_ptr<Job> job) {
  std::unique_ptr<Transfer> transfer;
  if (idle_.empty()) {
    transfer = std::make_unique<Transfer>(settings_, guard_);
  } else {
    transfer = std::move(idle_.back());
    idle_.pop_back();
  }
  const auto connection =
      queue_.HasWaiting(job->host) ? Transfer::Connection::kKeep : Transfer::Connection::kClose;
  if (!job->asked) begun_.push_back(job->request.ticket);
  job->asked = true;
  transfer->Prepare(std::move(job), connection);
  CURL* const handle = transfer->handle();
  Check(curl_multi_add_handle(multi_.get(), handle));
  in_flight_.emplace(handle, std::move(transfer));
  ++unseen_;
}

void Fetcher::State::Collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto node = in_flight_.extract(message->easy_handle);
    std::unique_ptr<Transfer> transfer = std::move(node.mapped());
    TransferResult result = transfer->Finish(message->data.result);
    Check(curl_multi_remove_handle(multi_.get(), transfer->handle()));
    std::unique_ptr<Job> job = transfer->TakeJob();
    idle_.push_back(std::move(transfer));
    queue_.Release(job->host, result.duration_ms, SteadyMs());
    lookups_.NoteEnd(result.outcome, result.status);
    EndHop(std::move(job), std::move(result));
  }
}

void Fetcher::State::EndHop(std::unique_ptr<Job> job, TransferResult result) {
  Response& response = job->response;
  response.effective_url = job->url;
  if (result.status != 0) response.status = result.status;
  response.wire_bytes += result.wire_bytes;
  response.duration_ms += result.duration_ms;
  response.retry_after_s = RetryAfterSeconds(result.headers, WallSeconds());
  const bool asks_for_less = result.status == 429 || result.status == 503;
  if (asks_for_less && response.retry_after_s.value_or(0) > 0) {
    HoldHost(job->host, *response.retry_after_s);
  }
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
  const std::optional<Url> target = ResolveUrl(job->url, result.headers.location);
  const std::string url = target ? target->ToString() : std::string();
  const bool loop =
      std::ranges::any_of(response.hops, [&](const Hop& hop) { return hop.url == url; });
  if (!target || loop ||
      static_cast<std::int64_t>(response.hops.size()) > settings_.redirects_max) {
    TransferResult bad;
    bad.outcome = FetchOutcome::kBadRedirect;
    return Conclude(std::move(job), std::move(bad));
  }
  // RFC 9110, 10.2.3: with a redirect it is the least time before the next request. What is
  // longer than any gap here is not waited for: the caller comes back later.
  if (response.retry_after_s.value_or(0) * 1000 > settings_.host_gap_max_ms) {
    return Answer(std::move(job), FetchOutcome::kUnexpectedStatus);
  }
  job->only_permanent_hops = job->only_permanent_hops && IsPermanent(result.status);
  if (job->only_permanent_hops) response.permanent_url = url;
  job->url = url;
  Queue(std::move(job), HostQueue::Place::kFront);
}

void Fetcher::State::Conclude(std::unique_ptr<Job> job, TransferResult result) {
  const FetchOutcome outcome = result.outcome == FetchOutcome::kOk
                                   ? OutcomeOfStatus(result.status, job->request, result.headers)
                                   : result.outcome;
  if (job->method == Method::kHead && GetMayTellMore(outcome) &&
      !queue_.HeldUntil(job->host, SteadyMs())) {
    // From the start: to a GET the server may say something else at each hop.
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
  response.fresh_for_s = FreshForSeconds(result.headers, WallSeconds());
  response.etag = UsableValidator(result.headers.etag);
  response.last_modified = UsableValidator(result.headers.last_modified);
  response.content_type = std::move(result.headers.content_type);
  response.content_language = std::move(result.headers.content_language);
  response.link = std::move(result.headers.link);
  response.body_bytes = result.body_bytes;
  if (outcome == FetchOutcome::kOk) response.body = std::move(result.body);
  Answer(std::move(job), outcome);
}

void Fetcher::State::HoldHost(const std::string& host, std::int64_t seconds) {
  const std::int64_t now_ms = SteadyMs();
  const std::int64_t until_ms = now_ms + std::min(seconds, kHoldSecondsMax) * 1000;
  for (std::unique_ptr<Job>& job : queue_.Hold(host, until_ms, now_ms)) {
    AnswerHeld(std::move(job), until_ms);
  }
}

void Fetcher::State::AnswerHeld(std::unique_ptr<Job> job, std::int64_t until_ms) {
  job->response.retry_after_s = (until_ms - SteadyMs() + 999) / 1000;
  Answer(std::move(job), FetchOutcome::kTooManyRequests);
}

void Fetcher::State::Answer(std::unique_ptr<Job> job, FetchOutcome outcome) {
  Response& response = job->response;
  response.outcome = outcome;
  response.detail = Describe(response);
  --pending_[static_cast<std::size_t>(response.kind)];
  done_.push_back(std::move(response));
}

Fetcher::Fetcher(const schemas::FetchSettings& settings, std::int64_t url_pause_s)
    : state_(std::make_unique<State>(settings, url_pause_s)) {}
Fetcher::~Fetcher() = default;
void Fetcher::Submit(Request request) { state_->Submit(std::move(request)); }
std::vector<Response> Fetcher::Poll(std::int64_t timeout_ms, Starts starts) {
  return state_->Poll(timeout_ms, starts);
}
std::vector<std::uint64_t> Fetcher::TakeBegun() { return state_->TakeBegun(); }
void Fetcher::Wake() { state_->Wake(); }
std::vector<std::uint64_t> Fetcher::Withdraw() { return state_->Withdraw(); }
std::size_t Fetcher::InFlight() const { return state_->in_flight(); }
std::size_t Fetcher::Waiting() const { return state_->waiting(); }
std::size_t Fetcher::Pending(RequestKind kind) const { return state_->pending(kind); }

}  // namespace saunter::crawler::fetch
