#include <CLI/CLI.hpp>
#include <memory>
#include <random>
#include <string>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

Json LinkJson(const schemas::Link& link) {
  return {{"id", link.link_id},
          {"url", link.url},
          {"title", link.title},
          {"site", link.site},
          {"author", OrNull(link.author)},
          {"published_at", OrNull(link.published_at)},
          {"language", OrNull(link.language)},
          {"categories", link.categories}};
}

ExitCode Random(const schemas::Settings& settings, OutputFormat output,
                const std::string& category) {
  const auto reader = OpenReader(settings);
  if (!reader) return ExitCode::kNoDatabase;
  store::FairChoice choice;
  if (!category.empty()) {
    choice.category_id = reader->FindCategory(category);
    if (!choice.category_id) {
      PrintProblem("no link has the category " + category);
      return ExitCode::kPartlyFailed;
    }
  }
  std::mt19937_64 random(std::random_device{}());
  std::uniform_real_distribution<double> place(0, 1);
  choice.source_place = place(random);
  choice.link_place = place(random);
  const auto link = reader->ChooseFairly(choice);
  if (!link) {
    PrintProblem("there is no living link yet; `saunter stats` says what the crawler has done");
    return ExitCode::kPartlyFailed;
  }
  if (output == OutputFormat::kJson) {
    PrintJson(LinkJson(*link), JsonStyle::kCompact);
  } else {
    PrintLine(Printable(link->title));
    PrintLine(link->url);
  }
  return ExitCode::kDone;
}

}  // namespace

void AddRandom(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("random", "one living link: chooses a source, then one of its links");
  auto category = std::make_shared<std::string>();
  command->add_option("--category", *category, "only links of this category");
  command->callback([&invocation, category] {
    invocation.run = [category](const schemas::Settings& settings, OutputFormat output) {
      return Random(settings, output, *category);
    };
  });
}

}  // namespace saunter::crawler::cli
