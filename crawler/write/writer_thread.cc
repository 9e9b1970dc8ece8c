#include "crawler/write/writer_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "store/reader.h"

namespace saunter::crawler::write {
namespace {

using health::Blacklist;
using std::chrono::milliseconds;
using std::chrono::seconds;
using store::StoreError;
using store::StoreErrorKind;

// Results wait in the queue while the disk is full; so many bytes of them at most.
constexpr std::int64_t kQueueBytesMax = 67108864;
// The thread comes round at least this often, for the watchdog.
constexpr milliseconds kRoundMax(1000);
// Between checkpoints while the write-ahead log is too large.
constexpr seconds kLargeWalInterval(1);
constexpr char kRefusal[] = "the crawler is stopping; nothing was changed";

// Under a lease.
bool IsAsked(const Result& result) {
  return std::holds_alternative<schemas::CrawlResult>(result) ||
         std::holds_alternative<schemas::ProbeResult>(result) ||
         std::holds_alternative<schemas::SiteLook>(result);
}

std::int64_t SteadyMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

}  // namespace

WriterThread::WriterThread(std::unique_ptr<store::Writer> writer, const schemas::Settings& settings,
                           std::function<schemas::UnixSeconds()> clock)
    : clock_(std::move(clock)), settings_(settings), writer_(std::move(writer)) {
  {
    const auto transaction = writer_->Begin(clock_());
    newest_blacklist_ = std::make_shared<const Blacklist>(transaction->Blacklist());
  }
  blacklist_ = newest_blacklist_;
  is_removing_ = writer_->IsRemoving();
  is_settling_ = writer_->IsSettling();
  Round();
  checkpoint_at_ =
      std::chrono::steady_clock::now() + seconds(settings_.store.checkpoint_interval_s);
  thread_ = std::jthread([this] { Run(); });
}

// Wakes the thread only when there is something for it to do: at the first result, from which the
// age of a batch counts, and when a batch is full.
void WriterThread::Push(Result&& result) {
  const auto weight = WeightOf(result);
  queue_.push_back({std::move(result), weight});
  queue_weight_.rows += weight.rows;
  queue_weight_.bytes += weight.bytes;
  if (queue_.size() == 1 || HasEnough()) work_.notify_one();
}

bool WriterThread::HasRoom() const {
  // What was in flight when the trouble began.
  const auto spare = trouble_ ? 2 * settings_.fetch.transfers_max : 0;
  const auto bytes_max = trouble_ ? 2 * kQueueBytesMax : kQueueBytesMax;
  return queue_.empty() || (std::ssize(queue_) < settings_.write.queue_results_max + spare &&
                            queue_weight_.bytes < bytes_max);
}

void WriterThread::Round() { round_at_ms_ = SteadyMs(); }

std::int64_t WriterThread::IdleMs() const { return SteadyMs() - round_at_ms_; }

bool WriterThread::HasEnough() const {
  return !tickets_.empty() || stopping_ || hurry_ || queue_weight_.rows >= wanted_.rows ||
         queue_weight_.bytes >= wanted_.bytes ||
         2 * std::ssize(queue_) >= settings_.write.queue_results_max;
}

bool WriterThread::Put(Result result) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return HasRoom() || stopping_ || failure_; });
  if (stopping_ || failure_) return false;
  Push(std::move(result));
  return true;
}

PutStatus WriterThread::TryPut(Result& result) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || failure_) return PutStatus::kClosed;
  if (!HasRoom()) return PutStatus::kFull;
  Push(std::move(result));
  return PutStatus::kTaken;
}

void WriterThread::Hurry() {
  const std::scoped_lock lock(mutex_);
  if (queue_.empty()) return;
  hurry_ = true;
  work_.notify_one();
}

ChangeReceipt WriterThread::Change(std::vector<schemas::OperatorChange> changes) {
  auto ticket = std::make_shared<Ticket>();
  ticket->changes = std::move(changes);
  std::unique_lock lock(mutex_);
  if (stopping_ || failure_) return {.problem = problem_, .outcomes = {}};
  if (refuses_changes_) return {.problem = kRefusal, .outcomes = {}};
  tickets_.push_back(ticket);
  work_.notify_one();
  answered_.wait(lock, [&] { return ticket->answered; });
  return std::move(ticket->receipt);
}

