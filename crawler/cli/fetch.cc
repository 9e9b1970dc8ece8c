#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/feed_choice.h"
#include "crawler/cli/feed_intake.h"
#include "crawler/cli/feed_report.h"
#include "crawler/cli/fetch_one.h"
#include "crawler/cli/print.h"
#include "crawler/feed/feed.h"
#include "crawler/health/blacklist.h"
#include "crawler/judge/judge.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::size_t kEntriesShown = 5;

// One fetch, explained: what came back, what is in it, and what the crawler makes of it.
struct Fetched {
  std::string url;
  fetch::Response response;
  std::optional<feed::ParsedFeed> feed;  // where there is a feed in it
  schemas::CrawlResult crawl;
  bool recorded = false;  // in the database, so that the crawler does not ask again
};

std::optional<feed::ParsedFeed> ParseResponse(const fetch::Response& response,
                                              const schemas::Settings& settings) {
  if (response.outcome != schemas::FetchOutcome::kOk) return std::nullopt;
  const feed::Document document{response.body, response.effective_url, response.content_type,
                                response.content_language};
  auto parsed = feed::ParseFeed(document, settings.feed, Now());
  switch (parsed.status) {
    case feed::ParseStatus::kOk:
    case feed::ParseStatus::kRecovered:
      return parsed;
    case feed::ParseStatus::kNotAFeed:
    case feed::ParseStatus::kLimit:
      return std::nullopt;
  }
  return std::nullopt;
}

// What the crawler would do with this feed as it is known, the one request included.
Fetched FetchFeed(const schemas::Settings& settings, const schemas::DueFeed& feed,
                  const health::Blacklist& blacklist) {
  constexpr double kMiddle = 0.5;  // no jitter
  Fetched fetched;
  fetched.url = feed.url;
  FetchOne web(settings.fetch);
  const auto request = judge::FeedRequest(feed, 0, Now());
  fetched.response = web.Ask(request);
  fetched.feed = ParseResponse(fetched.response, settings);
  fetched.crawl = judge::JudgeFeed(feed, request, fetched.response,
                                   {.settings = settings,
                                    .blacklist = blacklist,
                                    .now = Now(),
                                    .random = kMiddle,
                                    .outage = false});
  return fetched;
}

std::int64_t LinksOf(const feed::ParsedFeed& parsed) {
  return std::count_if(parsed.entries.begin(), parsed.entries.end(),
                       [](const auto& entry) { return !entry.url.empty(); });
}

Json FetchedJson(const Fetched& fetched) {
  const auto& response = fetched.response;
  const auto& log = fetched.crawl.fetch;
  Json hops = Json::array();
  for (const auto& hop : response.hops) {
    hops.push_back({{"status", hop.status}, {"url", hop.url}});
  }
  Json json = {{"url", fetched.url},
               {"asked", true},
               {"recorded", fetched.recorded},
               {"outcome", ToString(log.outcome)},
               {"reason", OrNull(log.reason)},
               {"next_check_at", log.next_check_at},
               {"next_check_reason", OrNull(log.next_check_reason)},
               {"status", response.status},
               {"hops", std::move(hops)},
               {"effective_url", OrNull(response.effective_url)},
               {"permanent_url", OrNull(response.permanent_url)},
               {"duration_ms", response.duration_ms},
               {"wire_bytes", response.wire_bytes},
               {"body_bytes", response.body_bytes},
               {"content_type", OrNull(response.content_type)},
               {"content_language", OrNull(response.content_language)},
               {"etag", OrNull(response.etag)},
               {"last_modified", OrNull(response.last_modified)},
               {"retry_after_s", OrNull(response.retry_after_s)},
               {"fresh_for_s", OrNull(response.fresh_for_s)},
               {"challenge", response.challenge},
               {"feed", nullptr}};
  if (const auto& feed = fetched.feed) {
    json["feed"] = {{"format", OrNull(feed->format)},
                    {"title", OrNull(feed->title)},
                    {"site_url", OrNull(feed->site_url)},
                    {"language", OrNull(feed->language)},
                    {"ttl_minutes", OrNull(feed->ttl_minutes)},
                    {"entries", feed->entries.size()},
                    {"links", LinksOf(*feed)}};
  }
  return json;
}

