#include "tests/api/server/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "api/routes/record_json.h"
#include "tests/api/server/server_fixture.h"
#include "tests/support/files.h"

namespace saunter::api::server {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::IsEmpty;

// A request, the path of the contract that it is meant for, and the status expected.
struct Case {
  std::string path;
  std::string target;
  int status = 200;
  std::string headers = {};
};

class ContractTest : public ServerTest {
 protected:
  // With a bit of everything that an answer can show.
  void StartWithAll() {
    database_ = std::make_unique<TestDatabase>(path_);
    database_->AddPosts("a.example", {{.url = "https://a.example/1",
                                       .title = "Brot & <Butter>",
                                       .language = "de",
                                       .categories = {"Backen", "zzz"},
                                       .published_at = kTestNow}});
    database_->AddSite("b.example", 3);
    database_->BlacklistSite("b.example");
    database_->AddFeedOnly("c.example");
    schemas::WriteBatch batch;
    auto& status = batch.status.emplace();
    status.version = "1";
    status.reported_at = kTestNow;
    database_->Apply(batch);
    Start();
  }

  void Expect(const Case& expected) {
    RawClient client(port());
    const auto answer = client.Get(expected.target, expected.headers);
    ASSERT_TRUE(answer) << expected.target;
    EXPECT_EQ(answer->status, expected.status) << expected.target << "\n" << answer->body;
    EXPECT_THAT(contract_.Check(expected.path, *answer, BodyExpected::kYes), IsEmpty())
        << expected.target << "\n"
        << answer->body;
    seen_[expected.path].insert(answer->status);
    ExpectHead(expected, *answer);
  }

  // RFC 9110, 9.3.2: HEAD says the same without the body.
  void ExpectHead(const Case& expected, const RawAnswer& get) {
    RawClient client(port());
    ASSERT_TRUE(client.Send("HEAD " + expected.target + " HTTP/1.1\r\nHost: a\r\n" +
                            expected.headers + "Connection: close\r\n\r\n"));
    const auto head = client.Read(BodyExpected::kNo);
    ASSERT_TRUE(head) << expected.target;
    EXPECT_EQ(head->status, get.status) << expected.target;
    EXPECT_THAT(contract_.Check(expected.path, *head, BodyExpected::kNo), IsEmpty());
    EXPECT_TRUE(client.IsClosedByPeer());
    EXPECT_EQ(head->headers.contains("content-length"), get.headers.contains("content-length"));
  }

  static json ReadContract() {
    std::ifstream file(support::Tree("schemas/openapi.json"));
    return json::parse(file);
  }

