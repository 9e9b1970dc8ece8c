#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/database.h"
#include "crawler/cli/feed_choice.h"
#include "crawler/cli/feed_commands.h"
#include "crawler/cli/input.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

using schemas::ChangeOutcome;
using schemas::FeedListing;
using schemas::Id;

// Their links go with them, and somebody waits for each answer.
constexpr std::size_t kRemovedPerBatch = 500;

struct FeedChangeOptions {
  FeedArguments arguments;
  bool is_dry = false;
  std::optional<std::string> title;
  std::optional<std::string> category;
};

// What one of the commands does to each feed.
struct FeedChangeKind {
  std::string command;  // "remove"
  std::string done;     // "removed", what is said of each and the key in JSON
  std::size_t per_batch = kChangesPerBatch;
  std::function<schemas::OperatorChange(const FeedListing&)> change;
  std::function<bool(const FeedListing&)> is_so;  // nothing is to be done
};

bool IsRemoval(const FeedChangeKind& kind) { return kind.command == "remove"; }

struct FeedChangeReport {
  std::vector<std::string> changed;
  std::vector<std::string> unchanged;  // it was so already
  std::vector<std::string> not_found;
  std::int64_t links = 0;     // that went with what was removed
  std::string last_category;  // of the last that was changed
};

// Changes feeds part by part, and says of each what became of it.
class FeedChanging {
 public:
  FeedChanging(const schemas::Settings& settings, OutputFormat output, FeedChangeKind kind,
               const FeedChangeOptions& options, store::Reader& reader)
      : output_(output),
        kind_(std::move(kind)),
        options_(options),
        reader_(reader),
        writer_(settings) {}

  [[nodiscard]] ExitCode Change(ChosenFeeds chosen) {
    report_.not_found = std::move(chosen.not_found);
    total_ = chosen.feed_ids.size();
    for (auto next = chosen.feed_ids.begin(); next != chosen.feed_ids.end();) {
      const auto count = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(kind_.per_batch),
                                                  chosen.feed_ids.end() - next);
      if (!ChangePart({next, next + count})) {
        PrintReport();
        return ExitCode::kNoDatabase;
      }
      next += count;
    }
    PrintReport();
    return report_.not_found.empty() ? ExitCode::kDone : ExitCode::kPartlyFailed;
  }

 private:
  // False: the database takes no more, and stderr says why.
  bool ChangePart(const std::vector<Id>& feed_ids) {
    const auto feeds = reader_.FeedsByIds(feed_ids, store::Counting::kNo);
    std::vector<std::int64_t> links;
    std::vector<schemas::OperatorChange> changes;
    for (const auto& feed : feeds) {
      links.push_back(IsRemoval(kind_) ? reader_.CountLinksOfFeedAlone(feed.feed_id) : 0);
      changes.push_back(kind_.change(feed));
    }
    std::vector<ChangeOutcome> outcomes;
    if (options_.is_dry) {
      for (const auto& feed : feeds) {
        outcomes.push_back(kind_.is_so(feed) ? ChangeOutcome::kAlreadyKnown : ChangeOutcome::kDone);
      }
    } else {
      auto written = writer_.Apply(changes);
      if (!written.problem.empty()) {
        PrintProblem(written.problem +
                     fmt::format("; {} of {} feeds were {} before, and stay so: "
                                 "the same command goes on with the rest",
                                 report_.changed.size() + report_.unchanged.size(), total_,
                                 kind_.done));
        return false;
      }
      outcomes = std::move(written.outcomes);
    }
    for (std::size_t i = 0; i < feeds.size() && i < outcomes.size(); ++i) {
      Note(feeds[i], outcomes[i], links[i]);
    }
    return true;
  }

  void Note(const FeedListing& feed, ChangeOutcome outcome, std::int64_t links) {
    switch (outcome) {
      case ChangeOutcome::kDone:
        report_.changed.push_back(feed.url);
        report_.links += links;
        report_.last_category = feed.category;
        PrintFeedDone(options_.is_dry ? "would be " + kind_.done : kind_.done, feed.url);
        return;
      case ChangeOutcome::kAlreadyKnown:
        report_.unchanged.push_back(feed.url);
        PrintFeedDone("unchanged", feed.url);
        return;
      case ChangeOutcome::kNotFound:
      case ChangeOutcome::kBlacklisted:
      case ChangeOutcome::kWanted:
        break;
    }
    report_.not_found.push_back(feed.url);
    PrintProblem(feed.url + " went away meanwhile");
  }

  void PrintFeedDone(const std::string& what, const std::string& url) {
    if (output_ == OutputFormat::kText) PrintLine(what + ": " + url);
  }

  void PrintReport() {
    if (output_ == OutputFormat::kJson) return PrintJsonReport();
    if (!IsRemoval(kind_)) return;
    const auto feeds = report_.changed.size();
    const bool is_one = feeds == 1;
    PrintExplanation(fmt::format("{} {} {}, with {} links that no other feed lists\n", feeds,
                                 is_one ? "feed" : "feeds",
                                 options_.is_dry ? "would be removed" : "removed", report_.links));
    if (options_.is_dry || feeds == 0) return;
    if (is_one) return PrintWayBack();
    PrintExplanation(
        "`saunter import -` takes their addresses to bring them back, and their links come as they "
        "list them\n");
  }

  void PrintWayBack() {
    const auto& category = report_.last_category;
    PrintExplanation("`saunter feed add " + report_.changed.front() +
                     (category.empty() ? "" : " --category \"" + Printable(category) + "\"") +
                     "` brings it back, and its links as it lists them\n");
  }

  void PrintJsonReport() {
    Json json = {{kind_.done, report_.changed},
                 {"unchanged", report_.unchanged},
                 {"not_found", report_.not_found},
                 {"dry_run", options_.is_dry}};
    if (IsRemoval(kind_)) json["links"] = report_.links;
    PrintJson(json, JsonStyle::kCompact);
  }

  const OutputFormat output_;
  const FeedChangeKind kind_;
  const FeedChangeOptions& options_;
  store::Reader& reader_;
  ChangeWriter writer_;
  FeedChangeReport report_;
  std::size_t total_ = 0;
};

