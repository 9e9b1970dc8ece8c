#include "api/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/api/database.h"
#include "tests/api/server/raw_client.h"
#include "tests/api/server/server_fixture.h"

namespace saunter::api::server {
namespace {

using nlohmann::json;
using testing::HasSubstr;

void ExpectCommonHeaders(const RawAnswer& answer) {
  const auto has = [&](const std::string& name, const std::string& value) {
    const auto found = answer.headers.find(name);
    ASSERT_NE(found, answer.headers.end()) << name << " of " << answer.status;
    EXPECT_THAT(found->second, HasSubstr(value)) << name;
  };
  has("access-control-allow-origin", "*");
  has("x-content-type-options", "nosniff");
  has("referrer-policy", "no-referrer");
  has("content-security-policy", "default-src 'none'");
  has("cache-control", "");
  has("date", "GMT");
}

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  StartWithLinks();
  RawClient client(port());
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.Get("/v1/random");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_FALSE(answer->headers.contains("connection"));
    EXPECT_EQ(json::parse(answer->body)["links"].size(), 1U);
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  StartWithLinks();
  RawClient client(port());
  ASSERT_TRUE(client.Send(
      "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
      "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(client.Read()->status, 404);
  EXPECT_EQ(client.Read(BodyExpected::kNo)->status, 200);
  EXPECT_EQ(client.Read()->status, 200);
}

TEST_F(ServerTest, TakesARequestByteByByte) {
  StartWithLinks();
  RawClient client(port());
  for (const char c : std::string_view("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")) {
    ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  }
  EXPECT_EQ(client.Read()->status, 200);
}

TEST_F(ServerTest, SendsNoBodyToHead) {
  StartWithLinks();
  RawClient client(port());
  ASSERT_TRUE(client.Send("HEAD /v1/stats HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto head = client.Read(BodyExpected::kNo);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_NE(head->headers.at("content-length"), "0");
  // A body would stand before this answer.
  EXPECT_EQ(client.Get("/healthz")->body, "{\"status\":\"ok\"}\n");
}

TEST_F(ServerTest, PutsTheCommonHeadersOnEveryAnswer) {
  StartWithLinks();
  const std::pair<const char*, int> cases[] = {
      {"GET /v1/random HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"OPTIONS /v1/random HTTP/1.1\r\nHost: a\r\nOrigin: https://x.example\r\n\r\n", 204},
      {"GET /random HTTP/1.1\r\nHost: a\r\n\r\n", 302},
      {"GET /v1/random?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404},
      {"DELETE /v1/random HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"BREW /v1/random HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"POST /v1/random HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405},
      {"GET /v1/random HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413},
      {"GET /v1/random HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 400},
  };
  for (const auto& [request, status] : cases) {
    RawClient client(port());
    ASSERT_TRUE(client.Send(request));
    const auto answer = client.Read();
    ASSERT_TRUE(answer) << request;
    EXPECT_EQ(answer->status, status) << request;
    ExpectCommonHeaders(*answer);
    if (status < 400) continue;
    EXPECT_EQ(answer->headers.at("content-type"), "application/problem+json");
    EXPECT_FALSE(json::parse(answer->body)["detail"].get<std::string>().empty());
  }
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /" + std::string(5000, 'a')));
  const auto answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 414);
  ExpectCommonHeaders(*answer);
}

TEST_F(ServerTest, ClosesAfterARefusedRequestAndReadsNothingMoreAsOne) {
  StartWithLinks();
  RawClient client(port());
  ASSERT_TRUE(
      client.Send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
                  "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_FALSE(client.Read());
}

TEST_F(ServerTest, ClosesAsTheClientAsksAndForHttp10) {
  StartWithLinks();
  for (const auto* request : {"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                              "GET /healthz HTTP/1.0\r\n\r\n"}) {
    RawClient client(port());
    ASSERT_TRUE(client.Send(request));
    const auto answer = client.Read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(client.IsClosedByPeer());
  }
}

TEST_F(ServerTest, TakesLegalButOddHeaders) {
  StartWithLinks();
  RawClient client(port());
  for (const auto* field :
       {"Cookie: =;=;;a\r\n", "Date: yesterday\r\n", "Cache-Control: max-age=x, foo=\"\r\n",
        "Accept: *\r\n", "Content-Type: /\r\n", "Accept-Encoding: ,,,\r\n", "Connection: x\r\n",
        "Expect: 100-continue\r\n", "Authorization: \r\n", "User-Agent: \xff\xfe\r\n"}) {
    const auto answer = client.Get("/v1/random", field);
    ASSERT_TRUE(answer) << field;
    EXPECT_EQ(answer->status, 200) << field;
  }
}

TEST_F(ServerTest, OutlivesMalformedRequests) {
  StartWithLinks();
  std::mt19937 random(5);
  const std::string_view pieces[] = {"GET ",
                                     "HEAD ",
                                     "/v1/random",
                                     "?count=",
                                     "%",
                                     " HTTP/1.1",
                                     "\r\n",
                                     "\r\n\r\n",
                                     "Host: a",
                                     "\n",
                                     ":",
                                     "Content-Length: ",
                                     "18446744073709551616",
                                     "Transfer-Encoding: chunked",
                                     "\xff\xfe",
                                     "&walk=AAAA",
                                     " ",
                                     "//////",
                                     "Cookie: ",
                                     "ffffffff\r\n",
                                     "OPTIONS ",
                                     "HTTP/1.0"};
  for (int i = 0; i < 3000; ++i) {
    RawClient client(port());
    std::string bytes;
    const auto count = 1 + random() % 12;
    for (std::size_t k = 0; k < count; ++k) bytes += pieces[random() % std::size(pieces)];
    bytes.append(random() % 3 == 0 ? std::string("\0\r\n\r\n", 5) : "\r\n\r\n");
    client.Send(bytes);
    shutdown(client.descriptor(), SHUT_WR);
    while (const auto answer = client.Read(BodyExpected::kNo)) {
      EXPECT_LT(answer->status, 500) << bytes;
      break;
    }
  }
  EXPECT_EQ(GetOnce(port(), "/healthz")->status, 200);
}

TEST_F(ServerTest, DropsAReaderThatStallsAndServesTheOthers) {
  settings_.api.threads = 1;
  StartWithLinks();
  RawClient stalled(port());
  const int small = 4096;
  setsockopt(stalled.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  setsockopt(stalled.descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
  // Answers are never read; in the end the server gives up on this reader.
  while (stalled.Send(requests)) {
  }
  // Not EAGAIN, which is what ten seconds of waiting for the server to read on would give.
  EXPECT_TRUE(errno == ECONNRESET || errno == EPIPE) << errno;
  EXPECT_EQ(GetOnce(port(), "/v1/random")->status, 200);
}

TEST_F(ServerTest, ServesBesideManyConnectionsThatSayNothing) {
  StartWithLinks();
  std::vector<std::unique_ptr<RawClient>> idle;
  idle.reserve(200);
  for (int i = 0; i < 200; ++i) idle.push_back(std::make_unique<RawClient>(port()));
  EXPECT_EQ(GetOnce(port(), "/v1/random")->status, 200);
}

TEST_F(ServerTest, LosesABlacklistedSiteWithinTwoSecondsOfTheCommit) {
  StartWithLinks();
  ASSERT_TRUE(Becomes(
      [](const RawAnswer& answer) { return json::parse(answer.body)["links"].size() == 11; }));
  database_->BlacklistSite("a.example");
  EXPECT_TRUE(Becomes([](const RawAnswer& answer) {
    return answer.status == 200 && json::parse(answer.body)["links"].size() == 1;
  }));
}

TEST_F(ServerTest, HealsFromEveryStateOfTheDatabase) {
  const auto good = folder_.File("good.db");
  {
    TestDatabase database(good);
    database.AddSite("a.example", 3);
  }
  const auto write = [&](std::string_view name, std::string_view bytes) {
    std::ofstream(folder_.File(name), std::ios::binary) << bytes;
  };
  write("empty.db", "");
  write("not_a_database.db", std::string(8192, 'x'));
  // The header of a SQLite file: application_id at 68, user_version at 60, big endian.
  const auto with_header = [&](std::string_view name, std::streamoff place, char byte) {
    std::filesystem::copy_file(good, folder_.File(name));
    std::fstream file(folder_.File(name), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(place);
    file.put(byte);
  };
  with_header("foreign.db", 68, 0x11);
  with_header("older.db", 63, 0);
  with_header("newer.db", 63, 100);
  std::filesystem::create_directory(folder_.File("folder.db"));
  {
    const TestDatabase no_link(folder_.File("no_link.db"));
  }

  Start();
  const std::pair<const char*, std::vector<std::string>> states[] = {
      {"", {"missing"}},
      {"empty.db", {"older_schema"}},
      {"not_a_database.db", {"not_a_database"}},
      {"foreign.db", {"foreign"}},
      {"older.db", {"older_schema"}},
      {"newer.db", {"newer_schema"}},
      {"folder.db", {"unavailable", "not_a_database"}},
      {"no_link.db", {"no_feeds"}},
  };
  for (const auto& [name, reasons] : states) {
    std::filesystem::remove_all(path_);
    for (const auto* end : {"-wal", "-shm"}) std::filesystem::remove(path_ + end);
    if (*name != '\0') std::filesystem::rename(folder_.File(name), path_);
    EXPECT_TRUE(Becomes([&](const RawAnswer& answer) {
      return answer.status == 503 && answer.headers.at("retry-after") == "5" &&
             std::count(reasons.begin(), reasons.end(), ReasonOf(answer)) == 1;
    })) << name
        << ": " << GetOnce(port(), "/v1/random")->body;
    EXPECT_EQ(GetOnce(port(), "/healthz")->status, 200);
    // The right file takes its place by rename, as a restored backup does.
    std::filesystem::remove_all(path_);
    for (const auto* end : {"-wal", "-shm"}) std::filesystem::remove(path_ + end);
    std::filesystem::copy_file(good, folder_.File("next.db"));
    std::filesystem::rename(folder_.File("next.db"), path_);
    EXPECT_TRUE(Becomes([](const RawAnswer& answer) { return answer.status == 200; })) << name;
  }
}

TEST_F(ServerTest, FollowsADatabaseThatIsReplacedByAnother) {
  StartWithLinks();
  {
    TestDatabase other(folder_.File("other.db"));
    other.AddSite("other.example", 2);
  }
  database_.reset();
  std::filesystem::rename(folder_.File("other.db"), path_);
  for (const auto* end : {"-wal", "-shm"}) std::filesystem::remove(path_ + end);
  EXPECT_TRUE(Becomes([](const RawAnswer& answer) {
    return answer.status == 200 && json::parse(answer.body)["links"][0]["site"] == "other.example";
  }));
}

TEST_F(ServerTest, StopsWithConnectionsOpen) {
  StartWithLinks();
  RawClient idle(port());
  ASSERT_EQ(idle.Get("/healthz")->status, 200);
  RawClient halfway(port());
  ASSERT_TRUE(halfway.Send("GET /healthz HT"));
  server_->Stop();
  EXPECT_TRUE(idle.IsClosedByPeer());
  EXPECT_TRUE(halfway.IsClosedByPeer());
}

TEST_F(ServerTest, StopsWhenItIsDestroyed) {
  StartWithLinks();
  RawClient idle(port());
  ASSERT_EQ(idle.Get("/healthz")->status, 200);
  server_.reset();
  EXPECT_TRUE(idle.IsClosedByPeer());
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  StartWithLinks();
  settings_.api.listen = "127.0.0.1:" + std::to_string(port());
  Server second(settings_, *follower_, errors_);
  EXPECT_THROW(second.Start(), std::runtime_error);
}

}  // namespace
}  // namespace saunter::api::server
