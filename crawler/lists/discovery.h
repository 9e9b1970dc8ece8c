// The feeds that a web page names: what to ask when an operator gives a site, not a feed.
//
// Nothing is fetched here; every candidate is yet to be asked and found to be a feed.
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
  // Without repetition, best first: the order of the page, comments feeds last.
  std::vector<FeedCandidate> candidates;
  std::string refresh_url;  // where a meta refresh leads, empty if nowhere
};

// RFC 8288 Link headers with rel=alternate, then <link rel="alternate"> and rel="feed" of a feed
// type, then, Lenient: <a> of a feed type or whose address ends like a feed's; each against <base>.
[[nodiscard]] Discovery DiscoverFeeds(const Page& page);

// Where feeds of this site mostly are, if its page names none; best first.
[[nodiscard]] std::vector<std::string> WellKnownFeedUrls(std::string_view page_url);

}  // namespace saunter::crawler::lists
