#include "api/options.h"

#include <CLI/CLI.hpp>
#include <map>
#include <optional>

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
  std::string config(schemas::kDefaultSettingsPath);
  std::optional<std::string> listen;
  app.add_option("--config", config, "settings file (TOML)")->capture_default_str();
  app.add_option("--listen", listen, "HOST:PORT or [IPV6]:PORT, the same as --api.listen");
  std::map<std::string, std::optional<std::string>> flags;
  for (const auto& info : schemas::ListSettings()) {
    app.add_option("--" + info.key, flags[info.key], info.summary)
        ->default_str(info.default_text)
        ->group("Settings");
  }
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
  if (const auto problem = schemas::ReadSettingsFile(line.settings, config)) {
    return Refused(*problem);
  }
  if (listen) flags["api.listen"] = listen;
  for (const auto& [key, text] : flags) {
    if (!text) continue;
    if (const auto problem = schemas::SetSetting(line.settings, key, *text)) {
      return Refused(*problem);
    }
  }
  line.is_ready = true;
  return line;
}

}  // namespace saunter::api
