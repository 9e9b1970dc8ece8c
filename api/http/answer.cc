#include "api/http/answer.h"

#include <array>
#include <ctime>
#include <functional>

#include "api/http/json.h"
#include "schemas/text.h"

namespace saunter::api::http {
namespace {

// On every answer, whatever its status.
constexpr std::string_view kCommonHeaders =
    "Access-Control-Allow-Origin: *\r\n"
    // The headers that a page's script may have a use for, wherever they come.
    "Access-Control-Expose-Headers: Allow, Date, ETag, Retry-After, X-Data-Age, X-Walk, "
    "X-Walk-Complete\r\n"
    "Cross-Origin-Resource-Policy: cross-origin\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

constexpr std::string_view kNothingAllowed = "default-src 'none'; frame-ancestors 'none'";

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void Answer::Clear() {
  status = 200;
  content_type = kJson;
  cache_control = "no-store";
  content_policy = {};
  headers.clear();
  detail.clear();
  reason.clear();
  body.clear();
  shared_body.reset();
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

void SetProblem(Answer& answer, int status, std::string_view detail, std::string_view reason) {
  answer.Clear();
  answer.status = status;
  answer.content_type = kProblemJson;
  answer.detail = detail;
  answer.reason = reason;
  auto& body = answer.body;
  body.append(R"({"type":"about:blank","title":)");
  AppendJsonString(body, ReasonPhrase(status));
  body.append(R"(,"status":)");
  AppendNumber(body, status);
  body.append(R"(,"detail":)");
  AppendJsonString(body, detail);
  if (!reason.empty()) {
    body.append(R"(,"reason":)");
    AppendJsonString(body, reason);
  }
  body.append("}\n");
}

std::string TagOf(std::string_view text) {
  auto hash = std::hash<std::string_view>{}(text);
  std::string tag = "\"";
  for (int i = 0; i < 16; ++i, hash >>= 4) tag.push_back(schemas::kHexDigits[hash & 0xf]);
  tag.push_back('"');
  return tag;
}

// RFC 9110, 13.1.2: weak comparison; "*" matches what exists.
void SetTag(Answer& answer, std::string_view tag, std::string_view if_none_match) {
  answer.headers.append("ETag: ").append(tag).append("\r\n");
  if (if_none_match != "*" && if_none_match.find(tag) == std::string_view::npos) return;
  answer.status = 304;
  answer.content_type = {};
  answer.body.clear();
  answer.shared_body.reset();
}

void AppendAnswer(std::string& out, const Answer& answer, std::string_view date, BodyOnWire body,
                  AfterAnswer after) {
  out.append("HTTP/1.1 ");
  AppendNumber(out, answer.status);
  out.append(" ").append(ReasonPhrase(answer.status)).append("\r\n");
  AppendHeader(out, "Date", date);
  if (!answer.content_type.empty()) AppendHeader(out, "Content-Type", answer.content_type);
  // RFC 9110, 8.6: no Content-Length with 204.
  if (answer.status != 204 && answer.status != 304) {
    out.append("Content-Length: ");
    AppendNumber(out, static_cast<std::int64_t>(answer.Body().size()));
    out.append("\r\n");
  }
  AppendHeader(out, "Cache-Control", answer.cache_control);
  AppendHeader(out, "Content-Security-Policy",
               answer.content_policy.empty() ? kNothingAllowed : answer.content_policy);
  out.append(kCommonHeaders);
  out.append(answer.headers);
  switch (after) {
    case AfterAnswer::kKeepAlive:
      break;
    case AfterAnswer::kSayKeepAlive:
      AppendHeader(out, "Connection", "keep-alive");
      break;
    case AfterAnswer::kClose:
      AppendHeader(out, "Connection", "close");
      break;
  }
  out.append("\r\n");
  if (body == BodyOnWire::kYes && answer.status != 304) out.append(answer.Body());
}

std::string HttpDate(schemas::UnixSeconds now) {
  const std::time_t time = now;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 40> text;
  // The program stays in the C locale, so the names of days and months are English.
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

}  // namespace saunter::api::http
