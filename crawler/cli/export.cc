#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/print.h"
#include "crawler/lists/outlines.h"

namespace saunter::crawler::cli {
namespace {

struct ExportOptions {
  std::string format = "opml";
  std::string category;
};

std::vector<lists::Outline> ReadFeeds(store::Catalogue& catalogue, const std::string& category) {
  std::vector<lists::Outline> outlines;
  schemas::Id after = 0;
  while (true) {
    const auto feeds = catalogue.Feeds({after, kFeedsPerRead});
    if (feeds.empty()) return outlines;
    after = feeds.back().feed_id;
    for (const auto& feed : feeds) {
      if (!category.empty() && feed.category != category) continue;
      lists::Outline outline;
      outline.url = feed.url;
      outline.title = feed.title;
      outline.site_url = feed.site_url;
      outline.category = feed.category;
      outlines.push_back(std::move(outline));
    }
  }
}

Json OutlineJson(const lists::Outline& outline) {
  return {{"url", outline.url},
          {"title", OrNull(outline.title)},
          {"site_url", OrNull(outline.site_url)},
          {"category", OrNull(outline.category)}};
}

ExitCode ExportFeeds(const schemas::Settings& settings, OutputFormat output,
                     const ExportOptions& options) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  const auto outlines = ReadFeeds(*reader, options.category);
  if (output == OutputFormat::kJson) {
    JsonRows rows("feeds");
    for (const auto& outline : outlines) rows.Print(OutlineJson(outline));
    rows.End();
  } else if (options.format == "text") {
    for (const auto& outline : outlines) PrintLine(outline.url);
  } else {
    PrintText(lists::WriteOpml("Saunter's feeds", outlines));
  }
  return ExitCode::kDone;
}

}  // namespace

void AddExport(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("export", "print all feeds, for `saunter import` or a reader");
  auto options = std::make_shared<ExportOptions>();
  command->add_option("--format", options->format, "opml, or text: one URL a line")
      ->check(CLI::IsMember({"opml", "text"}))
      ->capture_default_str();
  command->add_option("--category", options->category, "only the feeds of this category");
  command->callback([&invocation, options] {
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return ExportFeeds(settings, output, *options);
    };
  });
}

}  // namespace saunter::crawler::cli
