#include "crawler/cli/manual.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::cli {
namespace {

struct Example {
  std::string_view what;
  std::string_view line;
};

constexpr std::array kExamples = {
    Example{"Take in a list of feeds", "saunter import subscriptions.opml"},
    Example{"See what became of a feed", "saunter feed show https://blog.example/feed.xml"},
    Example{"Keep a site out for good",
            "saunter blacklist add spam.example --reason 'sells links'"},
    Example{"See what the crawler is doing", "saunter stats"},
    Example{"Find out what is wrong, and what to do", "saunter doctor"},
    Example{"Find out whether the settings are right", "saunter config check"},
    Example{"Copy the database while the crawler writes", "saunter db backup saunter-copy.db"},
};

std::vector<schemas::command_line::ManualItem> ExampleItems() {
  std::vector<schemas::command_line::ManualItem> items;
  for (const auto& example : kExamples) {
    items.push_back({"", std::string(example.what) + ":"});
    items.push_back({"", "`" + std::string(example.line) + "`"});
  }
  return items;
}

}  // namespace

std::string ExamplesText() {
  std::string text;
  for (const auto& example : kExamples) {
    text += "  # " + std::string(example.what) + ":\n  " + std::string(example.line) + "\n";
  }
  return text;
}

schemas::command_line::Manual CommandsManual() {
  return {
      .section = 1,
      .more =
          {{.title = "EXIT STATUS",
            .items = {{"0", "Done."},
                      {"1", "Some of it was not done; the report or an error message says what."},
                      {"2", "The command line or a setting is wrong."},
                      {"3", "There is no database, or it cannot be used."}}},
           {.title = "FILES",
            .items =
                {{"/etc/saunter/saunter.toml", "Settings, see saunter.toml(5)."},
                 {"/var/lib/saunter-crawler/saunter.db",
                  "The database. While the crawler runs, changes are handed to it over a socket "
                  "beside this file."}}},
           {.title = "EXAMPLES", .items = ExampleItems()},
           {.title = "SEE ALSO",
            .items = {{"", "saunter-crawler(8), saunter-api(8), saunter.toml(5)"}}}},
  };
}

}  // namespace saunter::crawler::cli
