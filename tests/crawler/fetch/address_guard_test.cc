#include "crawler/fetch/address_guard.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <netdb.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;
using support::Origin;

// Ways to write an address that nobody may reach.
const std::vector<std::string>& Forms() {
  static const std::vector<std::string> forms = {
      // 127.0.0.1: decimal, octal, hexadecimal, short, mixed, padded, with a dot at the end
      "127.0.0.1", "2130706433", "017700000001", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "127.1",
      "127.0.1", "0x7f.1", "0177.1", "0177.0x0.0.1", "127.000.000.001", "00000177.0.0.1",
      "127.0.0.1.", "127.0.0.0x1", "127.0x1", "0x7f.0x0.0x0.0x1", "0000000000000000000000177.0.0.1",
      "4294967296", "127.0.0.257", "0300.0250.0.1",
      // other loopback addresses, and zero
      "127.0.0.2", "127.0.2.1", "127.1.1.1", "127.255.255.254", "0", "0.0.0.0", "0x0", "00", "0.0",
      // by name
      "localhost", "LOCALHOST", "localhost.", "a.localhost", "mixed.localhost",
      // digits that IDNA folds to ASCII
      "%31%32%37.0.0.1", "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
      "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "127\u30020\u30020\u30021",
      // IPv6: loopback, unspecified, mapped, compatible, translated, tunnelled
      "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::127.0.0.1]", "[::7f00:1]",
      "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
      "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::ffff:127.0.1.1]",
      "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd00::1]", "[ff02::1]",
      "[2001:db8::1]", "[100::1]",
      // private, shared, link-local, metadata, test, benchmark, multicast, reserved, broadcast
      "10.0.0.1", "10.1", "0xa000001", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.1",
      "100.64.0.1", "169.254.169.254", "0xa9fea9fe", "2852039166", "192.0.0.1", "192.0.2.1",
      "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.1.1.1",
      "240.0.0.1", "255.255.255.255", "0xffffffff"};
  return forms;
}

// --- A resolver of the tests' own ----------------------------------------------------------------

// What getaddrinfo below answers for the names of these tests.
struct Resolver {
  std::atomic<int> rebind_calls = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;  // guarded by mutex, as the rest
  int held = 0;
  int held_most = 0;
  bool held_released = false;
  int stuck = 0;
  int stuck_most = 0;
  bool stuck_released = false;
};

Resolver& TestResolver() {
  static Resolver resolver;
  return resolver;
}

std::ptrdiff_t ThreadsOfProcess() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

// Those that stay: ThreadSanitizer begins one of its own beside the first.
const std::ptrdiff_t kThreadsAtStart = [] {
  pid_t first = 0;
  std::thread([&] { first = gettid(); }).join();
  const auto task = "/proc/self/task/" + std::to_string(first);
  while (std::filesystem::exists(task)) std::this_thread::yield();
  return ThreadsOfProcess();
}();

// The tests' connect knows no route to it (block_pace_test.cc).
constexpr const char* kNoRouteAddress = "2a00:1450::1";

// Lookups that earlier tests gave up end when they will, and a Fetcher takes the threads that it
// finds for others'.
void AwaitEarlierLookups() {
  while (ThreadsOfProcess() > kThreadsAtStart) std::this_thread::yield();
}

}  // namespace
}  // namespace saunter::crawler::fetch

