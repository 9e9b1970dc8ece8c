#include "crawler/cli/command_line.h"

#include <CLI/CLI.hpp>

#include "crawler/cli/commands.h"
#include "crawler/cli/manual.h"
#include "crawler/cli/print.h"
#include "schemas/command_line/usage.h"

namespace saunter::crawler::cli {
namespace {

// Every command takes the options of the program too, wherever they stand.
void AddCommands(CLI::App& app, Invocation& invocation) {
  app.require_subcommand(1);
  app.fallthrough();
  AddImport(app, invocation);
  AddExport(app, invocation);
  AddFeedCommands(app, invocation);
  AddSiteCommands(app, invocation);
  AddCategoryCommands(app, invocation);
  AddBlacklistCommands(app, invocation);
  AddReviewCommands(app, invocation);
  AddParse(app, invocation);
  AddFetch(app, invocation);
  AddRandom(app, invocation);
  AddStats(app, invocation);
  AddDoctor(app, invocation);
  AddDatabaseCommands(app, invocation);
  AddConfigCommands(app, invocation);
}

void AddFooters(CLI::App& app) {
  for (auto* command : app.get_subcommands({})) {
    command->footer(
        "Every command also takes --json, --config FILE and the settings, as saunter "
        "--help-settings lists them.");
    AddFooters(*command);
  }
}

}  // namespace

std::optional<ExitCode> ParseCommandLine(int argc, const char* const* argv,
                                         Invocation& invocation) {
  CLI::App app("Looks after the feeds, the blacklist and the database of Saunter.", "saunter");
  app.set_version_flag("--version", SAUNTER_VERSION);
  invocation.settings.AddTo(app);
  app.add_flag_callback(
      "--json", [&invocation] { invocation.output = OutputFormat::kJson; },
      "print one JSON object, for scripts");
  AddCommands(app, invocation);
  AddFooters(app);
  app.footer("Examples:\n" + ExamplesText());
  schemas::command_line::AddHelp(app);
  schemas::command_line::AddManual(app, CommandsManual());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto answer = schemas::command_line::AnswerTo(app, error);
    PrintText(answer.output);
    PrintExplanation(answer.errors);
    return answer.exit_code == 0 ? ExitCode::kDone : ExitCode::kWrongUsage;
  }
  return std::nullopt;
}

std::optional<std::string> LoadSettings(const Invocation& invocation, schemas::Settings& settings) {
  return invocation.settings.Load(settings);
}

}  // namespace saunter::crawler::cli
