// Finds the feeds that a web page names, for an operator who gives a site and not a feed.
//
// Nothing is fetched here: whether a candidate is a feed is seen when the caller asks for it.
//
// Thread safety: all functions. Errors: none; a page that names nothing gives an empty list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::lists {

struct Page {
  std::string_view body;  // decoded of any Content-Encoding
  std::string url;        // final URL of the page
  std::string link;       // Link headers, joined by ", "; may be empty
};

struct FeedCandidate {
  std::string url;    // absolute http(s), normalised
  std::string title;  // as the page gives it, may be empty
};

struct Discovery {
  // Each once, best first: in the order of the page, feeds of comments last.
  std::vector<FeedCandidate> candidates;
  std::string refresh_url;  // where a meta refresh leads, empty if nowhere
};

// Takes Link headers (RFC 8288), then <link>: those of a feed type with rel="alternate", and any
// with rel="feed". Lenient: also those of a feed type without rel; <a> of a feed type, with
// "feed://", or with an address that ends as a feed's does; last <a> that says "RSS".
// Addresses in the page are resolved against <base>, those in headers against the page's URL.
[[nodiscard]] Discovery DiscoverFeeds(const Page& page);

// Where the feeds of such a site usually are, if its page names none; best first, those that its
// platform is known to have before all others.
[[nodiscard]] std::vector<std::string> WellKnownFeedUrls(std::string_view page_url);

}  // namespace saunter::crawler::lists
