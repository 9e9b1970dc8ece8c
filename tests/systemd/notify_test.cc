#include "systemd/notify.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/notify_socket.h"

namespace saunter::systemd {
namespace {

class Notify : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
  }
  [[nodiscard]] std::string Received() const { return socket_.Received(); }

 private:
  support::NotifySocket socket_;
};

TEST_F(Notify, TellsTheStatesOfADaemonsLife) {
  Ready();
  EXPECT_EQ(Received(), "READY=1");
  Watchdog();
  EXPECT_EQ(Received(), "WATCHDOG=1");
  Stopping();
  EXPECT_EQ(Received(), "STOPPING=1");
  EXPECT_EQ(Received(), "nothing");
}

TEST_F(Notify, AsksForMoreTimeToStart) {
  ExtendTimeout(std::chrono::minutes(10));
  EXPECT_EQ(Received(), "EXTEND_TIMEOUT_USEC=600000000");
}

TEST_F(Notify, TellsAReloadWithTheTimeOfItsBeginning) {
  Reloading();
  const std::string state = Received();
  ASSERT_TRUE(state.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << state;
  EXPECT_GT(std::stoll(state.substr(state.rfind('=') + 1)), 0);
}

TEST_F(Notify, LetsNoLineBreakInAStatusBeginAnotherAssignment) {
  Status("12 feeds due\nREADY=1\x7f");
  EXPECT_EQ(Received(), "STATUS=12 feeds due READY=1 ");
}

TEST_F(Notify, AsksForTheWatchdogTwiceAsOftenAsTheUnitAllows) {
  setenv("WATCHDOG_USEC", "60000000", 1);
  EXPECT_EQ(WatchdogInterval(), std::chrono::seconds(30));
}

TEST_F(Notify, IsNotWatchedWhereTheUnitDoesNotSaySo) {
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
  // The variable was meant for another process.
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
}

TEST(NotifyAlone, SaysNothingWhereNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  Ready();
  Status("alone");
  setenv("NOTIFY_SOCKET", "/nonexistent/saunter", 1);
  Ready();
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace saunter::systemd
