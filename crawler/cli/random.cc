#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/database.h"
#include "crawler/cli/print.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kRowsPerRead = 10000;

struct Choice {
  schemas::Id site_id = 0;
  schemas::Id link_id = 0;
};

// Pool rows of the category, or all of them.
std::vector<Choice> ReadChoices(store::Reader& reader, std::optional<schemas::Id> category_id) {
  std::vector<Choice> choices;
  store::Page page{0, kRowsPerRead};
  while (true) {
    const auto rows = reader.Pool(page);
    if (rows.empty()) return choices;
    std::unordered_set<schemas::Id> fitting;
    if (category_id) {
      for (const auto& row : reader.PoolCategories(page)) {
        if (row.category_id == *category_id) fitting.insert(row.link_id);
      }
    }
    for (const auto& row : rows) {
      if (category_id && !fitting.contains(row.link_id)) continue;
      choices.push_back({row.site_id, row.link_id});
    }
    page.after = rows.back().link_id;
  }
}

// The fair rule: first a site, uniformly, then one of its links, uniformly.
schemas::Id Choose(std::vector<Choice>& choices, std::mt19937_64& random) {
  std::sort(choices.begin(), choices.end(),
            [](const Choice& a, const Choice& b) { return a.site_id < b.site_id; });
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i == 0 || choices[i].site_id != choices[i - 1].site_id) begins.push_back(i);
  }
  const auto site = std::uniform_int_distribution<std::size_t>(0, begins.size() - 1)(random);
  const auto end = site + 1 < begins.size() ? begins[site + 1] : choices.size();
  const auto place = std::uniform_int_distribution<std::size_t>(begins[site], end - 1)(random);
  return choices[place].link_id;
}

std::optional<schemas::Id> FindCategory(store::Reader& reader, const std::string& name) {
  for (const auto& [category_id, category] : reader.Categories()) {
    if (category == name) return category_id;
  }
  return std::nullopt;
}

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
  std::optional<schemas::Id> category_id;
  if (!category.empty()) {
    category_id = FindCategory(*reader, category);
    if (!category_id) {
      PrintProblem("no link has the category " + category);
      return ExitCode::kPartlyFailed;
    }
  }
  auto choices = ReadChoices(*reader, category_id);
  std::mt19937_64 random(std::random_device{}());
  while (!choices.empty()) {
    const auto link_id = Choose(choices, random);
    // A link may have left the pool since it was read.
    if (const auto link = reader->FindLink(link_id)) {
      if (output == OutputFormat::kJson) {
        PrintJson(LinkJson(*link), JsonStyle::kCompact);
      } else {
        PrintLine(Printable(link->title));
        PrintLine(link->url);
      }
      return ExitCode::kDone;
    }
    std::erase_if(choices, [link_id](const Choice& choice) { return choice.link_id == link_id; });
  }
  PrintProblem("there is no living link yet; `saunter stats` says what the crawler has done");
  return ExitCode::kPartlyFailed;
}

}  // namespace

void AddRandom(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("random", "one living link: chooses a site, then one of its links");
  auto category = std::make_shared<std::string>();
  command->add_option("--category", *category, "only links of this category");
  command->callback([&invocation, category] {
    invocation.run = [category](const schemas::Settings& settings, OutputFormat output) {
      return Random(settings, output, *category);
    };
  });
}

}  // namespace saunter::crawler::cli