ExitCode ChangeFeeds(const schemas::Settings& settings, OutputFormat output, FeedChangeKind kind,
                     const FeedChangeOptions& options) {
  const auto& arguments = options.arguments;
  if (arguments.addresses.empty() && arguments.filters.IsEmpty() && !arguments.is_all) {
    PrintProblem("say which feeds to " + kind.command +
                 ": addresses, a site such as example.org, - for lines on standard input, filters "
                 "such as --failing, or --all");
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  auto chosen = ChooseFeeds(arguments, *reader);
  if (chosen.end) return *chosen.end;
  if (options.title && !options.title->empty() && chosen.feed_ids.size() > 1) {
    PrintProblem(fmt::format("--title is for one feed, and these are {}: nothing was changed",
                             chosen.feed_ids.size()));
    return ExitCode::kWrongUsage;
  }
  FeedChanging changing(settings, output, std::move(kind), options, *reader);
  return changing.Change(std::move(chosen));
}

FeedChangeKind Removal() {
  return {.command = "remove",
          .done = "removed",
          .per_batch = kRemovedPerBatch,
          .change = [](const FeedListing& feed) { return schemas::RemoveFeed{feed.url}; },
          .is_so = [](const FeedListing&) { return false; }};
}

FeedChangeKind SettingOf(schemas::FeedState state, const std::string& command) {
  return {
      .command = command,
      .done = command + "d",
      .change = [state](const FeedListing& feed) { return schemas::SetFeedState{feed.url, state}; },
      .is_so = [state](const FeedListing& feed) { return feed.state == state; }};
}

FeedChangeKind EditOf(const FeedChangeOptions& options) {
  return {.command = "edit",
          .done = "edited",
          .change =
              [title = options.title, category = options.category](const FeedListing& feed) {
                return schemas::EditFeed{.url = feed.url, .title = title, .category = category};
              },
          .is_so =
              [title = options.title, category = options.category](const FeedListing& feed) {
                return title.value_or(feed.given_title) == feed.given_title &&
                       category.value_or(feed.category) == feed.category;
              }};
}

std::shared_ptr<FeedChangeOptions> AddChange(
    CLI::App& group, Invocation& invocation, const std::string& name, const std::string& summary,
    const std::string& category_names,
    const std::function<FeedChangeKind(const FeedChangeOptions&)>& kind) {
  auto* command = group.add_subcommand(name, summary);
  const auto options = std::make_shared<FeedChangeOptions>();
  AddFeedArguments(*command, options->arguments, category_names);
  command->add_flag("--all", options->arguments.is_all, "every feed")->group("Which feeds");
  command->add_flag("--dry-run", options->is_dry, "say what would be done, and change nothing");
  command->callback([&invocation, options, kind] {
    invocation.run = [options, kind](const schemas::Settings& settings, OutputFormat output) {
      return ChangeFeeds(settings, output, kind(*options), *options);
    };
  });
  return options;
}

void AddEdit(CLI::App& group, Invocation& invocation) {
  const auto options = AddChange(
      group, invocation, "edit",
      "give feeds another category, or one of them a title of your own; the links of a feed get "
      "its new category in the same commit or, if they are many, in the next ones",
      "--in-category", EditOf);
  auto* edit = group.get_subcommand("edit");
  auto* category =
      edit->add_option_function<std::string>(
              "--category",
              [options](const std::string& text) { options->category = OperatorText(text); },
              "their new category; \"\" for none. --in-category filters by the one that they have")
          ->type_name("NAME");
  auto* title =
      edit->add_option_function<std::string>(
              "--title",
              [options](const std::string& text) { options->title = OperatorText(text); },
              "its title, whatever the feed says from now on; \"\" gives it its own again")
          ->type_name("TITLE");
  category->expected(1);
  title->expected(1);
  edit->callback([options, category, title, &invocation] {
    if (category->count() == 0 && title->count() == 0) {
      throw CLI::RequiredError("--category or --title");
    }
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return ChangeFeeds(settings, output, EditOf(*options), *options);
    };
  });
}

}  // namespace

void AddFeedChanges(CLI::App& group, Invocation& invocation) {
  AddChange(group, invocation, "remove", "forget feeds and the links that only they list",
            "--category", [](const FeedChangeOptions&) { return Removal(); });
  AddChange(
      group, invocation, "pause", "keep feeds and their links, but do not fetch them", "--category",
      [](const FeedChangeOptions&) { return SettingOf(schemas::FeedState::kPaused, "pause"); });
  AddChange(group, invocation, "resume", "fetch paused feeds again, and those that are gone",
            "--category", [](const FeedChangeOptions&) {
              return SettingOf(schemas::FeedState::kActive, "resume");
            });
  AddEdit(group, invocation);
}

}  // namespace saunter::crawler::cli
