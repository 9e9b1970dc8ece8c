#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "api/receipt/receipt.h"
#include "tests/api/server/contract.h"
#include "tests/api/server/raw_client.h"
#include "tests/api/server/server_fixture.h"
#include "tests/store/inbox/fake_inbox.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace saunter::api::server {
namespace {

using nlohmann::json;
using store::inbox::Always;
using store::inbox::AnswerOutcome;
using store::inbox::EncodeAnswer;

using store::inbox::FakeInbox;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{10};

std::string PostText(std::string_view path, std::string_view body,
                     std::string_view fields = "Content-Type: application/json\r\n") {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nHost: a\r\n").append(fields);
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return request.append(body);
}

class FeedbackServerTest : public ServerTest {
 protected:
  void StartWithInbox(FakeInbox::Answering answering = Always(AnswerOutcome::kCommitted)) {
    inbox_ = std::make_unique<FakeInbox>(path_, std::move(answering));
    StartWithLinks();
  }
  json Link() { return json::parse(GetOnce(port(), "/v1/random")->body)["links"][0]; }
  std::string VoteBody() {
    return R"({"receipt":")" + Link()["receipt"].get<std::string>() + R"(","vote":"up"})";
  }
  RawAnswer Post(const std::string& body, std::string_view path = "/v1/votes") {
    RawClient client(port());
    client.Send(PostText(path, body));
    return client.Read().value_or(RawAnswer{});
  }
  // What the 503 of a reader that is to try again looks like.
  static void ExpectTryAgain(const RawAnswer& answer, std::string_view reason) {
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(answer.headers.at("retry-after"), "5");
    EXPECT_THAT(answer.headers.at("access-control-expose-headers"), HasSubstr("Retry-After"));
    EXPECT_EQ(ReasonOf(answer), reason);
  }
  // Readers whose votes wait for an inbox that does not answer.
  std::vector<std::unique_ptr<RawClient>> SendWaiting(std::size_t count) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(port()));
      clients.back()->Send(PostText("/v1/votes", VoteBody()));
    }
    EXPECT_TRUE(support::WaitUntil([&] { return inbox_->Requests().size() == count; }, kPatience));
    return clients;
  }

  std::unique_ptr<FakeInbox> inbox_;
};

FakeInbox::Answering Never() {
  return [](const store::inbox::Request&) { return std::string(); };
}

TEST_F(FeedbackServerTest, AcceptsAVoteAndAReportOnceTheyAreCommitted) {
  StartWithInbox();
  const auto link = Link();
  const std::string receipt = link["receipt"];
  const auto vote = Post(R"({"receipt":")" + receipt + R"(","vote":"down"})");
  EXPECT_EQ(vote.status, 202) << vote.body;
  EXPECT_EQ(vote.headers.at("content-type"), "application/json");
  EXPECT_EQ(vote.headers.at("cache-control"), "no-store");
  EXPECT_EQ(vote.headers.at("connection"), "close");
  EXPECT_EQ(vote.headers.at("access-control-allow-origin"), "*");
  EXPECT_THAT(vote.headers.at("access-control-expose-headers"), HasSubstr("Retry-After"));
  EXPECT_TRUE(json::parse(vote.body).is_object());
  const auto report =
      Post(R"({"receipt":")" + receipt + R"(","kind":"spam","note":"ads"})", "/v1/reports");
  EXPECT_EQ(report.status, 202) << report.body;
  const auto requests = inbox_->Requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].feedback.link_id, link["id"]);
  EXPECT_EQ(std::get<schemas::Vote>(requests[0].feedback.said).value, schemas::VoteValue::kDown);
  EXPECT_EQ(std::get<schemas::Report>(requests[1].feedback.said).note, "ads");
  EXPECT_EQ(requests[0].feedback.nonce, requests[1].feedback.nonce);
  EXPECT_EQ(requests[0].feedback.network, requests[1].feedback.network);
}

