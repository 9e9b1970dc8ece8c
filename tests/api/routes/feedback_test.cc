#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "api/routes/feedback_json.h"
#include "tests/api/routes/fixture.h"

namespace saunter::api::routes {
namespace {

using nlohmann::json;
using schemas::Report;
using schemas::ReportKind;
using schemas::Vote;
using schemas::VoteValue;
using testing::HasSubstr;
using testing::StartsWith;

TEST(FeedbackJson, ReadsAVote) {
  const auto up = ReadVote(R"({"receipt":"r","vote":"up"})");
  EXPECT_EQ(up.problem, "");
  EXPECT_EQ(up.body.receipt, "r");
  EXPECT_EQ(std::get<Vote>(up.body.said).value, VoteValue::kUp);
  const auto down = ReadVote("\r\n\t { \"vote\" : \"d\\u006fwn\" ,\n\"receipt\":\"\" } ");
  EXPECT_EQ(down.problem, "");
  EXPECT_EQ(std::get<Vote>(down.body.said).value, VoteValue::kDown);
}

TEST(FeedbackJson, ReadsAReport) {
  const auto read =
      ReadReport(R"({"receipt":"r","kind":"spam","note":"\u591c – nichts als Werbung"})");
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(std::get<Report>(read.body.said).kind, ReportKind::kSpam);
  EXPECT_EQ(std::get<Report>(read.body.said).note, "\xe5\xa4\x9c – nichts als Werbung");
  EXPECT_EQ(std::get<Report>(ReadReport(R"({"receipt":"r","kind":"ai"})").body.said).note, "");
  EXPECT_EQ(ReadReport(R"({"receipt":"r","kind":"other","note":""})").problem, "");
}

TEST(FeedbackJson, SaysWhatIsWrong) {
  const std::pair<std::string, const char*> votes[] = {
      {"", "no JSON"},
      {"{", "no JSON"},
      {"{}", "\"receipt\" is missing"},
      {"[]", "must be a JSON object with receipt and vote"},
      {"null", "must be a JSON object"},
      {"\"receipt\"", "must be a JSON object"},
      {"12345678901234567890123456789012345678901234567890", "must be a JSON object"},
      {R"({"receipt":"r"})", "\"vote\" must be"},
      {R"({"vote":"up"})", "\"receipt\" is missing"},
      {R"({"receipt":"r","vote":"Up"})", "\"vote\" must be"},
      {R"({"receipt":"r","vote":""})", "\"vote\" must be"},
      {R"({"receipt":"r","vote":1})", "\"vote\" must be a string"},
      {R"({"receipt":"r","vote":true})", "\"vote\" must be a string"},
      {R"({"receipt":"r","vote":null})", "\"vote\" must be a string"},
      {R"({"receipt":"r","vote":["up"]})", "\"vote\" must be a string"},
      {R"({"receipt":{"receipt":"r"},"vote":"up"})", "object inside"},
      {R"({"receipt":"r","vote":"up","kind":"dead"})", "a key too many; send receipt and vote"},
      {R"({"receipt":"r","receipt":"s","vote":"up"})", "twice"},
      {R"({"receipt":"r","vote":"up"}{})", "no JSON"},
      {R"({"receipt":"r","vote":"up"} x)", "no JSON"},
      {R"({"receipt":"r","vote":"up",})", "no JSON"},
      {R"({'receipt':'r','vote':'up'})", "no JSON"},
      {"{\"receipt\":\"\xff\",\"vote\":\"up\"}", "no JSON"},
      {R"({"receipt":"\ud800","vote":"up"})", "no JSON"},
      {std::string(R"({"receipt":"r","vote":"up"})") + '\0', "no JSON"},
      {std::string(2560, '['), "must be a JSON object"},
      {std::string(2560, '{'), "no JSON"},
      {R"({"receipt":)" + std::string(2500, '['), "\"receipt\" must be a string"},
  };
  for (const auto& [body, problem] : votes) {
    EXPECT_THAT(ReadVote(body).problem, HasSubstr(problem)) << body;
  }
  const std::pair<std::string, const char*> reports[] = {
      {R"({"receipt":"r"})", "\"kind\" must be"},
      {R"({"receipt":"r","kind":"boring"})", "\"kind\" must be"},
      {R"({"receipt":"r","kind":"dead","vote":"up"})", "send receipt, kind and note"},
      {R"({"receipt":"r","kind":"dead","note":["n"]})", "\"note\" must be a string"},
      {R"({"receipt":"r","kind":"dead","note":"a\u0000b"})", "\"note\" takes at most 200"},
      {R"({"receipt":"r","kind":"dead","note":"a\nb"})", "\"note\" takes"},
      {R"({"receipt":"r","kind":"dead","note":"\u001b[2J"})", "\"note\" takes"},
      {R"({"receipt":"r","kind":"dead","note":"\u0085"})", "\"note\" takes"},
      {R"({"receipt":"r","kind":"dead","note":")" + std::string(201, 'x') + "\"}",
       "\"note\" takes"},
  };
  for (const auto& [body, problem] : reports) {
    EXPECT_THAT(ReadReport(body).problem, HasSubstr(problem)) << body;
  }
}

// Every note that fits, and every way to write it, goes into a body of the size that is taken.
TEST(FeedbackJson, TakesTheLongestNote) {
  std::string note;
  for (int i = 0; i < 200; ++i) note += "\\ud83c\\udf3b";
  EXPECT_EQ(ReadReport(R"({"receipt":"r","kind":"other","note":")" + note + "\"}").problem, "");
}

class FeedbackRoutesTest : public RoutesTest {
 protected:
  Routes& TheRoutes() {
    if (!routes_) {
      Database().AddSite("a.example", 3);
      Database().AddSite("b.example", 3);
      Restart();
      follower_->Step();
    }
    return *routes_;
  }

