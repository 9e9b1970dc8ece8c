#include "store/replica/keeper.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "store/replica/change_log.h"
#include "store/status.h"

namespace saunter::store::replica {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPauseMin(1000);
constexpr milliseconds kPauseMax(60000);
// Those that need longer to catch up are told of.
constexpr std::int64_t kChangesBehindTold = 100000;
// So many failures in a row are the copy's own. The first damage may be one that a check finds.
constexpr std::int64_t kDamagesMax = 2;
constexpr std::int64_t kAlikeFailuresMax = 5;
constexpr int kRefillsCounted = 10;

// What cannot be read is found, and got over, by the first step.
std::optional<CopyRow> StateIfReadable(Copier& copier) {
  try {
    return copier.State();
  } catch (const StoreError&) {
    return std::nullopt;
  }
}

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
  const auto state = StateIfReadable(copier_);
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
    NoteTrouble(ToString(error.kind()), error.what());
    GetOver(error);
  }
  const std::scoped_lock lock(mutex_);
  source_.reset();
  return PauseAfter(++failures_);
}

bool Keeper::IsConnected() {
  if (source_) return true;
  auto opened = connect_();
  if (opened.status != OpenStatus::kOk) {
    NoteTrouble(ToString(opened.status), opened.detail);
    return false;
  }
  const std::scoped_lock lock(mutex_);
  source_ = std::move(opened.database);
  return true;
}

void Keeper::NoteTrouble(std::string_view kind, const std::string& trouble) {
  if (trouble_kind_ != kind) {
    spdlog::warn("{}; the copy stays as it is until that is over", trouble);
  }
  const bool is_damage = kind == ToString(StoreErrorKind::kCorrupt);
  const bool is_alike = trouble_kind_ == kind && (trouble_ == trouble || is_damage);
  alike_ = is_alike ? alike_ + 1 : 1;
  trouble_kind_ = kind;
  trouble_ = trouble;
  progress_.Note([&](ProgressFacts& facts) { facts.trouble = trouble; });
}

// A short check sees some of what can be damaged, and what else may be wrong with a file is not
// known here. What does not go away is got rid of, unless it is the source's.
void Keeper::GetOver(const StoreError& error) {
  std::int64_t alike_max = 0;
  switch (error.kind()) {
    case StoreErrorKind::kCorrupt:
      file_.DropDamaged();
      alike_max = kDamagesMax;
      break;
    case StoreErrorKind::kOther:
      alike_max = kAlikeFailuresMax;
      break;
    case StoreErrorKind::kBusy:
    case StoreErrorKind::kFull:
    case StoreErrorKind::kReadOnly:
    case StoreErrorKind::kInterrupted:
    case StoreErrorKind::kIo:
    case StoreErrorKind::kLost:
    case StoreErrorKind::kUnsynced:
      return;
  }
  // Filling anew that does not help either is tried less and less often.
  if (alike_ < alike_max << refills_ || !SourceAnswers()) return;
  spdlog::warn("the copy cannot be gone on with ({}), and is filled anew", error.what());
  file_.Drop();
  alike_ = 0;
  refills_ = std::min(refills_ + 1, kRefillsCounted);
}

bool Keeper::SourceAnswers() {
  if (!source_) return false;
  try {
    static_cast<void>(ReadOrigin(*source_));
    return true;
  } catch (const StoreError&) {
    return false;
  }
}

void Keeper::EndTrouble() {
  failures_ = 0;
  alike_ = 0;
  if (trouble_kind_.empty()) return;
  trouble_kind_.clear();
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
  if (is_current) refills_ = 0;
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
