#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "crawler/cli/commands.h"
#include "crawler/cli/import_run.h"

namespace saunter::crawler::cli {

void AddImport(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "import", "add the feeds of OPML files, of lists with one URL a line, or of web pages");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("SOURCE", options->sources,
                      "a FILE, a URL, or - for standard input; a file that is called list or undo "
                      "is ./list or ./undo");
  command->add_flag_callback(
      "--dry-run", [options] { options->mode = ImportMode::kDryRun; },
      "show what would be added, and change nothing");
  command->add_option(
      "--category", options->category,
      "put all these feeds into this category, those that are known, too; else a folder of the "
      "list is the category of feeds that have none");
  AddImportJournal(*command, invocation);
  // Called after that of `list` or `undo`.
  command->callback([&invocation, command, options] {
    const auto journal = command->get_subcommands();
    if (!journal.empty()) {
      if (options->sources.empty()) return;
      const auto& name = journal.front()->get_name();
      throw CLI::ValidationError("import",
                                 "`import " + name + "` takes no " + options->sources.front() +
                                     "; to import a file called " + name + ", write ./" + name);
    }
    if (options->sources.empty()) throw CLI::RequiredError("SOURCE");
    invocation.run = [options](const schemas::Settings& settings, OutputFormat output) {
      return Import(settings, output, *options);
    };
  });
}

}  // namespace saunter::crawler::cli
