#include "crawler/cli/feed_commands.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/import_run.h"

namespace saunter::crawler::cli {
namespace {

struct AddedFeeds {
  std::vector<std::string> urls;
  std::string title;
  std::string category;
};

ExitCode AddFeeds(const schemas::Settings& settings, OutputFormat output,
                  const AddedFeeds& options) {
  lists::OutlineList list;
  for (const auto& url : options.urls) {
    lists::Outline outline;
    outline.url = url;
    list.outlines.push_back(std::move(outline));
  }
  return ImportOutlines(settings, output, {{}, ImportMode::kWrite, options.category, options.title},
                        list);
}

}  // namespace

void AddFeedCommands(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("feed", "list, show, add, edit, remove, pause or resume feeds");
  group->require_subcommand(1);
  AddFeedLists(*group, invocation);

  auto* add = group->add_subcommand(
      "add", "add feeds by their own addresses, or give known ones a category or a title");
  const auto options = std::make_shared<AddedFeeds>();
  add->add_option("URL", options->urls, "a feed's address")->required();
  add->add_option("--title", options->title, "its title, in place of the feed's own");
  add->add_option("--category", options->category, "its category");
  add->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return AddFeeds(settings, output, *options);
    };
  });

  AddFeedChanges(*group, invocation);
}

}  // namespace saunter::crawler::cli
