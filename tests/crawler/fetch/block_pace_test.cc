#include "crawler/fetch/block_pace.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "tests/crawler/fetch/fixture.h"

// Sockets that believe to be connected to a public address, and that address.
namespace {

std::mutex believed_mutex;
std::map<int, sockaddr_in>& Believed() {  // guarded by the mutex
  static std::map<int, sockaddr_in> believed;
  return believed;
}

bool IsOfTheTests(const sockaddr_in& address) {
  return address.sin_family == AF_INET && ntohl(address.sin_addr.s_addr) >> 16 == (93U << 8 | 184U);
}

// 2a00::/16.
bool IsWithoutRoute(const sockaddr& address, socklen_t address_bytes) {
  sockaddr_in6 six{};
  if (address.sa_family != AF_INET6 || address_bytes < sizeof(six)) return false;
  std::memcpy(&six, &address, sizeof(six));
  return six.sin6_addr.s6_addr[0] == 0x2a && six.sin6_addr.s6_addr[1] == 0;
}

}  // namespace

// These stand before the C library's for the whole program, libcurl included: 93.184.N.M, where the
// tests' resolver finds "M-in-N.block.test", is 127.0.1.M, and 2a00::/16 has no route, so nothing
// leaves this machine.
//
// The C library's own names for the parameters are reserved.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int connect(int descriptor, const sockaddr* address, socklen_t address_bytes) {
  using Function = int (*)(int, const sockaddr*, socklen_t);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "connect"));
  sockaddr_in to{};
  if (address_bytes == sizeof(to)) std::memcpy(&to, address, sizeof(to));
  if (IsWithoutRoute(*address, address_bytes)) {
    errno = ENETUNREACH;
    return -1;
  }
  const std::lock_guard lock(believed_mutex);
  Believed().erase(descriptor);
  if (!IsOfTheTests(to)) return real(descriptor, address, address_bytes);
  Believed()[descriptor] = to;
  to.sin_addr.s_addr = htonl(127U << 24 | 1U << 8 | (ntohl(to.sin_addr.s_addr) & 255U));
  return real(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
}

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int getpeername(int descriptor, sockaddr* address, socklen_t* address_bytes) noexcept {
  using Function = int (*)(int, sockaddr*, socklen_t*);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getpeername"));
  const int result = real(descriptor, address, address_bytes);
  const std::lock_guard lock(believed_mutex);
  const auto found = Believed().find(descriptor);
  if (result == 0 && found != Believed().end()) {
    std::memcpy(address, &found->second, sizeof(found->second));
  }
  return result;
}

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;
using testing::SizeIs;
using Turn = BlockPace::Turn;

BlockPace::Block BlockOf(const char* address) {
  return BlockPace::BlockOf(ParseAddress(address).value());
}

TEST(BlockPace, TellsBlocksApart) {  // /24 and /48
  EXPECT_EQ(BlockOf("192.0.2.1"), BlockOf("192.0.2.255"));
  EXPECT_NE(BlockOf("192.0.2.1"), BlockOf("192.0.3.1"));
  EXPECT_EQ(BlockOf("2001:db8:1::1"), BlockOf("2001:db8:1:ffff::1"));
  EXPECT_NE(BlockOf("2001:db8:1::1"), BlockOf("2001:db8:2::1"));
  EXPECT_NE(BlockOf("::"), BlockOf("0.0.0.0"));
}

TEST(BlockPace, LetsOneInAtATimeWithAGapBetween) {
  std::int64_t now_ms = 1000;
  BlockPace pace(1000, [&] { return now_ms; });
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  EXPECT_TRUE(pace.Enter(2, Turn::kNew)) << "another block";
  EXPECT_FALSE(pace.Enter(1, Turn::kNew));
  now_ms += 5000;
  EXPECT_FALSE(pace.Enter(1, Turn::kNew)) << "the first is still there";
  pace.Leave(1);
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  pace.Leave(1);
  now_ms += 999;
  EXPECT_FALSE(pace.Enter(1, Turn::kNew));
  now_ms += 1;
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
}

