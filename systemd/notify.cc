#include "systemd/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <ctime>
#include <string>

namespace saunter::systemd {
namespace {

void Notify(const std::string& state) { static_cast<void>(sd_notify(0, state.c_str())); }

// systemd compares it with the time of the reload it asked for, so it must be its clock.
std::int64_t MonotonicUs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

}  // namespace

void Ready() { Notify("READY=1"); }

void Reloading() { Notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(MonotonicUs())); }

void ExtendTimeout(std::chrono::microseconds more) {
  Notify("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count()));
}

void Stopping() { Notify("STOPPING=1"); }

void Watchdog() { Notify("WATCHDOG=1"); }

void Status(std::string_view text) {
  std::string state = "STATUS=";
  state += text;
  // A line break would begin another assignment.
  for (char& c : state) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  Notify(state);
}

std::optional<std::chrono::milliseconds> WatchdogInterval() {
  std::uint64_t limit_us = 0;
  if (sd_watchdog_enabled(0, &limit_us) <= 0) return std::nullopt;
  return std::chrono::milliseconds(limit_us / 2000);
}

}  // namespace saunter::systemd
