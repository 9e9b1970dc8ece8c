// hostile_requests SAUNTER_API COUNT [SEED]: COUNT requests that no browser would send, and as many
// legal ones bent by a few bytes, votes and reports among them, to the built program on loopback,
// then a siege of clients that drip, that never read and that only connect. Says what came back;
// ends with 1 if the program crashed, hung, grew, or answered with anything but the statuses of the
// contract.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/api/database.h"
#include "tests/api/server/raw_client.h"
#include "tests/store/inbox/fake_inbox.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace saunter::api::server {
namespace {

using store::inbox::Always;
using store::inbox::AnswerOutcome;
using store::inbox::FakeInbox;

constexpr int kClients = 4;
constexpr std::size_t kAnswerBytesMax = 1 << 22;
constexpr std::int64_t kGrowthBytesMax = 16 << 20;
constexpr std::chrono::seconds kDeadline{30};

constexpr std::array kTargets = {"/v1/random",
                                 "/v1/random?count=50&category=food&not_category=technology",
                                 "/v1/random?language=de&max_age_days=30&site=a.example",
                                 "/v1/random?walk=AgYG9P8VGd45jZceAAAAAAAAAAAAAwAAAHMK_JQ",
                                 "/random",
                                 "/v1/links/1",
                                 "/v1/sites/a.example",
                                 "/v1/categories",
                                 "/v1/languages",
                                 "/v1/stats",
                                 "/v1/status",
                                 "/v1/recent.atom",
                                 "/v1/feeds.opml",
                                 "/healthz",
                                 "/readyz",
                                 "/metrics",
                                 "/openapi.json",
                                 "/",
                                 "/../../etc/passwd",
                                 "/%2e%2e/%2e%2e/etc/passwd",
                                 "//evil.example/",
                                 "http://evil.example/v1/random",
                                 "*",
                                 "/v1/links/99999999999999999999",
                                 "/v1/links/-1",
                                 "/v1/sites/%00",
                                 "/v1/sites/%ff%fe",
                                 "/v1/random?count=%31%30",
                                 "/v1/random?count=1e9",
                                 "/v1/random?count=0x10",
                                 "/v1/random?count=1&count=2",
                                 "/v1/random?category=,,,,",
                                 "/v1/random?category=%0d%0aSet-Cookie:%20x",
                                 "/random?url=https://evil.example",
                                 "/v1/random?&&&=&=",
                                 "/v1/votes",
                                 "/v1/reports",
                                 "/v1/votes?vote=up",
                                 "/v1/reports/",
                                 "/?<script>alert(1)</script>"};
constexpr std::array kFields = {"Host: a",
                                "Host: a\r\nHost: b",
                                "Host:a",
                                "Host : a",
                                "Host: a\r\n folded",
                                "Content-Length: 18446744073709551616",
                                "Content-Length: -1",
                                "Content-Length: 0",
                                "Content-Length: 5\r\nContent-Length: 6",
                                "Transfer-Encoding: chunked",
                                "Transfer-Encoding: gzip, chunked",
                                "Expect: 100-continue",
                                "Content-Type: application/json",
                                "Content-Type: text/plain",
                                "Content-Encoding: gzip",
                                "X-Forwarded-For: 203.0.113.9",
                                "X-Forwarded-For: ,,[::1]:,\xff",
                                "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
                                "Connection: close",
                                "Connection: keep-alive, close, x",
                                "Accept: */*;q=0.0001, text/plain;q=1.5",
                                "Accept: *",
                                "Accept: ,,,;;;q=",
                                "Cookie: =;=;;;",
                                "If-None-Match: \"\", *, W/\"x",
                                "Range: bytes=0-0,-1",
                                "Date: yesterday",
                                "Cache-Control: max-age=\xff",
                                "X: \x01\x02",
                                "\xff\xfe: x",
                                ": x",
                                "X"};
constexpr std::array kMethods = {"GET",    "GET",   "GET",     "GET",   "HEAD", "OPTIONS", "POST",
                                 "DELETE", "TRACE", "CONNECT", "PRI *", "get",  "G\x01T",  ""};
constexpr std::array kEnds = {" HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n",
                              " HTTP/1.0\r\n", " HTTP/0.9\r\n", " HTTP/2.0\r\n",
                              " HTTP/1.1\n",   "\r\n",          " HTTP/1.1 x\r\n"};
const std::set<int> kStatuses = {200, 202, 204, 302, 304, 400, 404, 405, 408, 409,
                                 410, 411, 413, 414, 415, 417, 429, 431, 503};
// Of a body, where RECEIPT is a true one.
constexpr std::array kBodies = {R"({"receipt":"RECEIPT","vote":"up"})",
                                R"({"receipt":"RECEIPT","vote":"down"})",
                                R"({"receipt":"RECEIPT","kind":"dead"})",
                                R"({"receipt":"RECEIPT","kind":"other","note":"\u0000\ud800"})",
                                R"({"receipt":"RECEIPT","kind":"ai","note":"夜明け"})",
                                R"({"receipt":"RECEIPT","receipt":"RECEIPT"})",
                                R"({"receipt":["RECEIPT"],"vote":{"vote":"up"}})",
                                R"({"receipt":"","vote":null})",
                                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                                "{\"receipt\":\"",
                                "\xef\xbb\xbf{}",
                                "1e999999",
                                ""};

class Writer {
 public:
  Writer(std::uint64_t seed, const std::vector<std::string>& receipts)
      : random_(seed), receipts_(receipts) {}