TEST_F(FeedbackServerTest, EndsTheConnectionWithTheAnswer) {
  StartWithInbox();
  RawClient client(port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + PostText("/v1/votes", VoteBody()) +
              "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(client.Read()->status, 202);
  EXPECT_TRUE(client.IsClosedByPeer());
}

TEST_F(FeedbackServerTest, TakesABodyByteByByte) {
  StartWithInbox();
  RawClient client(port());
  for (const char c : PostText("/v1/votes", VoteBody())) {
    ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  }
  EXPECT_EQ(client.Read()->status, 202);
}

TEST_F(FeedbackServerTest, SaysWhatTheCrawlerMadeOfIt) {
  std::atomic<AnswerOutcome> outcome = AnswerOutcome::kUsed;
  StartWithInbox([&](const store::inbox::Request& request) {
    return EncodeAnswer({.sequence = request.sequence, .outcome = outcome});
  });
  const auto used = Post(VoteBody());
  EXPECT_EQ(used.status, 409);
  EXPECT_EQ(ReasonOf(used), "used");
  EXPECT_FALSE(used.headers.contains("retry-after"));
  outcome = AnswerOutcome::kFull;
  ExpectTryAgain(Post(VoteBody()), "inbox_full");
}

TEST_F(FeedbackServerTest, AsksForAnotherTryWhileTheCrawlerIsAway) {
  StartWithLinks();
  const auto body = VoteBody();
  ExpectTryAgain(Post(body), "crawler_away");
  inbox_ = std::make_unique<FakeInbox>(path_, Always(AnswerOutcome::kCommitted));
  EXPECT_EQ(Post(body).status, 202);
  inbox_.reset();
  ExpectTryAgain(Post(body), "crawler_away");
  EXPECT_EQ(GetOnce(port(), "/v1/random")->status, 200);
  inbox_ = std::make_unique<FakeInbox>(path_, Always(AnswerOutcome::kUsed));
  EXPECT_EQ(Post(body).status, 409);
}

TEST_F(FeedbackServerTest, AsksAllForAnotherTryWhenTheCrawlerDies) {
  StartWithInbox(Never());
  const auto clients = SendWaiting(20);
  inbox_.reset();
  for (const auto& client : clients) {
    const auto answer = client->Read();
    ASSERT_TRUE(answer);
    ExpectTryAgain(*answer, "crawler_away");
    EXPECT_TRUE(client->IsClosedByPeer());
  }
}

TEST_F(FeedbackServerTest, AsksForAnotherTryWhenTheCrawlerTakesTooLong) {
  settings_.api.feedback_timeout_s = 1;
  StartWithInbox(Never());
  ExpectTryAgain(Post(VoteBody()), "too_late");
}

// An answer that nobody waits for any more is no answer to the next one.
TEST_F(FeedbackServerTest, DropsAnAnswerThatComesTooLate) {
  settings_.api.feedback_timeout_s = 1;
  std::mutex mutex;
  std::condition_variable may_answer;
  bool is_late = false;
  StartWithInbox([&](const store::inbox::Request& request) {
    std::unique_lock lock(mutex);
    may_answer.wait(lock, [&] { return is_late; });
    return EncodeAnswer({.sequence = request.sequence, .outcome = AnswerOutcome::kUsed});
  });
  ExpectTryAgain(Post(VoteBody()), "too_late");
  {
    const std::lock_guard lock(mutex);
    is_late = true;
  }
  may_answer.notify_all();
  EXPECT_EQ(Post(VoteBody()).status, 409);
  EXPECT_EQ(inbox_->Requests().size(), 2U);
}

TEST_F(FeedbackServerTest, AnswersInAnyOrder) {
  std::mutex mutex;
  std::vector<std::uint64_t> held;
  // The first is answered with the second, which goes first.
  StartWithInbox([&](const store::inbox::Request& request) {
    const std::lock_guard lock(mutex);
    held.push_back(request.sequence);
    return held.size() == 1
               ? std::string()
               : EncodeAnswer({.sequence = request.sequence, .outcome = AnswerOutcome::kUsed});
  });
  const auto waiting = SendWaiting(1);
  EXPECT_EQ(Post(VoteBody()).status, 409);
  inbox_.reset();
  EXPECT_EQ(waiting.front()->Read()->status, 503);
}

TEST_F(FeedbackServerTest, LosesACrawlerThatTalksNonsense) {
  StartWithInbox([](const store::inbox::Request&) { return std::string("nonsense"); });
  ExpectTryAgain(Post(VoteBody()), "crawler_away");
  inbox_.reset();
  inbox_ = std::make_unique<FakeInbox>(path_, Always(AnswerOutcome::kCommitted));
  EXPECT_EQ(Post(VoteBody()).status, 202);
}

TEST_F(FeedbackServerTest, LetsOnlySoManyWait) {
  settings_.api.feedback_waiting_max = 3;
  StartWithInbox(Never());
  const auto waiting = SendWaiting(3);
  ExpectTryAgain(Post(VoteBody()), "inbox_full");
  EXPECT_EQ(inbox_->Requests().size(), 3U);
  // Readers do not notice.
  EXPECT_EQ(GetOnce(port(), "/v1/random")->status, 200);
}

TEST_F(FeedbackServerTest, AnswersThoseWhoWaitWhenItStops) {
  StartWithInbox(Never());
  const auto clients = SendWaiting(3);
  server_.reset();
  for (const auto& client : clients) {
    const auto answer = client->Read();
    ASSERT_TRUE(answer);
    ExpectTryAgain(*answer, "too_late");
  }
}

TEST_F(FeedbackServerTest, OutlivesReadersThatLeave) {
  StartWithInbox(Never());
  SendWaiting(10).clear();
  inbox_.reset();
  inbox_ = std::make_unique<FakeInbox>(path_, Always(AnswerOutcome::kCommitted));
  EXPECT_EQ(Post(VoteBody()).status, 202);
}

TEST_F(FeedbackServerTest, RefusesABodyBeforeItComes) {
  StartWithInbox();
  const std::pair<std::string, int> heads[] = {
      {"Content-Type: application/json\r\nContent-Length: 2561\r\n", 413},
      {"Content-Type: application/json\r\nContent-Length: 99999999999999999999\r\n", 413},
      {"Content-Type: application/json\r\n", 411},
      {"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", 411},
      {"Content-Type: application/json\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n",
       411},
      {"Content-Type: application/json\r\nContent-Length: 9\r\nContent-Length: 9\r\n", 400},
      {"Content-Type: application/json\r\nContent-Length: -9\r\n", 400},
      {"Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n", 417},
      {"Content-Type: text/plain\r\nContent-Length: 9\r\n", 415},
      {"Content-Length: 9\r\n", 415},
      {"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n", 415},
  };
  for (const auto* path : {"/v1/votes", "/v1/reports"}) {
    for (const auto& [fields, status] : heads) {
      RawClient client(port());
      client.Send("POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
      const auto answer = client.Read();
      ASSERT_TRUE(answer) << fields;
      EXPECT_EQ(answer->status, status) << fields;
      EXPECT_EQ(answer->headers.at("content-type"), "application/problem+json");
      EXPECT_THAT(answer->headers.at("access-control-expose-headers"), HasSubstr("Retry-After"));
      EXPECT_TRUE(client.IsClosedByPeer()) << fields;
    }
  }
  for (const auto* path : {"/", "/v1/random", "/v1/votes/", "/v1/links/1"}) {
    RawClient client(port());
    client.Send(PostText(path, "{}"));
    EXPECT_EQ(client.Read()->status, 405) << path;
    EXPECT_TRUE(client.IsClosedByPeer()) << path;
  }
  EXPECT_TRUE(inbox_->Requests().empty());
}

TEST_F(FeedbackServerTest, DropsABodyThatComesTooSlowly) {
  settings_.api.header_timeout_s = 1;
  settings_.api.body_timeout_s = 1;
  StartWithInbox();
  RawClient client(port());
  client.Send(
      "POST /v1/votes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Content-Length: 2000\r\n\r\n");
  pollfd answered{.fd = client.descriptor(), .events = POLLIN, .revents = 0};
  for (int i = 0; i < 200 && poll(&answered, 1, 50) == 0; ++i) client.Send(" ");
  EXPECT_EQ(client.Read()->status, 408);
}

TEST_F(FeedbackServerTest, HoldsTheContractForEveryStatusThatItNames) {
  const Contract contract(json::parse(support::ReadFile(support::Tree("schemas/openapi.json"))),
                          "post");
  ASSERT_THAT(contract.Paths(), testing::UnorderedElementsAre("/v1/votes", "/v1/reports"));
  // One that expired, made with the key of the service.
  receipt::Key key{};
  key.fill(0xaa);
  std::string digits;
  for (std::size_t i = 0; i < key.size(); ++i) digits += "aa";
  folder_.Write("receipt.key", digits);
  std::string expired;
  receipt::AppendReceipt(expired, {.link_id = 1, .source_id = 1, .given_at = 1, .nonce = 1}, key);
  settings_.api.feedback_per_network_hour = 5;
  StartWithLinks();
  std::string network;
  std::map<std::string, std::set<int>> seen;
  const auto expect = [&](int status, std::string_view fields, const std::string& receipt) {
    for (const auto& path : contract.Paths()) {
      json body = {{"receipt", receipt}};
      body[path == "/v1/votes" ? "vote" : "kind"] = path == "/v1/votes" ? "up" : "ai";
      RawClient client(port());
      client.Send(PostText(path, body.dump(), std::string(fields).append(network)));
      const auto answer = client.Read();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, status) << answer->body;
      EXPECT_THAT(contract.Check(path, *answer, BodyExpected::kYes), testing::IsEmpty())
          << answer->body;
      seen[path].insert(answer->status);
    }
  };
  constexpr std::string_view kJsonType = "Content-Type: application/json\r\n";
  const std::string receipt = Link()["receipt"];
  expect(503, kJsonType, receipt);
  inbox_ = std::make_unique<FakeInbox>(path_, Always(AnswerOutcome::kCommitted));
  expect(202, kJsonType, receipt);
  network = "X-Forwarded-For: 203.0.113.9\r\n";
  inbox_.reset();
  inbox_ = std::make_unique<FakeInbox>(path_, Always(AnswerOutcome::kUsed));
  expect(409, kJsonType, receipt);
  expect(400, kJsonType, "x");
  network = "X-Forwarded-For: 203.0.114.9\r\n";
  expect(410, kJsonType, expired);
  expect(415, "", receipt);
  expect(417, "Expect: x\r\nContent-Type: application/json\r\n", receipt);
  expect(413, kJsonType, std::string(2600, 'x'));
  expect(411, "Transfer-Encoding: chunked\r\n", receipt);
  expect(400, kJsonType, "x");
  network = "X-Forwarded-For: 203.0.114.9, 203.0.113.9\r\n";
  for (int i = 0; i < 3; ++i) {
    RawClient client(port());
    client.Send(PostText("/v1/votes", "{}", std::string(kJsonType).append(network)));
    client.Read();
  }
  expect(429, kJsonType, receipt);
  for (const auto& path : contract.Paths()) {
    for (const auto status : contract.StatusesOf(path)) {
      EXPECT_THAT(seen[path], testing::Contains(status)) << path << " is promised to answer so";
    }
  }
}

// The reader's address is the last that the proxy on this machine forwards.
TEST_F(FeedbackServerTest, CountsByTheNetworkThatAProxyForwards) {
  settings_.api.feedback_per_network_hour = 1;
  StartWithInbox();
  const auto post = [&](const std::string& fields) {
    RawClient client(port());
    client.Send(PostText("/v1/votes", VoteBody(), "Content-Type: application/json\r\n" + fields));
    return client.Read().value_or(RawAnswer{});
  };
  EXPECT_EQ(post("X-Forwarded-For: 203.0.113.9\r\n").status, 202);
  EXPECT_EQ(post("X-Forwarded-For: 203.0.114.9\r\n").status, 202);
  const auto refused =
      post("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 198.51.100.2, 203.0.113.77\r\n");
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stoi(refused.headers.at("retry-after")), 3000);
  EXPECT_THAT(refused.headers.at("access-control-expose-headers"), HasSubstr("Retry-After"));
  EXPECT_EQ(post("").status, 202) << "the proxy's own network";
  EXPECT_EQ(post("X-Forwarded-For: 203.0.115.9, junk\r\n").status, 429);
  std::set<std::uint64_t> networks;
  for (const auto& request : inbox_->Requests()) networks.insert(request.feedback.network);
  EXPECT_EQ(networks.size(), 3U);
}

TEST_F(FeedbackServerTest, CountsVotesAndReportsByStatus) {
  StartWithInbox();
  Post(VoteBody());
  Post(VoteBody());
  Post("{}");
  Post("{}", "/v1/reports");
  const auto metrics = GetOnce(port(), "/metrics")->body;
  EXPECT_THAT(metrics, HasSubstr(R"(requests_total{route="/v1/votes",status="202"} 2)"));
  EXPECT_THAT(metrics, HasSubstr(R"(requests_total{route="/v1/votes",status="400"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(requests_total{route="/v1/reports",status="400"} 1)"));
}

TEST_F(FeedbackServerTest, HasNoAddressForItWhereItIsTurnedOff) {
  settings_.api.feedback = false;
  StartWithInbox();
  EXPECT_FALSE(Link().contains("receipt"));
  EXPECT_EQ(Post("{}").status, 404);
  EXPECT_EQ(GetOnce(port(), "/v1/votes")->status, 404);
}

TEST_F(FeedbackServerTest, DoesNotStartWithAProxyThatIsNoAddress) {
  settings_.api.trusted_proxies = {"proxy.example"};
  EXPECT_THROW(StartWithLinks(), std::runtime_error);
}

}  // namespace
}  // namespace saunter::api::server
