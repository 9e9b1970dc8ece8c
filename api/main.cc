// saunter-api: the read API as named steps.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>

#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/index/monotonic_seconds.h"
#include "api/options.h"
#include "api/server/server.h"
#include "systemd/log.h"
#include "systemd/notify.h"

namespace saunter::api {
namespace {

constexpr int kFailure = 1;
constexpr unsigned kStopSecondsMax = 5;
// A follower that has not finished a step for this long hangs: the watchdog is no longer fed.
constexpr std::int64_t kStepSecondsMax = 45;

// Before any thread starts, so that all of them inherit it.
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Returns at SIGTERM or SIGINT.
void ServeUntilStopped(const sigset_t& signals, const index::Follower& follower) {
  const auto watchdog = systemd::WatchdogInterval();
  const auto interval = watchdog.value_or(std::chrono::seconds(60));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  const timespec wait{.tv_sec = seconds.count(),
                      .tv_nsec = std::chrono::nanoseconds(interval - seconds).count()};
  while (true) {
    const int number = sigtimedwait(&signals, nullptr, &wait);
    if (number == SIGTERM || number == SIGINT) return;
    if (number == SIGHUP)
      spdlog::info("SIGHUP: saunter-api does not reload its settings; restart it instead");
    if (index::MonotonicSeconds() - follower.last_step_at() < kStepSecondsMax) systemd::Watchdog();
  }
}

int Run(const schemas::Settings& settings) {
  const auto signals = BlockSignals();
  index::ErrorLog errors;
  index::Follower follower(settings.store, settings.api.refresh_interval_ms, errors,
                           settings.api.topics_path);
  follower.Step();
  follower.Start();
  server::Server server(settings, follower, errors);
  server.Start();
  spdlog::info("listening on {}", server.Address());
  systemd::Ready();
  systemd::Status("listening on " + server.Address());
  ServeUntilStopped(signals, follower);
  spdlog::info("stopping");
  systemd::Stopping();
  // If the workers do not end in time, SIGALRM ends the process.
  alarm(kStopSecondsMax);
  server.Stop();
  return 0;
}

}  // namespace
}  // namespace saunter::api

int main(int argc, char** argv) {
  try {
    const auto line = saunter::api::ReadCommandLine(argc, argv);
    if (!line.is_ready) {
      auto* stream = line.exit_code == 0 ? stdout : stderr;
      // A full disk or a closed pipe takes no help and no version.
      const bool printed =
          std::fputs(line.message.c_str(), stream) >= 0 && std::fflush(stream) == 0;
      return printed || line.exit_code != 0 ? line.exit_code : saunter::api::kFailure;
    }
    saunter::systemd::SetUpLog(line.settings.log.level);
    return saunter::api::Run(line.settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saunter-api: %s\n", error.what());
    return saunter::api::kFailure;
  }
}
