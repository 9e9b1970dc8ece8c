#include "api/options.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "schemas/command_line/manual.h"
#include "schemas/command_line/settings_flags.h"
#include "schemas/command_line/usage.h"

namespace saunter::api {
namespace {

constexpr int kWrongUsage = 2;

schemas::command_line::Manual ApiManual() {
  return {
      .section = 8,
      .more = {{.title = "SIGNALS", .items = {{"SIGTERM", "Answers what it has begun and ends."}}},
               {.title = "EXIT STATUS",
                .items = {{"0", "It was told to end."},
                          {"1", "A fault, or the address is taken."},
                          {"2", "The command line or a setting is wrong."}}},
               {.title = "FILES",
                .items = {{"/etc/saunter/saunter.toml", "Settings, see saunter.toml(5)."},
                          {"/etc/saunter/topics.txt",
                           "Which words of feeds mean which topic; the list "
                           "that is built in where there is none."},
                          {"/var/lib/saunter-crawler/saunter.db", "The database, only read here."},
                          {"/var/lib/saunter-api/receipt.key",
                           "The key of the receipts with which readers vote and report."}}},
               {.title = "SEE ALSO",
                .items = {{"", "saunter(1), saunter-crawler(8), saunter.toml(5)"}}}},
  };
}

CommandLine Refused(const std::string& problem) {
  CommandLine line;
  line.exit_code = kWrongUsage;
  line.message = "saunter-api: " + problem + "\n";
  return line;
}

}  // namespace

CommandLine ReadCommandLine(int argc, const char* const* argv) {
  CLI::App app("Serves random living links of the small web from Saunter's database.",
               "saunter-api");
  app.set_version_flag("--version", SAUNTER_VERSION);
  schemas::command_line::SettingsFlags flags;
  flags.AddTo(app);
  std::optional<std::string> listen;
  app.add_option("--listen", listen, "HOST:PORT or [IPV6]:PORT, the same as --api.listen");
  schemas::command_line::AddHelp(app);
  schemas::command_line::AddManual(app, ApiManual());
  CommandLine line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto answer = schemas::command_line::AnswerTo(app, error);
    line.exit_code = answer.exit_code;
    line.message = answer.output + answer.errors;
    return line;
  }
  if (listen) flags.Set("api.listen", *listen);
  if (const auto problem = flags.Load(line.settings)) return Refused(*problem);
  line.is_ready = true;
  return line;
}

}  // namespace saunter::api