  const Contract contract_{ReadContract()};
  std::map<std::string, std::set<int>> seen_;
};

TEST_F(ContractTest, HoldsForEveryPathAndStatusThatItNames) {
  // 503s first, while there is no database.
  Start();
  for (const auto& path : contract_.Paths()) {
    const auto statuses = contract_.StatusesOf(path);
    if (std::count(statuses.begin(), statuses.end(), 503) == 0) continue;
    auto target = path;
    if (path == "/v1/links/{id}") target = "/v1/links/1";
    if (path == "/v1/sites/{site}") target = "/v1/sites/a.example";
    Expect({path, target, 503});
    Expect({path, target, 503, "Accept: text/html\r\n"});
  }
  Expect({"/metrics", "/metrics"});
  server_.reset();
  follower_.reset();
  StartWithAll();

  for (const Case& expected : std::vector<Case>{
           {"/v1/random", "/v1/random"},
           {"/v1/random", "/v1/random?count=50&category=food&language=de&site=a.example"},
           {"/v1/random", "/v1/random?not_category=technology,zzz2&max_age_days=36500"},
           {"/v1/random", "/v1/random?count=2", 200, "Accept: text/plain\r\n"},
           {"/v1/random", "/v1/random?fields=url,summary,site_title"},
           {"/v1/random", "/v1/random?fields=uri", 400},
           {"/v1/random", "/v1/random?category=crypto", 404},
           {"/v1/random", "/v1/random?count=0", 400},
           {"/v1/random", "/v1/random?count=51", 400},
           {"/v1/random", "/v1/random?max_age_days=0", 400},
           {"/v1/random", "/v1/random?max_age_days=36501", 400},
           {"/v1/random", "/v1/random?walk=x", 400},
           {"/v1/random", "/v1/random?category=", 400},
           {"/v1/random", "/v1/random?language=-", 400},
           {"/v1/random", "/v1/random?site=", 400},
           {"/v1/random", "/v1/random?count=1&count=1", 400},
           {"/v1/random", "/v1/random?limit=1", 400},
           {"/v1/random", "/v1/random?category=crypto", 404, "Accept: text/html\r\n"},
           {"/v1/random", "/v1/random?language=de-AT", 200, "Accept: text/html\r\n"},
           {"/random", "/random?count=2", 400, "Accept: text/html\r\n"},
           {"/random", "/random", 302},
           {"/random", "/random?category=crypto", 404},
           {"/random", "/random?count=2", 400},
           {"/v1/links/{id}", "/v1/links/1"},
           {"/v1/links/{id}", "/v1/links/1", 304, "If-None-Match: *\r\n"},
           {"/v1/links/{id}", "/v1/links/1?fields=feed_url,first_seen_at"},
           {"/v1/links/{id}", "/v1/links/999", 404},
           {"/v1/links/{id}", "/v1/links/one", 400},
           {"/v1/sites/{site}", "/v1/sites/a.example"},
           {"/v1/sites/{site}", "/v1/sites/b.example"},
           {"/v1/sites/{site}", "/v1/sites/a.example", 304, "If-None-Match: *\r\n"},
           {"/v1/sites/{site}", "/v1/sites/z.example", 404},
           {"/v1/sites/{site}", "/v1/sites/", 400},
           {"/v1/sites", "/v1/sites?count=1&language=de&category=food"},
           {"/v1/sites", "/v1/sites?after=a.example"},
           {"/v1/sites", "/v1/sites?category=crypto"},
           {"/v1/recent.atom", "/v1/recent.atom?category=food&count=5"},
       }) {
    Expect(expected);
  }
  // The rest take no parameters.
  for (const auto& path : contract_.Paths()) {
    if (seen_[path].contains(302) || seen_[path].contains(404)) continue;
    const auto statuses = contract_.StatusesOf(path);
    const auto has = [&](int status) {
      return std::count(statuses.begin(), statuses.end(), status) > 0;
    };
    Expect({path, path});
    if (has(304)) Expect({path, path, 304, "If-None-Match: *\r\n"});
    if (has(400)) Expect({path, path + "?x=1", 400});
  }
  for (const auto& path : contract_.Paths()) {
    for (const auto status : contract_.StatusesOf(path)) {
      EXPECT_THAT(seen_[path], Contains(status)) << path << " is promised to answer so";
    }
  }
}

TEST_F(ContractTest, NamesEveryAddressOfTheDesign) {
  for (const auto* path :
       {"/v1/random", "/random", "/v1/links/{id}", "/v1/sites", "/v1/sites/{site}",
        "/v1/categories", "/v1/languages", "/v1/stats", "/v1/recent.atom", "/v1/feeds.opml",
        "/healthz", "/readyz", "/metrics", "/openapi.json", "/", "/status"}) {
    EXPECT_THAT(contract_.Paths(), Contains(path));
  }
}

TEST_F(ContractTest, AnswersOptionsEverywhereAndErrorsWithEveryCommonHeader) {
  StartWithAll();
  for (const auto& path : contract_.Paths()) {
    RawClient client(port());
    ASSERT_TRUE(
        client.Send("OPTIONS " + path.substr(0, path.find('{')) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = client.Read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 204) << path;
    EXPECT_EQ(answer->headers.at("allow"), "GET, HEAD, OPTIONS");
    EXPECT_THAT(contract_.CheckCommonHeaders(*answer), IsEmpty()) << path;
  }
  EXPECT_THAT(contract_.CheckCommonHeaders(*GetOnce(port(), "/nowhere")), IsEmpty());
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
           {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 413},
           {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
           {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'a') + "\r\n\r\n", 431},
           {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
           {"\r\n\r\n\r\n", 400}}) {
    RawClient client(port());
    client.Send(request);
    const auto answer = client.Read();
    ASSERT_TRUE(answer) << request.substr(0, 60);
    EXPECT_EQ(answer->status, status) << request.substr(0, 60);
    EXPECT_THAT(contract_.Check("/", *answer, BodyExpected::kYes), IsEmpty()) << status;
  }
}

TEST_F(ContractTest, RefusesARequestThatComesTooSlowly) {
  settings_.api.header_timeout_s = 1;
  StartWithAll();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nX: "));
  pollfd answered{.fd = client.descriptor(), .events = POLLIN, .revents = 0};
  for (int i = 0; i < 200 && poll(&answered, 1, 50) == 0; ++i) client.Send("a");
  const auto answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_THAT(contract_.Check("/", *answer, BodyExpected::kYes), IsEmpty());
}

TEST_F(ContractTest, GivesTheSameTagUntilTheAnswerChanges) {
  StartWithAll();
  const auto first = GetOnce(port(), "/v1/links/1");
  const auto tag = first->headers.at("etag");
  RawClient client(port());
  EXPECT_EQ(client.Get("/v1/links/1", "If-None-Match: " + tag + "\r\n")->status, 304);
  EXPECT_EQ(client.Get("/v1/links/1", "If-None-Match: \"other\", W/" + tag + "\r\n")->status, 304);
  EXPECT_EQ(client.Get("/v1/links/1", "If-None-Match: \"other\"\r\n")->status, 200);
  EXPECT_EQ(GetOnce(port(), "/v1/random")->headers.at("cache-control"), "no-store");
}

TEST_F(ContractTest, SendsAFeedListThatNoSocketBufferHolds) {
  database_ = std::make_unique<TestDatabase>(path_);
  schemas::WriteBatch batch;
  for (int i = 0; i < 12000; ++i) {
    const auto host = "host" + std::to_string(i) + ".example";
    batch.changes.emplace_back(schemas::AddFeed{.url = "https://" + host + "/feed.xml",
                                                .host = host,
                                                .registrable_domain = host,
                                                .title = "Feed & <" + std::to_string(i) + ">",
                                                .site_url = "https://" + host + "/",
                                                .category = i % 2 == 0 ? "Food" : "",
                                                .added_at = kTestNow,
                                                .next_check_at = kTestNow});
  }
  database_->Apply(batch);
  Start();
  RawClient client(port());
  const auto answer = client.Get("/v1/feeds.opml");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_GT(answer->body.size(), 1000000U);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_TRUE(client.IsClosedByPeer());
  EXPECT_TRUE(answer->body.ends_with("</body></opml>\n"));
  std::size_t outlines = 0;
  for (auto at = answer->body.find("xmlUrl="); at != std::string::npos;
       at = answer->body.find("xmlUrl=", at + 1)) {
    ++outlines;
  }
  EXPECT_EQ(outlines, 12000U);
  EXPECT_THAT(answer->body, testing::HasSubstr("<outline text=\"Food\">\n"));
  EXPECT_THAT(answer->body, testing::HasSubstr("Feed &amp; &lt;7&gt;"));
}

TEST_F(ContractTest, DropsAReaderWhoTakesNothingOfALargeAnswer) {
  settings_.api.keepalive_timeout_s = 1;
  settings_.api.max_response_bytes = 4096;
  database_ = std::make_unique<TestDatabase>(path_);
  schemas::WriteBatch batch;
  for (int i = 0; i < 30000; ++i) {
    const auto host = "host" + std::to_string(i) + ".example";
    batch.changes.emplace_back(schemas::AddFeed{.url = "https://" + host + "/feed.xml",
                                                .host = host,
                                                .registrable_domain = host,
                                                .title = std::string(200, 'x'),
                                                .site_url = {},
                                                .category = {},
                                                .added_at = kTestNow,
                                                .next_check_at = kTestNow});
  }
  database_->Apply(batch);
  Start();
  RawClient stalled(port());
  ASSERT_TRUE(stalled.Send("GET /v1/feeds.opml HTTP/1.1\r\nHost: a\r\n\r\n"));
  // Where the connection is over, what is sent is answered with a reset: an error or a hang-up of
  // the socket, without reading a byte of it.
  pollfd wait{.fd = stalled.descriptor(), .events = POLLRDHUP, .revents = 0};
  int tries = 0;
  do {
    stalled.Send("x");
  } while (poll(&wait, 1, 100) == 0 && ++tries < 100);
  EXPECT_LT(tries, 100) << "after ten seconds";
  EXPECT_EQ(GetOnce(port(), "/v1/stats")->status, 200);
}

TEST(Contract, FindsWhatIsNotPromised) {
  const Contract contract(json::parse(R"({"components":{"headers":{"A":{"required":true,
    "schema":{"const":"b"}}}},"paths":{"/":{"get":{"responses":{"200":{"content":{
    "application/json":{"schema":{"type":"object","required":["x"],
    "properties":{"x":{"type":["integer","null"]}}}}}}}}}}})"));
  const auto problems = [&](int status, std::map<std::string, std::string> headers,
                            std::string body) {
    headers["content-type"] = "application/json";
    headers.emplace("access-control-expose-headers", "A, B");
    return contract
        .Check("/", {.status = status, .headers = std::move(headers), .body = std::move(body)},
               BodyExpected::kYes)
        .size();
  };
  EXPECT_EQ(problems(200, {{"a", "b"}}, R"({"x":1})"), 0U);
  EXPECT_EQ(problems(200, {{"a", "b"}}, R"({"x":null})"), 0U);
  EXPECT_EQ(problems(200, {{"a", "c"}}, R"({"x":1})"), 1U);
  EXPECT_EQ(problems(200, {}, R"({"x":1})"), 1U);
  EXPECT_EQ(problems(404, {{"a", "b"}}, R"({"x":1})"), 1U);
  EXPECT_EQ(problems(200, {{"a", "b"}}, R"({"x":"1"})"), 1U);
  EXPECT_EQ(problems(200, {{"a", "b"}}, R"({})"), 1U);
  EXPECT_EQ(problems(200, {{"a", "b"}}, R"({"x":1,"y":2})"), 1U);
  EXPECT_EQ(problems(200, {{"a", "b"}}, "no"), 1U);
  EXPECT_EQ(problems(200, {{"a", "b"}, {"b", "1"}}, R"({"x":1})"), 0U);
  EXPECT_EQ(problems(200, {{"a", "b"}, {"c", "1"}}, R"({"x":1})"), 1U);
}

}  // namespace
}  // namespace saunter::api::server