void WriterThread::ActFor(const schemas::Lease& lease) {
  const std::scoped_lock lock(mutex_);
  if (lease.owner != lease_.owner) {
    std::erase_if(queue_, [&](const Queued& queued) {
      if (!IsAsked(queued.result)) return false;
      queue_weight_.rows -= queued.weight.rows;
      queue_weight_.bytes -= queued.weight.bytes;
      return true;
    });
    room_.notify_all();
    work_.notify_all();
  }
  lease_ = lease;
}

void WriterThread::Renew(const schemas::Settings& settings) {
  const std::scoped_lock lock(mutex_);
  next_settings_ = settings;
}

void WriterThread::TakeSettings() {
  const std::scoped_lock lock(mutex_);
  if (!next_settings_) return;
  settings_ = *std::move(next_settings_);
  next_settings_.reset();
  writer_->Renew(settings_.store);
}

void WriterThread::RefuseChanges() {
  const std::scoped_lock lock(mutex_);
  refuses_changes_ = true;
  Answer(tickets_, kRefusal);
  AnswerHeld();
  work_.notify_all();
}

std::vector<Committed> WriterThread::TakeCommitted() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(committed_, {});
}

std::shared_ptr<const Blacklist> WriterThread::blacklist() const {
  const std::scoped_lock lock(mutex_);
  return blacklist_;
}

std::optional<StoreErrorKind> WriterThread::Failure() const {
  const std::scoped_lock lock(mutex_);
  return failure_;
}

std::optional<StoreErrorKind> WriterThread::Trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

WriterSums WriterThread::Sums() const {
  const std::scoped_lock lock(mutex_);
  auto sums = sums_;
  sums.queue_results = std::ssize(queue_);
  sums.queue_bytes = queue_weight_.bytes;
  sums.wal_bytes = wal_bytes_;
  sums.trouble = trouble_;
  return sums;
}

