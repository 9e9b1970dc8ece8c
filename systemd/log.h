// How a daemon logs: one line an event on standard error, for the journal or for a person.
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

// Another level for the logger that stands.
void SetLogLevel(const std::string& level);

}  // namespace saunter::systemd
