// saunter-replica: keeps an API machine's file as a copy of a PostgreSQL database, as named steps.
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <optional>
#include <string>

#include "schemas/database_url.h"
#include "store/inbox/server.h"
#include "store/reader.h"
#include "store/replica/feedback_desk.h"
#include "store/replica/keeper.h"
#include "store/replica/metrics.h"
#include "store/replica/options.h"
#include "store/replica/progress.h"
#include "store/sql/copy_file.h"
#include "store/writer.h"
#include "systemd/log.h"
#include "systemd/metrics_server.h"
#include "systemd/notify.h"

namespace saunter::store::replica {
namespace {

constexpr char kProgram[] = "saunter-replica";
constexpr int kDatabase = 3;
constexpr int kSoftware = 70;
constexpr int kAlreadyRunning = 73;
constexpr unsigned kStopSecondsMax = 10;
constexpr std::chrono::seconds kShowInterval(1);
// A copier that has not finished a step for this long hangs: the watchdog is no longer fed.
constexpr std::chrono::seconds kStepMax(240);
// While the first copy is filled the start takes as long as that.
constexpr std::chrono::minutes kMoreTime(5);

schemas::UnixSeconds Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Before any thread starts, so that all of them inherit it.
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Nothing is migrated here: a replica may be of a newer release than the crawlers are for a while.
OpenedWriter OpenAsItIs(const schemas::StoreSettings& settings) {
  const auto found = OpenReader(settings);
  if (found.status != OpenStatus::kOk) return {found.status, found.detail, nullptr};
  return OpenWriter(settings, kProgram);
}

// What `systemctl status` says, and when it says "started": once the copy can be read.
class Announcer {
 public:
  explicit Announcer(const Progress& progress) : progress_(progress) {}

  void Tell() {
    const auto facts = progress_.Facts();
    const bool is_alive = Progress::Clock::now() - progress_.noted_at() < kStepMax;
    systemd::Status(Summary(facts, Now()));
    if (!is_ready_ && facts.current_at) {
      is_ready_ = true;
      systemd::Ready();
    }
    if (!is_alive) return;
    if (!is_ready_) systemd::ExtendTimeout(kMoreTime);
    systemd::Watchdog();
  }

 private:
  const Progress& progress_;
  bool is_ready_ = false;
};

// Returns at SIGTERM or SIGINT, or once the keeper has failed.
void WatchUntilStopped(const sigset_t& signals, const Keeper& keeper, const Progress& progress) {
  Announcer announcer(progress);
  const timespec wait{.tv_sec = kShowInterval.count(), .tv_nsec = 0};
  while (!keeper.HasFailed()) {
    announcer.Tell();
    const int number = sigtimedwait(&signals, nullptr, &wait);
    if (number == SIGTERM || number == SIGINT) return;
    if (number == SIGHUP) {
      spdlog::info("SIGHUP: saunter-replica does not reload its settings; restart it instead");
    }
  }
}

int Run(const schemas::Settings& settings) {
  umask(0027);
  const auto signals = BlockSignals();
  auto opened = sql::OpenCopyFile(settings.store, kProgram);
  if (opened.status != OpenStatus::kOk) {
    spdlog::error("{}", opened.detail);
    return opened.status == OpenStatus::kLocked ? kAlreadyRunning : kDatabase;
  }
  Progress progress;
  Keeper keeper(
      *opened.file, settings, [&] { return sql::OpenSource(settings.store, kProgram); }, Now,
      progress);
  std::optional<FeedbackDesk> desk;
  std::optional<inbox::Server> inbox;
  if (settings.api.feedback) {
    desk.emplace(settings.store, OpenAsItIs, Now, progress);
    inbox.emplace(settings.store.path, *desk);
  }
  std::optional<systemd::MetricsServer> metrics;
  if (!settings.metrics.listen.empty()) {
    metrics.emplace(settings.metrics.listen, [&](systemd::Families& to) {
      AddMetrics(progress.Facts(), settings.store.path, Now(), to);
    });
    spdlog::info("metrics on port {}, path /metrics", metrics->port());
  }
  spdlog::info("saunter-replica {} keeps {} as a copy of the database {}", SAUNTER_VERSION,
               settings.store.path, schemas::DatabaseName(settings.store));
  keeper.Start();
  WatchUntilStopped(signals, keeper, progress);
  systemd::Stopping();
  spdlog::info("stopping");
  // If a thread does not end in time, SIGALRM ends the process: the copy bears that.
  alarm(kStopSecondsMax);
  return keeper.HasFailed() ? kSoftware : 0;
}

}  // namespace
}  // namespace saunter::store::replica

int main(int argc, char** argv) {
  try {
    const auto line = saunter::store::replica::ReadCommandLine(argc, argv);
    if (!line.is_ready) {
      auto* stream = line.exit_code == 0 ? stdout : stderr;
      // A full disk or a closed pipe takes no help and no version.
      const bool printed =
          std::fputs(line.message.c_str(), stream) >= 0 && std::fflush(stream) == 0;
      return printed || line.exit_code != 0 ? line.exit_code : saunter::store::replica::kSoftware;
    }
    saunter::systemd::SetUpLog(line.settings.log.level);
    return saunter::store::replica::Run(line.settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saunter-replica: %s\n", error.what());
    return saunter::store::replica::kSoftware;
  }
}
