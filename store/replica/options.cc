#include "store/replica/options.h"

#include <CLI/CLI.hpp>

#include "schemas/command_line/manual.h"
#include "schemas/command_line/settings_flags.h"
#include "schemas/command_line/usage.h"

namespace saunter::store::replica {
namespace {

constexpr int kWrongUsage = 2;

schemas::command_line::Manual ReplicaManual() {
  return {
      .section = 8,
      .more =
          {{.title = "SIGNALS", .items = {{"SIGTERM", "Commits what it has begun and ends."}}},
           {.title = "EXIT STATUS",
            .items = {{"0", "It was told to end."},
                      {"2", "The command line or a setting is wrong."},
                      {"3", "The copy cannot be opened, or what stands at its path is none."},
                      {"70", "A fault of the program."},
                      {"73", "Another process writes this file."}}},
           {.title = "FILES",
            .items = {{"/etc/saunter/saunter.toml",
                       "Settings, see saunter.toml(5): store.url, store.path and [replica]."},
                      {"/var/lib/saunter-crawler/saunter.db", "The copy, where the API reads it."},
                      {"~/.pgpass", "The password for PostgreSQL, if it asks for one."}}},
           {.title = "SEE ALSO",
            .items = {{"", "saunter(1), saunter-api(8), saunter-crawler(8), saunter.toml(5)"}}}},
  };
}

CommandLine Refused(const std::string& problem) {
  CommandLine line;
  line.exit_code = kWrongUsage;
  line.message = "saunter-replica: " + problem + "\n";
  return line;
}

}  // namespace

CommandLine ReadCommandLine(int argc, const char* const* argv) {
  CLI::App app(
      "Keeps the file that saunter-api reads as a copy of the PostgreSQL database at store.url.",
      "saunter-replica");
  app.set_version_flag("--version", SAUNTER_VERSION);
  schemas::command_line::SettingsFlags flags;
  flags.AddTo(app);
  schemas::command_line::AddHelp(app);
  schemas::command_line::AddManual(app, ReplicaManual());
  CommandLine line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto answer = schemas::command_line::AnswerTo(app, error);
    line.exit_code = answer.exit_code;
    line.message = answer.output + answer.errors;
    return line;
  }
  if (const auto problem = flags.Load(line.settings)) return Refused(*problem);
  if (line.settings.store.url.empty()) {
    return Refused(
        "store.url is empty: give the PostgreSQL database that is to be copied, as in "
        "postgresql://HOST/saunter; where the crawler writes store.path there is nothing to copy");
  }
  line.is_ready = true;
  return line;
}

}  // namespace saunter::store::replica
