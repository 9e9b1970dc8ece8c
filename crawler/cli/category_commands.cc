#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/change_writer.h"
#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/input.h"
#include "crawler/cli/pool_scan.h"
#include "crawler/cli/print.h"
#include "schemas/text.h"
#include "store/catalogue.h"

namespace saunter::crawler::cli {
namespace {

using schemas::topics::Topics;

// What an operator or Saunter calls a category, or only a feed itself.
struct CategoryRow {
  std::int64_t feeds = 0;  // that an operator put into it
  std::int64_t links = 0;  // living ones
  bool is_topic = false;
};
using CategoryRows = std::map<std::string, CategoryRow>;

struct CategoryOptions {
  bool shows_words = false;
  std::string old_name;            // of rename and merge
  std::vector<std::string> names;  // what more there is, the new one last
  bool is_dry = false;
};

enum class CategoryMove { kRename, kMerge };

template <typename Visit>
void ForEachCategorised(store::Reader& reader, Visit&& visit) {
  schemas::Id after = 0;
  while (true) {
    const auto feeds = reader.FeedOutlines({after, kFeedsPerRead});
    if (feeds.empty()) return;
    after = feeds.back().feed_id;
    for (const auto& feed : feeds) {
      if (!feed.category.empty()) visit(feed);
    }
  }
}

CategoryRows OperatorCategories(store::Reader& reader) {
  CategoryRows rows;
  ForEachCategorised(reader, [&](const store::FeedOutline& feed) { ++rows[feed.category].feeds; });
  return rows;
}

// As readers find them: by a topic's name they get what is of that topic.
void CountCategoryLinks(store::Reader& reader, const std::shared_ptr<const Topics>& topics,
                        const CategoryOptions& options, CategoryRows& rows) {
  std::vector<std::pair<schemas::topics::TopicMask, CategoryRow*>> by_topic;
  for (auto& [name, row] : rows) {
    const auto mask = topics->Named(schemas::ToLowerAscii(name));
    row.is_topic = mask.has_value();
    if (mask) by_topic.emplace_back(*mask, &row);
  }
  std::map<schemas::Id, std::int64_t> by_word;
  PoolScan scan(reader, topics);
  while (true) {
    const auto& links = scan.Next();
    if (links.empty()) break;
    for (const auto& link : links) {
      for (const auto& [mask, row] : by_topic) row->links += (link.topics & mask) != 0 ? 1 : 0;
      for (const auto category_id : link.row.categories) ++by_word[category_id];
    }
  }
  for (const auto& [category_id, links] : by_word) {
    const auto& name = scan.words().at(category_id).name;
    auto row = rows.find(name);
    if (row == rows.end() && options.shows_words) row = rows.emplace(name, CategoryRow()).first;
    if (row != rows.end() && !row->second.is_topic) row->second.links = links;
  }
}

std::string KindOf(const CategoryRow& row) {
  if (row.feeds == 0) return row.is_topic ? "topic" : "feeds' word";
  return row.is_topic ? "operator, topic" : "operator";
}

ExitCode ListCategories(const schemas::Settings& settings, OutputFormat output,
                        const CategoryOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto topics = ReadTopics(settings);
  auto found = OperatorCategories(*reader);
  for (const auto& topic : topics->list()) found[topic.name];
  CountCategoryLinks(*reader, topics, options, found);
  std::vector<std::pair<std::string, CategoryRow>> sorted(found.begin(), found.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), [](const auto& named) {
    return std::pair(named.second.links, named.second.feeds);
  });
  if (output == OutputFormat::kJson) {
    JsonRows rows("categories");
    for (const auto& [name, row] : sorted) {
      rows.Print({{"name", name},
                  {"feeds", row.feeds},
                  {"links", row.links},
                  {"operator", row.feeds > 0},
                  {"topic", row.is_topic}});
    }
    rows.End();
    return ExitCode::kDone;
  }
  PrintLine(fmt::format("{:>7} {:>9}  {:<16} {}", "feeds", "to give", "whose", "category"));
  for (const auto& [name, row] : sorted) {
    PrintLine(
        fmt::format("{:>7} {:>9}  {:<16} {}", row.feeds, row.links, KindOf(row), Printable(name)));
  }
  return ExitCode::kDone;
}

// What keeps these names from being moved, if anything.
std::optional<std::string> WhyNotFrom(const std::vector<std::string>& names,
                                      const CategoryRows& categories, const Topics& topics) {
  std::vector<std::string> known;
  for (const auto& [name, row] : categories) known.push_back(name);
  for (const auto& name : names) {
    if (categories.contains(name)) continue;
    if (topics.Named(schemas::ToLowerAscii(name))) {
      return fmt::format(
          "{} is a topic that Saunter finds by itself, and no feed was put into it; the file "
          "api.topics_path says which words mean it",
          Printable(name));
    }
    return UnknownCategory(name, known);
  }
  return std::nullopt;
}

std::optional<std::string> WhyNotTo(CategoryMove move, const std::vector<std::string>& from,
                                    const std::string& to, const CategoryRows& categories,
                                    const Topics& topics) {
  if (to.empty()) return "the new name is empty";
  if (std::ranges::find(from, to) != from.end()) {
    return fmt::format("{} is called that already", Printable(to));
  }
  const bool is_topic = topics.Named(schemas::ToLowerAscii(to)).has_value();
  const bool exists = categories.contains(to) || is_topic;
  if (move == CategoryMove::kRename && exists) {
    return fmt::format(
        "there is {} {} already; `saunter category merge {} {}` puts the feeds into it",
        categories.contains(to) ? "a category" : "a topic", Printable(to), ShellWord(from.front()),
        ShellWord(to));
  }
  if (move == CategoryMove::kMerge && !exists) {
    std::vector<std::string> known;
    for (const auto& [name, row] : categories) known.push_back(name);
    for (const auto& topic : topics.list()) known.push_back(topic.name);
    return UnknownCategory(to, known) + " `saunter category rename` gives one a new name";
  }
  return std::nullopt;
}

// Returns how many feeds have changed; nullopt: the database takes no more, and stderr says why.
std::optional<std::int64_t> MoveFeeds(const schemas::Settings& settings,
                                      const std::vector<std::string>& urls, const std::string& to) {
  ChangeWriter writer(settings);
  std::int64_t moved = 0;
  std::vector<schemas::OperatorChange> changes;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    changes.emplace_back(schemas::EditFeed{.url = urls[i], .title = std::nullopt, .category = to});
    if (changes.size() < kChangesPerBatch && i + 1 < urls.size()) continue;
    const auto written = writer.Apply(changes);
    if (!written.problem.empty()) {
      PrintProblem(written.problem +
                   "; what was done stays done, and the same command goes on "
                   "from there");
      return std::nullopt;
    }
    moved += std::ranges::count(written.outcomes, schemas::ChangeOutcome::kDone);
    changes.clear();
  }
  return moved;
}

