#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/feed_intake.h"
#include "crawler/cli/feed_report.h"
#include "crawler/cli/import_run.h"
#include "crawler/cli/input.h"
#include "crawler/cli/print.h"
#include "crawler/url/url.h"

namespace saunter::crawler::cli {
namespace {

struct FeedOptions {
  std::vector<std::string> urls;
  std::string title;
  std::string category;
};

void PrintFeedLine(const schemas::FeedListing& feed) {
  const auto outcome = feed.last_outcome ? ToString(*feed.last_outcome) : "not fetched yet";
  PrintLine(fmt::format("{:<8} {:>6} {:<18} {}  {}", ToString(feed.state), feed.links, outcome,
                        feed.url, Printable(feed.title)));
}

ExitCode ListFeeds(const schemas::Settings& settings, OutputFormat output,
                   const FeedOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  std::optional<JsonRows> rows;
  if (output == OutputFormat::kJson) {
    rows.emplace("feeds");
  } else {
    PrintLine(fmt::format("{:<8} {:>6} {:<18} {}", "state", "links", "last fetch", "feed"));
  }
  schemas::Id after = 0;
  while (true) {
    const auto feeds = reader->Feeds({after, kFeedsPerRead});
    if (feeds.empty()) break;
    after = feeds.back().feed_id;
    for (const auto& feed : feeds) {
      if (!options.category.empty() && feed.category != options.category) continue;
      rows ? rows->Print(ToJson(feed)) : PrintFeedLine(feed);
    }
  }
  if (rows) rows->End();
  return ExitCode::kDone;
}

ExitCode ShowFeed(const schemas::Settings& settings, OutputFormat output,
                  const FeedOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto& text = options.urls.front();
  const auto feed = FindFeed(*reader, text);
  if (!feed) {
    PrintProblem("there is no feed " + text + "; `saunter feed list` shows all");
    return ExitCode::kPartlyFailed;
  }
  const auto fetches = reader->Fetches(feed->feed_id);
  if (output == OutputFormat::kJson) {
    auto json = ToJson(*feed);
    json.erase("links");  // counted by listings only
    json["fetches"] = Json::array();
    for (const auto& fetch : fetches) json["fetches"].push_back(ToJson(fetch));
    PrintJson(json, JsonStyle::kCompact);
  } else {
    PrintFeed(*feed, Now());
    for (const auto& fetch : fetches) PrintFetch(fetch, Now());
  }
  return ExitCode::kDone;
}

ExitCode AddFeeds(const schemas::Settings& settings, OutputFormat output,
                  const FeedOptions& options) {
  lists::OutlineList list;
  for (const auto& url : options.urls) {
    lists::Outline outline;
    outline.url = url;
    list.outlines.push_back(std::move(outline));
  }
  return ImportOutlines(settings, output, {{}, ImportMode::kWrite, options.category, options.title},
                        list);
}

// One change for each named feed that there is.
template <typename MakeChange>
ExitCode ChangeFeeds(const schemas::Settings& settings, OutputFormat output,
                     const FeedOptions& options, std::string_view done, MakeChange make_change) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  std::vector<schemas::OperatorChange> changes;
  Json changed = Json::array();
  Json not_found = Json::array();
  for (const auto& text : options.urls) {
    const auto feed = FindFeed(*reader, text);
    if (!feed) {
      PrintProblem("there is no feed " + text + "; `saunter feed list` shows all");
      not_found.push_back(text);
      continue;
    }
    changes.emplace_back(make_change(feed->url));
    changed.push_back(feed->url);
  }
  if (!changes.empty()) {
    ChangeWriter writer(settings);
    if (const auto written = writer.Apply(changes); !written.problem.empty()) {
      PrintProblem(written.problem);
      return ExitCode::kNoDatabase;
    }
  }
  if (output == OutputFormat::kJson) {
    PrintJson({{done, changed}, {"not_found", not_found}}, JsonStyle::kCompact);
  } else {
    for (const auto& url : changed) {
      PrintLine(std::string(done) + ": " + url.get<std::string>());
    }
  }
  return not_found.empty() ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

ExitCode RemoveFeeds(const schemas::Settings& settings, OutputFormat output,
                     const FeedOptions& options) {
  return ChangeFeeds(settings, output, options, "removed",
                     [](const std::string& url) { return schemas::RemoveFeed{url}; });
}

ExitCode PauseFeeds(const schemas::Settings& settings, OutputFormat output,
                    const FeedOptions& options) {
  return ChangeFeeds(settings, output, options, "paused", [](const std::string& url) {
    return schemas::SetFeedState{url, schemas::FeedState::kPaused};
  });
}

ExitCode ResumeFeeds(const schemas::Settings& settings, OutputFormat output,
                     const FeedOptions& options) {
  return ChangeFeeds(settings, output, options, "resumed", [](const std::string& url) {
    return schemas::SetFeedState{url, schemas::FeedState::kActive};
  });
}

using FeedCommand = ExitCode (*)(const schemas::Settings&, OutputFormat, const FeedOptions&);

CLI::App* AddCommand(CLI::App& group, Invocation& invocation, const std::string& name,
                     const std::string& summary, const std::shared_ptr<FeedOptions>& options,
                     FeedCommand command) {
  auto* added = group.add_subcommand(name, summary);
  added->callback([&invocation, options, command] {
    invocation.run = [options, command](const schemas::Settings& settings, OutputFormat output) {
      return command(settings, output, *options);
    };
  });
  return added;
}

}  // namespace

void AddFeedCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("feed", "list, show, add, remove, pause or resume feeds");
  group->require_subcommand(1);
  const auto options = std::make_shared<FeedOptions>();
  const auto add_command = [&](const char* name, const char* summary, FeedCommand command) {
    return AddCommand(*group, invocation, name, summary, options, command);
  };

  auto* list = add_command("list", "all feeds, one a line", ListFeeds);
  list->add_option("--category", options->category, "only the feeds of this category");

  auto* show =
      add_command("show", "all that is known about a feed, with its last fetches", ShowFeed);
  show->add_option("URL", options->urls, "the feed's address")->required()->expected(1);

  auto* add = add_command(
      "add", "add feeds by their own addresses, or give known ones a category or a title",
      AddFeeds);
  add->add_option("URL", options->urls, "a feed's address")->required();
  add->add_option("--title", options->title, "its title, in place of the feed's own");
  add->add_option("--category", options->category, "its category");

  auto* remove =
      add_command("remove", "forget feeds and the links that only they list", RemoveFeeds);
  remove->add_option("URL", options->urls, "a feed's address")->required();
  auto* pause = add_command("pause", "keep feeds and their links, but do not fetch", PauseFeeds);
  pause->add_option("URL", options->urls, "a feed's address")->required();
  auto* resume = add_command("resume", "fetch paused feeds again", ResumeFeeds);
  resume->add_option("URL", options->urls, "a feed's address")->required();
}

}  // namespace saunter::crawler::cli