  std::string Next() {
    std::string bytes;
    for (auto count = 1 + Below(3); count > 0; --count) bytes += Below(3) == 0 ? Posted() : One();
    if (Below(2) == 0) Bend(bytes);
    return bytes;
  }
  std::size_t Below(std::size_t bound) { return random_() % bound; }

 private:
  template <typename List>
  std::string_view Any(const List& list) {
    return list[Below(list.size())];
  }

  std::string One() {
    std::string bytes(Any(kMethods));
    bytes.append(" ").append(Any(kTargets));
    if (Below(20) == 0) bytes.append(Below(9000), "/a%&=?"[Below(6)]);
    bytes.append(Any(kEnds));
    if (Below(8) != 0) bytes.append("Host: a\r\n");
    for (auto count = Below(4); count > 0; --count) bytes.append(Any(kFields)).append("\r\n");
    if (Below(50) == 0) {
      for (int i = 0; i < 200; ++i) bytes.append("X: y\r\n");
    }
    bytes.append("\r\n");
    if (Below(10) == 0) bytes.append("5\r\nhello\r\n0\r\n\r\n");
    return bytes;
  }

  // What the service takes, or nearly so.
  std::string Posted() {
    std::string body(Any(kBodies));
    if (Below(20) == 0) body.append(Below(4000), "[{\" "[Below(4)]);
    for (auto at = body.find("RECEIPT"); at != std::string::npos; at = body.find("RECEIPT")) {
      body.replace(at, 7, receipts_[Below(receipts_.size())]);
    }
    if (Below(3) == 0) Bend(body);
    std::string bytes = Below(2) == 0 ? "POST /v1/votes" : "POST /v1/reports";
    bytes.append(" HTTP/1.1\r\nHost: a\r\n");
    if (Below(10) != 0) bytes.append("Content-Type: application/json\r\n");
    for (auto count = Below(3) / 2; count > 0; --count) bytes.append(Any(kFields)).append("\r\n");
    const auto size = Below(10) == 0 ? Below(5000) : body.size();
    if (Below(10) != 0) {
      bytes.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
    }
    return bytes.append("\r\n").append(body);
  }

  void Bend(std::string& bytes) {
    for (auto count = 1 + Below(6); count > 0 && !bytes.empty(); --count) {
      const auto at = Below(bytes.size());
      switch (Below(5)) {
        case 0:
          bytes[at] = static_cast<char>(random_());
          break;
        case 1:
          bytes.erase(at, 1 + Below(8));
          break;
        case 2:
          bytes.insert(at, 1 + Below(8), static_cast<char>(random_()));
          break;
        case 3:
          bytes.insert(at, bytes.substr(Below(bytes.size()), Below(64)));
          break;
        default:
          bytes.resize(at);
      }
    }
  }

