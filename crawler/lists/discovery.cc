#include "crawler/lists/discovery.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "crawler/lists/addresses.h"
#include "crawler/text/charset.h"
#include "crawler/text/plain_text.h"
#include "crawler/text/tags.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::lists {
namespace {

constexpr std::size_t kPageBytesMax = 2 << 20;
constexpr std::size_t kPagePieceBytes = 65536;
constexpr std::size_t kCandidatesMax = 20;
constexpr std::size_t kCandidateTitleMax = 200;
constexpr std::size_t kLinkHeaderBytesMax = 16384;

// HTML, 4.6.2: rel is a set of words.
bool HasWord(std::string_view words, std::string_view word) {
  while (!(words = schemas::TrimUnicodeSpace(words)).empty()) {
    const auto end = std::min(words.find_first_of(" \t\r\n\f"), words.size());
    if (schemas::EqualsIgnoringCase(words.substr(0, end), word)) return true;
    words.remove_prefix(end);
  }
  return false;
}

// JSON Feed 1.0 used application/json, but WordPress uses it for its interface, too.
bool IsJsonFeed(std::string_view type, std::string_view href) {
  return schemas::EqualsIgnoringCase(schemas::TrimUnicodeSpace(type), "application/json") &&
         href.find("feed") != std::string_view::npos;
}

// Lenient: a type that only feeds have needs no relation.
bool NamesAFeed(std::string_view rel, std::string_view type, std::string_view href) {
  if (HasWord(rel, "stylesheet")) return false;
  if (HasWord(rel, "feed")) return true;
  if (schemas::TrimUnicodeSpace(rel).empty()) return FeedTypeOf(type) == FeedType::kYes;
  return HasWord(rel, "alternate") && (FeedTypeOf(type) != FeedType::kNo || IsJsonFeed(type, href));
}

// What an anchor says where it leads to a feed: "RSS", "Atom feed", "Subscribe via RSS".
bool SpeaksOfAFeed(std::string_view text) {
  constexpr std::size_t kWordsBytesMax = 60;
  return text.size() <= kWordsBytesMax && (HasWord(text, "rss") || HasWord(text, "atom") ||
                                           HasWord(text, "feed") || HasWord(text, "rss-feed"));
}

bool IsCommentsFeed(const FeedCandidate& candidate) {
  return schemas::ToLowerAscii(candidate.url).find("comments") != std::string::npos ||
         schemas::ToLowerAscii(candidate.title).find("comments") != std::string::npos;
}

// Gathers candidates rank by rank, each URL once.
class Gatherer {
 public:
  explicit Gatherer(std::string base) : base_(std::move(base)) {}

  void SetBase(std::string_view href) {
    const auto url = url::ResolveUrl(base_, href);
    if (url && !has_base_) base_ = url->ToString();
    has_base_ = true;
  }

  // `raw` texts are HTML attributes as they stand.
  void Add(std::string_view raw_href, std::string_view raw_title,
           std::vector<FeedCandidate>& candidates) const {
    const auto url = Resolve(raw_href);
    if (!url || candidates.size() >= kCandidatesMax) return;
    candidates.push_back({*url, text::PlainText(text::RepairUtf8(raw_title), text::Markup::kPlain,
                                                kCandidateTitleMax, text::Cut::kCodePoint)});
  }

  [[nodiscard]] std::optional<std::string> Resolve(std::string_view raw_href) const {
    const auto href = FeedAddress(text::DecodeEntities(text::RepairUtf8(raw_href)));
    const auto url = url::ResolveUrl(base_, href);
    return url ? url::NormaliseFeedUrl(url->ToString()) : std::nullopt;
  }

