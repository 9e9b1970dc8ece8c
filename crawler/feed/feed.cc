#include "crawler/feed/feed.h"

#include "crawler/feed/formats/formats.h"
#include "crawler/feed/resolve.h"
#include "crawler/text/charset.h"
#include "schemas/text.h"

namespace saunter::crawler::feed {

ParsedFeed ParseFeed(const Document& document, const schemas::FeedSettings& settings,
                     schemas::UnixSeconds now) {
  if (std::ssize(document.body) > settings.body_bytes_max) {
    ParsedFeed feed;
    feed.status = ParseStatus::kLimit;
    feed.detail = "more bytes than feed.body_bytes_max";
    return feed;
  }
  const text::Utf8Text text = text::ToUtf8(document.body, document.content_type);
  const std::string_view trimmed = schemas::TrimUnicodeSpace(text.text().substr(0, 4096));
  const bool is_json = trimmed.starts_with('{') || trimmed.starts_with('[');
  formats::ReadResult read = is_json ? formats::ReadJsonFeed(text.text(), document, settings)
                                     : formats::ReadXmlFeed(text.text(), document, settings);
  ParsedFeed feed;
  if (read.feed) {
    feed = ResolveFeed(*std::move(read.feed), document, settings, now);
  } else {
    feed.status = read.status;
    feed.detail = std::move(read.detail);
  }
  feed.encoding = text.charset;
  feed.encoding_from = text.source;
  if (!read.feed) return feed;
  if (feed.status == ParseStatus::kOk && text.repaired) feed.status = ParseStatus::kRecovered;
  if (feed.status == ParseStatus::kOk) feed.status = read.status;
  if (feed.status == ParseStatus::kLimit && !feed.entries.empty()) {
    feed.status = ParseStatus::kRecovered;
  }
  return feed;
}

}  // namespace saunter::crawler::feed
