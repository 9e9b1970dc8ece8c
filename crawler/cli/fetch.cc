#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "crawler/cli/commands.h"
#include "crawler/cli/feed_intake.h"
#include "crawler/cli/fetch_one.h"
#include "crawler/cli/print.h"
#include "crawler/feed/feed.h"
#include "crawler/url.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::size_t kEntriesShown = 5;

// What became of the body, if there was one.
struct Parsed {
  schemas::FetchOutcome outcome;
  std::string verdict;  // for a person
  std::optional<feed::ParsedFeed> feed;
};

Parsed ParseResponse(const fetch::Response& response, const schemas::Settings& settings) {
  if (response.outcome != schemas::FetchOutcome::kOk) {
    return {response.outcome, response.detail, std::nullopt};
  }
  const feed::Document document{response.body, response.effective_url, response.content_type,
                                response.content_language};
  auto parsed = feed::ParseFeed(document, settings.feed, Now());
  switch (parsed.status) {
    case feed::ParseStatus::kOk:
      return {schemas::FetchOutcome::kOk, "a feed", std::move(parsed)};
    case feed::ParseStatus::kRecovered:
      return {
          schemas::FetchOutcome::kOk,
          parsed.detail.empty() ? "a broken feed, recovered" : "part of a feed: " + parsed.detail,
          std::move(parsed)};
    case feed::ParseStatus::kNotAFeed:
      return {schemas::FetchOutcome::kNotAFeed, "not a feed: " + parsed.detail, std::nullopt};
    case feed::ParseStatus::kLimit:
      return {schemas::FetchOutcome::kParseLimit, "beyond a limit: " + parsed.detail, std::nullopt};
  }
  return {schemas::FetchOutcome::kNotAFeed, parsed.detail, std::nullopt};
}

std::int64_t LinksOf(const feed::ParsedFeed& parsed) {
  return std::count_if(parsed.entries.begin(), parsed.entries.end(),
                       [](const auto& entry) { return !entry.url.empty(); });
}

Json ResponseJson(const std::string& url, const fetch::Response& response, const Parsed& parsed) {
  Json hops = Json::array();
  for (const auto& hop : response.hops) {
    hops.push_back({{"status", hop.status}, {"url", hop.url}});
  }
  Json json = {{"url", url},
               {"outcome", ToString(parsed.outcome)},
               {"verdict", parsed.verdict},
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
  if (parsed.feed) {
    json["feed"] = {{"format", OrNull(parsed.feed->format)},
                    {"title", OrNull(parsed.feed->title)},
                    {"site_url", OrNull(parsed.feed->site_url)},
                    {"language", OrNull(parsed.feed->language)},
                    {"ttl_minutes", OrNull(parsed.feed->ttl_minutes)},
                    {"entries", parsed.feed->entries.size()},
                    {"links", LinksOf(*parsed.feed)}};
  }
  return json;
}

void PrintFeed(const feed::ParsedFeed& parsed) {
  PrintField("format", parsed.format);
  PrintField("title", parsed.title);
  PrintField("site", parsed.site_url);
  PrintField("language", parsed.language);
  PrintField("entries", fmt::format("{}, {} with a link", parsed.entries.size(), LinksOf(parsed)));
  for (std::size_t i = 0; i < parsed.entries.size() && i < kEntriesShown; ++i) {
    const auto& entry = parsed.entries[i];
    PrintField("", entry.title + "  " + (entry.url.empty() ? "(no link)" : entry.url));
  }
  if (parsed.entries.size() > kEntriesShown) PrintField("", "… all of them: saunter parse");
}

void PrintResponse(const std::string& url, const fetch::Response& response, const Parsed& parsed) {
  PrintLine(url);
  for (const auto& hop : response.hops) {
    PrintField("redirected", fmt::format("{} by {}", hop.status, hop.url));
  }
  if (response.effective_url != url) PrintField("answered by", response.effective_url);
  if (!response.permanent_url.empty()) PrintField("moved for good to", response.permanent_url);
  PrintField("verdict", fmt::format("{} ({})", parsed.verdict, ToString(parsed.outcome)));
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
  if (response.challenge) PrintField("challenge", "the server wants to see a browser");
  if (parsed.feed) PrintFeed(*parsed.feed);
}

ExitCode FetchCommand(const schemas::Settings& settings, OutputFormat output,
                      const std::string& text) {
  const auto url = NormaliseFeedUrl(text);
  if (!url) {
    PrintProblem(RefusalOf(text) + ": " + text);
    return ExitCode::kWrongUsage;
  }
  FetchOne web(settings.fetch);
  const auto response = web.Ask(fetch::RequestKind::kFeed, *url);
  const auto parsed = ParseResponse(response, settings);
  if (output == OutputFormat::kJson) {
    PrintJson(ResponseJson(*url, response, parsed), JsonStyle::kCompact);
  } else {
    PrintResponse(*url, response, parsed);
  }
  return parsed.feed ? ExitCode::kDone : ExitCode::kPartlyFailed;
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