void PrintEntries(const feed::ParsedFeed& parsed) {
  PrintField("format", parsed.format);
  PrintField("title", parsed.title);
  PrintField("site", parsed.site_url);
  PrintField("language", parsed.language);
  PrintField("entries", fmt::format("{}, {} with a link", parsed.entries.size(), LinksOf(parsed)));
  for (std::size_t i = 0; i < parsed.entries.size() && i < kEntriesShown; ++i) {
    const auto& entry = parsed.entries[i];
    PrintField("", entry.title + "  " + (entry.url.empty() ? "(no link)" : entry.url));
  }
  if (parsed.entries.size() > kEntriesShown) PrintField("", "… saunter parse shows all");
}

void PrintFetched(const Fetched& fetched) {
  const auto& response = fetched.response;
  const auto& log = fetched.crawl.fetch;
  PrintLine(fetched.url);
  for (const auto& hop : response.hops) {
    PrintField("redirected", fmt::format("{} by {}", hop.status, hop.url));
  }
  if (response.effective_url != fetched.url) PrintField("answered by", response.effective_url);
  if (!response.permanent_url.empty()) PrintField("moved for good", response.permanent_url);
  PrintField("verdict", ToString(log.outcome));
  PrintField("because", log.reason);
  PrintField("status", response.status == 0 ? "no answer" : std::to_string(response.status));
  PrintField("duration", fmt::format("{} ms", response.duration_ms));
  PrintField("body", fmt::format("{} on the wire, {} decoded", HumanBytes(response.wire_bytes),
                                 HumanBytes(response.body_bytes)));
  PrintField("content type", response.content_type);
  PrintField("language", response.content_language);
  PrintField("etag", response.etag);
  PrintField("last modified", response.last_modified);
  if (response.retry_after_s) PrintField("retry after", HumanDuration(*response.retry_after_s));
  if (response.fresh_for_s) PrintField("fresh for", HumanDuration(*response.fresh_for_s));
  if (response.challenge) PrintField("challenge", "the server tests for a browser");
  if (fetched.feed) PrintEntries(*fetched.feed);
  PrintField(fetched.recorded ? "next fetch" : "due again",
             fmt::format("{}: {}", HumanTime(log.next_check_at, Now()), log.next_check_reason));
  PrintField("recorded", fetched.recorded ? "yes" : "no: the database does not have this feed");
}

