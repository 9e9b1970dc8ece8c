#include "crawler/loop/due_reader.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "store/status.h"

namespace saunter::crawler::loop {
namespace {

constexpr std::int64_t kPauseMaxS = 60;
constexpr std::chrono::milliseconds kInterruptInterval(10);

}  // namespace

DueReader::DueReader(std::unique_ptr<store::DueWork> work, std::string name)
    : name_(std::move(name)),
      work_(std::move(work)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

DueReader::~DueReader() {
  thread_.request_stop();
  // One query is several statements, and an interrupt ends only the one that runs.
  std::unique_lock lock(mutex_);
  while (!has_ended_) {
    lock.unlock();
    work_->Interrupt();
    lock.lock();
    changed_.wait_for(lock, kInterruptInterval, [this] { return has_ended_; });
  }
}

void DueReader::Interrupt() {
  is_interrupted_ = true;
  work_->Interrupt();
}

bool DueReader::IsReady(schemas::UnixSeconds now) const {
  if (is_busy_ || is_interrupted_) return false;
  // A failure from the future is one from before the clock was set back.
  return now < failed_at_ || now - failed_at_ >= pause_s_;
}

void DueReader::Ask(const DueQuery& query) {
  assert(!is_busy_);
  is_busy_ = true;
  const std::lock_guard lock(mutex_);
  query_ = query;
  changed_.notify_all();
}

std::optional<DueReader::Answer> DueReader::Take(schemas::UnixSeconds now) {
  if (!is_busy_) return std::nullopt;
  std::unique_lock lock(mutex_);
  if (!items_ && !failure_) return std::nullopt;
  is_busy_ = false;
  Answer answer{.items = std::exchange(items_, std::nullopt)};
  const auto failure = std::exchange(failure_, nullptr);
  lock.unlock();
  if (failure) {
    NoteFailure(failure, now);
  } else if (pause_s_ > 0) {
    pause_s_ = 0;
    spdlog::info("{}: the database can be read again", name_);
  }
  return answer;
}

void DueReader::NoteFailure(const std::exception_ptr& failure, schemas::UnixSeconds now) {
  try {
    std::rethrow_exception(failure);
  } catch (const store::StoreError& error) {
    using store::StoreErrorKind;
    const auto kind = error.kind();
    // What is asked is noted on the same connection, so a full disk and a database that takes no
    // writes are met here, too.
    const bool passes = kind == StoreErrorKind::kBusy || kind == StoreErrorKind::kInterrupted ||
                        kind == StoreErrorKind::kLost || kind == StoreErrorKind::kFull ||
                        kind == StoreErrorKind::kReadOnly;
    if (!passes) throw;
    if (pause_s_ == 0 && !is_interrupted_) {
      spdlog::warn("{}: the database cannot be read now, and is asked again: {}", name_,
                   error.what());
    }
    pause_s_ = std::clamp<std::int64_t>(pause_s_ * 2, 1, kPauseMaxS);
    failed_at_ = now;
  }
}

void DueReader::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), name_.c_str());
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return query_.has_value(); })) {
    const auto query = std::exchange(query_, std::nullopt);
    lock.unlock();
    std::optional<DueItems> items;
    std::exception_ptr failure;
    try {
      if (query) items = ReadDue(*work_, *query);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    items_ = std::move(items);
    failure_ = failure;
    if (stop.stop_requested()) break;
  }
  has_ended_ = true;
  changed_.notify_all();
}

}  // namespace saunter::crawler::loop
