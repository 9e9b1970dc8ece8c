#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crawler/cli/database.h"
#include "crawler/cli/feed_choice.h"
#include "crawler/cli/feed_commands.h"
#include "crawler/cli/feed_report.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

enum class ListForm { kLines, kUrls, kCount };

struct FeedListOptions {
  FeedArguments arguments;
  std::string order;
  store::Direction direction = store::Direction::kUp;
  std::int64_t count_max = 0;  // 0: all
  ListForm form = ListForm::kLines;
};

void PrintFeedLine(const schemas::FeedListing& feed) {
  const auto outcome = feed.last_outcome ? ToString(*feed.last_outcome) : "not fetched yet";
  PrintLine(fmt::format("{:<8} {:>6} {:<18} {}  {}", ToString(feed.state), feed.links, outcome,
                        feed.url, Printable(feed.title)));
}

// Calls `print` with each of the feeds in their order, as many at a time as are read at once.
template <typename Print>
void EachFeed(store::Reader& reader, const std::vector<schemas::Id>& feed_ids,
              store::Counting counting, Print print) {
  for (auto next = feed_ids.begin(); next != feed_ids.end();) {
    const auto count = std::min<std::ptrdiff_t>(kFeedsPerRead, feed_ids.end() - next);
    const std::vector<schemas::Id> piece(next, next + count);
    next += count;
    for (const auto& feed : reader.FeedsByIds(piece, counting)) print(feed);
  }
}

void PrintFeeds(store::Reader& reader, const std::vector<schemas::Id>& feed_ids,
                OutputFormat output, ListForm form) {
  if (output == OutputFormat::kJson && form == ListForm::kUrls) {
    JsonRows rows("feeds");
    EachFeed(reader, feed_ids, store::Counting::kNo,
             [&](const auto& feed) { rows.Print(feed.url); });
    rows.End();
  } else if (output == OutputFormat::kJson) {
    JsonRows rows("feeds");
    EachFeed(reader, feed_ids, store::Counting::kYes,
             [&](const auto& feed) { rows.Print(ToJson(feed)); });
    rows.End();
  } else if (form == ListForm::kUrls) {
    EachFeed(reader, feed_ids, store::Counting::kNo, [](const auto& feed) { PrintLine(feed.url); });
  } else {
    PrintLine(fmt::format("{:<8} {:>6} {:<18} {}", "state", "links", "last fetch", "feed"));
    EachFeed(reader, feed_ids, store::Counting::kYes, PrintFeedLine);
  }
}

ExitCode ListFeeds(const schemas::Settings& settings, OutputFormat output,
                   const FeedListOptions& options) {
  store::FeedSelection selection;
  selection.direction = options.direction;
  if (const auto problem = ReadOrder(options.order, selection)) {
    PrintProblem(*problem);
    return ExitCode::kWrongUsage;
  }
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  auto chosen = ChooseFeeds(options.arguments, *reader, selection);
  if (chosen.end) return *chosen.end;
  const auto count_max = static_cast<std::size_t>(options.count_max);
  if (count_max > 0 && chosen.feed_ids.size() > count_max) chosen.feed_ids.resize(count_max);
  if (options.form != ListForm::kCount) {
    PrintFeeds(*reader, chosen.feed_ids, output, options.form);
  } else if (output == OutputFormat::kJson) {
    PrintJson({{"count", chosen.feed_ids.size()}}, JsonStyle::kCompact);
  } else {
    PrintLine(std::to_string(chosen.feed_ids.size()));
  }
  return chosen.Done();
}

ExitCode ShowOneOf(store::Reader& reader, OutputFormat output, const std::string& address,
                   const std::vector<schemas::Id>& feed_ids) {
  PrintFeeds(reader, feed_ids, output, ListForm::kLines);
  PrintProblem(fmt::format("{} has {} feeds; name one of them to see all about it",
                           Printable(address), feed_ids.size()));
  return ExitCode::kPartlyFailed;
}

ExitCode ShowFeed(const schemas::Settings& settings, OutputFormat output,
                  const std::string& address) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto feed_ids = FeedsAt(address, *reader);
  if (feed_ids.size() > 1) return ShowOneOf(*reader, output, address, feed_ids);
  const auto feeds = reader->FeedsByIds(feed_ids, store::Counting::kNo);
  if (feeds.empty()) {
    PrintProblem(NoSuchFeed(address, *reader));
    return ExitCode::kPartlyFailed;
  }
  const auto& feed = feeds.front();
  const auto fetches = reader->Fetches(feed.feed_id);
  if (output == OutputFormat::kJson) {
    auto json = ToJson(feed);
    json.erase("links");  // counted by listings only
    json["fetches"] = Json::array();
    for (const auto& fetch : fetches) json["fetches"].push_back(ToJson(fetch));
    PrintJson(json, JsonStyle::kCompact);
  } else {
    PrintFeed(feed, Now());
    for (const auto& fetch : fetches) PrintFetch(fetch, Now());
  }
  return ExitCode::kDone;
}

void AddList(CLI::App& group, Invocation& invocation) {
  auto* list = group.add_subcommand(
      "list", "the feeds, one a line: all, or those that are named or fit the filters");
  const auto options = std::make_shared<FeedListOptions>();
  AddFeedArguments(*list, options->arguments, "--category");
  list->add_option("--sort", options->order,
                   "in this order, upwards: found (as they came in, the default), added, checked "
                   "(last fetch), next (next fetch), newest (newest post), links, errors (in a "
                   "row), host, title")
      ->type_name("ORDER");
  list->add_flag_callback(
      "--reverse", [options] { options->direction = store::Direction::kDown; },
      "the other way round: the newest or the most first");
  list->add_option("--limit", options->count_max, "so many at the most")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->type_name("COUNT");
  auto* urls = list->add_flag_callback(
      "--urls", [options] { options->form = ListForm::kUrls; },
      "their addresses alone, for a pipe or a file that `feed remove -` and `import` take");
  list->add_flag_callback(
          "--count", [options] { options->form = ListForm::kCount; }, "how many they are, no more")
      ->excludes(urls);
  list->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return ListFeeds(settings, output, *options);
    };
  });
}

void AddShow(CLI::App& group, Invocation& invocation) {
  auto* show =
      group.add_subcommand("show", "all that is known about a feed, with its last fetches");
  const auto address = std::make_shared<std::string>();
  show->add_option("FEED", *address,
                   "the feed's address; or its site's, such as example.org, if it is the only one "
                   "there")
      ->required()
      ->type_name("");
  show->callback([&invocation, address] {
    invocation.run = [address](const schemas::Settings& settings, OutputFormat output) {
      return ShowFeed(settings, output, *address);
    };
  });
}

}  // namespace

void AddFeedLists(CLI::App& group, Invocation& invocation) {
  AddList(group, invocation);
  AddShow(group, invocation);
}

}  // namespace saunter::crawler::cli