  std::mt19937_64 random_;
  const std::vector<std::string>& receipts_;
};

class Campaign {
 public:
  Campaign(int port, std::int64_t count, std::uint64_t seed,
           const std::vector<std::string>& receipts)
      : port_(port), count_(count), seed_(seed), receipts_(receipts) {}

  void Run() {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([this, i] {
        try {
          Writer writer(seed_ + static_cast<std::uint64_t>(i), receipts_);
          while (asked_.fetch_add(1) < count_ && !HasFailed()) Ask(writer);
        } catch (const std::exception& error) {
          Fail(std::string("a client failed: ") + error.what());
        }
      });
    }
  }

  void Fail(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = what;
  }
  [[nodiscard]] bool HasFailed() {
    const std::lock_guard lock(mutex_);
    return !failure_.empty();
  }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const std::map<int, std::int64_t>& statuses() const { return statuses_; }

 private:
  void Ask(Writer& writer) {
    const auto bytes = writer.Next();
    RawClient client(port_);
    const auto cut = writer.Below(3) == 0 ? writer.Below(bytes.size() + 1) : bytes.size();
    client.Send(std::string_view(bytes).substr(0, cut));
    client.Send(std::string_view(bytes).substr(cut));
    if (writer.Below(50) == 0) return;  // gone without a word
    shutdown(client.descriptor(), SHUT_WR);
    std::string answers;
    std::array<char, 16384> piece{};
    while (true) {
      pollfd wait{.fd = client.descriptor(), .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, 20000) != 1) return Fail("no end of the answer to: " + bytes);
      const auto size = recv(client.descriptor(), piece.data(), piece.size(), 0);
      if (size <= 0) break;
      answers.append(piece.data(), static_cast<std::size_t>(size));
      if (answers.size() > kAnswerBytesMax) return Fail("an endless answer to: " + bytes);
    }
    Judge(bytes, answers);
  }

  void Judge(const std::string& bytes, const std::string& answers) {
    int status = 0;
    if (!answers.empty()) {
      if (!answers.starts_with("HTTP/1.1 ")) return Fail("an answer that is not HTTP to: " + bytes);
      status = static_cast<int>(std::strtol(answers.c_str() + 9, nullptr, 10));
      if (!kStatuses.contains(status)) {
        return Fail("status " + std::to_string(status) + " for: " + bytes);
      }
      const auto head = answers.substr(0, answers.find("\r\n\r\n"));
      if (status == 503 && head.find("\r\nRetry-After: ") == std::string::npos) {
        return Fail("a 503 that nobody declared, for: " + bytes);
      }
      if (head.find("\r\nX-Content-Type-Options: nosniff") == std::string::npos) {
        return Fail("an answer without the common headers to: " + bytes);
      }
      if (head.find("evil.example") != std::string::npos ||
          head.find("Set-Cookie") != std::string::npos) {
        return Fail("a header of the client's making for: " + bytes);
      }
    }
    const std::lock_guard lock(mutex_);
    ++statuses_[status];
  }

  const int port_;
  const std::int64_t count_;
  const std::uint64_t seed_;
  const std::vector<std::string>& receipts_;
  std::atomic<std::int64_t> asked_ = 0;
  std::mutex mutex_;
  std::string failure_;                   // guarded by mutex_
  std::map<int, std::int64_t> statuses_;  // guarded by mutex_
};