ExitCode Report(OutputFormat output, const Fetched& fetched) {
  if (output == OutputFormat::kJson) {
    PrintJson(FetchedJson(fetched), JsonStyle::kCompact);
  } else {
    PrintFetched(fetched);
  }
  const auto outcome = fetched.crawl.fetch.outcome;
  const bool good =
      outcome == schemas::FetchOutcome::kOk || outcome == schemas::FetchOutcome::kNotModified;
  return good ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

// For a feed that must not be asked now: shows what is known of it, and when it will be asked.
ExitCode ExplainFromLog(OutputFormat output, store::Catalogue& catalogue,
                        const schemas::FeedListing& feed, const std::string& why) {
  const auto fetches = catalogue.Fetches(feed.feed_id);
  if (output == OutputFormat::kJson) {
    auto json = ToJson(feed);
    json.erase("links");  // counted by listings only
    json["asked"] = false;
    json["reason"] = why;
    json["fetches"] = Json::array();
    for (const auto& fetch : fetches) json["fetches"].push_back(ToJson(fetch));
    PrintJson(json, JsonStyle::kCompact);
  } else {
    PrintFeed(feed, Now());
    PrintField("not asked now", why);
    for (const auto& fetch : fetches) PrintFetch(fetch, Now());
  }
  return ExitCode::kPartlyFailed;
}

// Of a database that several may write no lock tells of a crawler: its report does.
std::optional<std::string> RunningCrawler(const schemas::Settings& settings,
                                          store::Reader& reader) {
  constexpr schemas::UnixSeconds kReportAgeMax = 300;  // a crawler reports twice a minute
  if (settings.store.url.empty()) return std::nullopt;
  const auto status = reader.ReadStats().crawler;
  if (!status || status->stopped_at || Now() - status->reported_at > kReportAgeMax) {
    return std::nullopt;
  }
  return "a crawler runs (it reported " + HumanTime(status->reported_at, Now()) +
         "), and asks it when its turn comes";
}

// Asks the publisher no more often than the crawler alone would: only when the feed is due, and
// with the writer's lock, so that the crawler goes on from this answer.
ExitCode FetchKnownFeed(const schemas::Settings& settings, OutputFormat output,
                        store::Reader& reader, schemas::FeedListing feed) {
  if (feed.state == schemas::FeedState::kPaused) {
    return ExplainFromLog(output, reader, feed,
                          "it is paused; to fetch it again: saunter feed resume");
  }
  const auto not_due = [&] {
    return ExplainFromLog(output, reader, feed,
                          "it may be asked again " + HumanTime(feed.next_check_at, Now()));
  };
  if (feed.next_check_at > Now()) return not_due();
  if (const auto crawler = RunningCrawler(settings, reader)) {
    return ExplainFromLog(output, reader, feed, "it is due, and " + *crawler);
  }
  ChangeWriter writer(settings);
  if (const auto taken = writer.TakeLock(); !taken.problem.empty()) {
    return ExplainFromLog(output, reader, feed,
                          "it is due, but cannot be fetched now: " + taken.problem);
  }
  const auto again = reader.FindFeed(feed.url);
  if (!again) {
    PrintProblem(feed.url + " has just been removed");
    return ExitCode::kPartlyFailed;
  }
  feed = *again;
  if (feed.next_check_at > Now()) return not_due();
  if (const auto match = writer.blacklist().MatchUrl(feed.url)) {
    return ExplainFromLog(output, reader, feed,
                          "it is blacklisted by " + std::string(match->pattern));
  }
  const auto due = reader.FindFeed(feed.feed_id);
  if (!due) return not_due();
  auto fetched = FetchFeed(settings, *due, writer.blacklist());
  writer.Record(fetched.crawl);
  fetched.recorded = true;
  return Report(output, fetched);
}

ExitCode FetchCommand(const schemas::Settings& settings, OutputFormat output,
                      const std::string& text) {
  const auto url = url::NormaliseFeedUrl(text);
  if (!url) {
    PrintProblem(RefusalOf(text) + ": " + text);
    return ExitCode::kWrongUsage;
  }
  const auto opened = OpenForOperator(settings);
  if (opened.status != store::OpenStatus::kOk && opened.status != store::OpenStatus::kMissing) {
    // Without the database nobody knows whether the publisher was asked a moment ago.
    PrintProblem(opened.detail);
    return ExitCode::kNoDatabase;
  }
  if (opened.reader) {
    if (const auto feed_id = FindFeedId(*url, *opened.reader)) {
      auto feeds = opened.reader->FeedsByIds({*feed_id}, store::Counting::kNo);
      if (!feeds.empty()) {
        return FetchKnownFeed(settings, output, *opened.reader, std::move(feeds.front()));
      }
    }
  }
  schemas::DueFeed feed;
  feed.url = *url;
  feed.added_at = Now();
  return Report(output, FetchFeed(settings, feed, health::Blacklist({})));
}

}  // namespace

void AddFetch(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("fetch", "one polite fetch of a feed, explained");
  auto url = std::make_shared<std::string>();
  command->add_option("URL", *url, "the feed's address")->required();
  command->callback([&invocation, url] {
    invocation.run = [url](const schemas::Settings& settings, OutputFormat output) {
      return FetchCommand(settings, output, *url);
    };
  });
}

}  // namespace saunter::crawler::cli
