#include "store/replica/feedback_desk.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "schemas/batch.h"
#include "store/status.h"

namespace saunter::store::replica {
namespace {

// What was said and waits.
constexpr std::size_t kWaitingMax = 1024;
constexpr std::chrono::seconds kClosedAfterTrouble(2);

// Removals, pruning and all that is trimmed take time, and rights, that a reader's vote should not:
// they are for those who crawl.
schemas::StoreSettings WithoutUpkeep(schemas::StoreSettings settings) {
  settings.removal_rows_max = 0;
  return settings;
}

// The others of a batch that failed so may be good.
bool MayBeOfOneTicket(StoreErrorKind kind) {
  return kind == StoreErrorKind::kOther || kind == StoreErrorKind::kReadOnly;
}

}  // namespace

FeedbackDesk::FeedbackDesk(schemas::StoreSettings settings, Open open, Now now, Progress& progress)
    : settings_(WithoutUpkeep(std::move(settings))),
      open_(std::move(open)),
      now_(std::move(now)),
      progress_(progress) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FeedbackDesk::~FeedbackDesk() = default;

bool FeedbackDesk::Take(std::shared_ptr<inbox::FeedbackTicket> ticket) {
  const std::scoped_lock lock(mutex_);
  const bool is_full = waiting_ > 0 && waiting_ + ticket->feedback.size() > kWaitingMax;
  if (is_full || std::chrono::steady_clock::now() < open_at_) return false;
  waiting_ += ticket->feedback.size();
  tickets_.push_back(std::move(ticket));
  wake_.notify_all();
  return true;
}

void FeedbackDesk::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "feedback");
  while (!stop.stop_requested()) {
    Tickets tickets;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return !tickets_.empty(); });
      tickets.swap(tickets_);
      waiting_ = 0;
    }
    if (tickets.empty()) continue;
    try {
      Write(tickets);
    } catch (const std::exception& exception) {
      NoteTrouble(exception.what());
    }
    // Tickets that were not answered are given up as they go.
  }
}

void FeedbackDesk::Write(const Tickets& tickets) {
  if (!writer_) {
    auto opened = open_(settings_);
    if (opened.status != OpenStatus::kOk) return NoteTrouble(opened.detail);
    writer_ = std::move(opened.writer);
  }
  try {
    WriteTogether(tickets);
  } catch (const StoreError& error) {
    if (tickets.size() == 1 || !MayBeOfOneTicket(error.kind())) throw;
    WriteSingly(tickets);
  }
  if (is_in_trouble_) spdlog::info("what readers say is written again");
  is_in_trouble_ = false;
}

// What cannot be written takes nothing else along.
void FeedbackDesk::WriteSingly(const Tickets& tickets) {
  std::size_t refused = 0;
  for (const auto& ticket : tickets) {
    try {
      WriteTogether({ticket});
    } catch (const StoreError& error) {
      if (!MayBeOfOneTicket(error.kind()) || ++refused == tickets.size()) throw;
      spdlog::warn("something that a reader said cannot be written: {}", error.what());
    }
  }
}

void FeedbackDesk::WriteTogether(const Tickets& tickets) {
  schemas::WriteBatch batch;
  for (const auto& ticket : tickets) {
    batch.feedback.insert(batch.feedback.end(), ticket->feedback.begin(), ticket->feedback.end());
  }
  const auto transaction = writer_->Begin(now_());
  const auto applied = transaction->Apply(batch);
  transaction->Commit(WriteTransaction::Durability::kFull);
  auto outcome = applied.feedback_outcomes.begin();
  for (const auto& ticket : tickets) {
    const auto end = outcome + std::ssize(ticket->feedback);
    ticket->Answer({outcome, end});
    outcome = end;
  }
  const auto used = std::ranges::count(applied.feedback_outcomes, schemas::FeedbackOutcome::kUsed);
  progress_.NoteBeside([&](ProgressFacts& facts) {
    facts.feedback_used += used;
    facts.feedback_taken += std::ssize(applied.feedback_outcomes) - used;
  });
}

void FeedbackDesk::NoteTrouble(const std::string& trouble) {
  if (!is_in_trouble_) {
    spdlog::warn("what readers say cannot be written, and they are told to come back: {}", trouble);
  }
  is_in_trouble_ = true;
  writer_.reset();
  const std::scoped_lock lock(mutex_);
  open_at_ = std::chrono::steady_clock::now() + kClosedAfterTrouble;
}

}  // namespace saunter::store::replica
