#include "crawler/feed/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "crawler/feed/formats/date.h"
#include "crawler/feed/formats/unresolved.h"
#include "crawler/feed/language.h"
#include "crawler/feed/reference.h"
#include "crawler/text/plain_text.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::feed {
namespace {

// What the links of entries are resolved against, and what none of them means.
struct Bases {
  std::string base;
  std::optional<url::Url> site;
  std::optional<url::Url> feed;
};

enum class Fit {
  kPost,
  kSite,    // the whole of the site, by its full address: a post if no other link is one
  kNothing  // RFC 3986, 4.4: this very document, or the feed itself and parts of it
};

Fit FitOf(const url::Url& url, const formats::UrlCandidate& candidate, const Bases& bases) {
  if (bases.feed && IsSameDocument(url, *bases.feed)) return Fit::kNothing;
  if (HasFragment(url)) return Fit::kPost;
  const bool means_site = bases.site && IsSameDocument(url, *bases.site);
  if (IsAbsolute(candidate)) return means_site ? Fit::kSite : Fit::kPost;
  const auto own = candidate.base.empty() ? std::nullopt : url::ParseUrl(candidate.base);
  return means_site || (own && IsSameDocument(url, *own)) ? Fit::kNothing : Fit::kPost;
}

// A stable sort of a few elements that, unlike std::stable_sort, does not allocate.
void SortByRank(std::vector<formats::UrlCandidate>& candidates) {
  for (auto next = candidates.begin(); next != candidates.end(); ++next) {
    const auto place =
        std::upper_bound(candidates.begin(), next, next->rank,
                         [](formats::UrlRank rank, const auto& b) { return rank < b.rank; });
    std::rotate(place, next, next + 1);
  }
}

bool IsShort(const url::Url& url, const schemas::FeedSettings& settings) {
  return url.ToString().size() <= schemas::Limit(settings.url_bytes_max);
}

// The first candidate by rank that is a usable URL and not too long.
std::optional<url::Url> PickSiteUrl(std::vector<formats::UrlCandidate>& candidates,
                                    std::string_view feed_url,
                                    const schemas::FeedSettings& settings) {
  SortByRank(candidates);
  for (const auto& candidate : candidates) {
    auto url = ResolveReference(candidate, feed_url);
    if (url && IsShort(*url, settings)) return url;
  }
  return std::nullopt;
}

// The same of an entry, where it leads to a post.
std::optional<url::Url> PickUrl(std::vector<formats::UrlCandidate>& candidates, const Bases& bases,
                                const schemas::FeedSettings& settings) {
  SortByRank(candidates);
  std::optional<url::Url> site;
  for (const auto& candidate : candidates) {
    // The ids of those who link to their site are their recordings.
    if (site && candidate.rank >= formats::UrlRank::kPermalinkGuid) return site;
    auto url = ResolveReference(candidate, bases.base);
    const Fit fit = url ? FitOf(*url, candidate, bases) : Fit::kNothing;
    if (fit == Fit::kNothing || !IsShort(*url, settings)) continue;
    if (fit == Fit::kPost) return url;
    if (!site) site = std::move(url);
  }
  return site;
}

// What relative links are resolved against where no xml:base is in force (RFC 3986, 5.1): the
// feed's own URL. Lenient: for RSS the site's URL, if it is on the same host; also if there is no
// feed URL.
Bases BasesOf(const formats::UnresolvedFeed& unresolved, const std::optional<url::Url>& site_url,
              const Document& document) {
  Bases bases{.base = document.url, .site = site_url, .feed = url::ParseUrl(document.url)};
  if (!site_url) return bases;
  const bool rss = unresolved.format.starts_with("rss");
  const bool same_host = bases.feed && bases.feed->host == site_url->host;
  if (!bases.feed || (rss && same_host)) bases.base = site_url->ToString();
  return bases;
}

// A fragment tells entries apart only where several of them share the path.
class Paths {
 public:
  explicit Paths(const std::vector<std::optional<url::Url>>& urls) {
    const auto has_fragment = [](const auto& url) { return url && !url->fragment.empty(); };
    if (std::none_of(urls.begin(), urls.end(), has_fragment)) return;
    for (const auto& url : urls) {
      if (url) ++counts_[url->host + url->path];
    }
  }
  [[nodiscard]] url::KeepFragment Keep(const url::Url& url) const {
    if (url.fragment.empty()) return url::KeepFragment::kNo;
    const auto found = counts_.find(url.host + url.path);
    return found != counts_.end() && found->second > 1 ? url::KeepFragment::kYes
                                                       : url::KeepFragment::kNo;
  }

