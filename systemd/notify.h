// What a daemon tells systemd: that it serves, that it lives, that it is about to leave.
//
// Every function is a no-op where no service manager listens (NOTIFY_SOCKET is not set), so the
// daemons call them without asking. What cannot be delivered is dropped; if the watchdog is not
// fed, the service manager restarts the daemon.
//
// Thread safety: all functions, once the environment is no longer changed. Errors: none.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace saunter::systemd {

// The daemon serves; `systemctl start` returns. Also ends what Reloading() began.
void Ready();
// SIGHUP was taken; Ready() follows when the new settings stand.
void Reloading();
// The start, or whatever the service manager waits for, may take so long from now.
void ExtendTimeout(std::chrono::microseconds more);
// A clean stop has begun.
void Stopping();
// The main loop is alive.
void Watchdog();
// One line that `systemctl status` shows. Control characters become spaces.
void Status(std::string_view text);

// How often Watchdog() must be called: half of what the unit's WatchdogSec allows. nullopt: the
// service manager does not watch this process.
[[nodiscard]] std::optional<std::chrono::milliseconds> WatchdogInterval();

}  // namespace saunter::systemd
