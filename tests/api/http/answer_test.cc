#include "api/http/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace saunter::api::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string OnWire(const Answer& answer, BodyOnWire body = BodyOnWire::kYes,
                   AfterAnswer after = AfterAnswer::kKeepAlive) {
  std::string out;
  AppendAnswer(out, answer, "DATE", body, after);
  return out;
}

TEST(AppendAnswer, WritesLengthAndSecurityHeaders) {
  Answer answer;
  answer.body = "{}";
  const auto wire = OnWire(answer);
  EXPECT_THAT(wire, StartsWith("HTTP/1.1 200 OK\r\nDate: DATE\r\n"));
  EXPECT_THAT(wire, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(wire, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(wire, HasSubstr("\r\nAccess-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(wire, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(wire, HasSubstr("\r\nReferrer-Policy: no-referrer\r\n"));
  EXPECT_THAT(wire, HasSubstr("\r\nContent-Security-Policy: default-src 'none'"));
  EXPECT_THAT(wire, Not(HasSubstr("\r\nConnection:")));
  EXPECT_THAT(wire, EndsWith("\r\n\r\n{}"));
}

TEST(AppendAnswer, LeavesTheBodyAwayForHeadButSaysItsLength) {  // RFC 9110, 9.3.2
  Answer answer;
  answer.body = "{}";
  const auto wire = OnWire(answer, BodyOnWire::kNo);
  EXPECT_THAT(wire, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(wire, EndsWith("\r\n\r\n"));
}

TEST(AppendAnswer, SaysNoLengthWithoutContent) {  // RFC 9110, 8.6
  Answer answer;
  answer.status = 204;
  EXPECT_THAT(OnWire(answer), Not(HasSubstr("Content-Length")));
}

TEST(AppendAnswer, SaysWhatBecomesOfTheConnection) {
  const Answer answer;
  EXPECT_THAT(OnWire(answer, BodyOnWire::kYes, AfterAnswer::kClose),
              HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(OnWire(answer, BodyOnWire::kYes, AfterAnswer::kSayKeepAlive),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(SetProblem, IsAProblemDocument) {  // RFC 9457
  Answer answer;
  answer.headers = "X: old\r\n";
  SetProblem(answer, 503, "Say \"when\".", "missing");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_TRUE(answer.headers.empty());
  const auto problem = nlohmann::json::parse(answer.body);
  EXPECT_EQ(problem["status"], 503);
  EXPECT_EQ(problem["title"], "Service Unavailable");
  EXPECT_EQ(problem["detail"], "Say \"when\".");
  EXPECT_EQ(problem["reason"], "missing");
}

TEST(HttpDate, IsInTheFormOfRfc9110) {  // 5.6.7
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace saunter::api::http