 private:
  std::unordered_map<std::string, int> counts_;
};

void SetDates(const formats::RankedDates& dates, schemas::UnixSeconds now, ParsedEntry& entry) {
  const auto first = [&](formats::DateRank begin,
                         formats::DateRank end) -> std::optional<schemas::UnixSeconds> {
    for (auto i = static_cast<std::size_t>(begin); i <= static_cast<std::size_t>(end); ++i) {
      if (dates.at[i]) return dates.at[i];
    }
    return std::nullopt;
  };
  entry.published_at =
      formats::ClampDate(first(formats::DateRank::kPublished, formats::DateRank::kCreated), now);
  entry.updated_at = formats::ClampDate(
      first(formats::DateRank::kUpdated, formats::DateRank::kDublinModified), now);
}

std::string BoundGuid(std::string guid, const schemas::FeedSettings& settings) {
  if (guid.size() <= schemas::Limit(settings.guid_bytes_max)) return guid;
  return fmt::format("hash:{:016x}", static_cast<std::uint64_t>(url::TextKey(guid)));
}

// An entry is known within its feed by a guid that is not repeated, else by its link, else by title
// and text.
void SetIdentity(std::vector<ParsedEntry>& entries) {
  std::unordered_map<std::string_view, int> guids;
  for (const auto& entry : entries) ++guids[entry.guid];
  for (auto& entry : entries) {
    if (!entry.guid.empty() && guids[entry.guid] == 1) {
      entry.guid_key = url::TextKey(entry.guid);
    } else if (!entry.url.empty()) {
      entry.guid_key = url::TextKey(entry.url);
    } else {
      entry.guid_key = url::TextKey(entry.title + "\n" + entry.summary);
    }
  }
}

// Detects the language of entries that do not name it: of all together if they share one, else of
// each by itself.
void DetectLanguages(std::vector<ParsedEntry>& entries) {
  constexpr std::size_t kSampleEntries = 8;
  constexpr std::size_t kSampleCodePoints = 120;
  constexpr std::size_t kEntryCodePoints = 240;  // more makes it slower, hardly surer
  const auto text_of = [](const ParsedEntry& entry) {
    return entry.title + ". " + std::string(text::CutCodePoints(entry.summary, kEntryCodePoints));
  };
  std::vector<ParsedEntry*> silent;
  for (auto& entry : entries) {
    if (entry.language.empty()) silent.push_back(&entry);
  }
  if (silent.empty()) return;
  std::string sample;
  const std::size_t step = silent.size() / kSampleEntries + 1;
  for (std::size_t i = 0; i < silent.size(); i += step) {
    sample += text::CutCodePoints(text_of(*silent[i]), kSampleCodePoints);
    sample += '\n';
  }
  const std::string common = silent.size() > 1 ? DetectLanguage(sample) : std::string();
  for (ParsedEntry* const entry : silent) {
    entry->language = common.empty() ? DetectLanguage(text_of(*entry)) : common;
  }
}

}  // namespace

ParsedFeed ResolveFeed(formats::UnresolvedFeed unresolved, const Document& document,
                       const schemas::FeedSettings& settings, schemas::UnixSeconds now) {
  ParsedFeed feed;
  const auto site_url = PickSiteUrl(unresolved.site_urls, document.url, settings);
  const Bases bases = BasesOf(unresolved, site_url, document);
  feed.format = std::move(unresolved.format);
  feed.detail = std::move(unresolved.detail);
  if (!feed.detail.empty()) feed.status = ParseStatus::kLimit;
  feed.title = std::move(unresolved.title);
  if (site_url) feed.site_url = site_url->ToString();
  feed.language = NormaliseLanguage(unresolved.language);
  if (feed.language.empty()) feed.language = NormaliseLanguage(document.content_language);
  feed.ttl_minutes = unresolved.ttl_minutes;
  feed.update_period_s = unresolved.update_period_s;
  feed.skip_hours = unresolved.skip_hours;
  feed.skip_days = unresolved.skip_days;
  const std::string feed_author = unresolved.authors.Pick();

  std::vector<std::optional<url::Url>> urls;
  urls.reserve(unresolved.entries.size());
  for (auto& entry : unresolved.entries) urls.push_back(PickUrl(entry.urls, bases, settings));
  const Paths paths(urls);

  feed.entries.reserve(unresolved.entries.size());
  for (std::size_t i = 0; i < unresolved.entries.size(); ++i) {
    formats::UnresolvedEntry& from = unresolved.entries[i];
    ParsedEntry& entry = feed.entries.emplace_back();
    entry.guid = BoundGuid(std::move(from.guid), settings);
    if (auto& url = urls[i]) {
      entry.url = url::CanonicalUrl(*url, paths.Keep(*url));
      entry.address = std::move(*url);
    }
    entry.title = std::move(from.title);
    entry.summary = std::move(from.summary);
    std::string author = from.authors.Pick();
    if (author.empty()) author = feed_author;
    entry.author = text::CutCodePoints(author, schemas::Limit(settings.author_code_points_max));
    entry.categories = from.categories.empty() ? unresolved.categories : std::move(from.categories);
    SetDates(from.dates, now, entry);
    entry.language = NormaliseLanguage(from.language);
    if (entry.language.empty()) entry.language = feed.language;
  }
  DetectLanguages(feed.entries);
  SetIdentity(feed.entries);
  return feed;
}

}  // namespace saunter::crawler::feed
