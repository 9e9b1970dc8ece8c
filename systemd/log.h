// How a daemon logs: one line for each event, on standard error.
//
// Under systemd a line begins with its priority ("<4>", sd-daemon(3)) and leaves the time to the
// journal; elsewhere it begins with time and level. Text of peers is escaped before it gets here.
//
// Thread safety: SetUpLog before other threads log; spdlog's own functions from any thread.
#pragma once

#include <string>

namespace saunter::systemd {

// `level` is log.level of the settings. Replaces the default logger of spdlog.
void SetUpLog(const std::string& level);

// Changes the level of the logger that SetUpLog made.
void SetLogLevel(const std::string& level);

}  // namespace saunter::systemd
