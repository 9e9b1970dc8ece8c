// The header fields of a response that the crawler uses, and what they mean.
//
// Thread safety: values and pure functions. Errors: none; a field that cannot be read is absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/units.h"

namespace saunter::crawler::fetch {

// The fields of one response as the server wrote them, trimmed. Of a repeated field the first
// counts, except where noted.
struct ResponseHeaders {
  std::string location;
  std::string etag;
  std::string last_modified;
  std::string content_type;
  std::string content_language;
  std::string content_encoding;  // all of them, joined by ", "
  std::string content_range;
  std::string link;           // all of them, joined by ", "
  std::string cache_control;  // all of them, joined by ", "
  std::string date;
  std::string age;
  std::string expires;
  std::string retry_after;
  bool challenge = false;  // a firewall sent its test for browsers in place of the page

  // Takes in one header line, with or without its line end. Anything else is ignored.
  void Take(std::string_view line);
};

// RFC 9110, 14.4: whether a 206 has the whole of its document, "bytes 0-99/100".
[[nodiscard]] bool IsWholeRange(std::string_view content_range);

// The validator if it may be sent back, being printable ASCII and not too long; else empty.
[[nodiscard]] std::string UsableValidator(std::string_view value);

// RFC 9110, 5.6.7: IMF-fixdate, RFC 850 and asctime dates. `now` places two-digit years.
// Lenient: one-digit days, "UTC" or "+0000" for "GMT", a wrong weekday.
[[nodiscard]] std::optional<schemas::UnixSeconds> ParseHttpDate(std::string_view text,
                                                                schemas::UnixSeconds now);

// RFC 9110, 10.2.3: seconds, or a date relative to the Date field (`now` if there is none); past
// dates are 0. More than ten years is nonsense.
[[nodiscard]] std::optional<std::int64_t> RetryAfterSeconds(const ResponseHeaders& headers,
                                                            schemas::UnixSeconds now);

// RFC 9111, 4.2.1, as a private cache: max-age − Age, else Expires − Date, 0 if stale already.
// Absent with no-cache or no-store, or where the server says nothing that can be read.
[[nodiscard]] std::optional<std::int64_t> FreshForSeconds(const ResponseHeaders& headers,
                                                          schemas::UnixSeconds now);

}  // namespace saunter::crawler::fetch
