#include "crawler/cli/import_source.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "crawler/cli/fetch_one.h"
#include "crawler/cli/input.h"
#include "crawler/feed/feed.h"
#include "crawler/lists/addresses.h"
#include "crawler/lists/discovery.h"
#include "crawler/url/url.h"
#include "schemas/text.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kCandidatesAskedMax = 10;
// A feed that was fetched here is not fetched again before this time has passed.
constexpr schemas::UnixSeconds kFetchGapS = 3600;

// The address that a source is, or nothing: a file of that name goes before "www.…".
std::optional<std::string> AddressOf(const std::string& source) {
  auto address = lists::FeedAddress(source);
  const bool is_http =
      schemas::EqualsIgnoringCase(std::string_view(address).substr(0, 7), "http://") ||
      schemas::EqualsIgnoringCase(std::string_view(address).substr(0, 8), "https://");
  if (!is_http || (address != source && std::filesystem::exists(source))) return std::nullopt;
  return address;
}

// What the document is and what to do with it, if no list has come of it. `any`: something of it
// was taken, or said to be wrong.
enum class Found { kNothing, kSomething };
std::string NotAList(lists::OutlineFormat format, Found any) {
  switch (format) {
    case lists::OutlineFormat::kHtml:
      return "this is a web page, not a list; give its address instead: saunter import https://…";
    case lists::OutlineFormat::kFeed:
      return "this is a feed, not a list of feeds; give its address: saunter feed add https://…";
    case lists::OutlineFormat::kEmpty:
      return any == Found::kSomething
                 ? ""
                 : "the list is empty; OPML is expected, or one URL on each line";
    case lists::OutlineFormat::kOpml:
      if (any == Found::kSomething) return {};
      return "this is OPML without feeds: no <outline> has an xmlUrl, which is where a feed's "
             "address belongs; export it again with its feeds, or give one URL on each line";
    case lists::OutlineFormat::kBookmarks:
      if (any == Found::kSomething) return {};
      return "these bookmarks hold no feed; give the address of a site instead: saunter import "
             "https://…";
    case lists::OutlineFormat::kText:
    case lists::OutlineFormat::kChannels:
      if (any == Found::kSomething) return {};
      return "this list has no address in it; one URL on each line is expected, or OPML";
  }
  return {};
}

// Takes a list that comes in pieces, and says at its end if nothing was in it.
class ListTaker {
 public:
  explicit ListTaker(ImportRun& run) : run_(run) {}

  [[nodiscard]] bool Take(const lists::OutlineList& list) {
    if (!list.outlines.empty() || !list.problems.empty()) any_ = Found::kSomething;
    return run_.Take(list);
  }
  [[nodiscard]] bool TakeLast(const lists::OutlineList& list) {
    if (!Take(list)) return false;
    if (const auto problem = NotAList(list.format, any_); !problem.empty()) {
      run_.TakeProblem(0, problem);
    }
    return true;
  }

 private:
  ImportRun& run_;
  Found any_ = Found::kNothing;
};

bool ReadFile(const std::string& name, ImportRun& run) {
  Input input;
  if (const auto problem = input.Open(name)) {
    run.TakeProblem(0, *problem);
    return true;
  }
  Progress progress(name);
  lists::OutlineReader reader;
  ListTaker taker(run);
  while (!reader.Done()) {
    const auto piece = input.Read();
    if (piece.empty()) break;
    reader.Add(piece);
    const auto list = reader.Take();
    if (!list.problems.empty()) progress.Wipe();
    if (!taker.Take(list)) return false;
    progress.Show(input.bytes_read(), input.bytes_total());
  }
  progress.Wipe();
  reader.End();
  const auto rest = reader.Take();
  if (input.problem().empty()) return taker.TakeLast(rest);
  // What could not be read to its end is not blamed for what it lacks.
  run.TakeProblem(0, input.problem());
  return taker.Take(rest);
}

// --- Addresses.
bool IsFeedBody(const fetch::Response& response, const schemas::Settings& settings) {
  const feed::Document document{response.body, response.effective_url, response.content_type,
                                response.content_language};
  const auto parsed = feed::ParseFeed(document, settings.feed, Now());
  return parsed.status == feed::ParseStatus::kOk || parsed.status == feed::ParseStatus::kRecovered;
}

bool TypeSaysFeed(const fetch::Response& response) {
  return lists::FeedTypeOf(response.content_type) == lists::FeedType::kYes;
}

bool TypeSaysPage(const fetch::Response& response) {
  return response.content_type.starts_with("text/html") ||
         response.content_type.starts_with("application/xhtml");
}

lists::Outline OutlineOf(const std::string& url, const std::string& title,
                         const std::string& site_url) {
  lists::Outline outline;
  outline.url = url;
  outline.title = title;
  outline.site_url = site_url;
  return outline;
}

// A candidate found to be a feed, and when it may be asked again: 0 if it was not fetched.
struct FoundFeed {
  std::string url;
  schemas::UnixSeconds next_check_at = 0;
};

// Who names a candidate. If the page does, it is a feed, and robots.txt does not bind feeds.
enum class NamedBy { kPage, kNobody };

