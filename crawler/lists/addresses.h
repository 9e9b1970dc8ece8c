// The addresses of feeds as people and pages write them: schemes that hand feeds on, media types,
// paths that look like a feed's, and where platforms keep the feeds of their pages.
//
// Thread safety: all functions. Errors: none; what is no feed's address is returned as it is, or is
// empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crawler/url/url.h"

namespace saunter::crawler::lists {

// The http(s) address behind "feed://host/…", "feed:https://…" and the schemes of podcast players.
// Lenient: "www.…" without a scheme.
[[nodiscard]] std::string FeedAddress(std::string_view text);

// Whether a media type, with or without parameters, is that of a feed; kMaybe: of any XML. The list
// is feed_types.txt.
enum class FeedType { kNo, kMaybe, kYes };
[[nodiscard]] FeedType FeedTypeOf(std::string_view media_type);

// Whether a URL ends as that of a feed does, in its path or its query.
[[nodiscard]] bool LooksLikeFeed(const url::Url& url);

// The feeds that a platform has for a page of it, best first: of a channel at YouTube, of a person
// at Mastodon, Medium, GitHub, …; empty for pages of nobody we know. Nothing is asked.
[[nodiscard]] std::vector<std::string> PlatformFeedUrls(std::string_view page_url);

// The feed of a channel at YouTube.
[[nodiscard]] std::string YoutubeFeedUrl(std::string_view channel_id);

// Whether this is the id of a channel at YouTube.
[[nodiscard]] bool IsYoutubeChannel(std::string_view text);

// The list of types itself.
[[nodiscard]] std::string_view BuiltInFeedTypes();

}  // namespace saunter::crawler::lists
