#include "crawler/daemon/run.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "crawler/daemon/signals.h"
#include "schemas/settings.h"
#include "store/status.h"
#include "systemd/log.h"
#include "systemd/notify.h"

namespace saunter::crawler::daemon {
namespace {

constexpr std::int64_t kTurnMs = 250;
constexpr std::chrono::seconds kDrainMax(8);
constexpr std::int64_t kWriterStuckMs = 50000;
constexpr std::chrono::seconds kShowInterval(1);

}  // namespace

schemas::UnixSeconds Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string MachineName() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string_view name(host.data());
  return fmt::format("{}, process {}", name.empty() ? "a machine" : name, getpid());
}

Run::Run(const Options& options, loop::CrawlLoop& loop, write::WriterThread& writer,
         const loop::LeaseKeeper& keeper, loop::Metrics* metrics)
    : options_(options),
      loop_(loop),
      writer_(writer),
      keeper_(keeper),
      metrics_(metrics),
      watchdog_interval_(systemd::WatchdogInterval()) {}

bool Run::UntilStopped() {
  if (options_.once) loop_.LimitTo(Now());
  while (!IsToStop()) {
    if (TakeReloadRequest()) Reload();
    if (!Turn()) return false;
    if (options_.once && loop_.Idle()) break;
  }
  return Drain();
}

bool Run::Drain() {
  const auto until = Clock::now() + kDrainMax;
  writer_.RefuseChanges();
  loop_.StopAsking();
  while (!loop_.Drained() && Clock::now() < until) {
    if (!Turn()) return false;
  }
  return true;
}

bool Run::Turn() {
  if (!loop_.Turn(Now(), kTurnMs)) return false;
  Show();
  FeedWatchdog();
  return true;
}

void Run::Reload() {
  systemd::Reloading();
  schemas::Settings settings;
  if (const auto problem = LoadSettings(options_, settings)) {
    spdlog::error("reload: {}; the settings stay as they were", *problem);
  } else {
    systemd::SetLogLevel(settings.log.level);
    loop_.Reload(settings);
  }
  systemd::Ready();
}

// What `systemctl status` says, and what a scrape gets.
void Run::Show() {
  if (Clock::now() - shown_at_ < kShowInterval) return;
  shown_at_ = Clock::now();
  const auto trouble = writer_.Trouble();
  systemd::Status(trouble ? "the database takes no writes: " + std::string(ToString(*trouble))
                          : loop_.Summary());
  if (metrics_ != nullptr)
    metrics_->Show({loop_.sums(), loop_.Gauges(), writer_.Sums(), keeper_.Sums()});
}

void Run::FeedWatchdog() {
  if (!watchdog_interval_ || Clock::now() - fed_at_ < *watchdog_interval_) return;
  if (writer_.IdleMs() > kWriterStuckMs) return;
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch());
  if (!progress_.GoesOn(loop_.Signs(), now.count())) return;
  fed_at_ = Clock::now();
  systemd::Watchdog();
}

}  // namespace saunter::crawler::daemon
