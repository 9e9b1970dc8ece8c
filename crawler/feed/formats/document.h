// A fetched document, as the readers of all formats get it, and how reading it ended.
//
// Thread safety: values, no sharing. Ownership: the body is the caller's. Errors: ParseStatus.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed::formats {

enum class ParseStatus {
  kOk,
  kRecovered,  // broken, or beyond a limit that `detail` names; what was read is whole and right
  kNotAFeed,   // `detail` says what it is: an HTML page, OPML, a sitemap, …
  kLimit,      // beyond a limit of FeedSettings that `detail` names, before any entry was read
};

struct Document {
  std::string_view body;         // decoded of any Content-Encoding
  std::string url;               // final URL of the feed; may be empty
  std::string content_type;      // HTTP header, may be empty
  std::string content_language;  // HTTP header, may be empty
};

}  // namespace saunter::crawler::feed::formats
