#include "crawler/cli/feed_choice.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "crawler/cli/input.h"
#include "crawler/cli/print.h"
#include "crawler/cli/site_name.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

using schemas::Id;

// The address itself, without its fragment, and the same with http or https, with or without
// "www.".
std::vector<std::string> TwinsOf(url::Url url) {
  url.fragment.clear();
  std::vector<std::string> twins = {url.ToString()};
  const auto site = url::SiteHost(url.host);
  const bool own_port = url.port == (url.scheme == "https" ? 443 : 80);
  for (const auto* scheme : {"https", "http"}) {
    for (const auto& host : {site, "www." + site}) {
      auto twin = url;
      twin.scheme = scheme;
      twin.host = host;
      if (own_port) twin.port = twin.scheme == "https" ? 443 : 80;
      twins.push_back(twin.ToString());
    }
  }
  return twins;
}

// "https://example.org/" and "https://example.org/~ann/", but no page of a site.
bool IsSiteAddress(const url::Url& url) {
  if (!url.query.empty()) return false;
  const auto name = url::SiteName(url);
  const auto tenant = name.find('/');
  if (tenant == std::string::npos) return url.path == "/";
  const auto path = name.substr(tenant);
  return url.path == path || url.path == path + "/";
}

std::vector<Id> FeedsOnSite(const std::string& host, store::Reader& reader) {
  auto site_ids = SitesOf(host, reader);
  if (site_ids.empty()) return {};
  store::FeedSelection selection;
  selection.site_ids = std::move(site_ids);
  return reader.FittingFeeds(selection);
}

// Gathers what addresses name.
class Gathering {
 public:
  Gathering(store::Reader& reader, ChosenFeeds& chosen) : reader_(reader), chosen_(chosen) {}

  void Take(const std::string& address) {
    if (!Add(address)) {
      PrintProblem(NoSuchFeed(address, reader_));
      chosen_.not_found.push_back(address);
    }
  }

  // Returns what is wrong with standard input itself, if anything.
  [[nodiscard]] std::optional<std::string> TakeLines() {
    Input input;
    if (auto problem = input.Open("-")) return problem;
    LineSplitter lines;
    for (bool is_open = true; is_open;) {
      const auto piece = input.Read();
      is_open = !piece.empty();
      is_open ? lines.Add(piece) : lines.End();
      while (const auto line = lines.Next()) TakeLine(*line, lines.number());
    }
    if (!input.problem().empty()) return input.problem();
    return std::nullopt;
  }

 private:
  bool Add(const std::string& address) {
    const auto feed_ids = FeedsAt(address, reader_);
    chosen_.feed_ids.insert(chosen_.feed_ids.end(), feed_ids.begin(), feed_ids.end());
    return !feed_ids.empty();
  }

  void TakeLine(std::string_view line, std::int64_t number) {
    constexpr std::string_view kBlank = " \t\r";
    const auto begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos || line[begin] == '#') return;
    const std::string address(line.substr(begin, line.find_last_not_of(kBlank) - begin + 1));
    if (Add(address)) return;
    PrintProblem("line " + std::to_string(number) + ": " + NoSuchFeed(address, reader_));
    chosen_.not_found.push_back(address);
    ++chosen_.bad_lines;
  }

  store::Reader& reader_;
  ChosenFeeds& chosen_;
};

void DropRepeated(std::vector<Id>& feed_ids) {
  std::unordered_set<Id> known;
  std::erase_if(feed_ids, [&](Id feed_id) { return !known.insert(feed_id).second; });
}

// Those of `feed_ids` that stand in `fitting`, in the order of that, each once.
std::vector<Id> Both(const std::vector<Id>& feed_ids, std::vector<Id> fitting) {
  const std::unordered_set<Id> named(feed_ids.begin(), feed_ids.end());
  std::erase_if(fitting, [&](Id feed_id) { return !named.contains(feed_id); });
  return fitting;
}

}  // namespace

void AddFeedArguments(CLI::App& command, FeedArguments& arguments,
                      const std::string& category_names) {
  command
      .add_option("FEED", arguments.addresses,
                  "a feed's address; or a site's, such as example.org, for all feeds on it; or - "
                  "for one of these a line on standard input, where # begins a comment")
      ->type_name("");
  AddFeedFilters(command, arguments.filters, category_names);
}

ChosenFeeds ChooseFeeds(const FeedArguments& arguments, store::Reader& reader,
                        store::FeedSelection selection) {
  ChosenFeeds chosen;
  if (const auto problem = ReadFilters(arguments.filters, Now(), selection)) {
    PrintProblem(*problem);
    chosen.end = ExitCode::kWrongUsage;
    return chosen;
  }
  if (const auto problem = ResolveFilters(arguments.filters, reader, selection)) {
    PrintProblem(*problem);
    chosen.end = ExitCode::kPartlyFailed;
    return chosen;
  }
  Gathering gathering(reader, chosen);
  for (const auto& address : arguments.addresses) {
    if (address != "-") {
      gathering.Take(address);
    } else if (const auto problem = gathering.TakeLines()) {
      PrintProblem(*problem);
      chosen.end = ExitCode::kPartlyFailed;
      return chosen;
    }
  }
  const bool is_plain = arguments.filters.IsEmpty() &&
                        selection.order == store::FeedOrder::kFound &&
                        selection.direction == store::Direction::kUp;
  if (!arguments.addresses.empty() && is_plain) {
    DropRepeated(chosen.feed_ids);
    return chosen;
  }
  auto fitting = reader.FittingFeeds(selection);
  chosen.feed_ids =
      arguments.addresses.empty() ? std::move(fitting) : Both(chosen.feed_ids, std::move(fitting));
  return chosen;
}

std::optional<Id> FindFeedId(const std::string& address, store::Reader& reader) {
  const auto url = UrlNamed(address);
  if (!url) return std::nullopt;
  for (const auto& twin : TwinsOf(*url)) {
    if (const auto feed_id = reader.FindFeedId(twin)) return feed_id;
  }
  return std::nullopt;
}

std::vector<Id> FeedsAt(const std::string& address, store::Reader& reader) {
  if (address.starts_with("*.")) return FeedsOnSite(address, reader);
  if (const auto feed_id = FindFeedId(address, reader)) return {*feed_id};
  const auto url = UrlNamed(address);
  if (!url || !IsSiteAddress(*url)) return {};
  return FeedsOnSite(url::SiteName(*url), reader);
}

std::string NoSuchFeed(const std::string& address, store::Reader& reader) {
  const auto url = UrlNamed(address);
  if (!url) {
    return Printable(address) +
           " is no address: give a feed's, such as https://example.org/feed, or a site's, such as "
           "example.org";
  }
  const auto site = url::SiteName(*url);
  if (const auto feeds = FeedsOnSite(site, reader); !feeds.empty()) {
    return "there is no feed " + Printable(address) + ", but there are " +
           std::to_string(feeds.size()) + " on its site: `saunter feed list " + site +
           "` shows them";
  }
  return "there is no feed " + Printable(address) + "; `saunter feed list` shows all";
}

}  // namespace saunter::crawler::cli
