#include "crawler/write/writer_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "crawler/write/batch.h"
#include "crawler/write/wal_level.h"
#include "crawler/write/write_retry.h"
#include "store/reader.h"

namespace saunter::crawler::write {
namespace {

using health::Blacklist;
using store::StoreError;
using store::StoreErrorKind;
using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Results wait in the queue while the disk is full; so many bytes of them at most.
constexpr std::int64_t kQueueBytesMax = 67108864;
// The thread comes round at least this often, for the watchdog.
constexpr milliseconds kRoundMax(1000);
// Between checkpoints while the write-ahead log is too large.
constexpr seconds kLargeWalInterval(1);

std::int64_t SteadyMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

std::int64_t Bytes(const schemas::EntryIntake& entry) {
  auto bytes = sizeof(entry) + entry.url.size() + entry.host.size() +
               entry.registrable_domain.size() + entry.title.size() + entry.author.size() +
               entry.language.size() + entry.summary.size();
  for (const auto& category : entry.categories) bytes += sizeof(category) + category.size();
  return static_cast<std::int64_t>(bytes);
}

// What a result weighs in a batch.
struct Weight {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

Weight WeightOf(const schemas::CrawlResult& crawl) {
  Weight weight{1 + std::ssize(crawl.entries), sizeof(crawl)};
  for (const auto& entry : crawl.entries) weight.bytes += Bytes(entry);
  return weight;
}
Weight WeightOf(const schemas::ProbeResult& probe) { return {1, sizeof(probe)}; }
Weight WeightOf(const schemas::SiteLook& look) {
  return {1, static_cast<std::int64_t>(sizeof(look) + look.words.size())};
}
Weight WeightOf(const schemas::CrawlerStatus& status) { return {1, sizeof(status)}; }
Weight WeightOf(const schemas::HostState& hosts) {
  Weight weight{std::ssize(hosts.pauses) + std::ssize(hosts.robots), sizeof(hosts)};
  weight.bytes += std::ssize(hosts.pauses) * static_cast<std::int64_t>(sizeof(schemas::HostPause));
  for (const auto& robots : hosts.robots) {
    weight.bytes += static_cast<std::int64_t>(sizeof(robots)) + std::ssize(robots.rules);
  }
  return weight;
}

// A caller of Change() that waits; guarded by the mutex of the thread's state.
struct Ticket {
  std::vector<schemas::OperatorChange> changes;
  bool answered = false;
  ChangeReceipt receipt;
};

struct Queued {
  Result result;
  Weight weight;
};

// What was taken from the queue and not committed yet.
struct Gathered {
  schemas::WriteBatch rows;
  std::vector<schemas::OperatorChange> changes;
  std::vector<std::shared_ptr<Ticket>> tickets;
  Committed committed;
  Weight weight;