// Stands before the C library's for the whole program, libcurl included. "rebind.test" is a
// permitted address first and a canary next, by turns; "mixed.test" is both at once; "slow.test"
// and "held-N.test" take as long as the test wants; "tls.test" and all below "pause.test" are a
// permitted address; "servfail.test" and the like are what their names say; "stuck-N.test" is
// absent, but to be told so of IPv4 alone takes as long as the test wants; "M-in-N.block.test"
// is 93.184.N.M, and "M-dual-N.block.test" has an address of IPv6 besides, to which there is no
// route; "six.test" has nothing but that; "form-N.test" is what the C library makes of Forms()[N].
// The C library's own names for these parameters are reserved.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  // Addresses only: no test asks a name server.
  const auto next = [&](const char* address, addrinfo** into) {
    addrinfo numeric = hints == nullptr ? addrinfo() : *hints;
    numeric.ai_flags |= AI_NUMERICHOST;
    return real(address, service, &numeric, into);
  };
  auto& resolver = saunter::crawler::fetch::TestResolver();
  std::string_view name = node == nullptr ? "" : node;
  if (name.ends_with('.')) name.remove_suffix(1);
  const int family = hints == nullptr ? AF_UNSPEC : hints->ai_family;
  if (name == "rebind.test") {
    const bool canary = resolver.rebind_calls++ % 2 == 1;
    return next(canary ? "127.0.0.1" : "127.0.1.1", result);
  }
  if (name == "tls.test" || name.ends_with(".pause.test")) return next("127.0.1.1", result);
  if (const auto in = name.find("-in-"); name.ends_with(".block.test") && in < name.size()) {
    const std::string block(name.substr(in + 4, name.find('.') - in - 4));
    return next(("93.184." + block + "." + std::string(name.substr(0, in))).c_str(), result);
  }
  const auto both = [&](const char* first, const char* second) {
    const int error = next(first, result);
    if (error != 0) return error;
    addrinfo* last = *result;
    while (last->ai_next != nullptr) last = last->ai_next;
    return next(second, &last->ai_next);
  };
  if (name == "mixed.test") return both("127.0.0.1", "127.0.1.1");
  if (name == "six.test") return next(saunter::crawler::fetch::kNoRouteAddress, result);
  if (const auto at = name.find("-dual-"); name.ends_with(".block.test") && at < name.size()) {
    const std::string block(name.substr(at + 6, name.find('.') - at - 6));
    const auto four = "93.184." + block + "." + std::string(name.substr(0, at));
    return both(four.c_str(), saunter::crawler::fetch::kNoRouteAddress);
  }
  if (name == "slow.test") {
    std::unique_lock lock(resolver.mutex);
    resolver.changed.wait_for(lock, std::chrono::seconds(30), [&] { return resolver.released; });
    resolver.released = true;
    return EAI_AGAIN;
  }
  if (name.starts_with("held-")) {
    std::unique_lock lock(resolver.mutex);
    resolver.held_most = std::max(resolver.held_most, ++resolver.held);
    resolver.changed.notify_all();
    resolver.changed.wait_for(lock, std::chrono::seconds(30),
                              [&] { return resolver.held_released; });
    --resolver.held;
    return next("127.0.1.1", result);
  }
  if (name == "servfail.test") return EAI_AGAIN;
  if (name == "broken.test") return EAI_FAIL;
  if (name == "empty.test") return EAI_NODATA;
  // As the C library says it where one of the two answers is SERVFAIL.
  if (name == "half-four.test") return family == AF_INET ? EAI_AGAIN : EAI_NODATA;
  if (name == "half-six.test") return family == AF_INET6 ? EAI_AGAIN : EAI_NODATA;
  if (name == "back.test") return family == AF_INET ? next("127.0.1.1", result) : EAI_NONAME;
  if (name.starts_with("stuck-") && family == AF_INET) {
    std::unique_lock lock(resolver.mutex);
    resolver.stuck_most = std::max(resolver.stuck_most, ++resolver.stuck);
    resolver.changed.wait_for(lock, std::chrono::seconds(30),
                              [&] { return resolver.stuck_released; });
    --resolver.stuck;
    return EAI_NONAME;
  }
  if (name.starts_with("form-")) {
    std::string form = saunter::crawler::fetch::Forms()[std::stoul(std::string(name.substr(5)))];
    if (form.front() == '[') form = form.substr(1, form.size() - 2);
    return next(form.c_str(), result);
  }
  return next(node, result);
}

