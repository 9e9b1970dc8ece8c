// saunter-crawler: the daemon that fetches, judges and writes.

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "crawler/fetch/fetcher.h"
#include "crawler/loop/crawl_loop.h"
#include "crawler/loop/metrics.h"
#include "crawler/write/control.h"
#include "crawler/write/write_retry.h"
#include "crawler/write/writer_thread.h"
#include "schemas/settings.h"
#include "schemas/settings_flags.h"
#include "store/reader.h"
#include "store/writer.h"
#include "systemd/log.h"
#include "systemd/notify.h"

namespace {

using saunter::schemas::Settings;

// sysexits(3), so that a unit file can tell them apart.
enum ExitCode {
  kExitOk = 0,
  kExitUsage = 2,
  kExitDatabase = 3,
  kExitDataDamaged = 65,
  kExitSoftware = 70,
  kExitAlreadyRunning = 73,
  kExitIo = 74,
};

constexpr std::int64_t kTurnMs = 250;
constexpr std::chrono::seconds kDrainMax(8);
constexpr std::int64_t kWriterStuckMs = 50000;
constexpr std::chrono::seconds kShowInterval(1);

std::atomic<bool> stop_requested = false;
std::atomic<bool> reload_requested = false;

void OnSignal(int signal) {
  if (signal == SIGHUP) {
    reload_requested = true;
  } else {
    stop_requested = true;
  }
}

void InstallSignalHandlers() {
  struct sigaction action{};
  action.sa_handler = OnSignal;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaction(signal, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

struct CommandLine {
  saunter::schemas::SettingsFlags settings;
  bool once = false;
};

// Returns the exit code if the program is to end here (--help, a wrong flag).
std::optional<int> ParseCommandLine(int argc, char** argv, CommandLine& line) {
  CLI::App app("Fetches feeds, probes their links and keeps the database of Saunter.",
               "saunter-crawler");
  app.set_version_flag("--version", SAUNTER_VERSION);
  line.settings.AddTo(app);
  app.add_flag("--once", line.once, "work on what is due now, print a summary, exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitOk : kExitUsage;
  }
  return std::nullopt;
}

std::optional<std::string> LoadSettings(const CommandLine& line, Settings& settings) {
  if (auto problem = line.settings.Load(settings)) return problem;
  if (auto problem = saunter::crawler::loop::CheckMetricsListen(settings.metrics.listen))
    return problem;
  return saunter::crawler::fetch::CheckNetworks(settings.fetch.allow_networks);
}

int ExitCodeOf(saunter::store::OpenStatus status) {
  using saunter::store::OpenStatus;
  switch (status) {
    case OpenStatus::kOk:
      return kExitOk;
    case OpenStatus::kLocked:
      return kExitAlreadyRunning;
    case OpenStatus::kCorrupt:
    case OpenStatus::kNotADatabase:
      return kExitDataDamaged;
    case OpenStatus::kMissing:
    case OpenStatus::kForeign:
    case OpenStatus::kOlderSchema:
    case OpenStatus::kNewerSchema:
    case OpenStatus::kUnavailable:
      return kExitDatabase;
  }
  return kExitDatabase;
}

// Of an open database that failed.
int ExitCodeOf(saunter::store::StoreErrorKind kind) {
  using saunter::store::StoreErrorKind;
  switch (kind) {
    case StoreErrorKind::kCorrupt:
      return kExitDataDamaged;
    case StoreErrorKind::kFull:
    case StoreErrorKind::kReadOnly:
    case StoreErrorKind::kIo:
    case StoreErrorKind::kOther:
      return kExitIo;
    case StoreErrorKind::kBusy:
    case StoreErrorKind::kInterrupted:
      return kExitDatabase;
  }
  return kExitIo;
}

saunter::schemas::UnixSeconds Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void FeedWatchdog(const saunter::crawler::write::WriterThread& writer) {
  using Clock = std::chrono::steady_clock;
  static const auto kInterval = saunter::systemd::WatchdogInterval();
  static auto last = Clock::time_point();
  if (!kInterval || Clock::now() - last < *kInterval) return;
  if (writer.IdleMs() > kWriterStuckMs) return;
  last = Clock::now();
  saunter::systemd::Watchdog();
}

void Reload(const CommandLine& line, saunter::crawler::loop::CrawlLoop& loop) {
  saunter::systemd::Reloading();
  Settings settings;
  if (const auto problem = LoadSettings(line, settings)) {
    spdlog::error("reload: {}; the settings stay as they were", *problem);
  } else {
    saunter::systemd::SetLogLevel(settings.log.level);
    loop.Reload(settings);
  }
  saunter::systemd::Ready();
}

// What `systemctl status` says, and what a scrape gets.
void Show(saunter::crawler::loop::CrawlLoop& loop,
          const saunter::crawler::write::WriterThread& writer,
          saunter::crawler::loop::Metrics* metrics) {
  using Clock = std::chrono::steady_clock;
  static auto last = Clock::time_point();
  if (Clock::now() - last < kShowInterval) return;
  last = Clock::now();
  const auto trouble = writer.Trouble();
  saunter::systemd::Status(trouble
                               ? "the database takes no writes: " + std::string(ToString(*trouble))
                               : loop.Summary());
  if (metrics != nullptr) metrics->Show({loop.sums(), loop.Gauges(), writer.Sums()});
}

// One turn; a read that another program holds up is tried again in the next one.
bool Turn(saunter::crawler::loop::CrawlLoop& loop,
          const saunter::crawler::write::WriterThread& writer,
          saunter::crawler::loop::Metrics* metrics) {
  using saunter::store::StoreErrorKind;
  try {
    if (!loop.Turn(Now(), kTurnMs)) return false;
    Show(loop, writer, metrics);
    return true;
  } catch (const saunter::store::StoreError& error) {
    if (error.kind() != StoreErrorKind::kBusy && error.kind() != StoreErrorKind::kInterrupted) {
      throw;
    }
    spdlog::warn("the database cannot be read now: {}", error.what());
    return true;
  }
}

// What was asked is read to its end, but no longer than the service manager waits.
bool Drain(saunter::crawler::loop::CrawlLoop& loop,
           const saunter::crawler::write::WriterThread& writer,
           saunter::crawler::loop::Metrics* metrics) {
  const auto until = std::chrono::steady_clock::now() + kDrainMax;
  loop.StopAsking();
  while (!loop.Drained() && std::chrono::steady_clock::now() < until) {
    if (!Turn(loop, writer, metrics)) return false;
    FeedWatchdog(writer);
  }
  return true;
}

// True: ended as asked. False: the writer failed.
bool RunLoop(const CommandLine& line, saunter::crawler::loop::CrawlLoop& loop,
             const saunter::crawler::write::WriterThread& writer,
             saunter::crawler::loop::Metrics* metrics) {
  if (line.once) loop.LimitTo(Now());
  while (!stop_requested) {
    if (reload_requested.exchange(false)) Reload(line, loop);
    if (!Turn(loop, writer, metrics)) return false;
    FeedWatchdog(writer);
    if (line.once && loop.Idle()) break;
  }
  return Drain(loop, writer, metrics);
}

int Run(const CommandLine& line, const Settings& settings) {
  umask(0027);
  auto opened = saunter::store::OpenWriter(settings.store, "saunter-crawler");
  if (!opened.writer) {
    spdlog::error("{}", opened.detail);
    return ExitCodeOf(opened.status);
  }
  saunter::crawler::write::WriterThread writer(std::move(opened.writer), settings, Now);
  saunter::crawler::loop::DueConnections connections;
  for (auto* connection : {&connections.feeds, &connections.links}) {
    auto opened_reader = saunter::store::OpenReader(settings.store);
    if (!opened_reader.reader) {
      spdlog::error("{}", opened_reader.detail);
      return ExitCodeOf(opened_reader.status);
    }
    *connection = std::move(opened_reader.reader);
  }
  std::optional<saunter::crawler::write::ControlServer> control;
  control.emplace(settings.store.path, writer);
  saunter::crawler::loop::CrawlLoop loop(settings, std::move(connections), writer, Now());
  std::optional<saunter::crawler::loop::Metrics> metrics;
  if (!settings.metrics.listen.empty()) {
    metrics.emplace(settings.metrics.listen);
    spdlog::info("metrics on port {}, path /metrics", metrics->port());
  }
  spdlog::info("saunter-crawler {} writes {}", SAUNTER_VERSION, settings.store.path);
  saunter::systemd::Ready();
  const bool ended_as_asked = RunLoop(line, loop, writer, metrics ? &*metrics : nullptr);
  saunter::systemd::Stopping();
  spdlog::info("stopping");
  control.reset();
  if (ended_as_asked) loop.Finish(Now());
  writer.Stop();
  if (line.once) std::puts(loop.Summary().c_str());
  spdlog::info("stopped: {}", loop.Summary());
  const auto failure = writer.Failure();
  return failure ? ExitCodeOf(*failure) : kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CommandLine line;
    if (const auto code = ParseCommandLine(argc, argv, line)) return *code;
    Settings settings;
    if (const auto problem = LoadSettings(line, settings)) {
      std::fprintf(stderr, "saunter-crawler: %s\n", problem->c_str());
      return kExitUsage;
    }
    saunter::systemd::SetUpLog(settings.log.level);
    InstallSignalHandlers();
    return Run(line, settings);
  } catch (const saunter::store::StoreError& error) {
    spdlog::critical("{}", error.what());
    return ExitCodeOf(error.kind());
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return kExitSoftware;
  }
}
