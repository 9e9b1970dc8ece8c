#include "crawler/daemon/exit_code.h"

#include <gtest/gtest.h>

namespace saunter::crawler::daemon {
namespace {

using store::OpenStatus;
using store::StoreErrorKind;

// The unit file starts the daemon anew after some of these and not after others.
TEST(ExitCode, IsThatOfSysexits) {
  EXPECT_EQ(static_cast<int>(ExitCodeOf(OpenStatus::kOk)), 0);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(OpenStatus::kLocked)), 73);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(OpenStatus::kCorrupt)), 65);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(OpenStatus::kNotADatabase)), 65);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(StoreErrorKind::kCorrupt)), 65);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(StoreErrorKind::kIo)), 74);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(StoreErrorKind::kFull)), 74);
}

TEST(ExitCode, IsThreeWhereAnotherTryMayHelp) {
  EXPECT_EQ(static_cast<int>(ExitCodeOf(StoreErrorKind::kLost)), 3);
  for (const auto status : {OpenStatus::kMissing, OpenStatus::kForeign, OpenStatus::kOlderSchema,
                            OpenStatus::kNewerSchema, OpenStatus::kUnavailable}) {
    EXPECT_EQ(static_cast<int>(ExitCodeOf(status)), 3) << ToString(status);
  }
  EXPECT_EQ(static_cast<int>(ExitCodeOf(StoreErrorKind::kBusy)), 3);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(StoreErrorKind::kInterrupted)), 3);
}

}  // namespace
}  // namespace saunter::crawler::daemon