  [[nodiscard]] bool Empty() const { return weight.rows == 0 && tickets.empty(); }
  void Take(Queued queued) {
    weight.rows += queued.weight.rows;
    weight.bytes += queued.weight.bytes;
    std::visit([this]<typename Kind>(Kind&& result) { Take(std::forward<Kind>(result)); },
               std::move(queued.result));
  }
  void Take(schemas::CrawlResult&& crawl) {
    committed.feed_ids.push_back(crawl.feed.feed_id);
    rows.crawls.push_back(std::move(crawl));
  }
  void Take(schemas::ProbeResult&& probe) {
    committed.link_ids.push_back(probe.link_id);
    rows.probes.push_back(std::move(probe));
  }
  void Take(schemas::SiteLook&& look) { rows.looks.push_back(std::move(look)); }
  void Take(schemas::HostState&& hosts) {
    std::ranges::move(hosts.pauses, std::back_inserter(rows.hosts.pauses));
    std::ranges::move(hosts.robots, std::back_inserter(rows.hosts.robots));
  }
  void Take(schemas::CrawlerStatus&& status) { rows.status = std::move(status); }
  void Take(std::shared_ptr<Ticket> ticket) {
    changes.insert(changes.end(), ticket->changes.begin(), ticket->changes.end());
    tickets.push_back(std::move(ticket));
  }
};

}  // namespace

class WriterThread::State {
 public:
  State(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
        std::function<schemas::UnixSeconds()> clock);
  ~State() { Stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool Put(Result result);
  PutStatus TryPut(Result& result);
  void Hurry();
  ChangeReceipt Change(std::vector<schemas::OperatorChange> changes);
  std::vector<Committed> TakeCommitted();
  std::shared_ptr<const Blacklist> blacklist();
  std::optional<StoreErrorKind> Failure();
  std::optional<StoreErrorKind> Trouble();
  WriterSums Sums();
  [[nodiscard]] std::int64_t WalBytes() const { return wal_bytes_; }
  std::size_t QueueLength();
  [[nodiscard]] std::int64_t IdleMs() const { return SteadyMs() - round_at_ms_; }
  void Stop();

 private:
  // Everything below runs on the thread.
  void Run();
  void RunUntilStopped();
  void Gather();
  void TakeWhatFits();
  [[nodiscard]] bool IsFull() const;
  void CommitUntilDone();
  void Commit();
  void WaitBeforeRetry(WriteRetry::Step step, const StoreError& error);
  void Report(const BatchReport& report) const;
  void CheckpointWhenDue();
  void EmptyWal();
  void NoteWal();
  void CheckpointAtTheEnd();
  void Fail(StoreErrorKind kind, const std::string& problem);

  // With the mutex held.
  void Push(Result&& result);
  [[nodiscard]] bool HasEnough() const;
  void Answer(std::vector<std::shared_ptr<Ticket>>& tickets, const std::string& problem);
  [[nodiscard]] bool HasRoom() const {
    // What was in flight when the trouble began.
    const auto spare = trouble_ ? 2 * settings_.fetch.transfers_max : 0;
    const auto bytes_max = trouble_ ? 2 * kQueueBytesMax : kQueueBytesMax;
    return queue_.empty() || (std::ssize(queue_) < settings_.write.queue_results_max + spare &&
                              queue_weight_.bytes < bytes_max);
  }
  void SetTrouble(std::optional<StoreErrorKind> trouble);
  void Round() { round_at_ms_ = SteadyMs(); }

  const schemas::Settings settings_;
  const std::function<schemas::UnixSeconds()> clock_;

  std::mutex mutex_;
  std::condition_variable room_;      // the queue has room, or is closed
  std::condition_variable work_;      // the queue or the tickets have something, or stop
  std::condition_variable answered_;  // a ticket was answered
  std::deque<Queued> queue_;
  Weight queue_weight_;
  Weight wanted_;       // what a batch that is being gathered still lacks
  bool hurry_ = false;  // what is queued is all there is
  std::vector<std::shared_ptr<Ticket>> tickets_;
  std::vector<Committed> committed_;
  std::shared_ptr<const Blacklist> blacklist_;
  bool stopping_ = false;
  std::optional<StoreErrorKind> failure_;
  std::optional<StoreErrorKind> trouble_;
  WriterSums sums_;
  std::string problem_ = "the writer was stopped; nothing was changed";

  std::atomic<std::int64_t> round_at_ms_ = SteadyMs();
  std::atomic<std::int64_t> wal_bytes_ = 0;

  // Of the thread alone.
  std::unique_ptr<store::Writer> writer_;
  Gathered gathered_;
  std::shared_ptr<const Blacklist> newest_blacklist_;
  SteadyTime checkpoint_at_;
  bool checkpoint_due_ = false;  // something was committed since the last one, or held back by it
  WalLevel wal_level_ = WalLevel::kFine;

  std::mutex join_mutex_;
  std::jthread thread_;
};

WriterThread::State::State(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
                           std::function<schemas::UnixSeconds()> clock)
    : settings_(settings), clock_(std::move(clock)), writer_(std::move(writer)) {
  {
    const auto transaction = writer_->Begin(clock_());
    newest_blacklist_ = std::make_shared<const Blacklist>(transaction->Blacklist());
  }
  blacklist_ = newest_blacklist_;
  checkpoint_at_ =
      std::chrono::steady_clock::now() + seconds(settings_.store.checkpoint_interval_s);
  thread_ = std::jthread([this] { Run(); });
}

// Wakes the thread only when there is something for it to do: at the first result, from which the
// age of a batch counts, and when a batch is full.
void WriterThread::State::Push(Result&& result) {
  const auto weight = std::visit([](const auto& kind) { return WeightOf(kind); }, result);
  queue_.push_back({std::move(result), weight});
  queue_weight_.rows += weight.rows;
  queue_weight_.bytes += weight.bytes;
  if (queue_.size() == 1 || HasEnough()) work_.notify_one();
}

bool WriterThread::State::HasEnough() const {
  return !tickets_.empty() || stopping_ || hurry_ || queue_weight_.rows >= wanted_.rows ||
         queue_weight_.bytes >= wanted_.bytes ||
         2 * std::ssize(queue_) >= settings_.write.queue_results_max;
}

bool WriterThread::State::Put(Result result) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return HasRoom() || stopping_ || failure_; });
  if (stopping_ || failure_) return false;
  Push(std::move(result));
  return true;
}

