#include "crawler/daemon/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "schemas/command_line/manual.h"
#include "schemas/command_line/usage.h"

namespace saunter::crawler::daemon {
namespace {

schemas::command_line::Manual DaemonManual() {
  return {
      .section = 8,
      .more =
          {{.title = "SIGNALS",
            .items = {{"SIGHUP", "Reads the settings again; `systemctl reload saunter-crawler`."},
                      {"SIGTERM", "Writes what it has and ends."}}},
           {.title = "EXIT STATUS",
            .items = {{"0", "It was told to end, or with `--once` nothing is due any more."},
                      {"2", "The command line or a setting is wrong."},
                      {"3", "The database cannot be opened."},
                      {"65", "The database is damaged."},
                      {"70", "A fault of the program."},
                      {"73", "Another process writes this database."},
                      {"74", "The disk failed, or it is full."}}},
           {.title = "FILES",
            .items = {{"/etc/saunter/saunter.toml", "Settings, see saunter.toml(5)."},
                      {"/var/lib/saunter-crawler/saunter.db", "The database."}}},
           {.title = "SEE ALSO", .items = {{"", "saunter(1), saunter-api(8), saunter.toml(5)"}}}},
  };
}

}  // namespace

std::optional<ExitCode> ReadOptions(int argc, const char* const* argv, Options& options) {
  CLI::App app("Fetches feeds, probes their links and keeps the database of Saunter.",
               "saunter-crawler");
  app.set_version_flag("--version", SAUNTER_VERSION);
  options.settings.AddTo(app);
  app.add_flag("--once", options.once, "work on what is due now, print a summary, exit");
  schemas::command_line::AddHelp(app);
  schemas::command_line::AddManual(app, DaemonManual());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto answer = schemas::command_line::AnswerTo(app, error);
    std::fputs(answer.errors.c_str(), stderr);
    if (answer.exit_code != 0) return ExitCode::kUsage;
    const bool printed = std::fputs(answer.output.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return printed ? ExitCode::kOk : ExitCode::kIo;
  }
  return std::nullopt;
}

std::optional<std::string> LoadSettings(const Options& options, schemas::Settings& settings) {
  return options.settings.Load(settings);
}

}  // namespace saunter::crawler::daemon
