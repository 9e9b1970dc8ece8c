#include "crawler/write/write_retry.h"

#include <gtest/gtest.h>

namespace saunter::crawler::write {
namespace {

using store::StoreErrorKind;
using Run = WriteRetry::Run;
using Step = WriteRetry::Step;

TEST(WriteRetry, WaitsForWhatPasses) {
  WriteRetry retry;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(retry.After(StoreErrorKind::kBusy, Run::kRunning), Step::kRetrySoon);
    EXPECT_EQ(retry.After(StoreErrorKind::kInterrupted, Run::kRunning), Step::kRetrySoon);
    EXPECT_EQ(retry.After(StoreErrorKind::kFull, Run::kRunning), Step::kRetryLater);
    EXPECT_EQ(retry.After(StoreErrorKind::kReadOnly, Run::kRunning), Step::kRetryLater);
    EXPECT_EQ(retry.After(StoreErrorKind::kLost, Run::kRunning), Step::kRetryLater);
  }
  EXPECT_LT(WriteRetry::Delay(Step::kRetrySoon), WriteRetry::Delay(Step::kRetryLater));
  EXPECT_EQ(retry.attempts(), 5000);
}

TEST(WriteRetry, GivesUpAtOnceOnWhatDoesNot) {
  for (const auto kind : {StoreErrorKind::kCorrupt, StoreErrorKind::kIo, StoreErrorKind::kOther}) {
    WriteRetry retry;
    EXPECT_EQ(retry.After(kind, Run::kRunning), Step::kGiveUp) << store::ToString(kind);
    EXPECT_FALSE(WriteRetry::Passes(kind));
  }
}

TEST(WriteRetry, DoesNotHoldUpAStopForLong) {
  WriteRetry retry;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(retry.After(StoreErrorKind::kBusy, Run::kRunning), Step::kRetrySoon);
  }
  EXPECT_EQ(retry.After(StoreErrorKind::kBusy, Run::kStopping), Step::kRetrySoon);
  EXPECT_EQ(retry.After(StoreErrorKind::kBusy, Run::kStopping), Step::kGiveUp);
}

}  // namespace
}  // namespace saunter::crawler::write