// A HEAD says enough about most feeds, and the first GET is left to the crawler. If it is no feed,
// `why_not` says so.
std::optional<FoundFeed> AskCandidate(FetchOne& web, const schemas::Settings& settings,
                                      const std::string& url, NamedBy named_by,
                                      std::string& why_not) {
  const auto probe = web.Ask(fetch::RequestKind::kProbe, url);
  const bool exempt =
      probe.outcome == schemas::FetchOutcome::kDisallowedByRobots && named_by == NamedBy::kPage;
  why_not = probe.detail;
  if (probe.outcome != schemas::FetchOutcome::kOk && !exempt) return std::nullopt;
  why_not = "it is a page, and no feed";
  if (TypeSaysPage(probe)) return std::nullopt;
  if (TypeSaysFeed(probe)) return FoundFeed{url, 0};
  const auto response = web.Ask(fetch::RequestKind::kFeed, url);
  why_not = response.detail;
  if (response.outcome != schemas::FetchOutcome::kOk) return std::nullopt;
  why_not = "there is no feed in it";
  if (!IsFeedBody(response, settings)) return std::nullopt;
  return FoundFeed{url, Now() + kFetchGapS};
}

std::optional<FoundFeed> FirstFeedOf(FetchOne& web, const schemas::Settings& settings,
                                     const std::vector<lists::FeedCandidate>& candidates,
                                     NamedBy named_by, std::string& why_not) {
  std::int64_t asked = 0;
  for (const auto& candidate : candidates) {
    if (asked == kCandidatesAskedMax) break;
    std::string problem;
    if (auto found = AskCandidate(web, settings, candidate.url, named_by, problem)) return found;
    if (asked++ == 0) why_not = candidate.url + " is named as a feed, but " + problem;
  }
  return std::nullopt;
}

std::vector<lists::FeedCandidate> WellKnown(const std::string& page_url) {
  std::vector<lists::FeedCandidate> candidates;
  for (auto& url : lists::WellKnownFeedUrls(page_url)) candidates.push_back({std::move(url), {}});
  return candidates;
}

std::vector<lists::FeedCandidate> PlatformFeeds(const std::string& page_url) {
  std::vector<lists::FeedCandidate> candidates;
  for (auto& url : lists::PlatformFeedUrls(page_url)) candidates.push_back({std::move(url), {}});
  return candidates;
}

bool ReadSite(FetchOne& web, const schemas::Settings& settings, fetch::Response page,
              ImportRun& run) {
  auto discovery = lists::DiscoverFeeds({page.body, page.effective_url, page.link});
  if (discovery.candidates.empty() && !discovery.refresh_url.empty()) {
    page = web.Ask(fetch::RequestKind::kPage, discovery.refresh_url);
    if (page.outcome != schemas::FetchOutcome::kOk) {
      run.TakeProblem(0, "this page leads on to " + discovery.refresh_url +
                             ", which could not be fetched: " + page.detail);
      return true;
    }
    discovery = lists::DiscoverFeeds({page.body, page.effective_url, page.link});
  }
  std::string why_not;
  std::string nobody_named;
  auto found = FirstFeedOf(web, settings, discovery.candidates, NamedBy::kPage, why_not);
  if (!found) {
    found =
        FirstFeedOf(web, settings, WellKnown(page.effective_url), NamedBy::kNobody, nobody_named);
  }
  if (!found) {
    run.TakeProblem(0, "no feed was found on this page" + (why_not.empty() ? "" : ": " + why_not) +
                           "; if you know its feed's address: saunter feed add https://…");
    return true;
  }
  return run.TakeFeed(OutlineOf(found->url, {}, page.effective_url), found->next_check_at);
}

bool ReadAddress(const schemas::Settings& settings, const std::string& source, ImportRun& run) {
  const auto url = url::ParseUrl(source);
  if (!url) {
    run.TakeProblem(0, RefusalOf(source));
    return true;
  }
  FetchOne web(settings.fetch);
  const auto probe = web.Ask(fetch::RequestKind::kProbe, url->ToString());
  const bool answers = probe.outcome == schemas::FetchOutcome::kOk;
  if (answers && TypeSaysFeed(probe)) return run.TakeFeed(OutlineOf(source, {}, {}), 0);
  auto page = web.Ask(fetch::RequestKind::kPage, url->ToString());
  if (page.outcome != schemas::FetchOutcome::kOk) {
    // The page is not needed where its platform is known to have a feed for it.
    std::string why_not;
    const auto found =
        FirstFeedOf(web, settings, PlatformFeeds(url->ToString()), NamedBy::kPage, why_not);
    if (found) return run.TakeFeed(OutlineOf(found->url, {}, {}), found->next_check_at);
  }
  if (page.outcome == schemas::FetchOutcome::kDisallowedByRobots) {
    run.TakeProblem(0, page.detail + "; if this is a feed's address: saunter feed add https://…");
    return true;
  }
  if (page.outcome != schemas::FetchOutcome::kOk) {
    run.TakeProblem(0, "it could not be fetched: " + page.detail);
    return true;
  }
  const auto list = lists::ReadOutlines(page.body);
  switch (list.format) {
    case lists::OutlineFormat::kFeed:
      return run.TakeFeed(OutlineOf(source, {}, {}), Now() + kFetchGapS);
    case lists::OutlineFormat::kHtml:
      return ReadSite(web, settings, std::move(page), run);
    case lists::OutlineFormat::kOpml:
    case lists::OutlineFormat::kText:
    case lists::OutlineFormat::kBookmarks:
    case lists::OutlineFormat::kChannels:
    case lists::OutlineFormat::kEmpty:
      return ListTaker(run).TakeLast(list);
  }
  return true;
}

}  // namespace

bool ReadSource(const schemas::Settings& settings, const std::string& source, ImportRun& run) {
  const auto address = AddressOf(source);
  return address ? ReadAddress(settings, *address, run) : ReadFile(source, run);
}

}  // namespace saunter::crawler::cli
