// Reads one HTTP request from the bytes of a connection: what the routes need of it, or why it is
// refused.
//
// Strict where leniency would let two programs read one request differently (RFC 9112): no bare
// line feeds, no folded lines, one Host, and bodies only where they are wanted and their length is
// said plainly. Header fields that this service does not use (Cookie, Date, Cache-Control, …) are
// never parsed, so nothing in them can do harm.
//
// Thread safety: all functions. Ownership: views into the bytes given. Errors: ReadStatus.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace saunter::api::http {

enum class Method { kGet, kHead, kOptions, kPost, kOther };

// How the end of a request's body is found (RFC 9112, 6.3).
enum class BodyLength {
  kNone,       // there is no body
  kSaid,       // one Content-Length, a number
  kChunked,    // any Transfer-Encoding
  kMalformed,  // Content-Length twice, or no number
};

struct Request {
  Method method = Method::kGet;
  std::string_view path;             // percent-encoded as sent
  std::string_view query;            // after the "?", percent-encoded as sent
  std::string_view if_none_match;    // empty if absent
  std::string_view accept_language;  // the same
  bool keep_alive = true;
  bool says_keep_alive = false;  // an HTTP/1.0 client expects the answer to repeat it
  bool prefers_text = false;     // Accept ranks text/plain above application/json
  bool prefers_page = false;     // Accept ranks text/html above it, as browsers do for a person
  // Where a body is not wanted its end is not looked for, and the connection ends.
  bool has_body = false;
  BodyLength body_length = BodyLength::kNone;
  std::size_t body_bytes = 0;      // kSaid only
  bool expects = false;            // Expect: 100-continue, or whatever else
  bool is_encoded = false;         // Content-Encoding
  std::string_view content_type;   // empty if absent
  std::string_view forwarded_for;  // the last X-Forwarded-For; empty if absent
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

// RFC 4647, 3.4: which of the tags that are offered suits an Accept-Language field best, by its
// place. The reader's languages go by their weight, then by their order (RFC 9110, 12.5.4); "de-AT"
// is served by "de", and "zh" by an offered "zh-CN". Absent: none suits.
[[nodiscard]] std::optional<std::size_t> BestLanguage(std::string_view accept_language,
                                                      std::span<const std::string_view> offered);

[[nodiscard]] ReadResult ReadRequest(std::string_view bytes, std::size_t bytes_max);

}  // namespace saunter::api::http
