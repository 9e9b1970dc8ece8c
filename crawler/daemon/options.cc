#include "crawler/daemon/options.h"

#include <CLI/CLI.hpp>

#include "crawler/fetch/fetcher.h"
#include "crawler/loop/metrics.h"

namespace saunter::crawler::daemon {

std::optional<ExitCode> ReadOptions(int argc, const char* const* argv, Options& options) {
  CLI::App app("Fetches feeds, probes their links and keeps the database of Saunter.",
               "saunter-crawler");
  app.set_version_flag("--version", SAUNTER_VERSION);
  options.settings.AddTo(app);
  app.add_flag("--once", options.once, "work on what is due now, print a summary, exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  return std::nullopt;
}

std::optional<std::string> LoadSettings(const Options& options, schemas::Settings& settings) {
  if (auto problem = options.settings.Load(settings)) return problem;
  if (auto problem = loop::CheckMetricsListen(settings.metrics.listen)) return problem;
  return fetch::CheckSettings(settings.fetch);
}

}  // namespace saunter::crawler::daemon