PutStatus WriterThread::State::TryPut(Result& result) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || failure_) return PutStatus::kClosed;
  if (!HasRoom()) return PutStatus::kFull;
  Push(std::move(result));
  return PutStatus::kTaken;
}

void WriterThread::State::Hurry() {
  const std::scoped_lock lock(mutex_);
  if (queue_.empty()) return;
  hurry_ = true;
  work_.notify_one();
}

ChangeReceipt WriterThread::State::Change(std::vector<schemas::OperatorChange> changes) {
  auto ticket = std::make_shared<Ticket>();
  ticket->changes = std::move(changes);
  std::unique_lock lock(mutex_);
  if (stopping_ || failure_) return {.problem = problem_, .outcomes = {}};
  tickets_.push_back(ticket);
  work_.notify_one();
  answered_.wait(lock, [&] { return ticket->answered; });
  return std::move(ticket->receipt);
}

std::vector<Committed> WriterThread::State::TakeCommitted() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(committed_, {});
}

std::shared_ptr<const Blacklist> WriterThread::State::blacklist() {
  const std::scoped_lock lock(mutex_);
  return blacklist_;
}

std::optional<StoreErrorKind> WriterThread::State::Failure() {
  const std::scoped_lock lock(mutex_);
  return failure_;
}

std::optional<StoreErrorKind> WriterThread::State::Trouble() {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

WriterSums WriterThread::State::Sums() {
  const std::scoped_lock lock(mutex_);
  auto sums = sums_;
  sums.queue_results = std::ssize(queue_);
  sums.queue_bytes = queue_weight_.bytes;
  sums.wal_bytes = wal_bytes_;
  sums.trouble = trouble_;
  return sums;
}

std::size_t WriterThread::State::QueueLength() {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

void WriterThread::State::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  work_.notify_all();
  const std::scoped_lock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void WriterThread::State::Run() {
  pthread_setname_np(pthread_self(), "writer");
  try {
    RunUntilStopped();
    CheckpointAtTheEnd();
  } catch (const StoreError& error) {
    Fail(error.kind(), std::string(ToString(error.kind())) + ": " + error.what());
  } catch (const std::exception& exception) {
    Fail(StoreErrorKind::kOther, exception.what());
  }
  // Whoever writes next finds the lock free as soon as Stop() returns.
  writer_.reset();
}

void WriterThread::State::RunUntilStopped() {
  while (true) {
    gathered_ = {};
    Gather();
    CommitUntilDone();
    CheckpointWhenDue();
    NoteWal();
    const std::scoped_lock lock(mutex_);
    if (stopping_ && queue_.empty() && tickets_.empty()) return;
  }
}

bool WriterThread::State::IsFull() const {
  return gathered_.weight.rows >= settings_.write.batch_rows_max ||
         gathered_.weight.bytes >= settings_.write.batch_bytes_max;
}

void WriterThread::State::TakeWhatFits() {
  for (auto& ticket : std::exchange(tickets_, {})) gathered_.Take(std::move(ticket));
  while (!queue_.empty() && !IsFull()) {
    queue_weight_.rows -= queue_.front().weight.rows;
    queue_weight_.bytes -= queue_.front().weight.bytes;
    gathered_.Take(std::move(queue_.front()));
    queue_.pop_front();
  }
  wanted_ = {settings_.write.batch_rows_max - gathered_.weight.rows,
             settings_.write.batch_bytes_max - gathered_.weight.bytes};
  room_.notify_all();
}

// Returns empty-handed now and then, so that checkpoints have their turn.
void WriterThread::State::Gather() {
  std::unique_lock lock(mutex_);
  wanted_ = {settings_.write.batch_rows_max, settings_.write.batch_bytes_max};
  work_.wait_for(lock, kRoundMax, [&] { return !queue_.empty() || HasEnough(); });
  const auto due =
      std::chrono::steady_clock::now() + milliseconds(settings_.write.batch_age_ms_max);
  while (true) {
    Round();
    const auto now = std::chrono::steady_clock::now();
    // An operator waits for an answer; results wait for company.
    const bool ready = !tickets_.empty() || stopping_ || hurry_ || now >= due;
    if (ready || HasEnough()) TakeWhatFits();
    if (queue_.empty()) hurry_ = false;
    if (ready || IsFull() || (gathered_.Empty() && queue_.empty())) return;
    work_.wait_until(lock, std::min(due, now + kRoundMax), [&] { return HasEnough(); });
  }
}

void WriterThread::State::CommitUntilDone() {
  WriteRetry retry;
  while (!gathered_.Empty()) {
    try {
      Commit();
      if (retry.attempts() > 0) spdlog::info("the database takes writes again");
      return;
    } catch (const StoreError& error) {
      std::unique_lock lock(mutex_);
      SetTrouble(error.kind());
      const auto run = stopping_ ? WriteRetry::Run::kStopping : WriteRetry::Run::kRunning;
      lock.unlock();
      const auto step = retry.After(error.kind(), run);
      if (step == WriteRetry::Step::kGiveUp) throw;
      WaitBeforeRetry(step, error);
    }
  }
}

void WriterThread::State::WaitBeforeRetry(WriteRetry::Step step, const StoreError& error) {
  std::unique_lock lock(mutex_);
  if (step == WriteRetry::Step::kRetryLater) {
    // Nothing of it was written, and an operator is better told than kept waiting.
    Answer(gathered_.tickets, error.what());
    Answer(tickets_, error.what());
    gathered_.changes.clear();
  }
  work_.wait_for(lock, WriteRetry::Delay(step), [&] { return stopping_ || !tickets_.empty(); });
  Round();
}

void WriterThread::State::SetTrouble(std::optional<StoreErrorKind> trouble) {
  trouble_ = trouble;
  room_.notify_all();
}

void WriterThread::State::Commit() {
  const auto begin = std::chrono::steady_clock::now();
  auto report = CommitBatch(*writer_, gathered_.changes, gathered_.rows, newest_blacklist_,
                            settings_.health, clock_());
  checkpoint_due_ = true;
  Report(report);
  gathered_.committed.batch_id = report.batch_id;
  auto outcome = report.outcomes.begin();
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;
  const std::scoped_lock lock(mutex_);
  Round();
  SetTrouble(std::nullopt);
  sums_.batch_rows.Note(static_cast<double>(gathered_.weight.rows + std::ssize(gathered_.changes)));
  sums_.commit_seconds.Note(duration.count());
  sums_.sites_blacklisted += std::ssize(report.blacklisted);
  blacklist_ = newest_blacklist_;
  committed_.push_back(std::move(gathered_.committed));
  for (auto& ticket : gathered_.tickets) {
    const auto end = outcome + std::ssize(ticket->changes);
    ticket->receipt.committed = true;
    ticket->receipt.batch_id = report.batch_id;
    ticket->receipt.outcomes.assign(outcome, end);
    ticket->answered = true;
    outcome = end;
  }
  gathered_.tickets.clear();
  answered_.notify_all();
}

void WriterThread::State::Report(const BatchReport& report) const {
  spdlog::info(
      "committed batch {}: {} feeds, {} probes, {} new links, {} changes, {} sites blacklisted",
      report.batch_id, gathered_.rows.crawls.size(), gathered_.rows.probes.size(), report.links_new,
      gathered_.changes.size(), report.blacklisted.size());
  for (const auto& entry : report.blacklisted) {
    spdlog::info("blacklisted {}: {}", entry.pattern, entry.reason);
  }
  for (const auto& host : report.returned) spdlog::info("{} is back from the blacklist", host);
}

void WriterThread::State::CheckpointWhenDue() {
  const auto now = std::chrono::steady_clock::now();
  if (!checkpoint_due_ || now < checkpoint_at_) return;
  checkpoint_at_ =
      now + (wal_level_ == WalLevel::kFine ? seconds(settings_.store.checkpoint_interval_s)
                                           : kLargeWalInterval);
  // What was just committed is no reader's snapshot yet, but it soon is every reader's.
  std::this_thread::sleep_for(2 * store::kSnapshotAgeMax);
  try {
    const auto checkpoint = writer_->CheckpointPassive();
    checkpoint_due_ = !checkpoint.Whole();
    if (checkpoint.Whole()) EmptyWal();
  } catch (const StoreError& error) {
    // What passes is met again, and logged, by the next batch.
    if (!WriteRetry::Passes(error.kind())) throw;
  }
}

// The reader that held back so much of it has left: the file need not stay that large.
void WriterThread::State::EmptyWal() {
  if (WalLevelOf(writer_->WalBytes(), settings_.store) == WalLevel::kFine) return;
  writer_->CheckpointTruncate();
}

void WriterThread::State::NoteWal() {
  const auto bytes = writer_->WalBytes();
  wal_bytes_ = bytes;
  const auto before = std::exchange(wal_level_, WalLevelOf(bytes, settings_.store));
  if (wal_level_ == before) return;
  constexpr std::string_view kReader = "a reader (a shell, a backup?) holds it";
  switch (wal_level_) {
    case WalLevel::kFine:
      spdlog::info("the write-ahead log is small again: {} bytes", bytes);
      break;
    case WalLevel::kWarn:
      spdlog::warn("the write-ahead log has {} bytes: {}", bytes, kReader);
      break;
    case WalLevel::kNoProbes:
      spdlog::warn("the write-ahead log has {} bytes: {}; no link is probed until it has left",
                   bytes, kReader);
      break;
    case WalLevel::kNoFeeds:
      spdlog::error("the write-ahead log has {} bytes: {}; nothing is fetched until it has left",
                    bytes, kReader);
      break;
  }
}

// All batches are committed; what is left in the WAL is read from there.
void WriterThread::State::CheckpointAtTheEnd() {
  try {
    writer_->CheckpointTruncate();
  } catch (const StoreError& error) {
    if (!WriteRetry::Passes(error.kind())) throw;
    spdlog::warn("the write-ahead log was left as it is: {}", error.what());
  }
}

void WriterThread::State::Answer(std::vector<std::shared_ptr<Ticket>>& tickets,
                                 const std::string& problem) {
  for (auto& ticket : tickets) {
    ticket->receipt.problem = problem + "; nothing was changed";
    ticket->answered = true;
  }
  tickets.clear();
  answered_.notify_all();
}

void WriterThread::State::Fail(StoreErrorKind kind, const std::string& problem) {
  spdlog::critical("the database cannot be written: {}", problem);
  {
    const std::scoped_lock lock(mutex_);
    failure_ = kind;
    problem_ = problem;
    queue_.clear();
    queue_weight_ = {};
    Answer(tickets_, problem);
    Answer(gathered_.tickets, problem);
  }
  room_.notify_all();
}

WriterThread::WriterThread(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
                           std::function<schemas::UnixSeconds()> clock)
    : state_(std::make_unique<State>(std::move(writer), settings, std::move(clock))) {}
WriterThread::~WriterThread() = default;

bool WriterThread::Put(Result result) { return state_->Put(std::move(result)); }
PutStatus WriterThread::TryPut(Result& result) { return state_->TryPut(result); }
void WriterThread::Hurry() { state_->Hurry(); }
ChangeReceipt WriterThread::Change(std::vector<schemas::OperatorChange> changes) {
  return state_->Change(std::move(changes));
}
std::vector<Committed> WriterThread::TakeCommitted() { return state_->TakeCommitted(); }
std::shared_ptr<const Blacklist> WriterThread::blacklist() const { return state_->blacklist(); }
bool WriterThread::Failed() const { return state_->Failure().has_value(); }
std::optional<StoreErrorKind> WriterThread::Failure() const { return state_->Failure(); }
std::optional<StoreErrorKind> WriterThread::Trouble() const { return state_->Trouble(); }
std::int64_t WriterThread::WalBytes() const { return state_->WalBytes(); }
WriterSums WriterThread::Sums() const { return state_->Sums(); }
std::size_t WriterThread::QueueLength() const { return state_->QueueLength(); }
std::int64_t WriterThread::IdleMs() const { return state_->IdleMs(); }
void WriterThread::Stop() { state_->Stop(); }

}  // namespace saunter::crawler::write
