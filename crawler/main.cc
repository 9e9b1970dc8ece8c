// saunter-crawler: the daemon that fetches, judges and writes, as named steps.
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "crawler/daemon/exit_code.h"
#include "crawler/daemon/memory.h"
#include "crawler/daemon/migration_news.h"
#include "crawler/daemon/options.h"
#include "crawler/daemon/run.h"
#include "crawler/daemon/signals.h"
#include "crawler/loop/crawl_loop.h"
#include "crawler/loop/lease_keeper.h"
#include "crawler/loop/metrics.h"
#include "crawler/write/control.h"
#include "crawler/write/inbox.h"
#include "crawler/write/writer_thread.h"
#include "schemas/database_url.h"
#include "schemas/settings.h"
#include "store/leases.h"
#include "store/reader.h"
#include "store/writer.h"
#include "systemd/log.h"
#include "systemd/notify.h"

namespace saunter::crawler {
namespace {

using daemon::ExitCode;
using daemon::Now;

// Opens what due work is read through; kOk, or what the program ends with.
ExitCode Connect(const schemas::StoreSettings& settings, loop::DueConnections& connections) {
  for (auto* connection : {&connections.feeds, &connections.links}) {
    auto opened = store::OpenDueWork(settings);
    if (!opened.reader) {
      spdlog::error("{}", opened.detail);
      return daemon::ExitCodeOf(opened.status);
    }
    *connection = std::move(opened.reader);
  }
  return ExitCode::kOk;
}

// kIo where a full disk or a closed pipe does not take it.
ExitCode PrintSummary(const std::string& summary) {
  if (std::puts(summary.c_str()) >= 0 && std::fflush(stdout) == 0) return ExitCode::kOk;
  spdlog::error("the summary could not be printed: {}", std::generic_category().message(errno));
  return ExitCode::kIo;
}

ExitCode Crawl(const daemon::Options& options, const schemas::Settings& settings) {
  umask(0027);
  daemon::MigrationNews news;
  auto opened = store::OpenWriter(settings.store, "saunter-crawler",
                                  [&](const store::MigrationProgress& progress) {
                                    news.Note(progress, std::chrono::steady_clock::now());
                                  });
  if (!opened.writer) {
    spdlog::error("{}", opened.detail);
    return daemon::ExitCodeOf(opened.status);
  }
  write::WriterThread writer(std::move(opened.writer), settings, Now);
  loop::DueConnections connections;
  if (const auto code = Connect(settings.store, connections); code != ExitCode::kOk) return code;
  std::optional<write::ControlServer> control;
  control.emplace(settings.store.path, writer);
  std::optional<write::InboxServer> inbox;
  // Where the API reads a copy, its replica listens.
  const bool is_read_here = settings.store.url.empty();
  if (settings.api.feedback && is_read_here && !options.once) {
    inbox.emplace(settings.store.path, writer);
  }
  auto leases = store::OpenLeases(settings);
  if (leases.status != store::OpenStatus::kOk) {
    spdlog::error("{}", leases.detail);
    return daemon::ExitCodeOf(leases.status);
  }
  loop::LeaseKeeper keeper(
      std::move(leases.leases), [&] { return store::OpenLeases(settings); }, daemon::MachineName(),
      settings.store);
  loop::CrawlLoop loop(settings, std::move(connections), writer, keeper, Now());
  std::optional<loop::Metrics> metrics;
  if (!settings.metrics.listen.empty()) {
    metrics.emplace(settings.metrics.listen, settings.store.path);
    spdlog::info("metrics on port {}, path /metrics", metrics->port());
  }
  spdlog::info("saunter-crawler {} writes {}", SAUNTER_VERSION,
               schemas::DatabaseName(settings.store));
  systemd::Ready();
  daemon::Run run(options, loop, writer, keeper, metrics ? &*metrics : nullptr);
  const bool ended_as_asked = run.UntilStopped();
  systemd::Stopping();
  spdlog::info("stopping");
  writer.RefuseChanges();
  control.reset();
  inbox.reset();
  if (ended_as_asked) loop.Finish(Now());
  writer.Stop();
  const bool is_done = ended_as_asked && loop.Drained() && !writer.Failed();
  keeper.Leave(is_done ? store::Departure::kDone : store::Departure::kUnfinished);
  const auto printed = options.once ? PrintSummary(loop.Summary()) : ExitCode::kOk;
  spdlog::info("stopped: {}", loop.Summary());
  const auto failure = writer.Failure();
  return failure ? daemon::ExitCodeOf(*failure) : printed;
}

ExitCode Run(int argc, char** argv) {
  try {
    daemon::Options options;
    if (const auto code = daemon::ReadOptions(argc, argv, options)) return *code;
    schemas::Settings settings;
    if (const auto problem = daemon::LoadSettings(options, settings)) {
      std::fprintf(stderr, "saunter-crawler: %s\n", problem->c_str());
      return ExitCode::kUsage;
    }
    systemd::SetUpLog(settings.log.level);
    daemon::KeepNoFreedPages();
    daemon::TakeSignals();
    return Crawl(options, settings);
  } catch (const store::StoreError& error) {
    spdlog::critical("{}", error.what());
    return daemon::ExitCodeOf(error.kind());
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return ExitCode::kSoftware;
  }
}

}  // namespace
}  // namespace saunter::crawler

int main(int argc, char** argv) { return static_cast<int>(saunter::crawler::Run(argc, argv)); }
