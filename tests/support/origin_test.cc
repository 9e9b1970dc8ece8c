#include "tests/support/origin.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace saunter::support {
namespace {

using std::chrono::seconds;

// A client of few words: connects, sends, and reads until the server closes or `until` was seen.
class Client {
 public:
  Client(const Origin& origin, const std::string& address) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(origin.port()));
    inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_TRUE(fd_ >= 0 && connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::string Ask(const std::string& request, const std::string& until = "no such text") {
    EXPECT_EQ(send(fd_, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    while (answer.find(until) == std::string::npos) {
      const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return answer;
  }

 private:
  int fd_ = -1;
};

std::string Get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

OriginAnswer Text(std::string body, OriginManner manner = OriginManner::kWhole) {
  OriginAnswer answer;
  answer.body = std::move(body);
  answer.manner = manner;
  return answer;
}

TEST(Origin, TellsSitesApartByTheAddressAsked) {
  Origin origin;
  origin.SetAnswer("127.0.1.1", "/feed", Text("first site"));
  origin.SetAnswer("127.0.1.2", "/feed", Text("second site"));
  EXPECT_THAT(Client(origin, "127.0.1.1").Ask(Get("/feed"), "site"),
              testing::EndsWith("\r\n\r\nfirst site"));
  EXPECT_THAT(Client(origin, "127.0.1.2").Ask(Get("/feed"), "site"),
              testing::EndsWith("\r\n\r\nsecond site"));
  EXPECT_THAT(Client(origin, "127.0.1.3").Ask(Get("/feed"), "\r\n\r\n"),
              testing::StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(origin.Connections("127.0.1.1"), 1U);
  EXPECT_EQ(origin.Connections("127.0.1.9"), 0U);
}

TEST(Origin, LogsEachRequestAsItCame) {
  Origin origin({}, [](const OriginRequest& request) { return Text("asked " + request.target); });
  Client client(origin, "127.0.1.1");
  EXPECT_THAT(client.Ask(Get("/a?b=c", "X-Word:  two \r\n"), "b=c"),
              testing::HasSubstr("asked /a?b=c"));
  EXPECT_THAT(client.Ask(Get("/d"), "/d"), testing::HasSubstr("asked /d"));
  const std::vector<OriginRequest> log = origin.Log("127.0.1.1");
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0].method, "GET");
  EXPECT_EQ(log[0].Header("x-word"), "two ");
  EXPECT_EQ(log[0].raw, "GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-Word:  two \r\n");
  EXPECT_EQ(log[0].connection, log[1].connection);
  EXPECT_TRUE(origin.WaitForRequests(2, seconds(10)));
}

TEST(Origin, AnswersInEveryManner) {
  Origin origin;
  origin.SetAnswer("", "/chunked", [] {
    OriginAnswer answer = Text("abcdef", OriginManner::kChunked);
    answer.piece_bytes = 4;
    answer.closes = true;
    return answer;
  }());
  origin.SetAnswer("", "/drip", [] {
    OriginAnswer answer = Text("abc", OriginManner::kDrip);
    answer.interval_ms = 1;
    answer.closes = true;
    return answer;
  }());
  origin.SetAnswer("", "/cut", Text("abc", OriginManner::kCut));
  origin.SetAnswer("", "/raw", Text("nonsense", OriginManner::kRaw));
  origin.SetAnswer("", "/close", Text("", OriginManner::kClose));
  origin.SetAnswer("", "/endless", Text("abc", OriginManner::kEndless));
  const auto ask = [&](const std::string& target, const std::string& until = "no such text") {
    return Client(origin, "127.0.1.1").Ask(Get(target), until);
  };
  EXPECT_THAT(ask("/chunked"), testing::EndsWith("\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"));
  EXPECT_THAT(ask("/drip"), testing::EndsWith("\r\n\r\nabc"));
  EXPECT_THAT(ask("/cut"), testing::HasSubstr("Content-Length: 6\r\n"));
  EXPECT_EQ(ask("/raw"), "nonsense");
  EXPECT_EQ(ask("/close"), "");
  EXPECT_THAT(ask("/endless", "abcabcabcabc"), testing::HasSubstr("abcabcabcabc"));
}

TEST(Origin, AnswersHeadAndMatchingValidatorsWithoutABody) {
  Origin origin;
  OriginAnswer answer = Text("body");
  answer.headers = {{"ETag", "\"v1\""}, {"Last-Modified", "yesterday"}};
  answer.honours_validators = true;
  answer.closes = true;
  origin.SetAnswer("", "/", answer);
  const auto ask = [&](const std::string& request) {
    return Client(origin, "127.0.1.1").Ask(request);
  };
  EXPECT_THAT(ask("HEAD / HTTP/1.1\r\n\r\n"), testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(ask(Get("/", "If-None-Match: \"v1\"\r\n")), testing::StartsWith("HTTP/1.1 304 "));
  EXPECT_THAT(ask(Get("/", "If-Modified-Since: yesterday\r\n")),
              testing::StartsWith("HTTP/1.1 304 "));
  EXPECT_THAT(ask(Get("/", "If-None-Match: \"v2\"\r\nIf-Modified-Since: yesterday\r\n")),
              testing::EndsWith("body"));
}

}  // namespace
}  // namespace saunter::support