 private:
  std::string base_;
  bool has_base_ = false;
};

// "5; url='https://…'" → what stands behind "url=" (HTML, 4.2.5.3).
std::string_view RefreshTarget(std::string_view content) {
  const auto separator = content.find_first_of(";,");
  if (separator == std::string_view::npos) return {};
  auto rest = schemas::TrimUnicodeSpace(content.substr(separator + 1));
  if (!schemas::EqualsIgnoringCase(rest.substr(0, 3), "url")) return {};
  rest = schemas::TrimUnicodeSpace(rest.substr(3));
  if (!rest.starts_with('=')) return {};
  rest = schemas::TrimUnicodeSpace(rest.substr(1));
  if (rest.starts_with('\'') || rest.starts_with('"')) {
    const char quote = rest.front();
    rest.remove_prefix(1);
    rest = rest.substr(0, rest.find(quote));
  }
  return rest;
}

// The candidates that the tags of a page name, by rank.
struct PageFindings {
  std::vector<FeedCandidate> links;
  std::vector<FeedCandidate> anchors;
  std::vector<FeedCandidate> spoken;  // anchors that are a feed's by what they say only
  std::string open_href;              // of the anchor whose text is being read
  std::string refresh_url;
};

void TakeAnchor(const text::Tag& tag, std::string_view href, const Gatherer& gatherer,
                PageFindings& findings) {
  findings.open_href.clear();
  const auto url = gatherer.Resolve(href);
  const auto parsed = url ? url::ParseUrl(*url) : std::nullopt;
  if (!parsed) return;
  const bool named =
      FeedTypeOf(tag.Find("type")) != FeedType::kNo || HasWord(tag.Find("rel"), "feed");
  // "feed://…" is said of feeds only.
  const bool handed_on =
      FeedAddress(href) != schemas::TrimUnicodeSpace(href) && !href.starts_with("www.");
  if (named || handed_on || LooksLikeFeed(*parsed)) {
    gatherer.Add(href, tag.Find("title"), findings.anchors);
  } else if (SpeaksOfAFeed(tag.Find("title")) || SpeaksOfAFeed(tag.Find("aria-label"))) {
    gatherer.Add(href, tag.Find("title"), findings.spoken);
  } else {
    findings.open_href = href;
  }
}

// The end of an anchor, whose text stands before it.
void TakeEnd(const text::Tag& tag, const Gatherer& gatherer, PageFindings& findings) {
  if (tag.name != "a" || findings.open_href.empty()) return;
  if (SpeaksOfAFeed(tag.text)) gatherer.Add(findings.open_href, {}, findings.spoken);
  findings.open_href.clear();
}

void TakeTag(const text::Tag& tag, Gatherer& gatherer, PageFindings& findings) {
  const auto href = tag.Find("href");
  if (tag.name == "base" && !href.empty()) {
    gatherer.SetBase(text::DecodeEntities(text::RepairUtf8(href)));
  } else if (tag.name == "link" && !href.empty()) {
    if (NamesAFeed(tag.Find("rel"), tag.Find("type"), href)) {
      gatherer.Add(href, tag.Find("title"), findings.links);
    }
  } else if (tag.name == "a" && !href.empty()) {
    TakeAnchor(tag, href, gatherer, findings);
  } else if (tag.name == "meta" && schemas::EqualsIgnoringCase(tag.Find("http-equiv"), "refresh")) {
    const auto target = RefreshTarget(tag.Find("content"));
    if (!target.empty()) findings.refresh_url = gatherer.Resolve(target).value_or(std::string());
  }
}

PageFindings ReadPage(const Page& page) {
  PageFindings findings;
  Gatherer gatherer(page.url);
  text::TagScanner scanner(text::TagScanner::Dialect::kHtml);
  auto body = page.body.substr(0, kPageBytesMax);
  while (!body.empty()) {
    const auto piece = body.substr(0, kPagePieceBytes);
    body.remove_prefix(piece.size());
    scanner.Add(piece);
    if (body.empty()) scanner.End();
    while (const auto tag = scanner.Next()) {
      if (tag->kind == text::Tag::Kind::kStart || tag->kind == text::Tag::Kind::kEmpty) {
        TakeTag(*tag, gatherer, findings);
      } else if (tag->kind == text::Tag::Kind::kEnd) {
        TakeEnd(*tag, gatherer, findings);
      }
    }
  }
  return findings;
}

// One parameter's value of `; name=token; name="text"` (RFC 8288, 3), or an empty text.
std::string_view Parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    parameters = schemas::TrimUnicodeSpace(parameters.substr(parameters.starts_with(';') ? 1 : 0));
    const auto key =
        schemas::TrimUnicodeSpace(parameters.substr(0, parameters.find_first_of("=;")));
    parameters.remove_prefix(std::min(parameters.find_first_of("=;"), parameters.size()));
    std::string_view value;
    if (parameters.starts_with('=')) {
      parameters = schemas::TrimUnicodeSpace(parameters.substr(1));
      const bool quoted = parameters.starts_with('"');
      if (quoted) parameters.remove_prefix(1);
      value = parameters.substr(0, parameters.find(quoted ? '"' : ';'));
      parameters.remove_prefix(value.size());
      if (quoted && !parameters.empty()) parameters.remove_prefix(1);
      parameters.remove_prefix(std::min(parameters.find(';'), parameters.size()));
    }
    if (schemas::EqualsIgnoringCase(key, name)) return schemas::TrimUnicodeSpace(value);
  }
  return {};
}