  http::Answer Get(std::string_view target, http::Method method = http::Method::kGet) {
    TheRoutes();
    return Ask(target, By(method), now_);
  }
  json Links(std::string_view target) { return json::parse(Get(target).body)["links"]; }
  std::string Receipt() { return Links("/v1/random")[0]["receipt"]; }

  static http::Request PostTo(std::string_view path) {
    http::Request request;
    request.method = http::Method::kPost;
    request.path = path;
    request.has_body = true;
    request.body_length = http::BodyLength::kSaid;
    request.body_bytes = 100;
    request.content_type = "application/json";
    return request;
  }
  // The status of the problem, or 0 if the body is wanted.
  int Judged(const http::Request& request) {
    answer_ = {};
    switch (TheRoutes().JudgeBody(request, answer_)) {
      case BodyUse::kNotWanted:
        return -1;
      case BodyUse::kWanted:
        return 0;
      case BodyUse::kRefused:
        break;
    }
    EXPECT_FALSE(json::parse(answer_.body)["detail"].get<std::string>().empty());
    return answer_.status;
  }
  std::optional<schemas::Feedback> Post(std::string_view path, const std::string& body,
                                        std::string_view forwarded_for = "203.0.113.9",
                                        std::string_view peer = "127.0.0.1") {
    auto request = PostTo(path);
    request.body_bytes = body.size();
    request.forwarded_for = forwarded_for;
    answer_ = {};
    return TheRoutes().TakeBody(request, body, *http::ParseIpAddress(peer), now_, answer_);
  }
  // The status of a vote with this receipt, or 0 if it is to be committed.
  int Vote(const std::string& receipt) {
    return Post("/v1/votes", R"({"receipt":")" + receipt + R"(","vote":"up"})") ? 0
                                                                                : answer_.status;
  }
  [[nodiscard]] std::string Reason() const { return json::parse(answer_.body).value("reason", ""); }

  schemas::UnixSeconds now_ = kTestNow;
  http::Answer answer_;
};

TEST_F(FeedbackRoutesTest, GivesEachRandomLinkAReceiptOfItsOwn) {
  std::set<std::string> receipts;
  for (int i = 0; i < 20; ++i) {
    for (const auto& link : Links("/v1/random?count=6")) {
      EXPECT_TRUE(receipts.insert(link["receipt"]).second);
      const auto said = Post("/v1/votes", R"({"vote":"down","receipt":")" +
                                              link["receipt"].get<std::string>() + "\"}");
      ASSERT_TRUE(said) << answer_.body;
      EXPECT_EQ(said->link_id, link["id"]);
      EXPECT_EQ(said->given_at, kTestNow);
      EXPECT_EQ(std::get<schemas::Vote>(said->said).value, VoteValue::kDown);
    }
  }
  EXPECT_EQ(receipts.size(), 120U);
}

// Two links of one site have one source, those of another site another one.
TEST_F(FeedbackRoutesTest, NamesTheSourceThatTheLinkCameFrom) {
  std::map<std::string, std::set<schemas::Id>> sources;
  for (const auto& link : Links("/v1/random?count=6")) {
    const auto said = Post("/v1/reports", R"({"kind":"dead","receipt":")" +
                                              link["receipt"].get<std::string>() + "\"}");
    ASSERT_TRUE(said);
    sources[link["site"]].insert(said->source_id);
  }
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources["a.example"].size(), 1U);
  EXPECT_EQ(sources["b.example"].size(), 1U);
  EXPECT_NE(sources["a.example"], sources["b.example"]);
  const auto pool = Database().Pool();
  for (const auto& row : pool) {
    EXPECT_TRUE(sources["a.example"].contains(row.source_id) ||
                sources["b.example"].contains(row.source_id));
  }
}

