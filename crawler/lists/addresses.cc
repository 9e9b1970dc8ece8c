#include "crawler/lists/addresses.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "schemas/text.h"

namespace saunter::crawler::lists {
namespace {

constexpr std::size_t kChannelIdBytes = 24;

bool BeginsWith(std::string_view text, std::string_view prefix) {
  return schemas::EqualsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

bool IsHttp(std::string_view text) {
  return BeginsWith(text, "http://") || BeginsWith(text, "https://");
}

std::unordered_map<std::string_view, FeedType> ReadFeedTypes(std::string_view text) {
  std::unordered_map<std::string_view, FeedType> types;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const bool maybe = line.starts_with("? ");
    if (maybe) line.remove_prefix(2);
    types.emplace(line, maybe ? FeedType::kMaybe : FeedType::kYes);
  }
  return types;
}

// One parameter of "?a=b&c=d" in lower case, or empty.
std::string QueryParameter(const url::Url& url, std::string_view name) {
  std::string_view rest = url.query;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(parameter.size());
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos &&
        schemas::EqualsIgnoringCase(parameter.substr(0, equals), name)) {
      return std::string(parameter.substr(equals + 1));
    }
  }
  return {};
}

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (!segment.empty()) segments.push_back(segment);
  }
  return segments;
}

// "/@ann", and nothing of another server ("/@ann@other.example").
bool IsHandle(std::string_view segment) {
  const auto is_usual = [](char c) {
    return schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c) || c == '_' || c == '.' ||
           c == '-';
  };
  return segment.size() > 1 && segment.front() == '@' &&
         std::all_of(segment.begin() + 1, segment.end(), is_usual);
}

// What a platform is asked by: the page's URL and the segments of its path.
struct PlatformPage {
  const url::Url& url;
  std::vector<std::string_view> path;
  std::string origin;  // "https://host"

  [[nodiscard]] std::string_view At(std::size_t i) const {
    return i < path.size() ? path[i] : std::string_view();
  }
  [[nodiscard]] std::string Under(std::initializer_list<std::string_view> parts) const {
    std::string made = origin;
    for (const auto part : parts) made.append(part);
    return made;
  }
};

using Rule = std::vector<std::string> (*)(const PlatformPage&);

std::vector<std::string> FeedsOfYoutube(const PlatformPage& page) {
  constexpr std::string_view kFeeds = "https://www.youtube.com/feeds/videos.xml?";
  if (page.At(0) == "channel" && IsYoutubeChannel(page.At(1))) {
    return {YoutubeFeedUrl(page.At(1))};
  }
  if (page.At(0) == "user" && page.path.size() > 1) {
    return {std::string(kFeeds).append("user=").append(page.At(1))};
  }
  const auto list = QueryParameter(page.url, "list");
  if (!list.empty()) return {std::string(kFeeds).append("playlist_id=").append(list)};
  return {};
}

std::vector<std::string> FeedsOfMedium(const PlatformPage& page) {
  if (page.path.empty() || page.At(0) == "feed") return {};
  return {page.Under({"/feed/", page.At(0)})};
}

std::vector<std::string> FeedsOfGithub(const PlatformPage& page) {
  if (page.path.size() == 1) return {page.Under({"/", page.At(0), ".atom"})};
  if (page.path.size() < 2) return {};
  return {page.Under({"/", page.At(0), "/", page.At(1), "/releases.atom"})};
}

std::vector<std::string> FeedsOfReddit(const PlatformPage& page) {
  if (page.path.size() < 2) return {};
  return {page.Under({"/", page.At(0), "/", page.At(1), "/.rss"})};
}

std::vector<std::string> FeedsOfBluesky(const PlatformPage& page) {
  if (page.At(0) != "profile" || page.path.size() < 2) return {};
  return {page.Under({"/profile/", page.At(1), "/rss"})};
}

std::vector<std::string> FeedAtFeed(const PlatformPage& page) { return {page.Under({"/feed"})}; }
std::vector<std::string> FeedAtRss(const PlatformPage& page) { return {page.Under({"/rss"})}; }
std::vector<std::string> FeedsOfBlogger(const PlatformPage& page) {
  return {page.Under({"/feeds/posts/default"})};
}

