#include "crawler/write/writer_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "crawler/write/batch.h"
#include "crawler/write/write_retry.h"

namespace saunter::crawler::write {
namespace {

using health::Blacklist;
using store::StoreError;
using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Results wait in the queue while the disk is full; so many bytes of them at most.
constexpr std::int64_t kQueueBytesMax = 67108864;
// The thread comes round at least this often, for the watchdog.
constexpr milliseconds kRoundMax(1000);

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
Weight WeightOf(const schemas::CrawlerStatus& status) { return {1, sizeof(status)}; }

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
    if (auto* crawl = std::get_if<schemas::CrawlResult>(&queued.result)) {
      committed.feed_ids.push_back(crawl->feed.feed_id);
      rows.crawls.push_back(std::move(*crawl));
    } else if (auto* probe = std::get_if<schemas::ProbeResult>(&queued.result)) {
      committed.link_ids.push_back(probe->link_id);
      rows.probes.push_back(*probe);
    } else {
      rows.status = std::get<schemas::CrawlerStatus>(std::move(queued.result));
    }
  }
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
  ChangeReceipt Change(std::vector<schemas::OperatorChange> changes);
  std::vector<Committed> TakeCommitted();
  std::shared_ptr<const Blacklist> blacklist();
  bool Failed();
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
  void CheckpointAtTheEnd();
  void Fail(const std::string& problem);

  // With the mutex held.
  void Answer(std::vector<std::shared_ptr<Ticket>>& tickets, const std::string& problem);
  [[nodiscard]] bool HasRoom() const {
    return queue_.empty() || (std::ssize(queue_) < settings_.write.queue_results_max &&
                              queue_bytes_ < kQueueBytesMax);
  }
  void Round() { round_at_ms_ = SteadyMs(); }

  const schemas::Settings settings_;
  const std::function<schemas::UnixSeconds()> clock_;

  std::mutex mutex_;
  std::condition_variable room_;      // the queue has room, or is closed
  std::condition_variable work_;      // the queue or the tickets have something, or stop
  std::condition_variable answered_;  // a ticket was answered
  std::deque<Queued> queue_;
  std::int64_t queue_bytes_ = 0;
  std::vector<std::shared_ptr<Ticket>> tickets_;
  std::vector<Committed> committed_;
  std::shared_ptr<const Blacklist> blacklist_;
  bool stopping_ = false;
  bool failed_ = false;
  std::string problem_ = "the writer was stopped; nothing was changed";

  std::atomic<std::int64_t> round_at_ms_ = SteadyMs();

  // Of the thread alone.
  std::unique_ptr<store::Writer> writer_;
  Gathered gathered_;
  std::shared_ptr<const Blacklist> newest_blacklist_;
  SteadyTime checkpoint_at_;
  bool checkpoint_due_ = false;  // something was committed since the last one

  std::mutex join_mutex_;
  std::jthread thread_;
};

WriterThread::State::State(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
                           std::function<schemas::UnixSeconds()> clock)
    : settings_(settings), clock_(std::move(clock)), writer_(std::move(writer)) {
  {
    store::WriteTransaction transaction(*writer_, clock_());
    newest_blacklist_ = std::make_shared<const Blacklist>(transaction.Blacklist());
  }
  blacklist_ = newest_blacklist_;
  checkpoint_at_ =
      std::chrono::steady_clock::now() + seconds(settings_.store.checkpoint_interval_s);
  thread_ = std::jthread([this] { Run(); });
}

bool WriterThread::State::Put(Result result) {
  const auto weight = std::visit([](const auto& kind) { return WeightOf(kind); }, result);
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return HasRoom() || stopping_ || failed_; });
  if (stopping_ || failed_) return false;
  queue_.push_back({std::move(result), weight});
  queue_bytes_ += weight.bytes;
  lock.unlock();
  work_.notify_one();
  return true;
}

ChangeReceipt WriterThread::State::Change(std::vector<schemas::OperatorChange> changes) {
  auto ticket = std::make_shared<Ticket>();
  ticket->changes = std::move(changes);
  std::unique_lock lock(mutex_);
  if (stopping_ || failed_) return {.problem = problem_, .outcomes = {}};
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

bool WriterThread::State::Failed() {
  const std::scoped_lock lock(mutex_);
  return failed_;
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
    Fail(std::string(ToString(error.kind())) + ": " + error.what());
  } catch (const std::exception& exception) {
    Fail(exception.what());
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
    queue_bytes_ -= queue_.front().weight.bytes;
    gathered_.Take(std::move(queue_.front()));
    queue_.pop_front();
  }
  room_.notify_all();
}

// Returns empty-handed now and then, so that checkpoints have their turn.
void WriterThread::State::Gather() {
  std::unique_lock lock(mutex_);
  const auto has_work = [&] { return !queue_.empty() || !tickets_.empty() || stopping_; };
  work_.wait_for(lock, kRoundMax, has_work);
  const auto due =
      std::chrono::steady_clock::now() + milliseconds(settings_.write.batch_age_ms_max);
  while (true) {
    Round();
    TakeWhatFits();
    // An operator waits for an answer; results wait for company.
    if (gathered_.Empty() || !gathered_.tickets.empty() || IsFull() || stopping_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now >= due) return;
    work_.wait_until(lock, std::min(due, now + kRoundMax), has_work);
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

void WriterThread::State::Commit() {
  auto report = CommitBatch(*writer_, gathered_.changes, gathered_.rows, newest_blacklist_,
                            settings_.health, clock_());
  checkpoint_due_ = true;
  Report(report);
  gathered_.committed.batch_id = report.batch_id;
  auto outcome = report.outcomes.begin();
  const std::scoped_lock lock(mutex_);
  Round();
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
}

void WriterThread::State::CheckpointWhenDue() {
  const auto now = std::chrono::steady_clock::now();
  if (!checkpoint_due_ || now < checkpoint_at_) return;
  checkpoint_at_ = now + seconds(settings_.store.checkpoint_interval_s);
  try {
    writer_->CheckpointPassive();
    checkpoint_due_ = false;
  } catch (const StoreError& error) {
    // What passes is met again, and logged, by the next batch.
    if (!WriteRetry::Passes(error.kind())) throw;
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

void WriterThread::State::Fail(const std::string& problem) {
  spdlog::critical("the database cannot be written: {}", problem);
  {
    const std::scoped_lock lock(mutex_);
    failed_ = true;
    problem_ = problem;
    queue_.clear();
    queue_bytes_ = 0;
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
ChangeReceipt WriterThread::Change(std::vector<schemas::OperatorChange> changes) {
  return state_->Change(std::move(changes));
}
std::vector<Committed> WriterThread::TakeCommitted() { return state_->TakeCommitted(); }
std::shared_ptr<const Blacklist> WriterThread::blacklist() const { return state_->blacklist(); }
bool WriterThread::Failed() const { return state_->Failed(); }
std::size_t WriterThread::QueueLength() const { return state_->QueueLength(); }
std::int64_t WriterThread::IdleMs() const { return state_->IdleMs(); }
void WriterThread::Stop() { state_->Stop(); }

}  // namespace saunter::crawler::write