TEST_F(FeedbackRoutesTest, LeavesTheReceiptToThoseWhoWantIt) {
  EXPECT_FALSE(Links("/v1/random?fields=url,title")[0].contains("receipt"));
  const auto alone = Links("/v1/random?fields=receipt&count=2");
  ASSERT_EQ(alone.size(), 2U);
  EXPECT_EQ(alone[0].size(), 1U);
  EXPECT_EQ(Vote(alone[1]["receipt"]), 0);
  EXPECT_EQ(Links("/v1/random?fields=receipt,url")[0].size(), 2U);
  EXPECT_EQ(Get("/v1/links/1?fields=receipt").status, 400);
}

// What may be kept and given to others must not hold what is good once.
TEST_F(FeedbackRoutesTest, GivesNoReceiptWhereThereIsATag) {
  EXPECT_THAT(Get("/v1/links/1").body, testing::Not(HasSubstr("receipt")));
  EXPECT_THAT(Get("/v1/recent.atom").body, testing::Not(HasSubstr("receipt")));
  EXPECT_THAT(Get("/v1/random").headers, testing::Not(HasSubstr("ETag")));
}

TEST_F(FeedbackRoutesTest, TakesAReportWithItsNote) {
  const auto said =
      Post("/v1/reports", R"({"receipt":")" + Receipt() + R"(","kind":"topic","note":"Käse"})");
  ASSERT_TRUE(said) << answer_.body;
  EXPECT_EQ(std::get<schemas::Report>(said->said).kind, ReportKind::kTopic);
  EXPECT_EQ(std::get<schemas::Report>(said->said).note, "Käse");
}

TEST_F(FeedbackRoutesTest, JudgesABodyBeforeItIsRead) {
  for (const auto* path : {"/v1/votes", "/v1/reports"}) {
    auto request = PostTo(path);
    EXPECT_EQ(Judged(request), 0);
    request.body_bytes = 2560;
    EXPECT_EQ(Judged(request), 0);
    request.body_bytes = 2561;
    EXPECT_EQ(Judged(request), 413);
    request.body_bytes = SIZE_MAX;
    EXPECT_EQ(Judged(request), 413);
    request = PostTo(path);
    request.body_length = http::BodyLength::kNone;
    EXPECT_EQ(Judged(request), 411);
    request.body_length = http::BodyLength::kChunked;
    EXPECT_EQ(Judged(request), 411);
    request.body_length = http::BodyLength::kMalformed;
    EXPECT_EQ(Judged(request), 400);
    request = PostTo(path);
    request.expects = true;
    EXPECT_EQ(Judged(request), 417);
    request = PostTo(path);
    request.is_encoded = true;
    EXPECT_EQ(Judged(request), 415);
    request = PostTo(path);
    request.query = "vote=up";
    EXPECT_EQ(Judged(request), 400);
    for (const auto* type : {"application/json", "Application/JSON",
                             "application/json;charset=UTF-8", "application/json ; x"}) {
      request = PostTo(path);
      request.content_type = type;
      EXPECT_EQ(Judged(request), 0) << type;
    }
    for (const auto* type : {"", "text/plain", "application/jsonx", "application/ json",
                             "application/x-www-form-urlencoded", "text/plain;application/json",
                             "application/json, text/plain", ";"}) {
      request = PostTo(path);
      request.content_type = type;
      EXPECT_EQ(Judged(request), 415) << type;
    }
  }
  for (const auto* path : {"/", "/v1/random", "/v1/vote", "/v1/votes/", "/v1/votes%2f", "/V1/votes",
                           "/v1/links/1", "/metrics"}) {
    EXPECT_EQ(Judged(PostTo(path)), -1) << path;
  }
}

TEST_F(FeedbackRoutesTest, AnswersOtherMethodsThereWithWhatItTakes) {
  for (const auto* path : {"/v1/votes", "/v1/reports"}) {
    const auto options = Get(path, http::Method::kOptions);
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers,
              "Allow: POST, OPTIONS\r\n"
              "Access-Control-Allow-Methods: POST, OPTIONS\r\n"
              "Access-Control-Allow-Headers: Content-Type\r\n"
              "Access-Control-Max-Age: 86400\r\n");
    for (const auto method : {http::Method::kGet, http::Method::kHead, http::Method::kOther}) {
      const auto refused = Get(path, method);
      EXPECT_EQ(refused.status, 405);
      EXPECT_EQ(refused.headers, "Allow: POST, OPTIONS\r\n");
    }
  }
  EXPECT_THAT(Get("/v1/random", http::Method::kOptions).headers,
              HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(Get("/v1/random", http::Method::kPost).status, 405);
}