void PrintMove(OutputFormat output, const std::vector<std::string>& from, const std::string& to,
               const CategoryOptions& options, std::int64_t feeds) {
  if (output == OutputFormat::kJson) {
    PrintJson({{"from", from}, {"to", to}, {"feeds", feeds}, {"dry_run", options.is_dry}},
              JsonStyle::kCompact);
    return;
  }
  std::string names;
  for (const auto& name : from) names += (names.empty() ? "" : ", ") + name;
  PrintLine(fmt::format("{} feed{} {} from {} to {}", feeds, feeds == 1 ? "" : "s",
                        options.is_dry ? "would be moved"
                        : feeds == 1   ? "was moved"
                                       : "were moved",
                        Printable(names), Printable(to)));
}

ExitCode MoveCategories(const schemas::Settings& settings, OutputFormat output,
                        const CategoryOptions& options, CategoryMove move) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto topics = ReadTopics(settings);
  const auto to = OperatorText(options.names.back());
  std::vector<std::string> from(options.names.begin(), options.names.end() - 1);
  from.insert(from.begin(), options.old_name);
  const auto categories = OperatorCategories(*reader);
  auto problem = WhyNotFrom(from, categories, *topics);
  if (!problem) problem = WhyNotTo(move, from, to, categories, *topics);
  if (problem) {
    PrintProblem(*problem);
    return ExitCode::kPartlyFailed;
  }
  std::vector<std::string> urls;
  ForEachCategorised(*reader, [&](const store::FeedOutline& feed) {
    if (std::ranges::find(from, feed.category) != from.end()) urls.push_back(feed.url);
  });
  const auto moved =
      options.is_dry ? std::optional(std::ssize(urls)) : MoveFeeds(settings, urls, to);
  if (!moved) return ExitCode::kNoDatabase;
  PrintMove(output, from, to, options, *moved);
  return ExitCode::kDone;
}

CLI::App* AddMove(CLI::App& group, Invocation& invocation, const std::string& name,
                  const std::string& summary, const std::shared_ptr<CategoryOptions>& options,
                  CategoryMove move) {
  auto* command = group.add_subcommand(name, summary);
  command->add_flag("--dry-run", options->is_dry, "show what would be moved, and change nothing");
  command->add_option("OLD", options->old_name, "a category of feeds")->required();
  command->callback([&invocation, options, move] {
    invocation.run = [options, move](const schemas::Settings& settings, OutputFormat output) {
      return MoveCategories(settings, output, *options, move);
    };
  });
  return command;
}

}  // namespace

void AddCategoryCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("category", "list, rename or merge the categories of feeds");
  group->require_subcommand(1);
  const auto options = std::make_shared<CategoryOptions>();
  auto* list = group->add_subcommand(
      "list", "categories that an operator gave, and topics that Saunter finds by itself");
  list->add_flag("--words", options->shows_words, "words that only feeds use, too");
  list->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return ListCategories(settings, output, *options);
    };
  });
  AddMove(*group, invocation, "rename", "give a category of feeds a name that is new", options,
          CategoryMove::kRename)
      ->add_option("NEW", options->names, "the new name")
      ->required()
      ->expected(1);
  AddMove(*group, invocation, "merge",
          "put the feeds of one or more categories into another, or into a topic", options,
          CategoryMove::kMerge)
      ->add_option("NAME", options->names, "further ones, if any, then the one that stays")
      ->required();
}

}  // namespace saunter::crawler::cli
