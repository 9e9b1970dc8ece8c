// What signals ask of the daemon: SIGTERM and SIGINT to end, SIGHUP to read its settings again.
//
// Thread safety: all functions. Errors: none.
#pragma once

namespace saunter::crawler::daemon {

// From here on these signals only leave a note, and SIGPIPE does nothing.
void TakeSignals();

[[nodiscard]] bool IsToStop();
// True once for any number of SIGHUPs since the last call.
[[nodiscard]] bool TakeReloadRequest();

}  // namespace saunter::crawler::daemon
