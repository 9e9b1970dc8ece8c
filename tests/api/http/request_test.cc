#include "api/http/request.h"

#include <gtest/gtest.h>

#include <string>

namespace saunter::api::http {
namespace {

constexpr std::size_t kBytesMax = 4096;

ReadResult Read(std::string_view bytes) { return ReadRequest(bytes, kBytesMax); }

std::string WithLongEnd(std::string_view begin) { return std::string(begin).append(5000, 'a'); }

std::string WithFields(std::string_view fields) {
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
  request.append(fields).append("\r\n");
  return request;
}

TEST(ReadRequest, SplitsTargetIntoPathAndQuery) {
  const auto read = Read("GET /v1/random?count=2&x HTTP/1.1\r\nHost: a\r\n\r\nGET");
  ASSERT_EQ(read.status, ReadStatus::kOk);
  EXPECT_EQ(read.request.method, Method::kGet);
  EXPECT_EQ(read.request.path, "/v1/random");
  EXPECT_EQ(read.request.query, "count=2&x");
  EXPECT_TRUE(read.request.keep_alive);
  EXPECT_EQ(read.consumed,
            std::string_view("GET /v1/random?count=2&x HTTP/1.1\r\nHost: a\r\n\r\n").size());
}

TEST(ReadRequest, WaitsForTheEndOfTheHeaderAtEveryByte) {
  const std::string_view whole = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string part(whole.substr(0, size));
    EXPECT_EQ(Read(part).status, ReadStatus::kIncomplete) << part;
  }
  EXPECT_EQ(Read(whole).status, ReadStatus::kOk);
}

TEST(ReadRequest, IgnoresOneEmptyLineBeforeTheRequest) {  // RFC 9112, 2.2
  EXPECT_EQ(Read("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, ReadStatus::kOk);
}

TEST(ReadRequest, TakesALaterMinorVersionAsTheOneItKnows) {  // RFC 9110, 2.5
  const auto read = Read("GET / HTTP/1.2\r\nHost: a\r\n\r\n");
  ASSERT_EQ(read.status, ReadStatus::kOk);
  EXPECT_TRUE(read.request.keep_alive);
}

TEST(ReadRequest, TakesTheAbsoluteForm) {  // RFC 9112, 3.2.2
  const auto read = Read("GET http://a.example:80/healthz?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(read.status, ReadStatus::kOk);
  EXPECT_EQ(read.request.path, "/healthz");
  EXPECT_EQ(read.request.query, "x=1");
  EXPECT_EQ(Read("GET http://a.example HTTP/1.1\r\nHost: a\r\n\r\n").request.path, "/");
  EXPECT_EQ(Read("GET http://a.example?q=1 HTTP/1.1\r\nHost: a\r\n\r\n").request.path, "/");
}

TEST(ReadRequest, RefusesWhatIsMalformedWithTheRightCode) {
  struct Case {
    std::string bytes;
    int code;
  };
  const Case cases[] = {
      {"GET /\r\n\r\n", 400},
      {"GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.x\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // no Host: RFC 9112, 3.2
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  // two
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},            // RFC 9112, 5.1
      {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400},  // RFC 9112, 5.2
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
      {std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33), 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"\x16\x03\x01\x02", 400},  // TLS
      {"\r\n\r\n\r\n", 400},
      {WithLongEnd("GET /"), 414},
      {WithLongEnd("GET / HTTP/1.1\r\nX: "), 431},
      {WithLongEnd("GET / HTTP/1.1\r\nHost: a\r\nX: ").append("\r\n\r\n"), 431},
  };
  for (const auto& [bytes, code] : cases) {
    const auto read = Read(bytes);
    EXPECT_EQ(read.status, ReadStatus::kRefused) << bytes.substr(0, 60);
    EXPECT_EQ(read.code, code) << bytes.substr(0, 60);
    EXPECT_FALSE(read.detail.empty());
  }
}

TEST(ReadRequest, BoundsTheNumberOfFields) {
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(Read(WithFields(fields)).code, 431);
}

TEST(ReadRequest, NotesABodyWithoutReadingItsLength) {
  EXPECT_FALSE(Read(WithFields("Content-Length: 0\r\n")).request.has_body);
  for (const auto* field : {"Content-Length: 5\r\n", "Content-Length: 99999999999999999999999\r\n",
                            "Transfer-Encoding: chunked\r\n", "Content-Length: -1\r\n"}) {
    const auto read = Read(WithFields(field));
    EXPECT_EQ(read.status, ReadStatus::kOk);
    EXPECT_TRUE(read.request.has_body) << field;
    EXPECT_FALSE(read.request.keep_alive) << field;
  }
}

TEST(ReadRequest, FindsHowTheEndOfABodyIsSaid) {  // RFC 9112, 6.3
  const auto length = [](const std::string& fields) {
    return Read(WithFields(fields)).request.body_length;
  };
  EXPECT_EQ(length(""), BodyLength::kNone);
  EXPECT_EQ(length("Content-Length: 0\r\n"), BodyLength::kSaid);
  EXPECT_EQ(Read(WithFields("Content-Length: 0007\r\n")).request.body_bytes, 7U);
  // Beyond all numbers, and so beyond every limit.
  EXPECT_EQ(Read(WithFields("Content-Length: 18446744073709551616\r\n")).request.body_bytes,
            SIZE_MAX);
  for (const auto* fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n", "Content-Length:\r\n", "Content-Length: 5.0\r\n",
        "Content-Length: x\r\nContent-Length: 5\r\n"}) {
    EXPECT_EQ(length(fields), BodyLength::kMalformed) << fields;
  }
  // A second way to say it wins, so that no length is believed that a proxy may not have used.
  for (const auto* fields :
       {"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n", "Transfer-Encoding:\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "TRANSFER-ENCODING: x\r\n"}) {
    EXPECT_EQ(length(fields), BodyLength::kChunked) << fields;
  }
}

TEST(ReadRequest, KeepsWhatABodyIsJudgedBy) {
  // A request is read where it stands.
  const auto text = WithFields(
      "Content-Type: application/json\r\nX-Forwarded-For: 192.0.2.1\r\n"
      "x-forwarded-for: 192.0.2.2, 192.0.2.3\r\n");
  const auto request = Read(text).request;
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.forwarded_for, "192.0.2.2, 192.0.2.3");
  EXPECT_FALSE(request.expects);
  EXPECT_FALSE(request.is_encoded);
  EXPECT_TRUE(Read(WithFields("Expect: 100-continue\r\n")).request.expects);
  EXPECT_TRUE(Read(WithFields("Content-Encoding: gzip\r\n")).request.is_encoded);
  EXPECT_EQ(Read("POST / HTTP/1.1\r\nHost: a\r\n\r\n").request.method, Method::kPost);
  EXPECT_EQ(Read("post / HTTP/1.1\r\nHost: a\r\n\r\n").request.method, Method::kOther);
}

TEST(ReadRequest, KeepsAliveAsTheVersionSays) {  // RFC 9112, 9.3
  EXPECT_FALSE(Read(WithFields("Connection: x, Close\r\n")).request.keep_alive);
  EXPECT_FALSE(Read("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
  const auto old = Read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  EXPECT_TRUE(old.request.keep_alive);
  EXPECT_TRUE(old.request.says_keep_alive);
  EXPECT_FALSE(Read(WithFields("Connection: keep-alive\r\n")).request.says_keep_alive);
}

TEST(ReadRequest, RanksTextByAccept) {  // RFC 9110, 12.5.1
  const auto prefers_text = [](const std::string& accept) {
    return Read(WithFields(std::string("Accept: ").append(accept).append("\r\n")))
        .request.prefers_text;
  };
  EXPECT_FALSE(Read(WithFields("")).request.prefers_text);
  EXPECT_TRUE(prefers_text("text/plain"));
  EXPECT_TRUE(prefers_text("Text/Plain; charset=utf-8"));
  EXPECT_TRUE(prefers_text("application/json;q=0.5, text/*;q=0.6"));
  EXPECT_TRUE(prefers_text("text/plain, */*;q=0.1"));
  EXPECT_FALSE(prefers_text("*/*"));
  EXPECT_FALSE(prefers_text("*"));
  EXPECT_FALSE(prefers_text("text/html, */*;q=0.8"));
  EXPECT_FALSE(prefers_text("application/json, text/plain;q=0.9"));
  EXPECT_FALSE(prefers_text("text/plain;q=0"));
  EXPECT_FALSE(prefers_text(";;,,q=,=;/"));
}

TEST(ReadRequest, KnowsAPersonsBrowserByAccept) {  // RFC 9110, 12.5.1
  const auto prefers_page = [](const std::string& accept) {
    return Read(WithFields(std::string("Accept: ").append(accept).append("\r\n")))
        .request.prefers_page;
  };
  EXPECT_FALSE(Read(WithFields("")).request.prefers_page);
  EXPECT_TRUE(prefers_page("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  EXPECT_FALSE(prefers_page("*/*"));
  EXPECT_FALSE(prefers_page("application/json, text/html"));
  EXPECT_FALSE(prefers_page("text/plain"));
}

TEST(ReadRequest, ReadsNothingIntoFieldsItDoesNotUse) {
  for (const auto* field :
       {"Cookie: =;=;;a\r\n", "Date: yesterday\r\n", "Cache-Control: max-age=x, foo=\"\r\n",
        "Accept: *\r\n", "Content-Type: /\r\n", "If-Modified-Since: \r\n", "Authorization: \r\n",
        "Expect: 100-continue\r\n", "Upgrade: h2c\r\n", "Accept-Encoding: ,,,\r\n"}) {
    EXPECT_EQ(Read(WithFields(field)).status, ReadStatus::kOk) << field;
  }
  EXPECT_EQ(Read("GET / HTTP/1.1\r\nHost:\r\n\r\n").status, ReadStatus::kOk);
  EXPECT_EQ(Read("GET / HTTP/1.1\r\nHost: a:b:c]\r\n\r\n").status, ReadStatus::kOk);
}

// RFC 4647, 3.4, and the weights of RFC 9110, 12.5.4
TEST(BestLanguage, TakesWhatTheReaderSpeaksBest) {
  constexpr std::string_view kOffered[] = {"en", "de", "zh-CN"};
  const auto best = [&](std::string_view accepted) {
    const auto place = BestLanguage(accepted, kOffered);
    return place ? std::string(kOffered[*place]) : std::string("none");
  };
  EXPECT_EQ(best("de"), "de");
  EXPECT_EQ(best("de-CH-1996, en"), "de");
  EXPECT_EQ(best("DE"), "de");
  EXPECT_EQ(best("en;q=0.5, de;q=0.8"), "de");
  EXPECT_EQ(best("zh"), "zh-CN");
  EXPECT_EQ(best("zh-Hant-TW"), "zh-CN");
  EXPECT_EQ(best("fr, xx;q=0.9, en;q=0.1"), "en");
  EXPECT_EQ(best("en;q=0, de;q=0.001"), "de");
  for (const auto* accepted : {"", "*", "fr", "d", "de;q=0", ",,;q=1,", "english"}) {
    EXPECT_EQ(best(accepted), "none") << accepted;
  }
}

}  // namespace
}  // namespace saunter::api::http
