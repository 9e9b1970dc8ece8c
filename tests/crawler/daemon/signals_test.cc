#include "crawler/daemon/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace saunter::crawler::daemon {
namespace {

TEST(Signals, LeaveANoteOfWhatTheyAskFor) {
  TakeSignals();
  EXPECT_FALSE(TakeReloadRequest());
  std::raise(SIGHUP);
  std::raise(SIGHUP);
  EXPECT_TRUE(TakeReloadRequest());
  EXPECT_FALSE(TakeReloadRequest()) << "once for both";
  std::raise(SIGPIPE);
  EXPECT_FALSE(IsToStop());
  std::raise(SIGTERM);
  EXPECT_TRUE(IsToStop());
}

}  // namespace
}  // namespace saunter::crawler::daemon
