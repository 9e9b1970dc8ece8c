#include "crawler/write/write_retry.h"

#include <spdlog/spdlog.h>

namespace saunter::crawler::write {
namespace {

using store::StoreErrorKind;

// How often a stopping process waits for a lock that is usually released at once.
// Each waits out the busy timeout, and all of the end must fit into the unit's TimeoutStopSec.
constexpr int kStoppingAttemptsMax = 1;
constexpr std::chrono::milliseconds kSoon(100);
constexpr std::chrono::milliseconds kLater(5000);

WriteRetry::Step FirstStep(StoreErrorKind kind) {
  switch (kind) {
    case StoreErrorKind::kBusy:
    case StoreErrorKind::kInterrupted:  // by whoever looks after the server
      return WriteRetry::Step::kRetrySoon;
    case StoreErrorKind::kFull:
    case StoreErrorKind::kReadOnly:
    case StoreErrorKind::kLost:
      return WriteRetry::Step::kRetryLater;
    case StoreErrorKind::kCorrupt:
    case StoreErrorKind::kIo:
    case StoreErrorKind::kUnsynced:
    case StoreErrorKind::kOther:
      return WriteRetry::Step::kGiveUp;
  }
  return WriteRetry::Step::kGiveUp;
}

}  // namespace

bool WriteRetry::Passes(StoreErrorKind kind) { return FirstStep(kind) != Step::kGiveUp; }

WriteRetry::Step WriteRetry::After(StoreErrorKind kind, Run run) {
  ++attempts_;
  if (run == Run::kStopping) ++attempts_stopping_;
  const auto step = FirstStep(kind);
  if (step == Step::kGiveUp || attempts_stopping_ > kStoppingAttemptsMax) return Step::kGiveUp;
  if (logged_ != kind) {
    logged_ = kind;
    spdlog::warn("the database does not take writes ({}); the batch waits", store::ToString(kind));
  }
  return step;
}

std::chrono::milliseconds WriteRetry::Delay(Step step) {
  switch (step) {
    case Step::kRetrySoon:
      return kSoon;
    case Step::kRetryLater:
      return kLater;
    case Step::kGiveUp:
      return std::chrono::milliseconds(0);
  }
  return std::chrono::milliseconds(0);
}

}  // namespace saunter::crawler::write
