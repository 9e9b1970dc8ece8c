#include "api/routes/snapshot_reader.h"

#include <pthread.h>

#include <condition_variable>
#include <stop_token>

namespace saunter::api::routes {
namespace {

// A worker is busy if its last request was at most this long ago.
constexpr std::chrono::microseconds kBusyGapMax(250);
constexpr std::chrono::milliseconds kSweepInterval(100);

}  // namespace

bool SnapshotReader::IsTooOld(Clock::time_point now) const {
  return now - kept_at_ > store::kSnapshotAgeMax;
}

void SnapshotReader::RenewSnapshot(Clock::time_point now) {
  const bool is_busy = now - asked_at_ <= kBusyGapMax;
  asked_at_ = now;
  if (!is_busy || IsTooOld(now)) DropSnapshot();
  if (!is_busy || !reader_ || reader_->KeepsSnapshot()) return;
  reader_->KeepSnapshot();
  kept_at_ = now;
}

void SnapshotReader::DropSnapshot() {
  if (reader_ && reader_->KeepsSnapshot()) reader_->DropSnapshot();
}

void SnapshotReader::Sweep(Clock::time_point now) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock && IsTooOld(now)) DropSnapshot();
}

SnapshotReaders::SnapshotReaders()
    : thread_([this](const std::stop_token& stop) {
        pthread_setname_np(pthread_self(), "sweeper");
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          wake.wait_for(lock, stop, kSweepInterval, [] { return false; });
          SweepAll();
        }
      }) {}

std::shared_ptr<SnapshotReader> SnapshotReaders::Add() {
  auto reader = std::make_shared<SnapshotReader>();
  const std::lock_guard lock(mutex_);
  readers_.push_back(reader);
  return reader;
}

void SnapshotReaders::SweepAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& known : readers_) {
    if (const auto reader = known.lock()) reader->Sweep(SnapshotReader::Clock::now());
  }
}

}  // namespace saunter::api::routes