TEST(BlockPace, IsSharedAmongCrawlers) {
  std::int64_t now_ms = 1000;
  BlockPace pace(1000, [&] { return now_ms; });
  pace.ShareAmong(3);
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  pace.Leave(1);
  now_ms += 2999;
  EXPECT_FALSE(pace.Enter(1, Turn::kNew));
  now_ms += 1;
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  pace.Leave(1);
  pace.ShareAmong(1);
  now_ms += 3000;
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  pace.Leave(1);
  now_ms += 1000;
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
}

TEST(BlockPace, LetsThoseInFirstWhoWerePromisedIt) {
  std::int64_t now_ms = 0;
  BlockPace pace(1000, [&] { return now_ms; });
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  pace.Leave(1);
  EXPECT_FALSE(pace.Enter(1, Turn::kNew));
  EXPECT_EQ(pace.Promise(1), 1000);
  EXPECT_EQ(pace.Promise(1), 2000);
  now_ms = 1000;
  EXPECT_FALSE(pace.Enter(1, Turn::kNew)) << "a newcomer";
  EXPECT_TRUE(pace.Enter(1, Turn::kPromised));
  pace.Leave(1);
  now_ms = 2000;
  EXPECT_TRUE(pace.Enter(1, Turn::kPromised));
  pace.Leave(1);
  now_ms = 3000;
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
}

TEST(BlockPace, ForgetsWhatIsOver) {
  std::int64_t now_ms = 0;
  BlockPace pace(1000, [&] { return now_ms; });
  for (BlockPace::Block block = 0; block < 100000; ++block) {
    now_ms += 10;
    EXPECT_TRUE(pace.Enter(block, Turn::kNew));
    pace.Leave(block);
  }
  EXPECT_LT(pace.blocks(), 5000U);
}

TEST(BlockPace, IsOffWithoutAGap) {
  BlockPace pace(0, [] { return std::int64_t{0}; });
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  EXPECT_TRUE(pace.Enter(1, Turn::kNew));
  pace.Leave(1);
  EXPECT_EQ(pace.blocks(), 0U);
}

// --- Over the fetcher: many names, one block -----------------------------------------------------

class CrowdTest : public testing::Test {
 protected:
  CrowdTest() : settings_(SettingsFor(origin_)) {
    settings_.host_gap_min_ms = 1;  // what follows on one host waits for the clock
    settings_.host_gap_max_ms = 30000;
    origin_.SetAnswer("", "/post", Body("page"));
  }

  std::string Url(int host, int block, const std::string& target = "/post") {
    return "http://" + std::to_string(host) + "-in-" + std::to_string(block) +
           ".block.test:" + std::to_string(origin_.port()) + target;
  }
  // Polls until nothing is in flight and nothing comes of itself.
  std::vector<Response> Settle(Fetcher& fetcher) {
    std::vector<Response> all;
    do {
      for (auto& response : fetcher.Poll(1)) all.push_back(std::move(response));
    } while (fetcher.InFlight() > 0);
    for (auto& response : fetcher.Poll(0)) all.push_back(std::move(response));
    return all;
  }

  Origin origin_;
  schemas::FetchSettings settings_;
  TestClock clock_;
};

TEST_F(CrowdTest, IsProbedOneByOneWhateverItsNames) {
  Fetcher fetcher(settings_, 0, {}, clock_.Get());
  for (int host = 1; host <= 5; ++host) fetcher.Submit(ProbeOf(Url(host, 7)));
  fetcher.Submit(ProbeOf(Url(100, 8)));  // a block of its own
  std::size_t answered = Settle(fetcher).size();
  EXPECT_EQ(origin_.Log("127.0.1.100").size(), 1U) << "its robots.txt";
  EXPECT_EQ(origin_.connections(), 2U);
  std::size_t seconds = 0;
  for (; answered < 6 && seconds < 30; ++seconds) {
    const auto crowd = [&] { return origin_.Log().size() - origin_.Log("127.0.1.100").size(); };
    const std::size_t requests = crowd();
    clock_.Pass(1);
    answered += Settle(fetcher).size();
    EXPECT_LE(crowd(), requests + 1);
  }
  EXPECT_EQ(answered, 6U);
  EXPECT_EQ(origin_.requests(), 12U) << "robots.txt and HEAD of each";
  EXPECT_LE(seconds, 11U) << "a second each is enough";
}