std::size_t WriterThread::QueueLength() const {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

void WriterThread::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  work_.notify_all();
  const std::scoped_lock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void WriterThread::Run() {
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

void WriterThread::RunUntilStopped() {
  while (true) {
    gathered_ = {};
    TakeSettings();
    Gather();
    CommitUntilDone();
    RenewBlacklistWhenDue();
    CheckpointWhenDue();
    NoteWal();
    const std::scoped_lock lock(mutex_);
    if (stopping_) AnswerHeld();
    if (stopping_ && queue_.empty() && tickets_.empty()) return;
  }
}

bool WriterThread::IsFull() const {
  const bool is_of_another =
      gathered_.weight.rows > 0 && gathered_.rows.lease.owner != lease_.owner;
  return is_of_another || gathered_.weight.rows >= settings_.write.batch_rows_max ||
         gathered_.weight.bytes >= settings_.write.batch_bytes_max;
}

void WriterThread::TakeWhatFits() {
  for (auto& ticket : std::exchange(tickets_, {})) gathered_.Take(std::move(ticket));
  if (gathered_.weight.rows == 0 || gathered_.rows.lease.owner == lease_.owner) {
    gathered_.rows.lease = lease_;
    gathered_.committed.owner = lease_.owner;
  }
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
void WriterThread::Gather() {
  std::unique_lock lock(mutex_);
  wanted_ = {settings_.write.batch_rows_max, settings_.write.batch_bytes_max};
  work_.wait_for(lock, kRoundMax, [&] { return IsInPieces() || !queue_.empty() || HasEnough(); });
  const auto due =
      std::chrono::steady_clock::now() + milliseconds(settings_.write.batch_age_ms_max);
  while (true) {
    Round();
    const auto now = std::chrono::steady_clock::now();
    // An operator waits for an answer, also to what is being removed; results wait for company.
    const bool ready = IsInPieces() || !tickets_.empty() || stopping_ || hurry_ || now >= due;
    if (ready || HasEnough()) TakeWhatFits();
    if (queue_.empty()) hurry_ = false;
    if (ready || IsFull() || (gathered_.Empty() && queue_.empty())) return;
    work_.wait_until(lock, std::min(due, now + kRoundMax), [&] { return HasEnough(); });
  }
}

void WriterThread::CommitUntilDone() {
  WriteRetry retry;
  while (!gathered_.Empty() || IsInPieces()) {
    try {
      Commit();
      if (retry.attempts() > 0) spdlog::info("the database takes writes again");
      return;
    } catch (const StoreError& error) {
      std::unique_lock lock(mutex_);
      SetTrouble(error.kind());
      ++sums_.commit_failures[error.kind()];
      // What is left of removed feeds can wait for a later run.
      if (stopping_ && gathered_.Empty()) return;
      const auto run = stopping_ ? WriteRetry::Run::kStopping : WriteRetry::Run::kRunning;
      lock.unlock();
      const auto step = retry.After(error.kind(), run);
      if (step == WriteRetry::Step::kGiveUp) throw;
      WaitBeforeRetry(step, error);
    }
  }
}

void WriterThread::WaitBeforeRetry(WriteRetry::Step step, const StoreError& error) {
  std::unique_lock lock(mutex_);
  // Nothing of it was written, and an operator is better told than kept waiting.
  if (refuses_changes_) RefuseGathered(kRefusal);
  if (step == WriteRetry::Step::kRetryLater) {
    const auto problem = std::string(error.what()) + "; nothing was changed";
    RefuseGathered(problem);
    Answer(tickets_, problem);
    AnswerHeld();
  }
  work_.wait_for(lock, WriteRetry::Delay(step), [&] { return stopping_ || !tickets_.empty(); });
  Round();
}

void WriterThread::RefuseGathered(const std::string& problem) {
  Answer(gathered_.tickets, problem);
  gathered_.changes.clear();
}

// What they asked for is committed; what is left of it goes on by itself.
void WriterThread::AnswerHeld() {
  for (auto& ticket : held_) ticket->answered = true;
  held_.clear();
  answered_.notify_all();
}

void WriterThread::SetTrouble(std::optional<StoreErrorKind> trouble) {
  trouble_ = trouble;
  room_.notify_all();
}

void WriterThread::Commit() {
  const auto begin = std::chrono::steady_clock::now();
  gathered_.rows.pulls_in_far = gathered_.rows.pulls_in_far || pulls_in_far_;
  auto report = CommitBatch(*writer_, gathered_.changes, gathered_.rows, newest_blacklist_,
                            settings_.health, clock_());
  checkpoint_due_ = true;
  pulls_in_far_ = report.pulls_in_far;
  Report(report);
  gathered_.committed.batch_id = report.batch_id;
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;
  const std::scoped_lock lock(mutex_);
  Round();
  SetTrouble(std::nullopt);
  sums_.batch_rows.Note(static_cast<double>(gathered_.weight.rows + std::ssize(gathered_.changes)));
  sums_.commit_seconds.Note(duration.count());
  sums_.committed_at = clock_();
  sums_.sites_blacklisted += std::ssize(report.blacklisted);
  sums_.results_lost += report.results_lost;
  blacklist_ = newest_blacklist_;
  committed_.push_back(std::move(gathered_.committed));
  AnswerCommitted(report);
}

void WriterThread::AnswerCommitted(const BatchReport& report) {
  is_removing_ = report.is_removing;
  is_settling_ = report.is_settling;
  auto outcome = report.outcomes.begin();
  for (auto& ticket : gathered_.tickets) {
    const auto end = outcome + std::ssize(ticket->changes);
    ticket->receipt.committed = true;
    ticket->receipt.batch_id = report.batch_id;
    ticket->receipt.outcomes.assign(outcome, end);
    outcome = end;
    const bool removes = std::ranges::any_of(ticket->changes, [](const auto& change) {
      return std::holds_alternative<schemas::RemoveFeed>(change);
    });
    const bool waits = is_removing_ && removes && !refuses_changes_;
    if (waits) {
      held_.push_back(std::move(ticket));
    } else {
      ticket->answered = true;
    }
  }
  gathered_.tickets.clear();
  auto said = report.feedback_outcomes.begin();
  for (const auto& ticket : gathered_.feedback_tickets) {
    const auto end = said + std::ssize(ticket->feedback);
    ticket->Answer({said, end});
    said = end;
  }
  gathered_.feedback_tickets.clear();
  sums_.feedback_taken +=
      std::ranges::count(report.feedback_outcomes, schemas::FeedbackOutcome::kCommitted);
  sums_.feedback_used +=
      std::ranges::count(report.feedback_outcomes, schemas::FeedbackOutcome::kUsed);
  if (!is_removing_) AnswerHeld();
  answered_.notify_all();
}

void WriterThread::Report(const BatchReport& report) const {
  if (gathered_.Empty()) return;  // a piece of a larger change, and one of many
  spdlog::debug(
      "committed batch {}: {} feeds, {} probes, {} new links, {} changes, {} sites blacklisted",
      report.batch_id, gathered_.rows.crawls.size(), gathered_.rows.probes.size(), report.links_new,
      gathered_.changes.size(), report.blacklisted.size());
  if (report.results_lost > 0) {
    spdlog::warn("{} results were dropped: another crawler holds their shards by now",
                 report.results_lost);
  }
  for (const auto& entry : report.blacklisted) {
    spdlog::info("blacklisted {}: {}", entry.pattern, entry.reason);
  }
  for (const auto& host : report.returned) spdlog::info("{} is back from the blacklist", host);
}

// Others' changes come with each batch; where there is none, now and then.
void WriterThread::RenewBlacklistWhenDue() {
  const auto now = std::chrono::steady_clock::now();
  if (settings_.store.url.empty() || now < blacklist_at_) return;
  blacklist_at_ = now + seconds(settings_.store.lease_renewal_s);
  try {
    RenewBlacklist(*writer_, newest_blacklist_, clock_());
  } catch (const StoreError& error) {
    // A trouble that stays is met again, and logged, by the next batch.
    if (!WriteRetry::Passes(error.kind())) throw;
    return;
  }
  const std::scoped_lock lock(mutex_);
  blacklist_ = newest_blacklist_;
}

void WriterThread::CheckpointWhenDue() {
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
    // A trouble that stays is met again, and logged, by the next batch.
    if (!WriteRetry::Passes(error.kind())) throw;
  }
}

// The reader that held back so much of it has left: the file need not stay that large.
void WriterThread::EmptyWal() {
  if (WalLevelOf(writer_->WalBytes(), settings_.store) == WalLevel::kFine) return;
  writer_->CheckpointTruncate();
}

void WriterThread::NoteWal() {
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
void WriterThread::CheckpointAtTheEnd() {
  try {
    writer_->CheckpointTruncate();
  } catch (const StoreError& error) {
    if (!WriteRetry::Passes(error.kind())) throw;
    spdlog::warn("the write-ahead log was left as it is: {}", error.what());
  }
}

void WriterThread::Answer(std::vector<std::shared_ptr<Ticket>>& tickets,
                          const std::string& problem) {
  for (auto& ticket : tickets) {
    ticket->receipt.problem = problem;
    ticket->answered = true;
  }
  tickets.clear();
  answered_.notify_all();
}

void WriterThread::Fail(StoreErrorKind kind, const std::string& problem) {
  spdlog::critical("the database cannot be written: {}", problem);
  {
    const std::scoped_lock lock(mutex_);
    failure_ = kind;
    problem_ = problem + "; nothing was changed";
    queue_.clear();
    queue_weight_ = {};
    Answer(tickets_, problem_);
    AnswerHeld();
    gathered_.feedback_tickets.clear();
    Answer(gathered_.tickets, kind == StoreErrorKind::kUnsynced
                                  ? problem + "; it was changed, but a power failure may undo it"
                                  : problem_);
  }
  room_.notify_all();
}

}  // namespace saunter::crawler::write