std::int64_t ResidentBytes(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/statm");
  std::int64_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

// Clients that drip, never read or say nothing, and one that only wants a link.
std::int64_t Besiege(int port) {
  std::vector<std::unique_ptr<RawClient>> drippers;
  std::vector<std::unique_ptr<RawClient>> deaf;
  std::vector<std::unique_ptr<RawClient>> silent;
  std::string many;
  for (int i = 0; i < 40; ++i) many += "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
  for (int i = 0; i < 200; ++i) {
    drippers.push_back(std::make_unique<RawClient>(port));
    drippers.back()->Send("GET /v1/ran");
    deaf.push_back(std::make_unique<RawClient>(port));
    const int small = 4096;
    setsockopt(deaf.back()->descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    send(deaf.back()->descriptor(), many.data(), many.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    silent.push_back(std::make_unique<RawClient>(port));
  }
  std::int64_t failed = 0;
  for (int i = 0; i < 2000; ++i) {
    if (i % 10 == 0) drippers[static_cast<std::size_t>(i / 10)]->Send("d");
    const auto answer = GetOnce(port, "/v1/random");
    if (!answer || answer->status != 200) ++failed;
  }
  return failed;
}

std::vector<std::string> TakeReceipts(int port) {
  const auto answer = GetOnce(port, "/v1/random?count=50&fields=receipt");
  if (!answer || answer->status != 200) throw std::runtime_error("there are no receipts");
  std::vector<std::string> receipts;
  const auto read = nlohmann::json::parse(answer->body);
  for (const auto& link : read["links"]) receipts.push_back(link["receipt"]);
  return receipts;
}

int Run(const char* program, std::int64_t count, std::uint64_t seed) {
  const TemporaryDirectory folder;
  TestDatabase database(folder.File("saunter.db"));
  database.AddPosts("a.example", {{.url = "https://a.example/1", .categories = {"food"}}});
  for (int i = 0; i < 50; ++i) database.AddSite("s" + std::to_string(i) + ".example", 1 + i * 3);
  support::Process api(
      {.program = program,
       .arguments = {"--store.path", folder.File("saunter.db"), "--api.topics_path",
                     folder.File("topics.txt"), "--api.receipt_key_path",
                     folder.File("receipt.key"), "--api.feedback_per_network_hour", "100000",
                     "--listen", "127.0.0.1:0"},
       .environment = {},
       .input = {},
       .directory = {}});
  const auto line = api.WaitForLine("listening on http://", kDeadline);
  if (!line) throw std::runtime_error("saunter-api did not start: " + api.Errors());
  const auto port =
      static_cast<int>(std::strtol(line->c_str() + line->rfind(':') + 1, nullptr, 10));

  const auto receipts = TakeReceipts(port);
  const FakeInbox inbox(folder.File("saunter.db"), Always(AnswerOutcome::kCommitted));
  Campaign warm(port, count / 10, seed + 1000, receipts);
  warm.Run();
  const auto before = ResidentBytes(api.id());
  Campaign campaign(port, count, seed, receipts);
  campaign.Run();
  const auto growth = ResidentBytes(api.id()) - before;
  auto failure = warm.failure().empty() ? campaign.failure() : warm.failure();
  if (!api.Running()) failure = "saunter-api ended: " + api.Errors();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (failure.empty() && growth > kGrowthBytesMax) {
    failure = "memory grew by " + std::to_string(growth) + " bytes";
  }
#endif
  if (failure.empty()) {
    const auto failed = Besiege(port);
    std::printf("besieged: %ld of 2000 requests failed\n", static_cast<long>(failed));
    if (failed > 2) failure = "legal requests failed under siege";
  }
  std::printf("%ld hostile requests, memory %+ld KiB; first answers:", static_cast<long>(count),
              static_cast<long>(growth / 1024));
  for (const auto& [status, times] : campaign.statuses()) {
    std::printf(" %s %ld", status == 0 ? "none" : std::to_string(status).c_str(),
                static_cast<long>(times));
  }
  std::printf("; %ld votes and reports were committed\n",
              static_cast<long>(inbox.Requests().size()));
  if (failure.empty() && inbox.Requests().empty()) failure = "nothing was ever committed";
  if (failure.empty()) {
    api.Signal(SIGTERM);
    if (api.WaitForExit(kDeadline) != 0) failure = "saunter-api did not stop: " + api.Errors();
  }
  if (!failure.empty()) std::fprintf(stderr, "hostile_requests: %s\n", failure.c_str());
  return failure.empty() ? 0 : 1;
}

}  // namespace
}  // namespace saunter::api::server

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: hostile_requests SAUNTER_API COUNT [SEED]\n");
    return 2;
  }
  try {
    return saunter::api::server::Run(argv[1], std::strtoll(argv[2], nullptr, 10),
                                     argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hostile_requests: %s\n", error.what());
    return 1;
  }
}
