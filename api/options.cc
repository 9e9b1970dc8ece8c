#include "api/options.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "schemas/settings_flags.h"

namespace saunter::api {
namespace {

constexpr int kWrongUsage = 2;

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
  schemas::SettingsFlags flags;
  flags.AddTo(app);
  std::optional<std::string> listen;
  app.add_option("--listen", listen, "HOST:PORT or [IPV6]:PORT, the same as --api.listen");
  CommandLine line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.message = app.help();
    return line;
  } catch (const CLI::CallForVersion&) {
    line.message = std::string(SAUNTER_VERSION) + "\n";
    return line;
  } catch (const CLI::ParseError& error) {
    return Refused(std::string(error.what()) + "; `saunter-api --help` lists the flags");
  }
  if (listen) flags.Set("api.listen", *listen);
  if (const auto problem = flags.Load(line.settings)) return Refused(*problem);
  line.is_ready = true;
  return line;
}

}  // namespace saunter::api