TEST_F(CrowdTest, IsReadAtOnceWhereItsFeedsAreDue) {  // the pace is the host's
  origin_.SetAnswer("", "/feed", Body("<rss/>"));
  Fetcher fetcher(settings_, 0, {}, clock_.Get());
  for (int host = 1; host <= 100; ++host) fetcher.Submit(FeedOf(Url(host, 7, "/feed")));
  for (int host = 1; host <= 5; ++host) fetcher.Submit(ProbeOf(Url(host, 7)));
  std::size_t feeds = 0;
  for (const auto& response : Settle(fetcher)) {
    EXPECT_EQ(response.outcome, FetchOutcome::kOk);
    feeds += response.kind == RequestKind::kFeed ? 1 : 0;
  }
  EXPECT_EQ(feeds, 100U);
}

TEST_F(CrowdTest, IsLeftForLaterWhereItIsTooMany) {
  Fetcher fetcher(settings_, 0, {}, clock_.Get());
  for (int host = 1; host <= 60; ++host) fetcher.Submit(ProbeOf(Url(host, 7)));
  const auto left = Settle(fetcher);
  EXPECT_THAT(left, SizeIs(29)) << "30 s of waiting, and the one that is served";
  for (const auto& response : left) {
    EXPECT_EQ(response.outcome, FetchOutcome::kTooManyRequests);
    EXPECT_EQ(response.status, 0);
    EXPECT_EQ(response.retry_after_s, 3600);
  }
  EXPECT_EQ(origin_.connections(), 1U);
}

// A living host must not die of our own pace: its one address that we can reach has its turn later.
TEST_F(CrowdTest, IsProbedAtItsTurnWhereTheOtherAddressHasNoRoute) {
  Fetcher fetcher(settings_, 0, {}, clock_.Get());
  for (int host = 1; host <= 5; ++host) {
    fetcher.Submit(ProbeOf("http://" + std::to_string(host) +
                           "-dual-9.block.test:" + std::to_string(origin_.port()) + "/post"));
  }
  std::map<FetchOutcome, int> outcomes;
  for (int second = 0; second < 30; ++second) {
    for (const auto& response : Settle(fetcher)) ++outcomes[response.outcome];
    clock_.Pass(1);
  }
  EXPECT_EQ(outcomes[FetchOutcome::kOk], 5);
  EXPECT_THAT(outcomes, SizeIs(1));
}

TEST_F(CrowdTest, SaysThatThereIsNoRouteWhereThatIsOurOwnLack) {
  const auto response =
      FetchOne(settings_, ProbeOf("http://six.test:" + std::to_string(origin_.port()) + "/post"));
  EXPECT_EQ(response.outcome, FetchOutcome::kNoRoute);
}

TEST_F(CrowdTest, IsNotCountedInOpenedNetworks) {
  settings_.host_gap_min_ms = settings_.host_gap_max_ms = 0;
  Fetcher fetcher(settings_, 0, {}, clock_.Get());
  for (int host = 1; host <= 20; ++host) {
    fetcher.Submit(ProbeOf(origin_.Url("127.0.1." + std::to_string(host), "/post")));
  }
  EXPECT_THAT(Drain(fetcher), SizeIs(20));
}

// 100,000 links to one host are one request a second for it.
TEST_F(CrowdTest, OfLinksToOneHostIsOneRequestASecond) {
  settings_.host_gap_min_ms = 1000;
  Fetcher fetcher(settings_, 0, {}, clock_.Get());
  for (int i = 0; i < 100000; ++i) fetcher.Submit(ProbeOf(Url(1, 7, "/" + std::to_string(i))));
  (void)Settle(fetcher);
  for (std::uint64_t second = 1; second <= 20; ++second) {
    EXPECT_LE(origin_.requests(), second);
    clock_.Pass(1);
    (void)Settle(fetcher);
  }
  EXPECT_GE(origin_.requests(), 10U);
}

}  // namespace
}  // namespace saunter::crawler::fetch