namespace saunter::crawler::fetch {
namespace {

// --- The pure part -------------------------------------------------------------------------------

Address Parse(const std::string& text) {
  const std::optional<Address> address = ParseAddress(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(Address());
}

// IANA IPv4 and IPv6 Special-Purpose Address Registries
TEST(AddressGuard, KnowsTheSpecialBlocksToTheirEdges) {
  for (const char* address : {"0.0.0.0",
                              "0.255.255.255",
                              "10.0.0.0",
                              "10.255.255.255",
                              "100.64.0.0",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.0.0",
                              "169.254.169.254",
                              "172.16.0.0",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.31.196.1",
                              "192.52.193.1",
                              "192.88.99.1",
                              "192.168.0.0",
                              "192.168.255.255",
                              "192.175.48.1",
                              "198.18.0.0",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::ffff:8.8.8.8",
                              "::ffff:127.0.0.1",
                              "64:ff9b::808:808",
                              "64:ff9b:1::1",
                              "100::1",
                              "1fff:ffff::1",
                              "2001::1",
                              "2001:1ff::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2620:4f:8000::1",
                              "3fff::1",
                              "3fff:fff::1",
                              "4000::1",
                              "5f00::1",
                              "fc00::1",
                              "fdff::1",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1"}) {
    EXPECT_FALSE(IsPublic(Parse(address))) << address;
  }
  for (const char* address : {"1.0.0.0",         "8.8.8.8",
                              "9.255.255.255",   "11.0.0.0",
                              "100.63.255.255",  "100.128.0.0",
                              "126.255.255.255", "128.0.0.0",
                              "169.253.255.255", "169.255.0.0",
                              "172.15.255.255",  "172.32.0.0",
                              "192.0.1.0",       "192.0.3.0",
                              "192.167.255.255", "192.169.0.0",
                              "198.17.255.255",  "198.20.0.0",
                              "223.255.255.255", "2000::1",
                              "2001:200::1",     "2001:4860:4860::8888",
                              "2001:db7::1",     "2001:db9::1",
                              "2003::1",         "2606:2800:220:1:248:1893:25c8:1946",
                              "3ffe::1"}) {
    EXPECT_TRUE(IsPublic(Parse(address))) << address;
  }
}

TEST(AddressGuard, OpensTheNetworksAndPortsOfTheSettingsAndNoOthers) {
  const AddressGuard guard({"10.1.2.0/23", "fd00:1::/32", "192.168.7.7"}, {80, 8080});
  EXPECT_TRUE(guard.Allows(Parse("10.1.2.0"), 80));
  EXPECT_TRUE(guard.Allows(Parse("10.1.3.255"), 8080));
  EXPECT_FALSE(guard.Allows(Parse("10.1.4.0"), 80));
  EXPECT_FALSE(guard.Allows(Parse("10.1.1.255"), 80));
  EXPECT_FALSE(guard.Allows(Parse("10.1.2.0"), 443));
  EXPECT_TRUE(guard.Allows(Parse("fd00:1:ffff::1"), 80));
  EXPECT_FALSE(guard.Allows(Parse("fd00:2::1"), 80));
  EXPECT_TRUE(guard.Allows(Parse("192.168.7.7"), 80));
  EXPECT_FALSE(guard.Allows(Parse("::ffff:192.168.7.7"), 80)) << "only as it is written";
  EXPECT_TRUE(guard.Allows(Parse("8.8.8.8"), 80));
  EXPECT_FALSE(guard.Allows(Parse("8.8.8.8"), 22));
}

TEST(AddressGuard, NamesMalformedNetworks) {
  EXPECT_EQ(CheckNetworks({}), std::nullopt);
  EXPECT_EQ(CheckNetworks({"10.0.0.0/8", "::/0", "0.0.0.0/0", "::1", "127.0.0.1/32"}),
            std::nullopt);
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "10.0.0/8",
                           "10.0.0.1/8", "fd00::1/8", "::/129", "localhost", "10.0.0.0 /8"}) {
    const std::optional<std::string> problem = CheckNetworks({"10.0.0.0/8", text});
    ASSERT_TRUE(problem) << text;
    EXPECT_THAT(*problem, testing::HasSubstr("'" + std::string(text) + "'"));
    EXPECT_THROW(AddressGuard({text}, {80}), std::runtime_error);
  }
}

// --- At the socket -------------------------------------------------------------------------------

// That nobody but the permitted addresses was touched at all.
void ExpectNoCanary(const Origin& origin) {
  EXPECT_EQ(origin.connections(), origin.Connections("127.0.1.1"));
}

schemas::FetchSettings StrictSettings(const Origin& origin) {
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.connect_timeout_ms = 2000;
  settings.feed_timeout_ms = 2000;
  settings.probe_timeout_ms = 2000;
  return settings;
}

// Each form as it stands in a URL, where the URL rules refuse some already, and as what a name
// resolves to, where only the guard stands in between.
std::vector<std::string> Hosts() {
  std::vector<std::string> hosts = Forms();
  for (std::size_t i = 0; i < Forms().size(); ++i) {
    hosts.push_back("form-" + std::to_string(i) + ".test");
  }
  return hosts;
}

std::string UrlOf(const Origin& origin, const std::string& host) {
  return "http://" + host + ":" + std::to_string(origin.port()) + "/";
}

void ExpectRefused(const Response& response, const std::string& host) {
  EXPECT_THAT(response.outcome,
              testing::AnyOf(FetchOutcome::kBlockedAddress, FetchOutcome::kDnsFailure,
                             FetchOutcome::kResolverFailure, FetchOutcome::kProtocolError,
                             FetchOutcome::kBadRedirect))
      << host;
}

TEST(AddressGuard, IsPassedByNoFormOfAnAddress) {
  EXPECT_GE(Forms().size(), 60U);
  for (const RequestKind kind : {RequestKind::kFeed, RequestKind::kProbe, RequestKind::kPage}) {
    Origin origin({}, [](const auto&) { return Body("canary"); });
    Fetcher fetcher(StrictSettings(origin));
    for (const std::string& host : Hosts()) {
      Request request = FeedOf(UrlOf(origin, host));
      request.kind = kind;
      ExpectRefused(FetchOne(fetcher, request), host);
    }
    ExpectNoCanary(origin);
    EXPECT_EQ(origin.connections(), 0U);
  }
}

TEST(AddressGuard, IsPassedByNoRedirect) {
  Origin origin;
  for (const RequestKind kind : {RequestKind::kFeed, RequestKind::kProbe, RequestKind::kPage}) {
    Fetcher fetcher(StrictSettings(origin));
    int number = 0;
    for (const std::string& host : Hosts()) {
      const std::string target = "/" + std::to_string(number++);
      origin.SetAnswer("127.0.1.1", target, support::Redirect(302, UrlOf(origin, host)));
      Request request = FeedOf(origin.Url("127.0.1.1", target));
      request.kind = kind;
      ExpectRefused(FetchOne(fetcher, request), host);
    }
    for (const std::string& location :
         {"//127.0.0.1:" + std::to_string(origin.port()) + "/", std::string("http://127.0.1.1:22/"),
          "http://user:pass@127.0.0.1:" + std::to_string(origin.port()) + "/",
          "http://127.0.1.1:" + std::to_string(origin.port()) + "\\@127.0.0.1/",
          std::string("file:///etc/passwd"), std::string("https://127.0.0.1/")}) {
      origin.SetAnswer("127.0.1.1", "/location", support::Redirect(301, location));
      Request request = FeedOf(origin.Url("127.0.1.1", "/location"));
      request.kind = kind;
      EXPECT_NE(FetchOne(fetcher, request).outcome, FetchOutcome::kOk) << location;
    }
  }
  EXPECT_GT(origin.Connections("127.0.1.1"), 0U);
  ExpectNoCanary(origin);
}

// A host's own robots.txt is the first that a probe asks for, see above; here it leads elsewhere.
TEST(AddressGuard, IsPassedByNoRobotsFile) {
  Origin origin({}, [](const auto&) { return Body("page"); });
  for (const std::string& host : Hosts()) {
    Fetcher fetcher(StrictSettings(origin));
    origin.SetAnswer("127.0.1.1", "/robots.txt", support::Redirect(302, UrlOf(origin, host)));
    const Response response = FetchOne(fetcher, ProbeOf(origin.Url("127.0.1.1", "/")));
    EXPECT_THAT(response.outcome,
                testing::AnyOf(FetchOutcome::kOk, FetchOutcome::kDisallowedByRobots))
        << host;
  }
  EXPECT_GE(origin.Connections("127.0.1.1"), Hosts().size());
  ExpectNoCanary(origin);
}

// The control of the three above: with every address allowed, the same forms reach the canaries.
TEST(AddressGuard, IsWhatKeepsTheCanariesSafe) {
  Origin origin({}, [](const auto&) { return Body("canary"); });
  schemas::FetchSettings settings = StrictSettings(origin);
  settings.allow_networks = {"0.0.0.0/0", "::/0"};
  settings.connect_timeout_ms = 100;
  Fetcher fetcher(settings);
  for (const std::string& host : Hosts()) fetcher.Submit(FeedOf(UrlOf(origin, host)));
  int reached = 0;
  for (const Response& response : Drain(fetcher)) reached += response.body == "canary" ? 1 : 0;
  EXPECT_GE(reached, 50);
  EXPECT_GT(origin.Connections("127.0.0.1"), 20U);
  EXPECT_GT(origin.Connections("::1"), 5U);
}

TEST(AddressGuard, OpensNoPortBesideTheSettings) {
  Origin origin({}, [](const auto&) { return Body("canary"); });
  schemas::FetchSettings settings = StrictSettings(origin);
  settings.allow_ports = {80, 443};
  Fetcher fetcher(settings);
  EXPECT_EQ(FetchOne(fetcher, FeedOf(origin.Url("127.0.1.1", "/"))).outcome,
            FetchOutcome::kBlockedAddress);
  EXPECT_EQ(FetchOne(fetcher, ProbeOf(origin.Url("127.0.1.1", "/"))).outcome,
            FetchOutcome::kBlockedAddress);
  EXPECT_EQ(origin.connections(), 0U);
}

TEST(AddressGuard, DecidesOnTheAddressThatIsConnectedTo) {
  Origin origin({}, [](const auto&) { return Body("x"); });
  schemas::FetchSettings settings = StrictSettings(origin);
  Fetcher fetcher(settings);
  std::map<FetchOutcome, int> outcomes;
  for (int round = 0; round < 1000; ++round) {
    ++outcomes[FetchOne(fetcher, FeedOf(UrlOf(origin, "rebind.test"))).outcome];
  }
  EXPECT_GE(TestResolver().rebind_calls, 1000) << "the tests' resolver must have been asked";
  EXPECT_EQ(outcomes[FetchOutcome::kOk], 500);
  EXPECT_EQ(outcomes[FetchOutcome::kBlockedAddress], 500);
  ExpectNoCanary(origin);
}

// The same for every way to a host: what is asked, and where it leads.
TEST(AddressGuard, DecidesSoForEveryKindOfRequestAndAtEveryHop) {
  constexpr int kRounds = 200;
  Origin origin({}, [&origin](const support::OriginRequest& request) {
    return request.target == "/hop" ? support::Redirect(307, UrlOf(origin, "rebind.test"))
                                    : Body("x");
  });
  Fetcher fetcher(StrictSettings(origin));
  const int calls_before = TestResolver().rebind_calls;
  std::map<FetchOutcome, int> outcomes;
  for (const RequestKind kind : {RequestKind::kFeed, RequestKind::kProbe, RequestKind::kPage}) {
    for (const std::string& url : {UrlOf(origin, "rebind.test"), origin.Url("127.0.1.1", "/hop")}) {
      for (int round = 0; round < kRounds; ++round) {
        Request request = FeedOf(url);
        request.kind = kind;
        ++outcomes[FetchOne(fetcher, request).outcome];
      }
    }
  }
  EXPECT_GE(TestResolver().rebind_calls - calls_before, 2 * kRounds);
  EXPECT_GE(outcomes[FetchOutcome::kOk], kRounds);
  EXPECT_GE(outcomes[FetchOutcome::kBlockedAddress], kRounds);
  ExpectNoCanary(origin);
}

TEST(AddressGuard, PicksThePermittedAddressOfSeveral) {
  Origin origin({}, [](const auto&) { return Body("x"); });
  EXPECT_EQ(FetchOne(StrictSettings(origin), FeedOf(UrlOf(origin, "mixed.test"))).outcome,
            FetchOutcome::kOk);
  ExpectNoCanary(origin);
}

// Here because it needs the resolver: giving up a lookup must not wait for it to end.
TEST(Fetcher, WaitsForNoSlowResolver) {
  Origin origin({}, [](const auto&) { return Body("x"); });
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.connect_timeout_ms = 200;
  Fetcher fetcher(settings);
  fetcher.Submit(FeedOf(UrlOf(origin, "slow.test")));
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/")));
  const std::vector<Response> responses = Drain(fetcher);
  ASSERT_EQ(responses.size(), 2U);
  EXPECT_EQ(responses[0].outcome, FetchOutcome::kOk);
  EXPECT_EQ(responses[1].outcome, FetchOutcome::kTimeout);
  Resolver& resolver = TestResolver();
  const std::lock_guard lock(resolver.mutex);
  EXPECT_FALSE(resolver.released) << "the lookup still goes on";
  resolver.released = true;
  resolver.changed.notify_all();
}

// Each lookup is a thread, also one that nobody waits for any more.
TEST(Fetcher, LooksUpNoMoreNamesAtOnceThanItMay) {
  constexpr int kLookups = 5;
  constexpr int kNames = 40;
  AwaitEarlierLookups();
  Origin origin({}, [](const auto&) { return Body("x"); });
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.connect_timeout_ms = 100;
  settings.lookups_max = kLookups;
  Fetcher fetcher(settings);
  for (int i = 0; i < kNames; ++i) {
    fetcher.Submit(FeedOf(UrlOf(origin, "held-" + std::to_string(i) + ".test")));
  }
  std::vector<Response> responses;
  while (responses.size() < kLookups) {
    for (Response& response : fetcher.Poll(1000)) responses.push_back(std::move(response));
  }
  for (Response& response : fetcher.Poll(300)) responses.push_back(std::move(response));
  EXPECT_EQ(responses.size(), static_cast<std::size_t>(kLookups)) << "given up, yet not ended";
  Resolver& resolver = TestResolver();
  {
    const std::lock_guard lock(resolver.mutex);
    EXPECT_EQ(resolver.held_most, kLookups);
    resolver.held_released = true;
    resolver.changed.notify_all();
  }
  const std::vector<Response> others = Drain(fetcher);
  EXPECT_EQ(others.size(), static_cast<std::size_t>(kNames - kLookups));
  const std::lock_guard lock(resolver.mutex);
  EXPECT_LE(resolver.held_most, kLookups);
}

TEST(Fetcher, TellsNamesThatAreAbsentFromThoseThatCouldNotBeLookedUp) {
  Origin origin;
  Fetcher fetcher(SettingsFor(origin));
  const auto outcome = [&](const std::string& name) {
    return FetchOne(fetcher, FeedOf(UrlOf(origin, name))).outcome;
  };
  EXPECT_EQ(outcome("absent.test"), FetchOutcome::kDnsFailure);
  EXPECT_EQ(outcome("empty.test"), FetchOutcome::kDnsFailure);
  EXPECT_EQ(outcome("servfail.test"), FetchOutcome::kResolverFailure);
  EXPECT_EQ(outcome("broken.test"), FetchOutcome::kResolverFailure);
  EXPECT_EQ(outcome("half-four.test"), FetchOutcome::kResolverFailure);
  EXPECT_EQ(outcome("half-six.test"), FetchOutcome::kResolverFailure);
  EXPECT_EQ(outcome("back.test"), FetchOutcome::kResolverFailure) << "it came back meanwhile";
}

// What robots.txt could not be asked for is not known of the page either.
TEST(Fetcher, TellsItOfProbesAndOfWhatWaitsForTheSameName) {
  Origin origin;
  Fetcher fetcher(SettingsFor(origin));
  for (int i = 0; i < 5; ++i) {
    fetcher.Submit(ProbeOf(UrlOf(origin, "servfail.test") + std::to_string(i)));
    fetcher.Submit(FeedOf(UrlOf(origin, "servfail.test") + std::to_string(i)));
  }
  const auto responses = Drain(fetcher);
  ASSERT_EQ(responses.size(), 10U);
  for (const auto& response : responses) {
    EXPECT_EQ(response.outcome, FetchOutcome::kResolverFailure);
  }
  EXPECT_EQ(FetchOne(fetcher, ProbeOf(UrlOf(origin, "absent.test"))).outcome,
            FetchOutcome::kDnsFailure);
}

// Nothing waits for them, they take few threads, and what they do not say in time is not known.
TEST(Fetcher, GivesUpNamesThatAResolverSaysNothingOf) {
  constexpr int kNames = 300;
  Origin origin({}, [](const auto&) { return Body("x"); });
  schemas::FetchSettings settings = SettingsFor(origin);
  settings.connect_timeout_ms = 300;
  Resolver& resolver = TestResolver();
  Fetcher fetcher(settings);
  for (int i = 0; i < kNames; ++i) {
    fetcher.Submit(FeedOf(UrlOf(origin, "stuck-" + std::to_string(i) + ".test")));
  }
  fetcher.Submit(FeedOf(origin.Url("127.0.1.1", "/")));
  const auto responses = Drain(fetcher);
  EXPECT_EQ(responses.size(), kNames + 1U);
  const auto unknown =
      std::ranges::count(responses, FetchOutcome::kResolverFailure, &Response::outcome);
  EXPECT_EQ(unknown, kNames);
  const std::lock_guard lock(resolver.mutex);
  EXPECT_EQ(resolver.stuck, resolver.stuck_most) << "they still go on";
  EXPECT_LE(resolver.stuck_most, 2);
  resolver.stuck_released = true;
  resolver.changed.notify_all();
}

}  // namespace
}  // namespace saunter::crawler::fetch
