// Answers: status, content type, header lines and body, and how they are written to the wire.
//
// Thread safety: values and pure functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schemas/units.h"

namespace saunter::api::http {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProblemJson = "application/problem+json";
inline constexpr std::string_view kText = "text/plain; charset=utf-8";

struct Answer {
  int status = 200;
  std::string_view content_type = kJson;  // empty: no such header
  std::string_view cache_control = "no-store";
  std::string_view
      content_policy;   // Content-Security-Policy of a page; empty: nothing may be loaded
  std::string headers;  // more lines, each with its CR LF
  std::string detail;   // of a problem, as in its body
  std::string reason;   // the same
  std::string body;
  // A body that several answers share; used instead of `body`.
  std::shared_ptr<const std::string> shared_body;

  [[nodiscard]] const std::string& Body() const { return shared_body ? *shared_body : body; }
  void Clear();
};

// RFC 9457. `detail` says what to do; `reason` is a word for programs and may be empty.
void SetProblem(Answer& answer, int status, std::string_view detail, std::string_view reason = {});

// Gives a cacheable answer its ETag, and makes it a 304 if the client has it already.
void SetTag(Answer& answer, std::string_view tag, std::string_view if_none_match);
// An ETag with its quotes: a hash of the text.
[[nodiscard]] std::string TagOf(std::string_view text);

enum class BodyOnWire { kYes, kNo };  // kNo: the answer to HEAD, or the body is sent separately
enum class AfterAnswer { kKeepAlive, kSayKeepAlive, kClose };

// Appends status line, headers and body. `date` is the value of the Date header.
void AppendAnswer(std::string& out, const Answer& answer, std::string_view date, BodyOnWire body,
                  AfterAnswer after);

// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string HttpDate(schemas::UnixSeconds now);

std::string_view ReasonPhrase(int status);

}  // namespace saunter::api::http