struct Platform {
  std::string_view domain;  // and, where the rule is of its tenants, all hosts below it
  Rule rule;
};
constexpr auto kPlatformSites = std::to_array<Platform>({{"youtube.com", FeedsOfYoutube},
                                                         {"medium.com", FeedsOfMedium},
                                                         {"github.com", FeedsOfGithub},
                                                         {"reddit.com", FeedsOfReddit},
                                                         {"bsky.app", FeedsOfBluesky}});
constexpr auto kPlatformTenants = std::to_array<Platform>({{"substack.com", FeedAtFeed},
                                                           {"medium.com", FeedAtFeed},
                                                           {"wordpress.com", FeedAtFeed},
                                                           {"bearblog.dev", FeedAtFeed},
                                                           {"tumblr.com", FeedAtRss},
                                                           {"blogspot.com", FeedsOfBlogger}});

}  // namespace

std::string FeedAddress(std::string_view text) {
  text = schemas::TrimUnicodeSpace(text);
  for (const std::string_view scheme :
       {"feed:", "feeds:", "itpc:", "itms-pcast:", "itms-podcast:", "pcast:", "podcast:", "rss:"}) {
    if (!BeginsWith(text, scheme)) continue;
    text.remove_prefix(scheme.size());
    const bool has_host = text.starts_with("//");
    if (has_host) text.remove_prefix(2);
    if (IsHttp(text)) return std::string(text);
    return has_host || BeginsWith(text, "www.") ? "http://" + std::string(text) : std::string(text);
  }
  if (BeginsWith(text, "www.")) return "http://" + std::string(text);
  return std::string(text);
}

FeedType FeedTypeOf(std::string_view media_type) {
  static const auto kTypes = ReadFeedTypes(BuiltInFeedTypes());
  const auto essence = schemas::TrimUnicodeSpace(media_type.substr(0, media_type.find(';')));
  const auto found = kTypes.find(schemas::ToLowerAscii(essence));
  return found == kTypes.end() ? FeedType::kNo : found->second;
}

bool LooksLikeFeed(const url::Url& url) {
  constexpr auto kEnds =
      std::to_array<std::string_view>({"/feed",      "/feeds",     "/rss",
                                       "/rss2",      "/atom",      "/rdf",
                                       "/feed.xml",  "/rss.xml",   "/atom.xml",
                                       "/feeds.xml", "/rss2.xml",  "/index.xml",
                                       "/index.rdf", "/index.rss", "/feed.json",
                                       "/feed.php",  "/rss.php",   ".rss",
                                       ".atom",      ".rdf",       "/feeds/posts/default"});
  auto path = schemas::ToLowerAscii(url.path);
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (std::any_of(kEnds.begin(), kEnds.end(),
                  [&path](std::string_view end) { return path.ends_with(end); })) {
    return true;
  }
  // WordPress, Joomla and what else has its feeds behind a query.
  for (const auto* name : {"feed", "format", "type"}) {
    const auto value = schemas::ToLowerAscii(QueryParameter(url, name));
    for (const auto* kind : {"feed", "rss", "rss2", "atom", "rdf"}) {
      if (value == kind) return true;
    }
  }
  return false;
}

std::string YoutubeFeedUrl(std::string_view channel_id) {
  return std::string("https://www.youtube.com/feeds/videos.xml?channel_id=").append(channel_id);
}

bool IsYoutubeChannel(std::string_view text) {
  return text.size() == kChannelIdBytes && text.starts_with("UC") &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c) || c == '-' || c == '_';
         });
}

std::vector<std::string> PlatformFeedUrls(std::string_view page_url) {
  const auto url = url::ParseUrl(page_url);
  if (!url) return {};
  auto root = *url;
  root.path.clear();
  root.query.clear();
  root.fragment.clear();
  const PlatformPage page{*url, Segments(url->path), root.ToString()};
  std::string_view site = schemas::WithoutWww(url->host);
  if (site == "m.youtube.com" || site == "old.reddit.com") site.remove_prefix(site.find('.') + 1);
  for (const auto& platform : kPlatformSites) {
    if (site == platform.domain) return platform.rule(page);
  }
  for (const auto& platform : kPlatformTenants) {
    if (site.ends_with(platform.domain) && site.size() > platform.domain.size() &&
        site[site.size() - platform.domain.size() - 1] == '.') {
      return platform.rule(page);
    }
  }
  // Mastodon and its kin run on any host.
  if (page.path.size() == 1 && IsHandle(page.At(0))) return {page.Under({"/", page.At(0), ".rss"})};
  return {};
}

}  // namespace saunter::crawler::lists
