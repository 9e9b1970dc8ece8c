// Reads one HTTP request from the bytes of a connection: what the routes need of it, or why it is
// refused.
//
// Strict where leniency would let two programs read one request differently (RFC 9112): no bare
// line feeds, no folded lines, one Host, no bodies. Header fields that this service does not use
// (Cookie, Date, Cache-Control, …) are never parsed, so nothing in them can do harm.
//
// Thread safety: all functions. Ownership: views into the bytes given. Errors: ReadStatus.
#pragma once

#include <cstddef>
#include <string_view>

namespace saunter::api::http {

enum class Method { kGet, kHead, kOptions, kOther };

struct Request {
  Method method = Method::kGet;
  std::string_view path;           // percent-encoded as sent
  std::string_view query;          // after the "?", percent-encoded as sent
  std::string_view if_none_match;  // empty if absent
  bool keep_alive = true;
  bool says_keep_alive = false;  // an HTTP/1.0 client expects the answer to repeat it
  bool prefers_text = false;     // Accept ranks text/plain above application/json
  bool has_body = false;         // refused; its end is not looked for
};

enum class ReadStatus {
  kIncomplete,  // more bytes are needed
  kOk,
  kRefused,  // answer `code` with `detail` and close, since the next request's beginning is unknown
};

struct ReadResult {
  ReadStatus status = ReadStatus::kIncomplete;
  Request request;
  std::size_t consumed = 0;  // bytes of this request, kOk only
  int code = 0;
  std::string_view detail;
};

[[nodiscard]] ReadResult ReadRequest(std::string_view bytes, std::size_t bytes_max);

}  // namespace saunter::api::http