TEST_F(FeedbackRoutesTest, TakesAReceiptForSevenDaysAndNoneOfItsOwnMaking) {
  const auto receipt = Receipt();
  EXPECT_EQ(Vote(receipt), 0);
  auto forged = receipt;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(Vote(forged), 400);
  EXPECT_EQ(Reason(), "receipt");
  EXPECT_EQ(Vote(""), 400);
  EXPECT_EQ(Vote(std::string(2400, 'A')), 400);
  now_ = kTestNow + 7 * 86400 - 1;
  EXPECT_EQ(Vote(receipt), 0);
  now_ = kTestNow + 7 * 86400;
  EXPECT_EQ(Vote(receipt), 410);
  EXPECT_EQ(Reason(), "expired");
  EXPECT_EQ(Vote(forged), 400);
  now_ = kTestNow - 86400;
  EXPECT_EQ(Vote(receipt), 400);
}

TEST_F(FeedbackRoutesTest, AllowsEachNetworkSoMuch) {
  settings_.api.feedback_per_network_hour = 3;
  const auto body = R"({"receipt":")" + Receipt() + R"(","vote":"up"})";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Post("/v1/votes", body, "203.0.113.9"));
  EXPECT_FALSE(Post("/v1/reports", body, "203.0.113.77")) << "the same /24, the other path";
  EXPECT_EQ(answer_.status, 429);
  EXPECT_THAT(answer_.headers, StartsWith("Retry-After: 1"));
  EXPECT_TRUE(Post("/v1/votes", body, "203.0.114.9"));
  // Invented addresses before the last one help nobody.
  EXPECT_FALSE(Post("/v1/votes", body, "198.51.100.7, 203.0.113.9"));
  EXPECT_EQ(answer_.status, 429);
}

// Guesses at receipts use the allowance up like anything else.
TEST_F(FeedbackRoutesTest, AllowsNoMoreGuesses) {
  settings_.api.feedback_per_network_hour = 2;
  EXPECT_EQ(Vote("x"), 400);
  EXPECT_FALSE(Post("/v1/votes", "no JSON"));
  EXPECT_EQ(answer_.status, 400);
  EXPECT_EQ(Vote("x"), 429);
}

TEST_F(FeedbackRoutesTest, StoresANetworkAndNoAddress) {
  settings_.api.trusted_proxies = {"10.0.0.0/8"};
  const auto body = R"({"receipt":")" + Receipt() + R"(","vote":"up"})";
  const auto network = [&](std::string_view forwarded_for, std::string_view peer) {
    const auto said = Post("/v1/votes", body, forwarded_for, peer);
    EXPECT_TRUE(said) << answer_.body;
    return said ? said->network : 0;
  };
  EXPECT_EQ(network("203.0.113.9", "10.1.2.3"), network("203.0.113.8", "10.4.5.6"));
  EXPECT_NE(network("203.0.113.9", "10.1.2.3"), network("203.0.114.9", "10.1.2.3"));
  EXPECT_EQ(network("203.0.113.9", "127.0.0.1"), network("203.0.114.9", "127.0.0.1"));
  EXPECT_EQ(network("junk", "10.1.2.3"), network("", "10.1.2.4"));
}

TEST_F(FeedbackRoutesTest, ReadsOnWithoutAKey) {
  folder_.Write("receipt.key", "no key");
  const auto link = Links("/v1/random")[0];
  EXPECT_FALSE(link.contains("receipt"));
  EXPECT_TRUE(link.contains("url"));
  EXPECT_EQ(Vote("x"), 503);
  EXPECT_EQ(Reason(), "receipt_key");
  EXPECT_THAT(answer_.headers, HasSubstr("Retry-After: 5\r\n"));
  EXPECT_THAT(answer_.body, testing::Not(HasSubstr(folder_.path().string())));
}

TEST_F(FeedbackRoutesTest, KnowsNothingOfItWhereItIsTurnedOff) {
  settings_.api.feedback = false;
  EXPECT_FALSE(Links("/v1/random")[0].contains("receipt"));
  EXPECT_EQ(Judged(PostTo("/v1/votes")), 404);
  EXPECT_EQ(Get("/v1/votes").status, 404);
  EXPECT_THAT(Get("/v1/votes", http::Method::kOptions).headers,
              HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
}

TEST_F(FeedbackRoutesTest, NamesAProxyThatIsNoAddress) {
  settings_.api.trusted_proxies = {"127.0.0.1", "localhost"};
  try {
    const SharedAnswers shared(settings_.api);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("api.trusted_proxies"));
    EXPECT_THAT(error.what(), HasSubstr("\"localhost\""));
  }
}

}  // namespace
}  // namespace saunter::api::routes