// The place of the "," that ends a link-value, past quoted text.
std::size_t LinkValueEnd(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) return i;
  }
  return text.size();
}

std::vector<FeedCandidate> ReadLinkHeader(const Page& page) {
  std::vector<FeedCandidate> candidates;
  const Gatherer gatherer(page.url);
  std::string_view rest = std::string_view(page.link).substr(0, kLinkHeaderBytesMax);
  while (true) {
    const auto open = rest.find('<');
    if (open == std::string_view::npos) return candidates;
    rest.remove_prefix(open + 1);
    const auto close = rest.find('>');
    if (close == std::string_view::npos) return candidates;
    const auto href = rest.substr(0, close);
    rest.remove_prefix(close + 1);
    const auto parameters = rest.substr(0, LinkValueEnd(rest));
    rest.remove_prefix(parameters.size());
    if (NamesAFeed(Parameter(parameters, "rel"), Parameter(parameters, "type"), href)) {
      gatherer.Add(href, Parameter(parameters, "title"), candidates);
    }
  }
}

}  // namespace

Discovery DiscoverFeeds(const Page& page) {
  auto findings = ReadPage(page);
  std::vector<FeedCandidate> ranked = ReadLinkHeader(page);
  ranked.insert(ranked.end(), findings.links.begin(), findings.links.end());
  ranked.insert(ranked.end(), findings.anchors.begin(), findings.anchors.end());
  ranked.insert(ranked.end(), findings.spoken.begin(), findings.spoken.end());
  std::stable_partition(ranked.begin(), ranked.end(),
                        [](const FeedCandidate& candidate) { return !IsCommentsFeed(candidate); });
  Discovery discovery;
  discovery.refresh_url = std::move(findings.refresh_url);
  std::set<std::string> seen;
  for (auto& candidate : ranked) {
    const bool is_new = seen.insert(candidate.url).second;
    if (is_new && discovery.candidates.size() < kCandidatesMax) {
      discovery.candidates.push_back(std::move(candidate));
    }
  }
  return discovery;
}

std::vector<std::string> WellKnownFeedUrls(std::string_view page_url) {
  // WordPress and Substack; Jekyll; Hugo; Ghost and Tumblr; WordPress without its paths; Blogger.
  constexpr auto kPlaces =
      std::to_array<std::string_view>({"feed", "rss.xml", "feed.xml", "atom.xml", "index.xml",
                                       "rss/", "?feed=rss2", "feed.json", "feeds/posts/default"});
  std::vector<std::string> urls = PlatformFeedUrls(page_url);
  for (const std::string_view root : {"./", "/"}) {
    for (const auto place : kPlaces) {
      const auto url = url::ResolveUrl(page_url, std::string(root).append(place));
      if (!url) continue;
      auto text = url->ToString();
      if (std::find(urls.begin(), urls.end(), text) == urls.end()) urls.push_back(std::move(text));
    }
  }
  return urls;
}

}  // namespace saunter::crawler::lists
