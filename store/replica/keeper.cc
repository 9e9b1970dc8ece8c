#include "store/replica/keeper.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "store/status.h"

namespace saunter::store::replica {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPauseMin(1000);
constexpr milliseconds kPauseMax(60000);
// Those that need longer to catch up are told of.
constexpr std::int64_t kChangesBehindTold = 100000;

}  // namespace

milliseconds PauseAfter(std::int64_t failures) {
  auto pause = kPauseMin;
  for (std::int64_t i = 1; i < failures && pause < kPauseMax; ++i) pause *= 2;
  return std::min(pause, kPauseMax);
}

Keeper::Keeper(sql::CopyFile& file, const schemas::Settings& settings, Connect connect, Now now,
               Progress& progress)
    : file_(file),
      settings_(settings),
      connect_(std::move(connect)),
      now_(std::move(now)),
      progress_(progress),
      copier_(file, settings.replica, settings.store.pool_changes_kept) {
  const auto state = copier_.State();
  progress_.Note([&](ProgressFacts& facts) {
    if (state) facts.current_at = state->current_at;
    facts.is_filling = file_.HasNew();
  });
}

Keeper::~Keeper() {
  thread_.request_stop();
  {
    const std::scoped_lock lock(mutex_);
    if (source_) source_->Interrupt();
  }
  wake_.notify_all();
}

void Keeper::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Keeper::Run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "copier");
  try {
    while (!stop.stop_requested()) {
      const auto pause = Turn();
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
    }
  } catch (const std::exception& exception) {
    spdlog::critical("the copy cannot be kept: {}", exception.what());
    has_failed_ = true;
  }
}

milliseconds Keeper::Turn() {
  try {
    if (!IsConnected()) return PauseAfter(++failures_);
    const auto report = copier_.Step(*source_, now_());
    EndTrouble();
    Note(report);
    const bool is_current = report.kind == StepKind::kCurrent || report.kind == StepKind::kReplaced;
    return milliseconds(is_current ? settings_.replica.pull_interval_ms : 0);
  } catch (const StoreError& error) {
    // Of a copy that is damaged another one is made.
    if (error.kind() == StoreErrorKind::kCorrupt) file_.DropDamaged();
    NoteTrouble(error.what());
  }
  const std::scoped_lock lock(mutex_);
  source_.reset();
  return PauseAfter(++failures_);
}

bool Keeper::IsConnected() {
  if (source_) return true;
  auto opened = connect_();
  if (opened.status != OpenStatus::kOk) {
    NoteTrouble(opened.detail);
    return false;
  }
  const std::scoped_lock lock(mutex_);
  source_ = std::move(opened.database);
  return true;
}

void Keeper::NoteTrouble(const std::string& trouble) {
  if (trouble_.empty()) spdlog::warn("{}; the copy stays as it is until that is over", trouble);
  trouble_ = trouble;
  progress_.Note([&](ProgressFacts& facts) { facts.trouble = trouble; });
}

void Keeper::EndTrouble() {
  failures_ = 0;
  if (trouble_.empty()) return;
  trouble_.clear();
  spdlog::info("the database is followed again");
}

void Keeper::Note(const StepReport& report) {
  const auto now = now_();
  const bool is_current = report.kind == StepKind::kCurrent || report.kind == StepKind::kReplaced;
  switch (report.kind) {
    case StepKind::kCurrent:
      if (is_behind_) spdlog::info("the copy has caught up");
      is_behind_ = false;
      break;
    case StepKind::kBehind:
      if (!is_behind_ && report.changes_behind > kChangesBehindTold) {
        spdlog::info("the copy is about {} changes behind", report.changes_behind);
        is_behind_ = true;
      }
      break;
    case StepKind::kBegan:
      spdlog::info("filling a copy: {}", report.why);
      filling_since_ = now;
      rows_filled_ = 0;
      break;
    case StepKind::kFilling:
      rows_filled_ += report.rows;
      break;
    case StepKind::kReplaced:
      spdlog::info("the copy is filled and in use: {} rows in {} s", rows_filled_ + report.rows,
                   filling_since_ == 0 ? 0 : now - filling_since_);
      break;
  }
  const auto state = copier_.State();
  progress_.Note([&](ProgressFacts& facts) {
    facts.current_at.reset();
    if (state) facts.current_at = is_current ? report.as_of : state->current_at;
    facts.changes_behind = report.changes_behind;
    facts.rows_copied += report.rows;
    if (report.kind == StepKind::kBegan) ++facts.fillings;
    facts.pulled_at = now;
    facts.is_filling = report.kind == StepKind::kBegan || report.kind == StepKind::kFilling;
    facts.trouble.clear();
  });
}

}  // namespace saunter::store::replica
