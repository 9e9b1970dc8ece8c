#include "systemd/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace saunter::systemd {
namespace {

// A service manager's end of the notification socket, in the abstract namespace.
class NotifySocket : public testing::Test {
 protected:
  void SetUp() override {
    descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT_GE(descriptor_, 0);
    const std::string name = "@saunter-notify-test-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    close(descriptor_);
  }

  // The next datagram; a send to a Unix socket has arrived when it returns.
  std::string Received() const {
    char buffer[1024];
    const auto size = recv(descriptor_, buffer, sizeof(buffer), 0);
    return size < 0 ? "nothing" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  int descriptor_ = -1;
};

TEST_F(NotifySocket, TellsTheStatesOfADaemonsLife) {
  Ready();
  EXPECT_EQ(Received(), "READY=1");
  Watchdog();
  EXPECT_EQ(Received(), "WATCHDOG=1");
  Stopping();
  EXPECT_EQ(Received(), "STOPPING=1");
  EXPECT_EQ(Received(), "nothing");
}

TEST_F(NotifySocket, TellsAReloadWithTheTimeOfItsBeginning) {
  Reloading();
  const std::string state = Received();
  ASSERT_TRUE(state.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << state;
  EXPECT_GT(std::stoll(state.substr(state.rfind('=') + 1)), 0);
}

TEST_F(NotifySocket, LetsNoLineBreakInAStatusBeginAnotherAssignment) {
  Status("12 feeds due\nREADY=1\x7f");
  EXPECT_EQ(Received(), "STATUS=12 feeds due READY=1 ");
}

TEST_F(NotifySocket, AsksForTheWatchdogTwiceAsOftenAsTheUnitAllows) {
  setenv("WATCHDOG_USEC", "60000000", 1);
  EXPECT_EQ(WatchdogInterval(), std::chrono::seconds(30));
}

TEST_F(NotifySocket, IsNotWatchedWhereTheUnitDoesNotSaySo) {
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
  // The variable was meant for another process.
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
}

TEST(Notify, SaysNothingWhereNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  Ready();
  Status("alone");
  setenv("NOTIFY_SOCKET", "/nonexistent/saunter", 1);
  Ready();
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace saunter::systemd
