#include "crawler/daemon/progress.h"

#include <gtest/gtest.h>

namespace saunter::crawler::daemon {
namespace {

constexpr std::int64_t kMinute = 60000;

TEST(Progress, EndsWhereWorkIsNotDoneForTenMinutes) {
  Progress progress;
  EXPECT_TRUE(progress.GoesOn({.done = 5, .has_work = true}, 0));
  EXPECT_TRUE(progress.GoesOn({.done = 5, .has_work = true}, 9 * kMinute));
  EXPECT_FALSE(progress.GoesOn({.done = 5, .has_work = true}, 10 * kMinute));
}

TEST(Progress, GoesOnWithWhateverIsDone) {
  Progress progress;
  for (std::int64_t minute = 0; minute < 100; minute += 9) {
    EXPECT_TRUE(progress.GoesOn({.done = minute, .has_work = true}, minute * kMinute));
  }
}

TEST(Progress, GoesOnWhereThereIsNothingToDo) {
  Progress progress;
  EXPECT_TRUE(progress.GoesOn({.done = 5, .has_work = false}, 0));
  EXPECT_TRUE(progress.GoesOn({.done = 5, .has_work = false}, 1000 * kMinute));
  EXPECT_TRUE(progress.GoesOn({.done = 5, .has_work = true}, 1001 * kMinute));
}

}  // namespace
}  // namespace saunter::crawler::daemon
